// Steps and what is seen, in the words of reports. Private to the runner.
#pragma once

#include <string>

#include "sipvoice/scenario/document.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::scenario {

/// "2s", "250ms", "1.5s".
[[nodiscard]] std::string words(duration d);
/// What stands in a step, short and on one line: "within 2s, codec pcmu".
[[nodiscard]] std::string words(const arguments& with);
[[nodiscard]] std::string words(const session::pattern& p);
/// "486 Busy Here".
[[nodiscard]] std::string status_words(int status, const std::string& reason);
/// "180 Ringing to the INVITE", "INFO".
[[nodiscard]] std::string words(const sip::message& m);
/// Of more than one line, or longer than `most`: cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most = 120);

/// Whether a header of `m` is as it should be; `why` says what is there instead.
[[nodiscard]] bool has_headers(const sip::message& m, const header_patterns& wanted,
                               std::string& why);

}  // namespace sipvoice::scenario
