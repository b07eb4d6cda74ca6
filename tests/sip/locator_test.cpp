// RFC 3263 section 4 as tables: a zone, a URI, and where the request goes.
#include <map>

#include "sipvoice/sip/locator.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using sip::dns_type;
using sip::transport;

namespace {

struct zone {
  std::map<std::pair<dns_type, std::string>, sip::dns_records> records;
  std::vector<std::string> asked;

  zone& naptr(const std::string& name, int order, int preference, const std::string& service,
              const std::string& to, const std::string& flags = "s") {
    records[{dns_type::naptr, name}].push_back(
        sip::naptr_record{static_cast<std::uint16_t>(order), static_cast<std::uint16_t>(preference),
                          flags, service, to});
    return *this;
  }
  zone& srv(const std::string& name, int priority, int weight, int port, const std::string& to) {
    records[{dns_type::srv, name}].push_back(sip::srv_record{static_cast<std::uint16_t>(priority),
                                                             static_cast<std::uint16_t>(weight),
                                                             static_cast<std::uint16_t>(port), to});
    return *this;
  }
  zone& host(const std::string& name, const std::string& ip) {
    const auto address = *ip_address::parse(ip);
    records[{address.is_v6() ? dns_type::aaaa : dns_type::a, name}].push_back(address);
    return *this;
  }
  sip::dns_records answer(const sip::dns_query& q) {
    const char* type = q.type == dns_type::a      ? "A "
                       : q.type == dns_type::aaaa ? "AAAA "
                       : q.type == dns_type::srv  ? "SRV "
                                                  : "NAPTR ";
    asked.push_back(type + q.name);
    const auto found = records.find({q.type, q.name});
    return found == records.end() ? sip::dns_records{} : found->second;
  }
};

std::vector<std::string> locate(zone& z, const std::string& uri, sip::abilities can = {},
                                std::uint64_t seed = 1) {
  seeded_random random(seed);
  sip::locator l(uri, can, random);
  int rounds = 0;
  while (!l.done()) {
    REQUIRE(++rounds < 10);
    std::vector<sip::dns_query> batch;
    while (auto q = l.poll()) batch.push_back(*q);
    REQUIRE(!batch.empty());
    for (const auto& q : batch) l.receive(q, z.answer(q));
  }
  std::vector<std::string> out;
  for (const auto& c : l.candidates())
    out.push_back(std::string(sip::via_name(c.transport)) + " " + c.address.to_string());
  return out;
}

using list = std::vector<std::string>;

/// The zone of RFC 3263 section 4.1 and 4.2, with addresses.
zone example() {
  zone z;
  z.naptr("example.com", 50, 50, "SIPS+D2T", "_sips._tcp.example.com")
      .naptr("example.com", 90, 50, "SIP+D2T", "_sip._tcp.example.com")
      .naptr("example.com", 100, 50, "SIP+D2U", "_sip._udp.example.com")
      .srv("_sips._tcp.example.com", 0, 1, 5061, "server1.example.com")
      .srv("_sip._tcp.example.com", 0, 1, 5060, "server1.example.com")
      .srv("_sip._tcp.example.com", 1, 2, 5060, "server2.example.com")
      .srv("_sip._udp.example.com", 0, 1, 5062, "server2.example.com")
      .host("server1.example.com", "192.0.2.1")
      .host("server2.example.com", "192.0.2.2");
  return z;
}

}  // namespace

TEST_CASE("locator: a numeric host never asks", "[locator]") {
  const std::pair<const char*, list> rows[] = {
      {"sip:192.0.2.7", {"UDP 192.0.2.7:5060"}},
      {"sip:a@192.0.2.7:5099", {"UDP 192.0.2.7:5099"}},
      {"sip:192.0.2.7;transport=tcp", {"TCP 192.0.2.7:5060"}},
      {"sip:192.0.2.7;transport=TLS", {"TLS 192.0.2.7:5061"}},
      {"sip:192.0.2.7:5060;transport=tls", {"TLS 192.0.2.7:5060"}},
      {"sips:192.0.2.7", {"TLS 192.0.2.7:5061"}},
      {"sips:192.0.2.7;transport=tcp", {"TLS 192.0.2.7:5061"}},
      {"sips:192.0.2.7;transport=udp", {}},
      {"sip:192.0.2.7;transport=sctp", {}},
      {"sip:[2001:db8::1]", {"UDP [2001:db8::1]:5060"}},
      {"sip:example.com;maddr=192.0.2.9", {"UDP 192.0.2.9:5060"}},
      {"tel:+123", {}},
      {"nonsense", {}},
  };
  for (const auto& [uri, expected] : rows) {
    CAPTURE(uri);
    zone z;
    CHECK(locate(z, uri) == expected);
    CHECK(z.asked.empty());
  }
}

