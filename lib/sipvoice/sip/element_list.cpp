// RFC 3261 section 7.3.1: header = "header-name" HCOLON header-value *( COMMA header-value )
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {

std::size_t element_length(std::string_view value) {
  if (value.find(',') == std::string_view::npos) return value.size();  // most of them
  std::size_t i = 0;
  while (i < value.size()) {
    while (i < value.size() && value[i] != ',' && value[i] != '"' && value[i] != '<') ++i;
    if (i == value.size() || value[i] == ',') break;
    if (value[i] == '"') {
      const std::size_t n = quoted_length(value.substr(i));
      if (n == 0) break;  // what follows an open quote cannot be divided
      i += n;
    } else {
      const std::size_t close = value.find('>', i);
      if (close == std::string_view::npos) break;
      i = close + 1;
    }
  }
  return i < value.size() && value[i] == ',' ? i : value.size();
}

}  // namespace sipvoice::sip
