#include "sipvoice/sim/ladder.hpp"

#include <cstdio>

#include "sipvoice/sip/message.hpp"

namespace sipvoice::sim {
namespace {

std::string what_is(std::string_view bytes) {
  const bool looks_like_sip = !bytes.empty() && bytes[0] >= 'A' && bytes[0] <= 'Z';
  const auto m = looks_like_sip ? sip::message::parse(std::string(bytes)) : sip::message{};
  if (!looks_like_sip || !m) return std::to_string(bytes.size()) + " bytes";
  std::string out = m->is_request()
                        ? std::string(m->method_name()) + " " + std::string(m->request_uri())
                        : std::to_string(m->status()) + " " + std::string(m->reason_phrase());
  out += " | " + std::string(m->value(sip::header_id::cseq));
  if (const auto& top = m->top_via()) out += " " + std::string(top->branch());
  return out;
}

}  // namespace

std::string ladder_time(time_point at) {
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(us / 1'000'000),
                static_cast<long long>(us % 1'000'000));
  return text;
}

std::string ladder_line(const passing& p) {
  std::string out = ladder_time(p.at) + " " + p.from.to_string() + " -> " + p.to.to_string() + " " +
                    what_is(p.bytes);
  if (p.copies == 0) out += " [lost]";
  if (p.copies == 2) out += " [twice]";
  return out;
}

}  // namespace sipvoice::sim
