// Running calls: what `listen`, `answer`, `record` and `call` share. Prompts are loaded, folders of
// recordings are tried and outputs are opened before the first socket; then the runtime runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"
#include "sipvoice/device/speech.hpp"
#include "sipvoice/io/runtime.hpp"
#include "sipvoice/session/engine.hpp"

namespace sipvoice::app {

struct backend {
  common_options options;
  io::runtime_config config;
  session::plan_chooser chooser;
  std::vector<session::prompt_source> prompts;  ///< what plans play
  device::speech_settings speech;
  std::vector<std::string> live;       ///< sound cards of plans
  std::vector<std::string> templates;  ///< of recordings
  std::uint64_t call_limit = 0;        ///< 0: none
  std::function<void(io::runtime&)> started;
  std::function<void(io::runtime&, const session::call_record&)> finished;
  std::optional<call::registration_request> registration;  ///< made first, taken back at the end
  bool keep_registration = false;                          ///< not taken back
  std::function<void(io::runtime&, const call::client_event&)> client;
  std::function<void(io::runtime&)> reload;  ///< SIGHUP
};

/// Runs until it is stopped. Returns the exit code as far as the process is concerned: 0, 3, or not
/// at all after a second interrupt. Throws usage_error and system_failure.
int run_backend(backend setup);

/// Decodes each file, and speaks each text, at the rate of every codec, so that no file is read and
/// no program runs while calls are up. Returns what is wrong with the first that fails; empty:
/// nothing.
[[nodiscard]] std::string load_prompts(session::sound_store& sounds,
                                       const std::vector<session::prompt_source>& sources,
                                       const std::vector<audio::codec_id>& codecs);
/// The same while calls are up, without a pause for them; `done` is called on the loop.
void load_prompts_aside(session::sound_store& sounds,
                        const std::vector<session::prompt_source>& sources,
                        const std::vector<audio::codec_id>& codecs,
                        std::function<void(const std::string& wrong)> done);
/// Makes the folder of each template and tries to write there. Empty, or what is wrong.
[[nodiscard]] std::string prepare_folders(const std::vector<std::string>& templates);

}  // namespace sipvoice::app
