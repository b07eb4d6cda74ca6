// RFC 3261 sections 17.1.3, 17.2.3 and 8.2.2.2: which messages have the same key.
#include "sipvoice/sip/transaction_table.hpp"

#include "support/catch.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;

struct parts {
  std::string method = "INVITE";
  std::string uri = "sip:bob@example.com";
  std::string via = "SIP/2.0/UDP pc33.example.com:5062;branch=z9hG4bK776asdhds";
  std::string from = "<sip:alice@example.com>;tag=1928301774";
  std::string to = "<sip:bob@example.com>";
  std::string call_id = "a84b4c76e66710";
  std::string cseq = "314159";
};

std::string text(const parts& p) {
  return p.method + " " + p.uri + " SIP/2.0\r\nVia: " + p.via + "\r\nFrom: " + p.from +
         "\r\nTo: " + p.to + "\r\nCall-ID: " + p.call_id + "\r\nCSeq: " + p.cseq + " " + p.method +
         "\r\nContent-Length: 0\r\n\r\n";
}

std::string key_of(const parts& p, std::string_view as = {}) {
  const message m = message::parse(text(p)).value();
  const auto id = request_identity::of(m).value();
  return server_key(m, id, as.empty() ? m.method_name() : as, id.to_tag);
}

std::string merge_of(const parts& p) {
  const message m = message::parse(text(p)).value();
  return merge_key(m, request_identity::of(m).value());
}

TEST_CASE("A branch is unique with the cookie and something behind it") {
  struct row {
    const char* branch;
    bool unique;
  };
  const row rows[] = {
      {"z9hG4bK776asdhds", true}, {"Z9HG4BKx", true}, {"z9hG4bK", false}, {"", false}, {"1", false},
      {"xz9hG4bK1", false}};
  for (const row& r : rows) {
    CAPTURE(r.branch);
    CHECK(is_unique_branch(r.branch) == r.unique);
  }
}

TEST_CASE("With the cookie: branch, sent-by and method decide, and nothing else") {
  struct row {
    const char* what;
    parts other;
    bool same;
  };
  const std::string via = parts{}.via;
  const row rows[] = {
      {"identical", {}, true},
      {"other Via parameters", {.via = via + ";received=10.0.0.1;rport"}, true},
      {"host in another case",
       {.via = "SIP/2.0/UDP PC33.Example.com:5062;branch=z9hG4bK776asdhds"},
       true},
      {"Vias of proxies below", {.via = via + ", SIP/2.0/UDP b;branch=z9hG4bKb"}, true},
      {"other Request-URI", {.uri = "sip:carol@example.com"}, true},
      {"other From tag", {.from = "<sip:alice@example.com>;tag=2"}, true},
      {"other Call-ID", {.call_id = "b"}, true},
      {"other CSeq number", {.cseq = "2"}, true},
      {"other branch", {.via = "SIP/2.0/UDP pc33.example.com:5062;branch=z9hG4bKother"}, false},
      {"branch in another case",
       {.via = "SIP/2.0/UDP pc33.example.com:5062;branch=z9hG4bK776ASDHDS"},
       false},
      {"other port", {.via = "SIP/2.0/UDP pc33.example.com:5060;branch=z9hG4bK776asdhds"}, false},
      {"no port", {.via = "SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds"}, false},
      {"other host", {.via = "SIP/2.0/UDP pc34.example.com:5062;branch=z9hG4bK776asdhds"}, false},
      {"other method", {.method = "OPTIONS"}, false},
      {"method in another case", {.method = "Invite"}, false},
  };
  for (const row& r : rows) {
    CAPTURE(r.what);
    CHECK((key_of(r.other) == key_of({})) == r.same);
  }
  CHECK(key_of({.method = "ACK"}, "INVITE") == key_of({}));
  CHECK(key_of({.method = "CANCEL"}, "INVITE") == key_of({}));
  CHECK(key_of({.method = "CANCEL"}) != key_of({}));
}

