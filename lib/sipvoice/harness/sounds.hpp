// What both kinds of run have in common: settings, prompts before the first call, bytes of
// messages, and the sound store of a run on a virtual clock. Private to harness.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/network_link.hpp"
#include "sipvoice/device/speech.hpp"
#include "sipvoice/harness/run.hpp"
#include "sipvoice/scenario/document.hpp"
#include "sipvoice/scenario/runner.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::harness {

/// Loads every file and text that the party plays, at every rate of the document's codecs, so that
/// nothing is read while calls are up. Empty, or what is wrong.
[[nodiscard]] std::string load_prompts(const scenario::document& d, const scenario::party& p,
                                       session::sound_store& sounds);
/// The same of what it listens for.
[[nodiscard]] std::string load_references(const scenario::document& d, const scenario::party& p,
                                          session::sound_store& sounds);

/// The bytes of a file that a step sends, at most 64 KiB.
[[nodiscard]] std::optional<std::string> read_bytes(const std::string& path, std::string& error);

/// What both kinds of run tell the runner.
[[nodiscard]] scenario::runner_options runner_options_of(const run_settings& settings);
[[nodiscard]] impairment to_link(const scenario::impairment& how);
/// Of a listener, "tcp:127.0.0.1:5060".
[[nodiscard]] sip::transport transport_of(std::string_view listener);

/// Reads files and speaks at once, and writes recordings when they are closed: virtual time waits
/// for nobody, and no helper thread could keep up with it.
[[nodiscard]] std::unique_ptr<session::sound_store> make_immediate_sounds(
    device::speech_settings speech);

}  // namespace sipvoice::harness
