#include "wire_watch.hpp"

namespace soak {

std::optional<sip::message> wire_watch::sent(const sim::passing& p, unsigned process) {
  ++messages_;
  if (p.copies == 0) ++lost_;
  auto m = sip::message::parse(std::string(p.bytes));
  if (!m) {
    violations_.push_back({"", "sent what is not SIP: " + std::string(p.bytes.substr(0, 60))});
    return std::nullopt;
  }
  if (const char* wrong = m->check()) {
    violations_.push_back(
        {std::string(m->call_id()), std::string("sent a faulty message: ") + wrong});
    return std::nullopt;
  }
  std::string sender = std::to_string(process);
  if (p.stream) sender += " " + p.from.to_string() + " " + p.to.to_string();
  if (m->status() >= 200) judge_final(*m, sender);
  return std::move(*m);
}

void wire_watch::judge_final(const sip::message& m, const std::string& sender) {
  const std::string id(m.call_id());
  const auto top = m.top_via();
  const auto number = m.cseq();
  if (number->method == sip::method::ack) violations_.push_back({id, "an ACK was answered"});
  std::string key =
      sender + " " + std::string(top->branch()) + " " + std::string(number->method_name);
  const auto [first, is_new] = finals_.try_emplace(std::move(key), m.bytes());
  if (is_new || first->second == m.bytes()) return;
  violations_.push_back({id, std::string(number->method_name) + " was answered twice: first " +
                                 first->second.substr(8, 3) + ", then " +
                                 std::to_string(m.status())});
}

}  // namespace soak
