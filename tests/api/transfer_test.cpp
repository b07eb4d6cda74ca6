// Transfers and accounts as an application asks for them, towards a peer that is written by hand.
#include "support/catch.hpp"
#include "told.hpp"

using namespace test;

namespace {

struct transferring {
  explicit transferring(sim::world& w)
      : backend(w, server_ip, {},
                [this](api::handlers& on) {
                  app.handlers()(on);
                  on.transfer = [this](Session& s, const Transfer& t) {
                    const char* names[] = {"trying", "progress", "done", "failed"};
                    app.lines.push_back(s.id() + " " + names[static_cast<int>(t.state)] + " " +
                                        std::to_string(t.status));
                  };
                }),
        alice(w) {
    alice.invite("c1");
    alice.invite("c2");
    w.run_for(1s);
    REQUIRE(app.sessions.size() == 2);
    app.lines.clear();
  }
  /// What the peer says of the call that it places because of our REFER.
  void notify(std::uint32_t cseq, const std::string& state, const std::string& status_line) {
    peer_request r =
        in_dialog(alice.answer_of("c1"), "NOTIFY", cseq, "z9hG4bK-notify" + std::to_string(cseq));
    r.headers = "Event: refer\r\nSubscription-State: " + state + "\r\n";
    r.content_type = "message/sipfrag;version=2.0";
    r.body = status_line + "\r\n";
    alice.send(r);
  }
  told app;
  party backend;
  caller alice;
};

}  // namespace

TEST_CASE("a blind transfer: REFER, its progress told, and the session ends when it is done") {
  sim::world w(1);
  transferring t(w);
  Session s = t.app.sessions[0];
  CHECK(s.transfer("nowhere") == Outcome::invalid);
  CHECK(s.transfer("sip:carol@127.0.0.3") == Outcome::done);
  CHECK(s.transfer("sip:carol@127.0.0.3") == Outcome::wrong_state);  // one at a time
  w.run_for(100ms);
  REQUIRE(t.alice.got("c1", "REFER") == 1);
  CHECK(t.alice.last("c1")->value("Refer-To") == "<sip:carol@127.0.0.3>");
  t.notify(2, "active;expires=60", "SIP/2.0 180 Ringing");
  w.run_for(100ms);
  t.notify(3, "terminated;reason=noresource", "SIP/2.0 200 OK");
  w.run_for(2s);
  CHECK(t.app.lines == std::vector<std::string>{"c1 trying 0", "c1 progress 180", "c1 done 200",
                                                "end c1 transferred"});
  CHECK(s.transfer("sip:carol@127.0.0.3") == Outcome::ended);
  CHECK(t.app.sessions[1].state() == State::active);
}

TEST_CASE("a transfer that fails leaves the session as it was") {
  sim::world w(1);
  transferring t(w);
  CHECK(t.app.sessions[0].transfer("sip:carol@127.0.0.3") == Outcome::done);
  w.run_for(100ms);
  t.notify(2, "terminated;reason=noresource", "SIP/2.0 486 Busy Here");
  w.run_for(2s);
  CHECK(t.app.lines == std::vector<std::string>{"c1 trying 0", "c1 failed 486"});
  CHECK(t.app.sessions[0].state() == State::active);
}

TEST_CASE("an attended transfer names the other session's dialog, whose place is taken") {
  sim::world w(1);
  transferring t(w);
  Session first = t.app.sessions[0], second = t.app.sessions[1];
  CHECK(first.transfer(first) == Outcome::invalid);
  CHECK(first.transfer(second) == Outcome::done);
  w.run_for(100ms);
  REQUIRE(t.alice.got("c1", "REFER") == 1);
  const std::string to(t.alice.last("c1")->value("Refer-To"));
  CHECK(to.starts_with("<sip:alice@127.0.0.2:5070?Replaces=c2%3B"));
  const std::string ours = tag_of_to(t.alice.answer_of("c2"));
  // The tags as the far end of c2 sees them (RFC 3891 section 3).
  CHECK(to.find("from-tag%3D" + ours) != std::string::npos);
  CHECK(to.find("to-tag%3Dc2") != std::string::npos);
  t.alice.bye("c2");  // its place was taken
  t.notify(2, "terminated;reason=noresource", "SIP/2.0 200 OK");
  w.run_for(2s);
  CHECK(t.app.count("c1 done 200") == 1);
  CHECK(t.app.count("end c1 transferred") == 1);
  CHECK(t.app.count("end c2 hangup") == 1);
  CHECK(t.backend.is_clean());
  CHECK(second.transfer(first) == Outcome::ended);
}

