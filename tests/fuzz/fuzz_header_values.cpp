// Every rule of the header grammar: what was parsed, printed and parsed again is what it was.
#include <string>

#include "check.hpp"
#include "sipvoice/base/address.hpp"
#include "sipvoice/sip/event.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/info_digit.hpp"
#include "sipvoice/sip/refer_to.hpp"
#include "sipvoice/sip/replaces.hpp"
#include "sipvoice/sip/sipfrag.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;
using fuzz::require;

void round_trip(const via& v) {
  std::string text = "SIP/2.0/" + std::string(v.transport) + " ";
  text += v.host_is_v6 ? "[" + std::string(v.host) + "]" : std::string(v.host);
  if (v.port != 0) text += ":" + std::to_string(v.port);
  text += v.params.text;
  const auto again = via::parse(text);
  require(again.has_value(), "a printed Via is a Via");
  require(again->transport == v.transport && again->host == v.host && again->port == v.port &&
              again->host_is_v6 == v.host_is_v6 && again->branch() == v.branch() &&
              again->wants_rport() == v.wants_rport(),
          "a Via keeps its parts");
}

void round_trip(const name_addr& a) {
  const std::string text =
      std::string(a.display) + " <" + std::string(a.uri_text) + ">" + std::string(a.params.text);
  const auto again = name_addr::parse(text);
  require(again.has_value(), "a printed name-addr is one");
  require(again->display == a.display && again->uri_text == a.uri_text && again->tag() == a.tag() &&
              again->display_text() == a.display_text(),
          "a name-addr keeps its parts");
}

void round_trip(const cseq& c) {
  const std::string text = std::to_string(c.number) + " " + std::string(c.method_name);
  const auto again = cseq::parse(text);
  require(again && again->number == c.number && again->method_name == c.method_name &&
              again->method == c.method,
          "a CSeq keeps its parts");
}

void round_trip(const uri& u) {
  if (!u.is_sip()) return;
  const std::string plain = u.without_params();
  const auto again = uri::parse(plain);
  require(again && again->user == u.user && again->host == u.host && again->port == u.port,
          "a URI keeps its parts");
  require(equivalent(*again, *again), "a URI is itself");
}

void round_trip(const event_header& e) {
  std::string text(e.package);
  if (!e.id.empty()) text += ";id=" + std::string(e.id);
  const auto again = event_header::parse(text);
  require(again && again->package == e.package && again->id == e.id, "an Event keeps its parts");
}

void round_trip(const replaces& r) {
  const auto again = replaces::parse(r.print());
  require(again && again->call_id == r.call_id && again->to_tag == r.to_tag &&
              again->from_tag == r.from_tag && again->early_only == r.early_only,
          "a Replaces keeps its parts");
}

// Empty parameters (";;", a fault of the peer) may go away in printing; everything else stays.
void round_trip(const refer_to& r) {
  if (r.scheme != "sip" && r.scheme != "sips") return;
  const auto once = refer_to::parse(refer_to::print(r.target, r.replaces));
  require(once.has_value(), "a printed Refer-To is one");
  require(once->replaces.has_value() == r.replaces.has_value(), "it keeps whom it replaces");
  if (r.replaces) require(once->replaces->call_id == r.replaces->call_id, "and that one's Call-ID");
  const bool faulty = r.target.find(";;") != std::string::npos || r.target.ends_with(';');
  require(faulty || once->target == r.target, "a Refer-To keeps its target");
}

void round_trip(const info_digit& d) {
  require(d.duration_ms <= info_digit::max_duration_ms, "a digit's length is bounded");
  if (!d.digit) return;
  require(is_dtmf_digit(*d.digit), "a digit is a digit");
  const auto again = info_digit::parse_relay(print_dtmf_relay(*d.digit, d.duration_ms));
  require(again && again->digit == d.digit && again->duration_ms == d.duration_ms,
          "a digit keeps its parts");
}

void round_trip(const sipfrag_status& s) {
  require(s.status >= 100 && s.status <= 699, "a status is one");
  const std::string text = print_sipfrag(s.status, s.reason);
  const auto again = sipfrag_status::parse(text);
  require(again && again->status == s.status && again->reason == s.reason,
          "a sipfrag keeps its parts");
}

template <class T>
void round_trip_text(const T& value) {
  const auto again = T::parse(value.to_string());
  require(again && *again == value, "an address keeps its parts");
}

template <class T>
void try_one(result<T> parsed) {
  if (parsed) round_trip(*parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::input(data, size).rest();
  try_one(via::parse(text));
  try_one(name_addr::parse(text));
  try_one(cseq::parse(text));
  try_one(uri::parse(text));
  try_one(event_header::parse(text));
  try_one(replaces::parse(text));
  try_one(refer_to::parse(text));
  try_one(info_digit::parse_relay(text));
  try_one(info_digit::parse_plain(text));
  try_one(sipfrag_status::parse(text));
  static_cast<void>(subscription_state::parse(text));
  if (const auto ip = ip_address::parse(text)) round_trip_text(*ip);
  if (const auto a = socket_address::parse(text)) round_trip_text(*a);
  static_cast<void>(is_referred_by(text));
  return 0;
}
