// What both kinds of run need of files: prompts before the first call, bytes of messages, and the
// sound store of a run on a virtual clock. Private to harness.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sipvoice/device/speech.hpp"
#include "sipvoice/scenario/document.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::harness {

/// Loads every file and text that the document plays or listens for, at every rate of its parties'
/// codecs, so that nothing is read while calls are up. Empty, or what is wrong.
[[nodiscard]] std::string load_prompts(const scenario::document& d, session::sound_store& sounds);

/// The bytes of a file that a step sends, at most 64 KiB.
[[nodiscard]] std::optional<std::string> read_bytes(const std::string& path, std::string& error);

/// Reads files and speaks at once, and writes recordings when they are closed: virtual time waits
/// for nobody, and no helper thread could keep up with it.
[[nodiscard]] std::unique_ptr<session::sound_store> make_immediate_sounds(
    device::speech_settings speech);

}  // namespace sipvoice::harness
