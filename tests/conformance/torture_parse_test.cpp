// RFC 4475 and RFC 5118 at the level of parsing: what parse() and check() say of every message, and
// what the RFCs want to be read in some of them. torture_uas_test.cpp has the answers on the wire.
#include <filesystem>
#include <set>

#include "sipvoice/sip/message.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

using namespace sipvoice;
using namespace sipvoice::sip;
using namespace std::string_literals;

namespace {

const char* const not_sip = "(not SIP)";  // parse() fails

struct row {
  const char* file;   // without ".dat"
  const char* wrong;  // what check() says; nullptr: nothing
};

const row rfc4475[] = {
    {"wsinv", nullptr},
    {"intmeth", nullptr},
    {"esc01", nullptr},
    {"escnull", nullptr},
    {"esc02", nullptr},
    {"lwsdisp", nullptr},
    {"longreq", nullptr},
    {"dblreq", nullptr},
    {"semiuri", nullptr},
    {"transports", nullptr},
    {"mpart01", nullptr},
    {"unreason", nullptr},
    {"noreason", nullptr},
    {"badinv01", "unreadable Via"},
    {"clerr", "Content-Length beyond the message"},
    {"ncl", "unreadable Content-Length"},
    {"scalar02", "unreadable CSeq"},
    {"scalarlg", "unreadable CSeq"},
    {"quotbal", "unreadable To"},
    {"ltgtruri", "unreadable Request-URI"},
    {"lwsruri", "unreadable Request-URI"},
    {"lwsstart", "several spaces in the request line"},
    {"trws", "space at the end of the request line"},
    {"escruri", "Request-URI with headers"},
    {"baddate", nullptr},  // the Date is not needed
    {"regbadct", "unreadable Contact"},
    {"badaspec", "unreadable To"},
    {"baddn", "no empty line behind the headers"},
    {"badvers", nullptr},  // 505 is the user agent's
    {"mismatch01", "CSeq of another method"},
    {"mismatch02", "CSeq of another method"},
    {"bigcode", not_sip},
    {"badbranch", nullptr},  // matched as RFC 2543 has it
    {"insuf", "no To"},
    {"unkscm", nullptr},   // 416 is the user agent's
    {"novelsc", nullptr},  // the same
    {"unksm2", nullptr},
    {"bext01", nullptr},
    {"invut", nullptr},
    {"regaut01", nullptr},
    {"multi01", "more than one To"},
    {"mcl01", "two different Content-Length"},
    {"bcast", nullptr},
    {"zeromf", nullptr},
    {"cparam01", nullptr},
    {"cparam02", nullptr},
    {"regescrt", nullptr},
    {"sdp01", nullptr},
    {"inv2543", nullptr},
};

const row rfc5118[] = {
    {"4.1-ipv6-good", nullptr},
    {"4.2-ipv6-bad", "unreadable Request-URI"},
    {"4.3-port-ambiguous", nullptr},
    {"4.4-port-unambiguous", nullptr},
    {"4.5a-via-received-param-with-delim", nullptr},
    {"4.5b-via-received-param-no-delim", nullptr},
    {"4.6-ipv6-in-sdp", "Content-Length beyond the message"},  // the RFC's own count is wrong
    {"4.6-ipv6-in-sdp-clfixed", nullptr},
    {"4.7-mult-ip-in-header", nullptr},
    {"4.8-mult-ip-in-sdp", nullptr},
    {"4.8-mult-ip-in-sdp-clfixed", nullptr},
    {"4.9-ipv4-mapped-ipv6", nullptr},
    {"4.9-ipv4-mapped-ipv6-clfixed", nullptr},
    {"4.10a-ipv6-bug-abnf-3-colons", nullptr},  // accepted, as its section wishes
    {"4.10b-ipv6-correct-abnf-2-colons", nullptr},
};

template <std::size_t N>
void check_table(const char* folder, const row (&rows)[N]) {
  std::set<std::string> files, named;
  for (const auto& e : std::filesystem::directory_iterator(test::data_folder() / folder))
    if (e.path().extension() == ".dat") files.insert(e.path().stem().string());
  for (const row& r : rows) {
    INFO(folder << "/" << r.file);
    named.insert(r.file);
    const auto m =
        message::parse(test::read_file(test::data_folder() / folder / (r.file + ".dat"s)));
    const std::string said = !m ? not_sip : m->check() != nullptr ? m->check() : "";
    CHECK(said == (r.wrong == nullptr ? "" : r.wrong));
  }
  CHECK(named == files);  // no message is left out
}

message read(const std::string& file) {
  INFO(file);
  auto m = message::parse(test::read_file(test::data_folder() / (file + ".dat")));
  REQUIRE(m.has_value());
  return std::move(*m);
}

std::vector<std::string> elements(const message& m, header_id id) {
  std::vector<std::string> out;
  m.for_each(id, [&out](std::string_view one) { out.emplace_back(one); });
  return out;
}

}  // namespace

