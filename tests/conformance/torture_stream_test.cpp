// RFC 4475 and RFC 5118 over TCP: every message goes to an endpoint on a connection of its own,
// whole and octet by octet; what is answered, and what becomes of the connection. It differs from
// UDP (torture_uas_test.cpp) where a stream has to find the end of a message: a Content-Length that
// is wrong, missing or contradictory, a head without its end, octets behind the body.
#include <filesystem>
#include <set>

#include "call/support.hpp"
#include "sipvoice/call/flow_table.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using namespace test;

enum class after {
  open,    // the connection serves the next message
  closed,  // at once: no telling where the next message begins
  waits,   // for octets that never come: closed after 32 s
};
struct row {
  const char* file;           // without ".dat"
  std::vector<int> statuses;  // final responses in their order
  after connection = after::open;
};

const row rfc4475[] = {
    {"wsinv", {481}},
    {"intmeth", {501}},
    {"esc01", {200}},
    {"escnull", {405}},
    {"esc02", {501}},
    {"lwsdisp", {200}},
    {"longreq", {200}},
    {"dblreq",
     {405, 400},
     after::closed},  // the rest is a message of its own, with a bad description and more behind it
    {"semiuri", {200}},
    {"transports", {200}},
    {"mpart01", {415}},
    {"unreason", {}},
    {"noreason", {}},
    {"badinv01", {400}},
    {"clerr", {}, after::waits},    // RFC 4475 3.1.2.2: wait, then close
    {"ncl", {400}, after::closed},  // 3.1.2.3
    {"scalar02", {400}},
    {"scalarlg", {}},
    {"quotbal", {400}},
    {"ltgtruri", {400}},
    {"lwsruri", {400}},
    {"lwsstart", {400}},
    {"trws", {400}},
    {"escruri", {400}},
    {"baddate", {200}},
    {"regbadct", {400}},
    {"badaspec", {400}},
    {"baddn", {}, after::waits},  // the empty line never comes
    {"badvers", {505}},
    {"mismatch01", {400}},
    {"mismatch02", {400}},
    {"bigcode", {}},
    {"badbranch", {200}},
    {"insuf", {400}},
    {"unkscm", {416}},
    {"novelsc", {416}},
    {"unksm2", {405}},
    {"bext01", {420}},
    {"invut", {415}},
    {"regaut01", {405}},
    {"multi01", {400}},
    {"mcl01", {400}, after::closed},  // 3.3.9
    {"bcast", {}},
    {"zeromf", {200}},
    {"cparam01", {405}},
    {"cparam02", {405}},
    {"regescrt", {405}},
    {"sdp01", {406}},
    {"inv2543",
     {400},
     after::closed},  // no Content-Length: no telling where it ends (RFC 3261 18.3)
};

const row rfc5118[] = {
    {"4.1-ipv6-good", {405}},
    {"4.2-ipv6-bad", {400}},
    {"4.3-port-ambiguous", {405}},
    {"4.4-port-unambiguous", {405}},
    {"4.5a-via-received-param-with-delim", {481}},
    {"4.5b-via-received-param-no-delim", {200}},
    {"4.6-ipv6-in-sdp", {}, after::waits},  // the RFC's own count is too high
    {"4.6-ipv6-in-sdp-clfixed", {488}},
    {"4.7-mult-ip-in-header", {481}},
    {"4.8-mult-ip-in-sdp", {200}, after::waits},  // too low: the rest of the body begins no message
    {"4.8-mult-ip-in-sdp-clfixed", {200}},
    {"4.9-ipv4-mapped-ipv6", {488}, after::waits},  // the same
    {"4.9-ipv4-mapped-ipv6-clfixed", {488}},
    {"4.10a-ipv6-bug-abnf-3-colons", {200}},
    {"4.10b-ipv6-correct-abnf-2-colons", {200}},
    {"4.1-ipv6-good", {405}},
    {"4.3-port-ambiguous", {405}},
    {"4.4-port-unambiguous", {405}},
    {"4.10a-ipv6-bug-abnf-3-colons", {200}},
    {"4.10b-ipv6-correct-abnf-2-colons", {200}},
};

/// The answers, without 100, of an endpoint that takes every call.
struct heard {
  std::vector<int> statuses;
  after connection = after::open;
  bool back_on_it = true;  // each went back on the connection of its request (RFC 3261 18.2.2)
};

heard feed(const std::string& bytes, std::size_t piece) {
  node n;
  n.check_messages = false;  // a 400 copies what was wrong
  n.on_event = [&n](const call::call_event& e) {
    if (const auto* in = std::get_if<call::call_incoming>(&e))
      n.endpoint().answer(in->info.id, {}, n.now());
  };
  constexpr sip::flow_id tcp{2};
  n.endpoint().add_listener({tcp, sip::transport::tcp, server_address});
  const auto id = n.endpoint().flow_accepted(tcp, peer_address, server_address, n.now());
  REQUIRE(id.has_value());
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    n.endpoint().receive(*id, std::string_view(bytes).substr(at, piece), n.now());
    n.drain();
  }
  heard out;
  for (const auto& s : n.sent) {
    if (s.message->is_request() || s.message->status() == 100) continue;
    out.statuses.push_back(s.message->status());
    out.back_on_it = out.back_on_it && s.to.flow == *id;
  }
  if (!n.flows_closed.empty()) out.connection = after::closed;
  n.advance(call::flow_limits::message_patience - milliseconds(1));
  CHECK(n.flows_closed.empty() == (out.connection != after::closed));
  n.advance(milliseconds(1));
  if (out.connection == after::open && !n.flows_closed.empty()) {
    CHECK(n.flows_closed[0].why == "a message that was begun did not end in time");
    out.connection = after::waits;
  }
  return out;
}

template <std::size_t N>
void check_table(const char* folder, const row (&rows)[N]) {
  std::set<std::string> files, named;
  for (const auto& e : std::filesystem::directory_iterator(data_folder() / folder))
    if (e.path().extension() == ".dat") files.insert(e.path().stem().string());
  for (const row& r : rows) {
    CAPTURE(r.file);
    named.insert(r.file);
    const std::string bytes = read_file(data_folder() / folder / (std::string(r.file) + ".dat"));
    for (const std::size_t piece : {bytes.size(), std::size_t{1}}) {
      const heard got = feed(bytes, piece);
      CHECK(got.statuses == r.statuses);
      CHECK(static_cast<int>(got.connection) == static_cast<int>(r.connection));
      CHECK(got.back_on_it);
    }
  }
  CHECK(named == files);  // no message is left out
}

}  // namespace

TEST_CASE("RFC 4475 over TCP: every message") {
  if (have_data("rfc4475/EXPECTED.tsv")) check_table("rfc4475", rfc4475);
}

TEST_CASE("RFC 5118 over TCP: every message") {
  if (have_data("rfc5118/EXPECTED.tsv")) check_table("rfc5118", rfc5118);
}
