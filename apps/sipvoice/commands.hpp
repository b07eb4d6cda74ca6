// One file a subcommand.
#pragma once

#include "command_line.hpp"

namespace sipvoice::app {

[[nodiscard]] command listen_command();
[[nodiscard]] command answer_command();
[[nodiscard]] command record_command();
[[nodiscard]] command call_command();
[[nodiscard]] command rtp_command();
[[nodiscard]] command register_command();
[[nodiscard]] command options_command();
[[nodiscard]] command run_command();
[[nodiscard]] command check_command();
[[nodiscard]] command schema_command();
[[nodiscard]] command codecs_command();
[[nodiscard]] command devices_command();
[[nodiscard]] command completion_command();
[[nodiscard]] command manual_command();

}  // namespace sipvoice::app
