// Arbitrary bytes as a message: every reader is called on it, it is answered, and printed again:
// what is parsed from what was printed is what was printed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "sipvoice/sip/message.hpp"

using namespace sipvoice;
using namespace sipvoice::sip;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_uri(std::string_view text) {
  const auto u = uri::parse(text);
  if (!u) return;
  require(u->text == text && !u->scheme.empty());
  for (const auto part : {u->user, u->password, u->host, u->params, u->headers})
    require(inside(part, text));
  (void)u->param("transport");
  require(unescape(u->user).size() <= u->user.size());
  require(equivalent(*u, *u));
  const std::string plain = u->without_params();
  const auto again = uri::parse(plain);
  require(again && again->without_params() == plain && again->host == u->host &&
          again->port == u->port && again->user == u->user);
}

void read_value(std::string_view value) {
  std::size_t elements = 0;
  for_each_element(value, [&](std::string_view one) {
    ++elements;
    require(inside(one, value));
    if (const auto v = via::parse(one)) {
      require(!v->host.empty() && inside(v->branch(), one));
      (void)v->wants_rport();
    }
    if (const auto a = name_addr::parse(one)) {
      require(inside(a->tag(), one) && a->address.text == a->uri_text);
      require(a->display_text().size() <= a->display.size());
      read_uri(a->uri_text);
    }
  });
  require(elements >= 1 && elements <= value.size() + 1);
  if (const auto c = cseq::parse(value)) require(!c->method_name.empty());
  read_uri(value);
  (void)media_type_is(value, "application/sdp");
}

void read_message(const message& m) {
  require(m.fields().size() <= message_limits::max_headers);
  require(inside(m.body(), m.bytes()) && inside(m.method_name(), m.bytes()) &&
          inside(m.request_uri(), m.bytes()) && inside(m.reason_phrase(), m.bytes()));
  require(m.defect() == nullptr || m.check() == m.defect());
  for (const message::field& f : m.fields()) {
    const std::string_view value = m.value(f);
    require(inside(value, m.bytes()) && inside(m.name(f), m.bytes()) && !m.name(f).empty());
    require(value.find_first_of("\r\n") == std::string_view::npos);
    require(header_of(m.name(f)) == f.id);
    read_value(value);
  }
  read_uri(m.request_uri());
  if (m.check() != nullptr) return;
  require(m.top_via() && m.from() && m.to() && m.cseq() && !m.call_id().empty());
}

// A checked request's answer is a checked response that belongs to it.
void answer(const message& m) {
  const socket_address source{ip_address::v4(192, 0, 2, 77), 5099};
  for (const int status : {100, 183, 200, 400}) {
    const std::string text =
        message_builder::response_to(m, status, source, status == 100 ? "" : "to-tag").finish();
    const auto a = message::parse(text);
    require(a.has_value() && a->status() == status && a->defect() == nullptr);
    require(a->count(header_id::via) == m.count(header_id::via));
    require(a->call_id() == m.call_id());
    if (m.check() != nullptr) continue;
    require(a->check() == nullptr);
    require(a->top_via()->branch() == m.top_via()->branch());
    require(a->top_via()->params.has("rport") == m.top_via()->wants_rport());
    require(a->from()->tag() == m.from()->tag());
    require(a->cseq()->number == m.cseq()->number);
    if (m.to()->params.has("tag")) {
      require(a->to()->tag() == m.to()->tag());
    } else {
      require(a->to()->tag() == (status == 100 ? "" : "to-tag"));
    }
  }
}

message_builder begin(const message& m) {
  if (!m.is_request())
    return message_builder::response(
        m.status(), is_safe_value(m.reason_phrase()) ? m.reason_phrase() : std::string_view("x"));
  return message_builder::request(m.method_name(), m.request_uri());
}

void print_again(const message& m) {
  if (m.check() != nullptr) return;
  for (const message::field& f : m.fields())
    if (!is_safe_value(m.value(f))) return;
  message_builder b = begin(m);
  std::vector<const message::field*> kept;
  for (const message::field& f : m.fields()) {
    if (f.id == header_id::content_length) continue;
    kept.push_back(&f);
    if (f.id == header_id::other) {
      b.add(m.name(f), m.value(f));
    } else {
      b.add(f.id, m.value(f));
    }
  }
  if (kept.size() == message_limits::max_headers) return;  // no room for Content-Length
  const auto again = message::parse(b.finish({}, m.body()));
  require(again && again->check() == nullptr && again->body() == m.body());
  require(again->method() == m.method() && again->status() == m.status() &&
          again->request_uri() == m.request_uri());
  require(again->fields().size() == kept.size() + 1);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const message::field& f = again->fields()[i];
    require(f.id == kept[i]->id && again->value(f) == m.value(*kept[i]));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read_value(bytes);
  const auto m = message::parse(bytes);
  if (!m) return 0;
  read_message(*m);
  if (m->is_request()) answer(*m);
  print_again(*m);
  return 0;
}
