// Registrations and single requests as the application sees them: what it asks for, what it is
// told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/call/authorization.hpp"
#include "sipvoice/sip/method.hpp"

namespace sipvoice::call {

enum class call_id : std::uint64_t {};  ///< of this process; not the Call-ID header
using header_list = std::vector<std::pair<std::string, std::string>>;

/// A registration that is kept up until it is taken back.
struct registration_request {
  std::string aor;                           ///< sip:user@domain; REGISTER goes to the domain
  std::optional<std::string> proxy = {};     ///< sip URI to send to instead
  std::vector<account> accounts = {};        ///< for its challenges
  duration expires = std::chrono::hours(1);  ///< asked for; the registrar decides
  header_list headers = {};
  std::string from = {};  ///< sip URI of who registers; empty: the address of record itself (10.2)
  duration timeout = {};  ///< for the answer to each REGISTER; zero: 64*T1
  bool insist = true;     ///< what fails before it has ever held is tried again
};
/// One request outside a dialog.
struct outgoing_request {
  sip::method method = sip::method::options;
  std::string target;                     ///< sip URI
  std::string from = {};                  ///< sip URI; empty: sip:sipvoice@LOCAL
  std::string to = {};                    ///< sip URI; empty: the target
  std::optional<std::string> proxy = {};  ///< sip URI to send to instead
  header_list headers = {};
  std::string content_type = {}, body = {};
  std::vector<account> accounts = {};
};

/// The registrar has taken our Contact, or taken it again.
struct registered {
  call_id id{};
  std::string aor, contact;
  std::int64_t expires_s = 0;  ///< as granted to our own Contact
  bool refreshed = false;
};
struct registration_failed {
  call_id id{};
  std::string aor;
  int status = 0;  ///< 408: nothing came; 503: it could not be sent
  std::string reason;
  duration retry_in{};  ///< zero: it is over
};
/// Taken back; `status` of the answer, 408 when none came.
struct unregistered {
  call_id id{};
  std::string aor;
  int status = 200;
};
struct request_finished {
  call_id id{};
  int status = 0;  ///< 408: nothing came; 503 without an answer: it could not be sent
  std::string reason;
  bool answered = false;  ///< the status is the peer's
  duration took{};
};
using client_event = std::variant<registered, registration_failed, unregistered, request_finished>;

}  // namespace sipvoice::call
