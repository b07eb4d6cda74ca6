#include "sipvoice/sip/dialog.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sip;

namespace {

message parsed(const std::string& text) { return std::move(*message::parse(text)); }

message invite(const std::string& more = "Contact: <sip:alice@pc33.atlanta.example>\r\n") {
  return parsed(
      "INVITE sip:bob@biloxi.example SIP/2.0\r\n"
      "Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bK776asdhds\r\n"
      "Max-Forwards: 70\r\nTo: Bob <sip:bob@biloxi.example>\r\n"
      "From: \"Alice\" <sip:alice@atlanta.example>;tag=1928301774\r\n"
      "Call-ID: a84b4c76e66710\r\nCSeq: 314159 INVITE\r\n" +
      more + "Content-Length: 0\r\n\r\n");
}

message answer(const std::string& more) {
  return parsed(
      "SIP/2.0 200 OK\r\n"
      "Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bK776asdhds\r\n"
      "To: Bob <sip:bob@biloxi.example>;tag=a6c85cf\r\n"
      "From: \"Alice\" <sip:alice@atlanta.example>;tag=1928301774\r\n"
      "Call-ID: a84b4c76e66710\r\nCSeq: 314159 INVITE\r\n" +
      more + "Content-Length: 0\r\n\r\n");
}

using routes = std::vector<std::string>;

}  // namespace

TEST_CASE("the callee's side of a dialog (RFC 3261 12.1.1)") {
  const auto d =
      dialog::of_invite(invite("Contact: <sip:alice@pc33.atlanta.example>\r\n"
                               "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\r\n"),
                        "local1");
  REQUIRE(d.has_value());
  CHECK(d->call_id == "a84b4c76e66710");
  CHECK(d->local_tag == "local1");
  CHECK(d->remote_tag == "1928301774");
  CHECK(d->local == "Bob <sip:bob@biloxi.example>;tag=local1");
  CHECK(d->remote == "\"Alice\" <sip:alice@atlanta.example>;tag=1928301774");
  CHECK(d->remote_target == "sip:alice@pc33.atlanta.example");
  CHECK(d->route_set == routes{"<sip:p2.example;lr>", "<sip:p1.example;lr>"});
  CHECK(d->remote_cseq == 314159u);
  CHECK(d->local_cseq == 0);
}

TEST_CASE("the caller's side has the routes in reverse (12.1.2)") {
  const auto d = dialog::of_response(
      answer("Contact: <sip:bob@192.0.2.4>\r\n"
             "Record-Route: <sip:p2.example;lr>\r\nRecord-Route: <sip:p1.example;lr>\r\n"),
      "sip:fallback@x.example");
  REQUIRE(d.has_value());
  CHECK(d->local_tag == "1928301774");
  CHECK(d->remote_tag == "a6c85cf");
  CHECK(d->remote_target == "sip:bob@192.0.2.4");
  CHECK(d->route_set == routes{"<sip:p1.example;lr>", "<sip:p2.example;lr>"});
  CHECK(d->local_cseq == 314159);
  CHECK_FALSE(d->remote_cseq.has_value());
  CHECK(dialog::of_response(answer(""), "sip:fallback@x.example")->remote_target ==
        "sip:fallback@x.example");
}

TEST_CASE("what makes no dialog") {
  std::string many = "Contact: <sip:a@b.example>\r\nRecord-Route: <sip:p;lr>";
  for (std::size_t i = 0; i < dialog::max_routes; ++i) many += ", <sip:p;lr>";
  const std::vector<std::string> rows{"",
                                      "Contact: *\r\n",
                                      "Contact: <tel:+1234>\r\n",
                                      "Contact: <sip:a@b.example>\r\nRecord-Route: <<>>\r\n",
                                      "Contact: <sip:a@b.example>\r\nRecord-Route: <tel:+1>\r\n",
                                      many + "\r\n"};
  for (const std::string& row : rows) {
    INFO(row);
    CHECK_FALSE(dialog::of_invite(invite(row), "t").has_value());
  }
}

