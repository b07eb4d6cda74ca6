// Where the application's words enter a message: what has a CR, an LF or a NUL in it, and a header
// that is the message's own, is refused there, by every command that takes one.
#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;
using namespace std::string_literals;

namespace {

const std::vector<std::string> breaks{"\r\nX-Evil: 1"s, "\nX-Evil: 1"s, "\rX"s, "\0"s};

/// The message's own, in any spelling; and what is no header name.
const std::vector<std::string> not_to_be_set{"Via", "v",       "to",  "CSeq", "Content-Length",
                                             "l",   "Contact", "X A", "X:A",  ""};

struct dial_row {
  const char* what;
  std::function<void(call::dial_request&, const std::string&)> change;
};

template <class Request>
using change_of = std::function<void(Request&, const std::string&)>;

}  // namespace

TEST_CASE("a call with a line end in any of its words is never placed") {
  const std::vector<dial_row> rows{
      {"target", [](auto& r, auto& bad) { r.target += bad; }},
      {"target's parameter", [](auto& r, auto& bad) { r.target += ";x=" + bad; }},
      {"from", [](auto& r, auto& bad) { r.from = "sip:alice" + bad + "@h"; }},
      {"proxy", [](auto& r, auto& bad) { r.proxy = "sip:127.0.0.3" + bad; }},
      {"header value",
       [](auto& r, auto& bad) {
         r.headers = {{"X-A", "1" + bad}};
       }},
      {"header name",
       [](auto& r, auto& bad) {
         r.headers = {{"X-A" + bad, "1"}};
       }},
  };
  for (const dial_row& row : rows) {
    for (const std::string& bad : breaks) {
      CAPTURE(row.what, bad);
      node n;
      call::dial_request r;
      r.target = "sip:bob@127.0.0.2:5070";
      row.change(r, bad);
      n.dial(r);
      CHECK(n.sent.empty());
      CHECK(n.last<call::call_ended>().by == call::ended_by::error);
      CHECK(n.is_clean());
    }
  }
}

TEST_CASE("a request outside a dialog with a line end in any of its words is never sent") {
  using request = call::outgoing_request;
  const std::vector<change_of<request>> rows{
      [](auto& r, auto& bad) { r.target += bad; },
      [](auto& r, auto& bad) { r.from = "sip:alice" + bad + "@h"; },
      [](auto& r, auto& bad) { r.to = "sip:bob" + bad + "@h"; },
      [](auto& r, auto& bad) { r.proxy = "sip:127.0.0.3" + bad; },
      [](auto& r, auto& bad) { r.content_type = "text/plain" + bad; },
      [](auto& r, auto& bad) {
        r.headers = {{"X-A", "1" + bad}};
      },
      [](auto& r, auto& bad) {
        r.headers = {{"X-A" + bad, "1"}};
      },
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& bad : breaks) {
      CAPTURE(i, bad);
      node n;
      request r;
      r.method = sip::method::message;
      r.target = "sip:bob@127.0.0.2:5070";
      r.body = "hello";
      r.content_type = "text/plain";
      rows[i](r, bad);
      const auto id = n.endpoint().send_request(r, {}, n.now());
      n.drain();
      CHECK(n.sent.empty());
      // Either refused, or told that there is nowhere to send it.
      CHECK(n.events<call::client_event>().size() == (id == call::call_id{} ? 0 : 1));
      CHECK(n.is_clean());
    }
  }
}

TEST_CASE("a registration with a line end in any of its words is never sent") {
  using request = call::registration_request;
  const std::vector<change_of<request>> rows{
      [](auto& r, auto& bad) { r.aor += bad; },
      [](auto& r, auto& bad) { r.from = "sip:office" + bad + "@h"; },
      [](auto& r, auto& bad) { r.proxy = "sip:127.0.0.3" + bad; },
      [](auto& r, auto& bad) {
        r.headers = {{"X-A", "1" + bad}};
      },
      [](auto& r, auto& bad) {
        r.headers = {{"X-A" + bad, "1"}};
      },
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& bad : breaks) {
      CAPTURE(i, bad);
      node n;
      request r;
      r.aor = "sip:alice@127.0.0.2:5070";
      rows[i](r, bad);
      std::ignore = n.endpoint().register_account(r, n.now());
      n.drain();
      n.advance(std::chrono::hours(1));
      CHECK(n.sent.empty());
    }
  }
}

TEST_CASE("headers of an answer: one line each, and none that is the 2xx's own") {
  node n;
  n.receive(peer_request{}.text());
  for (const std::string& bad : breaks) {
    CAPTURE(bad);
    CHECK_FALSE(n.answer({{{"X-A", "1" + bad}}}));
    CHECK_FALSE(n.answer({{{"X-A" + bad, "1"}}}));
  }
  for (const std::string& name : not_to_be_set) {
    CAPTURE(name);
    CHECK_FALSE(n.answer({{{"X-Good", "1"}, {name, "1"}}}));
  }
  CHECK(n.times_of("200").empty());
  CHECK(n.answer({{{"X-A", "1"}, {"X-A", "2"}}}));
  CHECK(n.last_sent().count(sip::header_id::contact) == 1);
  CHECK(n.last_sent().value("X-A") == "1");
}

TEST_CASE("headers of requests: none that is the request's own") {
  for (const std::string& name : not_to_be_set) {
    CAPTURE(name);
    node n;
    call::dial_request call;
    call.target = "sip:bob@127.0.0.2:5070";
    call.headers = {{name, "1"}};
    n.dial(call);
    CHECK(n.last<call::call_ended>().reason == "bad_header");
    call::outgoing_request options;
    options.target = call.target;
    options.headers = call.headers;
    CHECK(n.endpoint().send_request(options, {}, n.now()) == call::call_id{});
    call::registration_request registration;
    registration.aor = call.target;
    registration.headers = call.headers;
    CHECK(n.endpoint().register_account(registration, n.now()) == call::call_id{});
    CHECK(n.sent.empty());
  }
}

TEST_CASE("line ends in what is said inside a dialog") {
  node n;
  establish(n);
  n.sent.clear();
  for (const std::string& bad : breaks) {
    CAPTURE(bad);
    CHECK_FALSE(n.endpoint().transfer(n.last_call, "sip:carol@127.0.0.3" + bad, n.now()));
    CHECK_FALSE(n.endpoint().send_message(n.last_call, "text/plain" + bad, "hi", n.now()));
    n.drain();
  }
  CHECK(n.sent.empty());
  CHECK(n.hang_up("a\r\nword"));  // is told, never sent
  CHECK(n.last_sent().bytes().find("word") == std::string::npos);
}

TEST_CASE("a user agent or a realm that is not one line makes no endpoint") {
  for (const std::string& bad : breaks) {
    call::endpoint_config agent, realm;
    agent.user_agent += bad;
    realm.auth_realm += bad;
    CHECK_THROWS_AS(node(agent), std::invalid_argument);
    CHECK_THROWS_AS(node(realm), std::invalid_argument);
  }
}
