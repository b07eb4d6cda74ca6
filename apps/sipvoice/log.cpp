#include "log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>
#include <utility>
#include <vector>

namespace sipvoice::app {
namespace {

bool as_json = false;
bool started = false;

/// What is said while options are read, before it is known how and where to: stdout may be the
/// event stream's. Nobody else is running then.
struct early_line {
  log_level level;
  std::string text;
};
std::vector<early_line> early;
constexpr std::size_t max_early = 100;

/// Text from the network cannot forge a line or drive a terminal; inside JSON it cannot break out.
std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::array<char, 8> escaped{};
    if (byte < 0x20 || byte >= 0x7f) {
      std::snprintf(escaped.data(), escaped.size(), as_json ? "\\u%04x" : "\\x%02x", byte);
      out += escaped.data();
    } else {
      if (as_json && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
  }
  return out;
}

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void start_log(const std::string& level, const std::string& format) {
  as_json = format == "json";
  auto logger = spdlog::stderr_color_mt("sipvoice");
  logger->set_level(level.empty() ? spdlog::level::info : spdlog::level::from_str(level));
  if (as_json) {
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","message":"%v"})",
                        spdlog::pattern_time_type::utc);
  } else {
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v");
  }
  spdlog::set_default_logger(std::move(logger));
  started = true;
  for (const early_line& line : std::exchange(early, {})) log(line.level, line.text);
}

bool is_logged(log_level level) {
  return spdlog::default_logger_raw()->should_log(to_spdlog(level));
}

void log(log_level level, std::string_view text) {
  if (!started) {
    if (early.size() < max_early) early.push_back({level, std::string(text)});
    return;
  }
  if (!is_logged(level)) return;
  spdlog::default_logger_raw()->log(to_spdlog(level), clean(text));
}

}  // namespace sipvoice::app