TEST_CASE("locator: NAPTR order decides on the transport", "[locator]") {
  zone z = example();
  CHECK(locate(z, "sip:user@example.com") == list{"TLS 192.0.2.1:5061", "TCP 192.0.2.1:5060",
                                                  "TCP 192.0.2.2:5060", "UDP 192.0.2.2:5062"});
  CHECK(z.asked.front() == "NAPTR example.com");
  zone again = example();
  CHECK(locate(again, "sip:example.com", {.tls = false}) ==
        list{"TCP 192.0.2.1:5060", "TCP 192.0.2.2:5060", "UDP 192.0.2.2:5062"});
  zone secure = example();
  CHECK(locate(secure, "sips:example.com") == list{"TLS 192.0.2.1:5061"});
}

TEST_CASE("locator: preference decides within one order, other flags and services do not count",
          "[locator]") {
  zone z;
  z.naptr("d", 10, 20, "SIP+D2T", "t.d")
      .naptr("d", 10, 10, "sip+d2u", "u.d", "S")
      .naptr("d", 1, 1, "SIP+D2S", "s.d")
      .naptr("d", 1, 1, "SIP+D2U", "x.d", "a")
      .srv("t.d", 0, 0, 1, "h.d")
      .srv("u.d", 0, 0, 2, "h.d")
      .host("h.d", "192.0.2.1");
  CHECK(locate(z, "sip:d") == list{"UDP 192.0.2.1:2", "TCP 192.0.2.1:1"});
}

TEST_CASE("locator: an explicit transport skips NAPTR, an explicit port skips SRV", "[locator]") {
  zone z = example();
  CHECK(locate(z, "sip:example.com;transport=tcp") ==
        list{"TCP 192.0.2.1:5060", "TCP 192.0.2.2:5060"});
  CHECK(z.asked == list{"SRV _sip._tcp.example.com", "A server1.example.com",
                        "AAAA server1.example.com", "A server2.example.com",
                        "AAAA server2.example.com"});
  zone p;
  p.host("example.com", "192.0.2.3").host("example.com", "2001:db8::3");
  CHECK(locate(p, "sip:example.com:5070") == list{"UDP 192.0.2.3:5070", "UDP [2001:db8::3]:5070"});
  CHECK(p.asked == list{"A example.com", "AAAA example.com"});
  CHECK(locate(p, "sips:example.com:5070", {.v4 = false}) == list{"TLS [2001:db8::3]:5070"});
}

TEST_CASE("locator: without NAPTR each transport is asked for, without SRV the name itself",
          "[locator]") {
  zone z;
  z.srv("_sip._tcp.d", 0, 0, 5080, "h.d").host("h.d", "192.0.2.1");
  CHECK(locate(z, "sip:D") == list{"TCP 192.0.2.1:5080"});
  CHECK(z.asked == list{"NAPTR d", "SRV _sip._udp.d", "SRV _sip._tcp.d", "SRV _sips._tcp.d",
                        "A h.d", "AAAA h.d"});
  zone bare;
  bare.host("d", "192.0.2.5");
  CHECK(locate(bare, "sip:d") == list{"UDP 192.0.2.5:5060"});
  CHECK(locate(bare, "sips:d") == list{"TLS 192.0.2.5:5061"});
  CHECK(locate(bare, "sip:d;transport=tls") == list{"TLS 192.0.2.5:5061"});
  zone none;
  CHECK(locate(none, "sip:d").empty());
}

TEST_CASE("locator: a target of \".\" means that there is no such service", "[locator]") {
  zone z;
  z.srv("_sip._udp.d", 0, 0, 0, ".").host("d", "192.0.2.1");
  CHECK(locate(z, "sip:d").empty());
}

TEST_CASE("locator: priority rules, equal weights are drawn as RFC 2782 says", "[locator]") {
  std::map<std::string, int> first;
  constexpr int runs = 4000;
  seeded_random random(7);
  for (int i = 0; i < runs; ++i) {
    const auto ordered = sip::in_order(
        {{20, 0, 1, "backup"}, {10, 1, 1, "one"}, {10, 3, 1, "three"}, {10, 0, 1, "zero"}}, random);
    REQUIRE(ordered.size() == 4);
    CHECK(ordered.back().target == "backup");
    ++first[ordered.front().target];
  }
  // Drawn from 0..4 with running sums 0, 1, 4: one fifth, one fifth, three fifths.
  CHECK(first["zero"] == Approx(runs / 5.0).epsilon(0.1));
  CHECK(first["one"] == Approx(runs / 5.0).epsilon(0.1));
  CHECK(first["three"] == Approx(runs * 3 / 5.0).epsilon(0.1));
}

