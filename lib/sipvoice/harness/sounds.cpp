#include "sipvoice/harness/sounds.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/device/free_name.hpp"
#include "sipvoice/device/sounds.hpp"
#include "sipvoice/device/wav_writer.hpp"
#include "sipvoice/scenario/station.hpp"

namespace sipvoice::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_bytes = 64 * 1024;
/// Of one recording in virtual time: four hours of both sides at 48 kHz would be too much.
constexpr std::size_t max_recorded = std::size_t{256} << 20;

void collect(const scenario::document& d, const std::vector<scenario::step>& steps,
             std::vector<session::prompt_source>& found) {
  for (const scenario::step& s : steps) {
    if (const auto* inner = s.with.get<std::vector<scenario::step>>("steps"))
      collect(d, *inner, found);
    const char* const key = s.kind == scenario::step_kind::expect_audio ? "like" : "file";
    const bool plays = s.kind == scenario::step_kind::play;
    const bool listens = s.kind == scenario::step_kind::expect_audio;
    if (const auto* file = s.with.get<std::string>(key); file != nullptr && (plays || listens))
      found.emplace_back(scenario::path_beside(d.file, *file));
    if (s.kind != scenario::step_kind::say) continue;
    const auto text = s.with.get_or<std::string>("text", {});
    if (text.find("${") == std::string::npos)  // else it is known only while it runs
      found.push_back(
          session::prompt_source::speech(text, s.with.get_or<std::string>("voice", {})));
  }
}

void add_rates(const scenario::text_list& names, std::set<std::uint32_t>& rates) {
  for (const std::string& name : names)
    if (const auto* codec = audio::find(name))
      for (const audio::codec_info& variant : audio::variants(codec->id))
        rates.insert(variant.sample_rate);
}

void collect_rates(const std::vector<scenario::step>& steps, std::set<std::uint32_t>& rates) {
  for (const scenario::step& s : steps) {
    if (const auto* inner = s.with.get<std::vector<scenario::step>>("steps"))
      collect_rates(*inner, rates);
    if (const auto* codecs = s.with.get<scenario::text_list>("codecs")) add_rates(*codecs, rates);
  }
}

class memory_recording final : public media::recording_sink {
 public:
  memory_recording(device::wav_writer writer, std::string file, std::uint32_t rate, bool stereo,
                   std::function<void(const session::recording_result&)> done)
      : writer_(std::move(writer)),
        file_(std::move(file)),
        rate_(rate),
        stereo_(stereo),
        done_(std::move(done)) {}
  ~memory_recording() override { close(); }
  memory_recording(const memory_recording&) = delete;
  memory_recording& operator=(const memory_recording&) = delete;

  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) override {
    for (std::size_t i = 0; i < heard.size() && samples_.size() < max_recorded; ++i) {
      samples_.push_back(heard[i]);
      if (stereo_) samples_.push_back(sent[i]);
    }
  }
  void close() override {
    if (!done_) return;
    session::recording_result result{file_, 0, 0, {}};
    if (!writer_.append(samples_)) result.error = writer_.error();
    result.duration_ms = writer_.frames() * 1000 / rate_;
    writer_.close();
    std::exchange(done_, nullptr)(result);
  }

 private:
  device::wav_writer writer_;
  std::string file_;
  std::uint32_t rate_;
  bool stereo_;
  std::function<void(const session::recording_result&)> done_;
  std::vector<std::int16_t> samples_;
};

class immediate_sounds final : public session::sound_store {
 public:
  explicit immediate_sounds(device::speech_settings speech) : speech_(std::move(speech)) {}

  std::shared_ptr<const audio::clip> load(const std::string& file, std::uint32_t rate,
                                          std::string& error) override {
    auto& kept = clips_[{file, rate}];
    if (!kept) kept = device::read_sound(file, rate, error);
    return kept;
  }
  std::shared_ptr<const audio::clip> speak(const std::string& text, const std::string& voice,
                                           std::uint32_t rate, std::string& error) override {
    auto& kept = spoken_[{text + '\0' + voice, rate}];
    if (!kept) kept = speech_.speak(text, voice, rate, error);
    return kept;
  }
  session::recording open_recording(const std::string& file, std::uint32_t rate, bool stereo,
                                    std::function<void(const session::recording_result&)> done,
                                    std::string& error) override {
    std::error_code ignored;
    fs::create_directories(fs::path(file).parent_path(), ignored);
    // The name is taken from now on, though the file is filled at the end.
    constexpr unsigned most_tries = 16;
    unsigned n = device::first_free(file, 1);
    for (unsigned tries = 0; tries < most_tries; ++tries, ++n) {
      device::wav_writer writer;
      std::string name = device::numbered(file, n);
      const int failure = writer.create(name, rate, stereo ? 2 : 1);
      if (failure == 0) {
        auto sink = std::make_shared<memory_recording>(std::move(writer), name, rate, stereo,
                                                       std::move(done));
        return {std::move(name), std::move(sink)};
      }
      error = "cannot write " + name + ": " + std::generic_category().message(failure);
      if (failure != EEXIST) break;
    }
    return {};
  }

 private:
  device::speech speech_;
  std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<const audio::clip>> clips_,
      spoken_;
};

}  // namespace

std::string load_prompts(const scenario::document& d, session::sound_store& sounds) {
  std::vector<session::prompt_source> sources;
  std::set<std::uint32_t> rates;
  for (const scenario::party& p : d.parties) {
    collect(d, p.steps, sources);
    collect_rates(p.steps, rates);
    for (const audio::codec_id id : scenario::plan_of(p).endpoint.codecs)
      for (const audio::codec_info& variant : audio::variants(id))
        rates.insert(variant.sample_rate);
  }
  for (const session::prompt_source& source : sources) {
    for (const std::uint32_t rate : rates) {
      std::string error;
      if (!sounds.load_source(source, rate, error)) return source.name() + ": " + error;
    }
  }
  return {};
}

std::optional<std::string> read_bytes(const std::string& path, std::string& error) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(max_bytes + 1, '\0');
  if (!in) {
    error = "cannot be read";
    return std::nullopt;
  }
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.size() <= max_bytes) return bytes;
  error = "longer than 64 KiB";
  return std::nullopt;
}

std::unique_ptr<session::sound_store> make_immediate_sounds(device::speech_settings speech) {
  return std::make_unique<immediate_sounds>(std::move(speech));
}

}  // namespace sipvoice::harness
