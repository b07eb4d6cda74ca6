// The parser rows for this library: parse the INVITE with Via, From, To, CSeq and Contact read,
// print it again, parse its SDP, print it.
#include "message_under_test.hpp"
#include "sipvoice/sdp/session_description.hpp"
#include "sipvoice/sip/message.hpp"
#include "timing.hpp"

using namespace sipvoice;

int main() {
  const std::string& text = bench::invite_text();
  bench::report("parse_invite", [&text] {
    const auto m = sip::message::parse(text);
    bench::keep(m->top_via());
    bench::keep(m->from());
    bench::keep(m->to());
    bench::keep(m->cseq());
    bench::keep(m->contact());
  });
  const auto parsed = sip::message::parse(text).value();
  // Start line and length anew, every header from its parsed place, into memory that is kept.
  std::string printed;
  bench::report("print_invite", [&] {
    auto out = sip::message_builder::request(parsed.method_name(), parsed.request_uri(),
                                             std::move(printed));
    for (const auto& f : parsed.fields())
      if (f.id != sip::header_id::content_length) out.copy(parsed, f);
    printed = out.finish({}, parsed.body());
    bench::keep(printed);
  });
  if (printed != text) return 1;
  const std::string& sdp_text = bench::sdp_text();
  bench::report("parse_sdp",
                [&sdp_text] { bench::keep(sdp::session_description::parse(sdp_text)); });
  const auto description = sdp::session_description::parse(sdp_text).value();
  std::string out;
  bench::report("print_sdp", [&] {
    out.clear();
    description.append_to(out);
    bench::keep(out);
  });
}