TEST_CASE("a session is not transferred to one that has ended, or to one of another backend") {
  sim::world w(1);
  transferring t(w);
  const ip_address other = ip_address::v4(127, 0, 0, 3);
  party stranger(w, other);
  Session theirs = stranger.control().dial({.to = "sip:bob@127.0.0.1"}, {});
  w.run_for(1s);
  CHECK(theirs.state() == State::active);
  CHECK(t.app.sessions[0].transfer(theirs) == Outcome::invalid);
  t.alice.bye("c2");
  w.run_for(1s);
  CHECK(t.app.sessions[0].transfer(t.app.sessions[1]) == Outcome::wrong_state);
  CHECK(t.alice.got("c1", "REFER") == 0);
}

namespace {

/// At peer_address, port 5060: grants what it is told to, or refuses.
class registrar final : public sim::host {
 public:
  explicit registrar(sim::world& w) : world_(w) { world_.attach(peer_address.ip, *this); }
  ~registrar() override { world_.detach(peer_address.ip); }
  registrar(const registrar&) = delete;
  registrar& operator=(const registrar&) = delete;
  void receive(const socket_address& to, const socket_address& from, std::string bytes,
               time_point) override {
    const auto m = sip::message::parse(std::move(bytes));
    if (!m || !m->is_request()) throw std::runtime_error("the registrar got no request");
    ++requests;
    contact = m->value("Contact");
    const bool leaves =
        m->value("Expires") == "0" || contact.find("expires=0") != std::string::npos;
    std::string grant;
    if (refusal == 0 && !leaves)
      grant = "Contact: " + contact.substr(0, contact.find('>') + 1) + ";expires=60\r\n";
    world_.send(to, from, respond_to(*m, refusal != 0 ? refusal : 200, "registrar", grant));
  }
  void handle_timeout(time_point) override {}
  [[nodiscard]] time_point next_deadline() const override { return never; }
  int refusal = 0, requests = 0;
  std::string contact;

 private:
  sim::world& world_;
};

}  // namespace

TEST_CASE("an account is registered, refreshed in time, lost, found again, and given up") {
  sim::world w(1);
  registrar r(w);
  std::vector<AccountEvent> told;
  party backend(w, server_ip, {}, [&](api::handlers& on) {
    on.account = [&](const AccountEvent& e) { told.push_back(e); };
  });
  CHECK_THROWS_AS(backend.control().register_account({.uri = "alice"}), Error);
  const auto account =
      backend.control().register_account({.uri = "sip:alice@127.0.0.2", .expires = 600s});
  w.run_for(1s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == AccountEvent::Kind::registered);
  CHECK(told[0].account == account);
  CHECK(told[0].uri == "sip:alice@127.0.0.2");
  CHECK(told[0].expires == 60s);
  w.run_for(60s);
  REQUIRE(told.size() >= 2);
  CHECK(told[1].kind == AccountEvent::Kind::refreshed);
  told.clear();
  r.refusal = 503;
  w.run_for(60s);
  REQUIRE_FALSE(told.empty());
  CHECK(told[0].kind == AccountEvent::Kind::failed);
  CHECK(told[0].status == 503);
  CHECK(told[0].retry_in > 0ms);
  told.clear();
  r.refusal = 0;
  w.run_for(3600s);
  REQUIRE_FALSE(told.empty());
  CHECK(told[0].kind == AccountEvent::Kind::registered);
  told.clear();
  CHECK(backend.control().unregister(account));
  CHECK_FALSE(backend.control().unregister(account));
  w.run_for(1s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == AccountEvent::Kind::unregistered);
  const int so_far = r.requests;
  w.run_for(3600s);
  CHECK(r.requests == so_far);
}
