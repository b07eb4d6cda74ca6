// A change of the session that our side asks for: what we want, what the peer has agreed to, and
// the offer that is on its way.
#pragma once

#include "sipvoice/call/dialog_requests.hpp"
#include "sipvoice/call/offer_schedule.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::call {

/// What our side wants of the media; the peer may refuse it.
struct media_wish {
  bool hold = false;
  media::direction direction = media::direction::both;
  bool late_offer = false;
  header_list headers;  ///< of the next request that asks for it, and of no other
};

struct session_change {
  media_wish wanted, in_force;
  offer_schedule schedule;
  request_id request{};   ///< our re-INVITE or UPDATE
  time_point by = never;  ///< then it is cancelled
};

}  // namespace sipvoice::call