TEST_CASE("parsing RFC 4475: every message") {
  if (test::have_data("rfc4475")) check_table("rfc4475", rfc4475);
}

TEST_CASE("parsing RFC 5118: every message") {
  if (test::have_data("rfc5118")) check_table("rfc5118", rfc5118);
}

TEST_CASE("parsing RFC 4475 3.1.1.1: white space everywhere") {
  if (!test::have_data("rfc4475")) return;
  const message m = read("rfc4475/wsinv");
  CHECK(m.method() == method::invite);
  CHECK(m.to()->tag() == "1918181833n");
  CHECK(m.from()->display_text() == "J Rosenberg \\\"");
  CHECK(m.from()->tag() == "98asjd8");
  CHECK(m.cseq()->number == 9);
  const auto vias = elements(m, header_id::via);
  REQUIRE(vias.size() == 3);
  CHECK(via::parse(vias[0])->branch() == "390skdjuw");
  CHECK(via::parse(vias[1])->host == "spindle.example.com");
  CHECK(via::parse(vias[1])->branch() == "z9hG4bK9ikj8");
  CHECK(via::parse(vias[2])->branch() == "z9hG4bK30239");
  CHECK(m.contact()->params.get("q") == "0.33");
  CHECK(m.contact()->params.get("newparam") == "newvalue");
  CHECK(m.has(header_id::subject));
  CHECK(m.value(header_id::subject).empty());
  CHECK(m.value("UnknownHeaderWithUnusualValue") == ";;,,;;,;");
  CHECK(m.body().size() == 150);
}

