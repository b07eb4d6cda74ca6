// The parser rows for sofia-sip.
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sdp.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_alloc.h>

#include <cstdlib>

#include "message_under_test.hpp"
#include "timing.hpp"

int main() {
  const std::string& text = bench::invite_text();
  const auto parse = [&text] {
    msg_t* m = msg_make(sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size()));
    const sip_t* s = sip_object(m);
    if (s == nullptr || s->sip_via == nullptr || s->sip_from == nullptr || s->sip_to == nullptr ||
        s->sip_cseq == nullptr || s->sip_contact == nullptr)
      std::abort();
    return m;
  };
  bench::report("parse_invite", [&parse] { msg_destroy(parse()); });
  msg_t* m = parse();
  bench::report("print_invite", [m] {
    su_home_t home[1] = {SU_HOME_INIT(home)};
    su_home_init(home);
    size_t size = 0;
    bench::keep(msg_as_string(home, m, nullptr, 0, &size));
    su_home_deinit(home);
  });
  msg_destroy(m);
  su_home_t* home = su_home_create();
  const std::string& sdp_text = bench::sdp_text();
  bench::report("parse_sdp", [&] {
    sdp_parser_t* p = sdp_parse(home, sdp_text.data(), static_cast<issize_t>(sdp_text.size()), 0);
    if (sdp_session(p) == nullptr) std::abort();
    sdp_parser_free(p);
  });
  sdp_parser_t* p = sdp_parse(home, sdp_text.data(), static_cast<issize_t>(sdp_text.size()), 0);
  bench::report("print_sdp", [&] {
    char out[2048];
    sdp_printer_t* printer = sdp_print(home, sdp_session(p), out, sizeof out, 0);
    bench::keep(sdp_message(printer));
    sdp_printer_free(printer);
  });
  sdp_parser_free(p);
  su_home_unref(home);
}
