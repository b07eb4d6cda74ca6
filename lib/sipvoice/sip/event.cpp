// RFC 6665 section 8.4:
//
//   Event          = ( "Event" / "o" ) HCOLON event-type *( SEMI event-param )
//   event-type     = event-package *( "." event-template )
//   event-package, event-template = token-nodot
//   event-param    = generic-param / ( "id" EQUAL token )
#include "sipvoice/sip/event.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {

result<event_header> event_header::parse(std::string_view value) {
  const std::string_view whole = trim(value);
  const std::size_t semicolon = whole.find(';');
  event_header out;
  out.package = trim(whole.substr(0, semicolon));
  if (!is_token(out.package)) return failure{"Event without a package", 0};
  if (semicolon == std::string_view::npos) return out;
  const std::string_view params = whole.substr(semicolon);
  if (!params_are_readable(params)) return failure{"Event with unreadable parameters", semicolon};
  out.id = params_view{params}.get("id").value_or(std::string_view{});
  if (!out.id.empty() && !is_token(out.id))
    return failure{"Event with an id that is no token", semicolon};
  return out;
}

}  // namespace sipvoice::sip
