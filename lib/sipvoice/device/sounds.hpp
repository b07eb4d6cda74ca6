// Sound files and speech: prompts read through libsndfile and resampled once; recordings written as
// WAV by one helper thread, fed through bounded rings.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sipvoice/device/speech.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::device {

using post_function = std::function<void(std::function<void()>)>;

/// Limits that keep a prompt's memory bounded.
inline constexpr std::uint64_t max_prompt_seconds = 3600;

/// A store whose results are posted through `post` to the signalling loop.
[[nodiscard]] std::unique_ptr<session::sound_store> make_sound_store(post_function post,
                                                                     speech_settings speech = {});

/// Makes the folder of a recording template and tries to write in it. Empty, or what is wrong.
[[nodiscard]] std::string prepare_folder(const std::string& folder);

/// Decodes any file that libsndfile reads to mono at `sample_rate` (0: the file's own); nullptr and
/// `error` on failure.
[[nodiscard]] std::shared_ptr<const audio::clip> read_sound(const std::string& file,
                                                            std::uint32_t sample_rate,
                                                            std::string& error);

}  // namespace sipvoice::device
