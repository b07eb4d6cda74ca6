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
/// Samples of one recording in virtual time: four hours of both sides at 8 kHz.
constexpr std::size_t max_recorded = std::size_t{256} << 20;

using sources = std::vector<session::prompt_source>;

void collect_prompts(const scenario::document& d, const std::vector<scenario::step>& steps,
                     sources& found) {
  for (const scenario::step& s : steps) {
    if (const auto* inner = s.with.get<std::vector<scenario::step>>("steps"))
      collect_prompts(d, *inner, found);
    if (s.kind == scenario::step_kind::play)
      found.emplace_back(scenario::path_beside(d.file, s.with.get_or<std::string>("file", {})));
    if (s.kind != scenario::step_kind::say) continue;
    const auto text = s.with.get_or<std::string>("text", {});
    if (text.find("${") == std::string::npos)  // else it is known only while it runs
      found.push_back(
          session::prompt_source::speech(text, s.with.get_or<std::string>("voice", {})));
  }
}

void collect_references(const scenario::document& d, const std::vector<scenario::step>& steps,
                        sources& found) {
  for (const scenario::step& s : steps) {
    if (const auto* inner = s.with.get<std::vector<scenario::step>>("steps"))
      collect_references(d, *inner, found);
    if (const auto* file = s.with.get<std::string>("like"))
      found.emplace_back(scenario::path_beside(d.file, *file));
  }
}

void add_rates(const std::vector<audio::codec_id>& codecs, std::set<std::uint32_t>& rates) {
  for (const audio::codec_id id : codecs)
    for (const audio::codec_info& variant : audio::variants(id)) rates.insert(variant.sample_rate);
}

void collect_rates(const std::vector<scenario::step>& steps, std::set<std::uint32_t>& rates) {
  for (const scenario::step& s : steps) {
    if (const auto* inner = s.with.get<std::vector<scenario::step>>("steps"))
      collect_rates(*inner, rates);
    if (const auto* codecs = s.with.get<scenario::text_list>("codecs"))
      add_rates(scenario::codecs_of(*codecs), rates);
  }
}

/// Empty, or what is wrong.
std::string load_all(const scenario::document& d, const sources& wanted,
                     session::sound_store& sounds) {
  std::set<std::uint32_t> rates;
  for (const scenario::party& p : d.parties) {
    add_rates(scenario::plan_of(p).endpoint.codecs, rates);
    collect_rates(p.steps, rates);
  }
  for (const session::prompt_source& source : wanted) {
    for (const std::uint32_t rate : rates) {
      std::string error;
      if (!sounds.load_source(source, rate, error))
        return "cannot play '" + source.name() + "': " + error;
    }
  }
  return {};
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
    full_ = full_ || samples_.size() + 2 * heard.size() > max_recorded;
    for (std::size_t i = 0; i < heard.size() && !full_; ++i) {
      samples_.push_back(heard[i]);
      if (stereo_) samples_.push_back(sent[i]);
    }
  }
  void close() override {
    if (!done_) return;
    session::recording_result result{file_, 0, 0, {}};
    if (!writer_.append(samples_)) result.error = writer_.error();
    if (full_) result.error = "longer than what a simulation keeps of a recording; it ends there";
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
  bool full_ = false;
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

std::string load_prompts(const scenario::document& d, const scenario::party& p,
                         session::sound_store& sounds) {
  sources found;
  collect_prompts(d, p.steps, found);
  return load_all(d, found, sounds);
}

std::string load_references(const scenario::document& d, const scenario::party& p,
                            session::sound_store& sounds) {
  sources found;
  collect_references(d, p.steps, found);
  return load_all(d, found, sounds);
}

scenario::runner_options runner_options_of(const run_settings& settings) {
  scenario::runner_options options;
  options.seed = settings.seed;
  options.row = settings.row;
  options.with_sounds = settings.with_sounds;
  options.keep_sound_in = settings.artifacts;
  options.watch = settings.watch;
  options.read_file = read_bytes;
  return options;
}

impairment to_link(const scenario::impairment& how) {
  impairment link;
  link.delay = how.delay;
  link.jitter = how.jitter;
  link.loss = how.loss;
  link.duplicate = how.duplicate;
  link.reorder = how.reorder;
  return link;
}

sip::transport transport_of(std::string_view listener) {
  if (listener.starts_with("tcp:")) return sip::transport::tcp;
  return listener.starts_with("tls:") ? sip::transport::tls : sip::transport::udp;
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
