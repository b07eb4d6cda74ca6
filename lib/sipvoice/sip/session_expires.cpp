// RFC 4028 section 4:
//
//   Session-Expires  = ("Session-Expires" / "x") HCOLON delta-seconds *(SEMI se-params)
//   se-params        = refresher-param / generic-param
//   refresher-param  = "refresher" EQUAL ("uas" / "uac")
#include "sipvoice/sip/session_expires.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {

result<session_expires> session_expires::parse(std::string_view value) {
  const std::string_view number = value.substr(0, value.find(';'));
  const auto seconds = parse_decimal(trim(number), 0xffffffff);
  if (!seconds) return failure{"Session-Expires without a number of seconds", 0};
  const std::string_view rest = value.substr(number.size());
  if (!params_are_readable(rest)) return failure{"unreadable Session-Expires", number.size()};
  session_expires s;
  s.seconds = static_cast<std::uint32_t>(*seconds);
  if (const auto who = params_view{rest}.get("refresher")) {
    if (iequals(*who, "uac")) {
      s.refresher = sip::refresher::uac;
    } else if (iequals(*who, "uas")) {
      s.refresher = sip::refresher::uas;
    } else {
      return failure{"Session-Expires with an unknown refresher", number.size()};
    }
  }
  return s;
}

std::string session_expires::text() const {
  std::string t = std::to_string(seconds);
  if (refresher) t += *refresher == sip::refresher::uac ? ";refresher=uac" : ";refresher=uas";
  return t;
}

}  // namespace sipvoice::sip
