// RFC 3261 section 25.1:  media-type = m-type SLASH m-subtype *( SEMI m-parameter )
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"

namespace sipvoice::sip {

bool media_type_is(std::string_view content_type, std::string_view type_and_subtype) {
  std::string_view subtype = content_type.substr(0, content_type.find(';'));
  if (subtype.find('/') == std::string_view::npos) return false;
  const std::string_view type = take_until(subtype, '/');
  std::string_view wanted_subtype = type_and_subtype;
  const std::string_view wanted_type = take_until(wanted_subtype, '/');
  return iequals(trim(type), wanted_type) && iequals(trim(subtype), wanted_subtype);
}

}  // namespace sipvoice::sip