TEST_CASE("Without the cookie everything that RFC 2543 names decides") {
  const auto old = [](auto change) {
    parts p{.via = "SIP/2.0/UDP pc33.example.com:5062"};
    change(p);
    return p;
  };
  const parts base = old([](parts&) {});
  struct row {
    const char* what;
    parts other;
    bool same;
  };
  const row rows[] = {
      {"identical", base, true},
      {"other Request-URI", old([](parts& p) { p.uri = "sip:carol@example.com"; }), false},
      {"other To tag", old([](parts& p) { p.to += ";tag=9"; }), false},
      {"other From tag", old([](parts& p) { p.from = "<sip:alice@example.com>;tag=2"; }), false},
      {"no From tag", old([](parts& p) { p.from = "<sip:alice@example.com>"; }), false},
      {"other Call-ID", old([](parts& p) { p.call_id = "b"; }), false},
      {"other CSeq number", old([](parts& p) { p.cseq = "2"; }), false},
      {"leading zeros in CSeq", old([](parts& p) { p.cseq = "00314159"; }), true},
      {"other Via", old([](parts& p) { p.via += ";x=y"; }), false},
      {"other method", old([](parts& p) { p.method = "OPTIONS"; }), false},
      {"display name of From", old([](parts& p) { p.from = "A " + p.from; }), true},
  };
  for (const row& r : rows) {
    CAPTURE(r.what);
    CHECK((key_of(r.other) == key_of(base)) == r.same);
  }
  const parts bare{.via = "SIP/2.0/UDP h;branch=z9hG4bK"};
  CHECK(key_of(bare) == key_of(bare));
  CHECK(key_of({.via = bare.via, .call_id = "b"}) != key_of(bare));
}

TEST_CASE("Copies of a request share Call-ID, From tag and CSeq") {
  CHECK(merge_of({.via = "SIP/2.0/UDP other;branch=z9hG4bKother"}) == merge_of({}));
  CHECK(merge_of({.uri = "sip:carol@example.com"}) == merge_of({}));
  CHECK(merge_of({.from = "<sip:alice@example.com>;tag=2"}) != merge_of({}));
  CHECK(merge_of({.call_id = "b"}) != merge_of({}));
  CHECK(merge_of({.cseq = "2"}) != merge_of({}));
  CHECK(merge_of({.method = "OPTIONS"}) != merge_of({}));
}

TEST_CASE("A client transaction is found by branch and method") {
  CHECK(client_key("z9hG4bK1", "INVITE") == client_key("z9hG4bK1", "INVITE"));
  CHECK(client_key("z9hG4bK1", "INVITE") != client_key("z9hG4bK1", "CANCEL"));
  CHECK(client_key("z9hG4bK1", "INVITE") != client_key("z9hG4bK2", "INVITE"));
}

TEST_CASE("The table finds by key and number, refuses a key twice, and forgets") {
  struct item {
    item(std::uint64_t n, std::string_view k, int v) : number(n), key(k), value(v) {}
    std::uint64_t number;
    std::string_view key;
    int value;
  };
  transaction_table<item> table(keyed_hash(1, 2));
  for (int i = 0; i < 1000; ++i) {
    item* one = table.insert("key of transaction number " + std::to_string(i), i);
    REQUIRE(one != nullptr);
    CHECK(one->number == static_cast<std::uint64_t>(i) + 1);
  }
  CHECK(table.insert("key of transaction number 7", 0) == nullptr);
  CHECK(table.size() == 1000);
  CHECK(table.find("key of transaction number 7")->value == 7);
  CHECK(table.find(std::uint64_t{8})->value == 7);
  table.erase(*table.find("key of transaction number 7"));
  CHECK(table.find("key of transaction number 7") == nullptr);
  CHECK(table.find(std::uint64_t{8}) == nullptr);
  CHECK(table.insert("key of transaction number 7", 0)->number == 1001);
  CHECK(table.find(std::uint64_t{1000})->value == 999);
}

TEST_CASE("SipHash-1-3 of its reference key") {
  const keyed_hash hash(0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL);
  CHECK(hash.hash("") == 0xabac0158050fc4dcULL);
  CHECK(hash.hash("abcdefgh") != hash.hash("abcdefg"));
  CHECK(hash.hash("a") != keyed_hash(1, 2).hash("a"));
}

}  // namespace
