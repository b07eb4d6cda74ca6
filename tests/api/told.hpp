// What an application was told, in order.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rig.hpp"

namespace test {

struct told {
  std::vector<std::string> lines;
  std::vector<Session> sessions;
  std::optional<Ending> ending;
  std::vector<std::string> errors;

  party::setup handlers() {
    return [this](api::handlers& on) {
      on.call = [this](Session& s) {
        lines.push_back("call " + s.id());
        sessions.push_back(s);
      };
      on.disconnected = [this](Session& s, const Ending& e) {
        lines.push_back("end " + s.id() + " " + e.reason);
        ending = e;
      };
      on.error = [this](const std::string& e) { errors.push_back(e); };
    };
  }
  /// With a handler of incoming calls besides.
  party::setup handlers(std::function<void(Session&)> incoming) {
    return [this, incoming = std::move(incoming)](api::handlers& on) {
      handlers()(on);
      on.incoming = incoming;
    };
  }
  [[nodiscard]] std::size_t count(const std::string& line) const {
    return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), line));
  }
};

}  // namespace test
