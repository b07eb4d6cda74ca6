// The links of a simulated network are those that impair real sockets, too.
#pragma once

#include "sipvoice/base/network_link.hpp"

namespace sipvoice::sim {

using sipvoice::arrivals;
using sipvoice::impairment;
using sipvoice::link_counters;
using sipvoice::network_link;

}  // namespace sipvoice::sim
