// The public API of libsipvoice: this header brings all others that are installed.
#pragma once

#include "sipvoice/backend.hpp"
#include "sipvoice/config.hpp"
#include "sipvoice/error.hpp"
#include "sipvoice/export.hpp"
#include "sipvoice/session.hpp"
#include "sipvoice/values.hpp"
#include "sipvoice/version.hpp"
