// RFC 4475 and RFC 5118: every message is fed to a user agent over UDP; what it answers must be
// among what the table below allows for it.
//
// The user agent answers most of them by itself. The rest is answered here by a minimal transaction
// user; 406, 415 and 488 (mpart01, invut, sdp01, the RFC 5118 offers) are the call layer's in the
// product: call_layer_answer() stands for it, so those rows test here only that the message reaches
// it whole.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/user_agent.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;

struct expectation {
  const char* file;           // without ".dat"
  std::vector<int> statuses;  // the final response is one of them; empty: none is sent
};

// Column uas_over_udp_response of rfc4475/EXPECTED.tsv.
const expectation rfc4475[] = {
    {"wsinv", {481, 200}},
    {"intmeth", {501, 405}},
    {"esc01", {200, 404}},
    {"escnull", {405, 501}},
    {"esc02", {501, 405}},
    {"lwsdisp", {200}},
    {"longreq", {200, 488}},
    {"dblreq", {405, 501}},
    {"semiuri", {200}},
    {"transports", {200}},
    {"mpart01", {405, 415, 200}},
    {"unreason", {}},
    {"noreason", {}},
    {"badinv01", {400}},
    {"clerr", {400}},
    {"ncl", {400}},
    {"scalar02", {400}},
    {"scalarlg", {}},
    {"quotbal", {400}},
    {"ltgtruri", {400}},
    {"lwsruri", {400}},
    {"lwsstart", {400, 200}},
    {"trws", {400, 200}},
    {"escruri", {400, 200}},
    {"baddate", {200, 488, 400}},
    {"regbadct", {400, 405, 501}},
    {"badaspec", {400, 200}},
    {"baddn", {400, 200}},
    {"badvers", {505}},
    {"mismatch01", {400}},
    {"mismatch02", {501, 405, 400}},
    {"bigcode", {}},
    {"badbranch", {200, 400}},
    {"insuf", {400}},
    {"unkscm", {416}},
    {"novelsc", {416, 404}},
    {"unksm2", {405, 501, 400}},
    {"bext01", {420}},
    {"invut", {415}},
    {"regaut01", {405, 501}},
    {"multi01", {400}},
    {"mcl01", {400}},
    {"bcast", {}},
    {"zeromf", {200}},
    {"cparam01", {405, 501}},
    {"cparam02", {405, 501}},
    {"regescrt", {405, 501}},
    {"sdp01", {406, 400}},
    {"inv2543", {200, 400}},
};

// rfc5118/EXPECTED.tsv. 4.6 as it stands has a Content-Length beyond the datagram, which is 400; in
// 4.8 and 4.9 it is too short and cuts the last line of the offer off.
const expectation rfc5118[] = {
    {"4.1-ipv6-good", {405, 501}},
    {"4.2-ipv6-bad", {400}},
    {"4.3-port-ambiguous", {405, 501}},
    {"4.4-port-unambiguous", {405, 501}},
    {"4.5a-via-received-param-with-delim", {481}},
    {"4.5b-via-received-param-no-delim", {200}},
    {"4.6-ipv6-in-sdp", {400}},
    {"4.6-ipv6-in-sdp-clfixed", {488}},
    {"4.7-mult-ip-in-header", {481}},
    {"4.8-mult-ip-in-sdp", {200, 488, 400}},
    {"4.8-mult-ip-in-sdp-clfixed", {200}},
    {"4.9-ipv4-mapped-ipv6", {488, 400}},
    {"4.9-ipv4-mapped-ipv6-clfixed", {488}},
    {"4.10a-ipv6-bug-abnf-3-colons", {200}},
    {"4.10b-ipv6-correct-abnf-2-colons", {200}},
};

const hop source{flow_id{1}, transport::udp, {ip_address::v4(127, 0, 0, 1), 34567}};

struct answer {
  int status;
  std::vector<std::pair<header_id, std::string>> headers = {};
};

// What the call layer decides about an INVITE: type of the body, Accept, codecs of the offer.
answer call_layer_answer(const message& invite) {
  if (!invite.body().empty() &&
      !media_type_is(invite.value(header_id::content_type), "application/sdp"))
    return {415, {{header_id::accept, "application/sdp"}}};
  if (invite.has(header_id::accept) && !invite.lists(header_id::accept, "application/sdp"))
    return {406};
  const std::string_view body = invite.body();
  const std::size_t audio = body.find("m=audio ");
  if (audio == std::string_view::npos) return {200};
  const std::string_view line = body.substr(audio, body.find_first_of("\r\n", audio) - audio);
  const bool g711 = line.ends_with(" 0") || line.find(" 0 ") != std::string_view::npos;
  return {g711 ? 200 : 488};
}

answer minimal_user(const message& request) {
  const bool in_dialog = !request.to().value().tag().empty();
  if (in_dialog || request.method() == method::bye) return {481};
  return request.method() == method::invite ? call_layer_answer(request) : answer{200};
}

