// The log of the process, on stderr. spdlog stands behind it in one file.
#pragma once

#include <string>
#include <string_view>

namespace sipvoice::app {

/// Levels as the runtime numbers them: 0 debug, 1 info, 2 warning, 3 error.
enum class log_level : int { debug = 0, info = 1, warning = 2, error = 3 };

/// `level`: "debug", "info", "warning", "error", "off"; `format`: "text" or "json"; empty: "info",
/// "text".
void start_log(const std::string& level, const std::string& format);
/// Whether a line of that level would be written.
[[nodiscard]] bool is_logged(log_level level);
/// One line; control characters in it are escaped, whoever wrote them. Before start_log() it is
/// held.
void log(log_level level, std::string_view text);

}  // namespace sipvoice::app