TEST_CASE("parsing RFC 4475 3.1.1: unusual and escaped characters") {
  if (!test::have_data("rfc4475")) return;
  const message odd = read("rfc4475/intmeth");
  CHECK(odd.method() == method::other);
  CHECK(odd.method_name() == "!interesting-Method0123456789_*+`.%indeed'~");
  CHECK(odd.to()->display_text() == "BEL:\a NUL:\0 DEL:\x7f"s);
  CHECK(odd.from()->tag() == "_token~1'+`*%!-.");
  CHECK(odd.from()->params.get("fromParam''~+*_!.-%")->size() > 2);
  CHECK(odd.call_id() == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
  const auto target = *uri::parse(odd.request_uri());
  CHECK(target.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  CHECK(target.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");

  const message esc = read("rfc4475/esc01");
  CHECK(unescape(uri::parse(esc.request_uri())->user) == "sips:user@example.com");
  CHECK(uri::parse(esc.request_uri())->host == "example.net");
  CHECK(unescape(esc.to()->address.user) == "user");
  CHECK(unescape(esc.from()->address.user) == "I have spaces");
  CHECK(esc.contact()->address.param("lr"));
  CHECK(unescape(*esc.contact()->address.param("name")) == "value%41");

  const message null = read("rfc4475/escnull");
  CHECK(unescape(null.to()->address.user) == "null-\0-null"s);
  const auto contacts = elements(null, header_id::contact);
  REQUIRE(contacts.size() == 2);
  CHECK(unescape(name_addr::parse(contacts[0])->address.user) == "\0"s);
  CHECK(unescape(name_addr::parse(contacts[1])->address.user) == "\0\0"s);

  const message method_escape = read("rfc4475/esc02");
  CHECK(method_escape.method() == method::other);
  CHECK(method_escape.method_name() == "RE%47IST%45R");
  CHECK(method_escape.count(header_id::contact) == 2);
  CHECK(method_escape.value("C%6Fntact") == "<sip:alias2@host2.example.com>");
  CHECK(method_escape.to()->display_text() == "%Z%45");

  const message semi = read("rfc4475/semiuri");
  CHECK(unescape(uri::parse(semi.request_uri())->user) == "user;par=u@example.net");
  CHECK(uri::parse(semi.request_uri())->host == "example.com");
  CHECK(elements(semi, header_id::accept).size() == 6);
  CHECK(read("rfc4475/lwsdisp").from()->display_text() == "caller");
}

TEST_CASE("parsing RFC 4475 3.1.1.7: long values are whole") {
  if (!test::have_data("rfc4475")) return;
  const std::string bytes = test::read_file(test::data_folder() / "rfc4475" / "longreq.dat");
  const message m = read("rfc4475/longreq");
  CHECK(m.count(header_id::via) == 34);
  CHECK(m.to()->display_text().substr(0, 26) == "I have a user name of extr");
  CHECK(m.to()->address.host == "example.com");
  CHECK(m.to()->address.port == 6000);
  CHECK(m.body().size() == 150);
  CHECK(bytes.find(m.from()->tag()) != std::string::npos);
  CHECK(m.from()->tag().size() > 100);
  CHECK(m.call_id().substr(m.call_id().size() - 10) == "longcallid");
  // Every octet of the header section belongs to a name, a value or what stands between them.
  std::size_t known = 0;
  for (const auto& f : m.fields()) known += m.name(f).size() + m.value(f).size();
  const std::size_t header_section = bytes.size() - 150;
  CHECK(known > header_section - 8 * m.fields().size() - 60);
}

TEST_CASE("parsing RFC 4475: framing") {
  if (!test::have_data("rfc4475")) return;
  const message twice = read("rfc4475/dblreq");
  CHECK(twice.method() == method::register_);
  CHECK(twice.body().empty());
  CHECK(twice.fields().size() == 8);
  const message parts = read("rfc4475/mpart01");
  CHECK(parts.body().size() == 553);
  CHECK(parts.body().find('\0') != std::string_view::npos);
  CHECK(read("rfc4475/inv2543").body().substr(0, 3) == "v=0");
  CHECK(read("rfc4475/bext01").lists(header_id::require, "nothingsupportsthiseither"));

  const message reason = read("rfc4475/unreason");
  CHECK(reason.status() == 200);
  CHECK(reason.method() == method::invite);
  CHECK(reason.reason_phrase() == "= 2**3 * 5**2 но сто девяносто девять - простое");
  CHECK(read("rfc4475/noreason").status() == 100);
  CHECK(read("rfc4475/noreason").reason_phrase().empty());
  CHECK(read("rfc4475/badvers").version() == "SIP/7.0");
}

TEST_CASE("parsing RFC 4475: parameters of headers and of URIs") {
  if (!test::have_data("rfc4475")) return;
  const message header = read("rfc4475/cparam01"), inside = read("rfc4475/cparam02");
  CHECK(header.contact()->params.has("unknownparam"));
  CHECK_FALSE(header.contact()->address.param("unknownparam"));
  CHECK_FALSE(inside.contact()->params.has("unknownparam"));
  CHECK(inside.contact()->address.param("unknownparam"));
  CHECK(read("rfc4475/regescrt").contact()->address.headers == "Route=%3Csip:sip.example.com%3E");
  std::string transports;
  for (const std::string& one : elements(read("rfc4475/transports"), header_id::via))
    transports += std::string(via::parse(one)->transport) + " ";
  CHECK(transports == "UDP SCTP TLS UNKNOWN TCP ");
  CHECK(read("rfc4475/unksm2").from()->address.scheme == "http");
  CHECK(uri::parse(read("rfc4475/novelsc").request_uri())->scheme == "soap.beep");
}

TEST_CASE("parsing RFC 5118: addresses") {
  if (!test::have_data("rfc5118")) return;
  struct target {
    const char* file;
    const char* host;
    int port;
  };
  const target targets[] = {
      {"4.1-ipv6-good", "2001:db8::10", 0},
      {"4.3-port-ambiguous", "2001:db8::10:5070", 0},
      {"4.4-port-unambiguous", "2001:db8::10", 5070},
      {"4.10a-ipv6-bug-abnf-3-colons", "2001:db8:::192.0.2.1", 0},
      {"4.10b-ipv6-correct-abnf-2-colons", "2001:db8::192.0.2.1", 0},
  };
  for (const target& t : targets) {
    INFO(t.file);
    const message m = read("rfc5118/"s + t.file);
    const auto u = *uri::parse(m.request_uri());
    CHECK(u.host == t.host);
    CHECK(u.host_is_v6);
    CHECK(u.port == t.port);
  }
  CHECK(read("rfc5118/4.5a-via-received-param-with-delim").top_via()->params.get("received") ==
        "[2001:db8::9:255]");
  CHECK(read("rfc5118/4.5b-via-received-param-no-delim").top_via()->params.get("received") ==
        "2001:db8::9:255");
  const message mixed = read("rfc5118/4.7-mult-ip-in-header");
  CHECK(mixed.top_via()->host == "2001:db8::9:1");
  CHECK(mixed.top_via()->port == 6050);
  CHECK(via::parse(elements(mixed, header_id::via).at(1))->host == "192.0.2.1");
  const message mapped = read("rfc5118/4.9-ipv4-mapped-ipv6");
  CHECK(*ip_address::parse(mapped.top_via()->host) == ip_address::v4(192, 0, 2, 10));
  CHECK(*ip_address::parse(mapped.contact()->address.host) == ip_address::v4(192, 0, 2, 2));
}
