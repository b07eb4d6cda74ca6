// RFC 3420 section 2.2, RFC 3261 section 25.1:
//
//   sipfrag     = [ start-line ] *message-header [ CRLF [ message-body ] ]
//   Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF
#include "sipvoice/sip/sipfrag.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {

result<sipfrag_status> sipfrag_status::parse(std::string_view body) {
  while (!body.empty() && (body.front() == '\r' || body.front() == '\n')) body.remove_prefix(1);
  std::string_view line = trim(body.substr(0, body.find('\n')));
  if (line.size() > max_line) return failure{"sipfrag with an overlong first line", max_line};
  constexpr std::string_view version = "SIP/2.0";
  if (line.size() <= version.size() || !iequals(line.substr(0, version.size()), version) ||
      !is_space(line[version.size()]))
    return failure{"sipfrag without a status line", 0};
  line = skip_space(line.substr(version.size()));
  std::size_t n = 0;
  while (n < line.size() && is_digit(line[n])) ++n;
  const auto status = n == 3 ? parse_decimal(line.substr(0, n), 699) : std::nullopt;
  const bool ends = n == line.size() || (n < line.size() && is_space(line[n]));
  if (!status || *status < 100 || !ends) return failure{"sipfrag without a status", version.size()};
  return sipfrag_status{static_cast<int>(*status), skip_space(line.substr(n))};
}

std::string print_sipfrag(int status, std::string_view reason) {
  std::string s = "SIP/2.0 " + std::to_string(status) + " ";
  s.append(reason).append("\r\n");
  return s;
}

}  // namespace sipvoice::sip
