// The parser rows for libosip2, which reads every header as it parses.
#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/sdp_message.h>

#include <cstdlib>

#include "message_under_test.hpp"
#include "timing.hpp"

int main() {
  parser_init();
  const std::string& text = bench::invite_text();
  const auto parse = [&text] {
    osip_message_t* m = nullptr;
    osip_message_init(&m);
    if (osip_message_parse(m, text.data(), text.size()) != 0) std::abort();
    return m;
  };
  bench::report("parse_invite", [&parse] { osip_message_free(parse()); });
  osip_message_t* m = parse();
  bench::report("print_invite", [m] {
    char* out = nullptr;
    size_t size = 0;
    osip_message_force_update(m);
    if (osip_message_to_str(m, &out, &size) != 0) std::abort();
    osip_free(out);
  });
  osip_message_free(m);
  const auto parse_sdp = [] {
    sdp_message_t* s = nullptr;
    sdp_message_init(&s);
    if (sdp_message_parse(s, bench::sdp_text().c_str()) != 0) std::abort();
    return s;
  };
  bench::report("parse_sdp", [&parse_sdp] { sdp_message_free(parse_sdp()); });
  sdp_message_t* s = parse_sdp();
  bench::report("print_sdp", [s] {
    char* out = nullptr;
    if (sdp_message_to_str(s, &out) != 0) std::abort();
    osip_free(out);
  });
  sdp_message_free(s);
}