TEST_CASE("locator: answers cannot make it grow", "[locator]") {
  zone z;
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    z.naptr("d", i, 0, "SIP+D2U", "s" + n + ".d");
    for (int k = 0; k < 100; ++k) z.srv("s" + n + ".d", k, 0, 5060, "h" + n + ".d");
    for (int k = 0; k < 100; ++k) z.host("h" + n + ".d", "10.0." + n + "." + std::to_string(k));
  }
  CHECK(locate(z, "sip:d").size() <= sip::locator_limits::max_candidates);
  CHECK(z.asked.size() <=
        1 + sip::locator_limits::max_services + 2 * sip::locator_limits::max_servers);
  zone many;
  for (int k = 0; k < 100; ++k) many.host("d", "10.0.0." + std::to_string(k));
  CHECK(locate(many, "sip:d:5060").size() == sip::locator_limits::max_addresses);
  zone longname;
  CHECK(locate(longname, "sip:" + std::string(300, 'a')).empty());
  CHECK(longname.asked.empty());
}

TEST_CASE("locator: giving up keeps what is known", "[locator]") {
  seeded_random random(1);
  sip::locator l("sip:d:5060", {}, random);
  const auto a = l.poll();
  const auto aaaa = l.poll();
  REQUIRE((a && aaaa && !l.poll()));
  l.receive(*a, sip::dns_records{ip_address::v4(192, 0, 2, 1)});
  CHECK_FALSE(l.done());
  l.give_up();
  CHECK(l.done());
  CHECK(l.candidates().size() == 1);
  l.receive(*aaaa, sip::dns_records{*ip_address::parse("2001:db8::1")});
  CHECK(l.candidates().size() == 1);
}

TEST_CASE("locator: a named transport is fixed", "[locator]") {
  seeded_random random(1);
  CHECK(sip::locator("sip:192.0.2.1;transport=udp", {}, random).transport_is_fixed());
  CHECK_FALSE(sip::locator("sip:192.0.2.1", {}, random).transport_is_fixed());
}

TEST_CASE("locator: why there is nowhere to go", "[locator]") {
  using sip::dns_outcome;
  using asked = std::pair<dns_type, std::string>;
  const auto srv = [](const char* target) {
    return sip::dns_reply(sip::dns_records{sip::srv_record{0, 0, 5060, target}});
  };
  struct row {
    const char* uri;
    std::map<asked, sip::dns_reply> replies;
    dns_outcome otherwise;
    const char* complaint;
  };
  const row table[] = {
      {"sip:d", {}, dns_outcome::no_such_name, "no such name: d (asked for NAPTR, SRV, A, AAAA)"},
      {"sip:d;transport=tcp",
       {},
       dns_outcome::no_such_name,
       "no such name: d (asked for SRV, A, AAAA)"},
      {"sip:D:5060", {}, dns_outcome::no_records, "d has no address (asked for A, AAAA)"},
      {"sip:d:5060",
       {{{dns_type::a, "d"}, dns_outcome::no_records}},
       dns_outcome::no_such_name,
       "d has no address (asked for A, AAAA)"},
      {"sip:d:5060",
       {{{dns_type::a, "d"}, dns_outcome::no_records}},
       dns_outcome::no_answer,
       "no DNS server answered about d in time (asked for A, AAAA)"},
      {"sip:d:5060",
       {},
       dns_outcome::refused,
       "DNS failed for d: the server fails, refuses or is not there (asked for A, AAAA)"},
      {"sip:d:5060",
       {},
       dns_outcome::not_asked,
       "too many DNS questions at once to ask about d (asked for A, AAAA)"},
      {"sip:d;transport=udp",
       {{{dns_type::srv, "_sip._udp.d"}, srv("gone.d")}},
       dns_outcome::no_such_name,
       "no such name: gone.d (asked for SRV, A, AAAA)"},
      {"sip:d;transport=udp",
       {{{dns_type::srv, "_sip._udp.d"}, srv(".")}},
       dns_outcome::no_such_name,
       "d says that it offers no SIP (its SRV record names no server)"},
      // A server that drops only questions that it does not know is not what keeps us.
      {"sip:d",
       {{{dns_type::naptr, "d"}, dns_outcome::no_answer}},
       dns_outcome::no_such_name,
       "no such name: d (asked for NAPTR, SRV, A, AAAA)"},
      {"sip:192.0.2.1", {}, dns_outcome::no_such_name, ""},
  };
  for (const row& r : table) {
    CAPTURE(r.complaint);
    seeded_random random(1);
    sip::locator l(r.uri, {}, random);
    while (const auto q = l.poll()) {
      const auto reply = r.replies.find({q->type, q->name});
      l.receive(*q, reply == r.replies.end() ? sip::dns_reply(r.otherwise) : reply->second);
    }
    REQUIRE(l.done());
    CHECK(l.complaint() == r.complaint);
  }
  seeded_random random(1);
  sip::locator l("sip:d", {}, random);
  REQUIRE(l.poll());
  l.give_up();
  CHECK(l.complaint() == "no DNS server answered about d in time (asked for NAPTR)");
}