// Everything that is sent for one datagram.
std::vector<transmit> feed(user_agent& ua, const std::string& bytes, time_point now) {
  std::vector<transmit> sent;
  ua.receive(source, source.remote.ip, bytes, now);
  while (auto out = ua.poll()) {
    if (auto* one = std::get_if<transmit>(&*out)) {
      sent.push_back(std::move(*one));
    } else if (const auto* got = std::get_if<request_received>(&*out)) {
      const answer a = minimal_user(*got->request);
      auto response =
          message_builder::response_to(*got->request, a.status, source.remote, "tu-tag");
      for (const auto& [id, value] : a.headers) response.add(id, value);
      ua.respond(got->tx, a.status, response.finish(), now);
    } else {
      CHECK(std::holds_alternative<server_tx_ended>(*out));
    }
  }
  return sent;
}

void check_required_headers(const std::string& file, const message& response) {
  const int status = response.status();
  if (status == 405 || status == 501)
    CHECK(response.value(header_id::allow) ==
          "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO, MESSAGE");
  if (status == 415) CHECK(response.value(header_id::accept) == "application/sdp");
  CHECK(response.has(header_id::unsupported) == (status == 420));
  if (file == "bext01")
    CHECK(response.value(header_id::unsupported) ==
          "nothingSupportsThis, nothingSupportsThisEither");
}

// RFC 3261 8.2.6.2: what is copied from the request, as far as it is there.
void check_copies(const message& request, const message& response) {
  for (const header_id id : {header_id::from, header_id::call_id, header_id::cseq})
    CHECK(response.value(id) == request.value(id));
  CHECK(std::string(response.value(header_id::to)).starts_with(request.value(header_id::to)));
  CHECK(response.count(header_id::via) == request.count(header_id::via));
  if (request.check() != nullptr) return;
  CHECK(response.check() == nullptr);
  CHECK_FALSE(response.to().value().tag().empty());
}

void check_file(const std::filesystem::path& folder, const expectation& e) {
  INFO(e.file);
  const auto path = folder / (std::string(e.file) + ".dat");
  REQUIRE(std::filesystem::exists(path));
  const std::string bytes = test::read_file(path);
  seeded_random random(4475);
  user_agent ua({}, random);
  std::vector<transmit> sent = feed(ua, bytes, time_point{});

  const bool trying = !sent.empty() && message::parse(sent.front().bytes).value().status() == 100;
  if (trying) sent.erase(sent.begin());
  if (e.statuses.empty()) {
    CHECK_FALSE(trying);
    CHECK(sent.empty());
    CHECK(ua.counters().stray_responses + ua.counters().malformed + ua.counters().not_sip == 1);
  } else {
    REQUIRE(sent.size() == 1);
    const message request = message::parse(bytes).value();
    const message response = message::parse(sent.front().bytes).value();
    CAPTURE(response.status(), response.reason_phrase());
    CHECK(std::count(e.statuses.begin(), e.statuses.end(), response.status()) == 1);
    CHECK(sent.front().to.remote.ip == source.remote.ip);
    CHECK(sent.front().to.flow == source.flow);
    check_required_headers(e.file, response);
    check_copies(request, response);
  }
  ua.handle_timeout(time_point{} + std::chrono::seconds(32));
  CHECK(ua.transactions() == 0);
}

// First column of a table of expectations, without its heading.
std::set<std::string> listed_in(const std::filesystem::path& table) {
  std::istringstream in(test::read_file(table));
  std::set<std::string> out;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line))
    if (!line.empty()) out.insert(line.substr(0, line.find('\t')));
  return out;
}

TEST_CASE("RFC 4475: every message is answered as the table allows") {
  if (!test::have_data("rfc4475/EXPECTED.tsv")) return;
  const auto folder = test::data_folder() / "rfc4475";
  std::set<std::string> rows;
  for (const expectation& e : rfc4475) {
    rows.insert(e.file);
    check_file(folder, e);
  }
  CHECK(rows == listed_in(folder / "EXPECTED.tsv"));
  CHECK(rows.size() == 49);
}

TEST_CASE("RFC 5118: every message is answered as the table allows") {
  if (!test::have_data("rfc5118/EXPECTED.tsv")) return;
  const auto folder = test::data_folder() / "rfc5118";
  std::set<std::string> rows;
  for (const expectation& e : rfc5118) {
    const std::string file = e.file;
    rows.insert(file.substr(0, file.rfind("-clfixed")));
    check_file(folder, e);
  }
  CHECK(rows == listed_in(folder / "EXPECTED.tsv"));
  CHECK(rows.size() == 12);
}

TEST_CASE("RFC 4475: responses go to the source at the port of the Via") {
  struct row {
    const char* file;
    int port;
  };
  // No rport in them; mpart01 has it, and is answered where it came from.
  const row rows[] = {{"lwsdisp", 5060}, {"quotbal", 5050}, {"badinv01", 5060},
                      {"badvers", 5060}, {"baddn", 5060},   {"mpart01", 34567}};
  for (const row& r : rows) {
    const std::string file = std::string("rfc4475/") + r.file + ".dat";
    if (!test::have_data(file)) return;
    CAPTURE(r.file);
    seeded_random random(4475);
    user_agent ua({}, random);
    const auto sent = feed(ua, test::read_file(test::data_folder() / file), time_point{});
    REQUIRE_FALSE(sent.empty());
    CHECK(sent.front().to.remote.port == r.port);
  }
}

}  // namespace