TEST_CASE("loose and strict routing (12.2.1.1, 16.12.1)") {
  struct row {
    routes set;
    std::string uri;
    routes headers;
    std::string next_hop;
  };
  const std::vector<row> rows{
      {{}, "sip:t@h.example", {}, "sip:t@h.example"},
      {{"<sip:p1.example;lr>", "<sip:p2.example>"},
       "sip:t@h.example",
       {"<sip:p1.example;lr>", "<sip:p2.example>"},
       "sip:p1.example;lr"},
      {{"\"P\" <sip:p1.example:5080;lr=on>;x=1"},
       "sip:t@h.example",
       {"\"P\" <sip:p1.example:5080;lr=on>;x=1"},
       "sip:p1.example:5080;lr=on"},
      {{"<sip:p1.example>", "<sip:p2.example;lr>"},
       "sip:p1.example",
       {"<sip:p2.example;lr>", "<sip:t@h.example>"},
       "sip:p1.example"},
      {{"<sip:p1.example;method=INVITE;user=ip?Subject=x>"},
       "sip:p1.example;user=ip",
       {"<sip:t@h.example>"},
       "sip:p1.example;user=ip"},
  };
  for (const row& r : rows) {
    dialog d;
    d.remote_target = "sip:t@h.example";
    d.route_set = r.set;
    const auto t = d.target();
    CHECK(t.request_uri == r.uri);
    CHECK(t.routes == r.headers);
    CHECK(t.next_hop == r.next_hop);
  }
}

TEST_CASE("requests that came: tags and CSeq (12.2.2)") {
  auto d = *dialog::of_invite(invite(), "local1");
  const auto request = [](const std::string& call_id, const std::string& from,
                          const std::string& to) {
    return parsed("BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nTo: <sip:b@c>" + to +
                  "\r\nFrom: <sip:d@e>" + from + "\r\nCall-ID: " + call_id +
                  "\r\nCSeq: 1 BYE\r\n\r\n");
  };
  CHECK(d.matches(request("a84b4c76e66710", ";tag=1928301774", ";tag=local1")));
  CHECK_FALSE(d.matches(request("A84b4c76e66710", ";tag=1928301774", ";tag=local1")));
  CHECK_FALSE(d.matches(request("a84b4c76e66710", ";tag=1928301775", ";tag=local1")));
  CHECK_FALSE(d.matches(request("a84b4c76e66710", "", ";tag=local1")));
  CHECK_FALSE(d.matches(request("a84b4c76e66710", ";tag=1928301774", "")));

  CHECK_FALSE(d.accept_cseq(314158));
  CHECK_FALSE(d.accept_cseq(314159));
  CHECK(d.accept_cseq(314170));
  CHECK_FALSE(d.accept_cseq(314165));
  CHECK(d.accept_cseq(314171));
}

TEST_CASE("a target refresh takes a usable Contact only") {
  auto d = *dialog::of_invite(invite(), "local1");
  d.refresh_target(invite(""));
  CHECK(d.remote_target == "sip:alice@pc33.atlanta.example");
  d.refresh_target(invite("Contact: <tel:+1>\r\n"));
  CHECK(d.remote_target == "sip:alice@pc33.atlanta.example");
  d.refresh_target(invite("Contact: Alice <sip:alice@192.0.2.9:5070>;expires=60\r\n"));
  CHECK(d.remote_target == "sip:alice@192.0.2.9:5070");
}

TEST_CASE("a request inside the dialog") {
  auto d = *dialog::of_invite(invite("Contact: <sip:alice@192.0.2.9>\r\n"
                                     "Record-Route: <sip:p1.example;lr>\r\n"),
                              "local1");
  auto b = d.request(method::bye, 7, "z9hG4bKabc", transport::udp,
                     {*ip_address::parse("2001:db8::1"), 5060});
  const message m = parsed(b.finish());
  CHECK(m.check() == nullptr);
  CHECK(m.request_uri() == "sip:alice@192.0.2.9");
  CHECK(m.value(header_id::via) == "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKabc;rport");
  CHECK(m.value(header_id::route) == "<sip:p1.example;lr>");
  CHECK(m.value(header_id::from) == d.local);
  CHECK(m.value(header_id::to) == d.remote);
  CHECK(m.value(header_id::cseq) == "7 BYE");
  CHECK(m.value(header_id::max_forwards) == "70");
}

TEST_CASE("host and port as SIP writes them") {
  CHECK(host_port({ip_address::v4(192, 0, 2, 1), 5060}) == "192.0.2.1:5060");
  CHECK(host_port({ip_address::v4(192, 0, 2, 1), 0}) == "192.0.2.1");
  CHECK(host_port({*ip_address::parse("::1"), 5061}) == "[::1]:5061");
}
