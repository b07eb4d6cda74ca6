// A runtime of the tests on loopback, with prompts made up, and what it told.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "io/loopback.hpp"
#include "sipvoice/io/runtime.hpp"

namespace test {

/// Prompts made up, recordings refused: files are tested with `device`.
class tone_store final : public session::sound_store {
 public:
  std::shared_ptr<const audio::clip> load(const std::string& file, std::uint32_t rate,
                                          std::string&) override {
    auto clip = std::make_shared<audio::clip>();
    clip->name = file;
    clip->sample_rate = rate;
    clip->samples.assign(rate / 5, 1000);
    return clip;
  }
  session::recording open_recording(const std::string&, std::uint32_t, bool,
                                    std::function<void(const session::recording_result&)>,
                                    std::string& error) override {
    error = "no recordings here";
    return {};
  }
};

/// A runtime and everything it told.
struct party {
  std::vector<std::string> events;
  std::vector<session::call_record> records;
  std::unique_ptr<io::runtime> runtime;

  explicit party(std::uint16_t rtp_first, io::runtime_config config = {}) {
    if (config.listen.front() == "udp:0.0.0.0:5060") config.listen = {"udp:127.0.0.1:0"};
    config.rtp_first = rtp_first;
    config.rtp_last = static_cast<std::uint16_t>(rtp_first + 99);
    config.rtp_ip = "127.61.9.1";
    config.workers = 1;
    io::runtime_observer observer;
    observer.event = [this](const session::event_line& e) { events.push_back(e.json); };
    observer.finished = [this](const session::call_record& r) { records.push_back(r); };
    runtime = std::make_unique<io::runtime>(
        config, observer,
        [](const io::runtime::post_function&) { return std::make_unique<tone_store>(); });
    runtime->engine().enable_events(true);
  }
  void plan(const session::call_plan& p) {
    runtime->engine().set_chooser([p](const call::call_info&) {
      session::chosen_plan chosen;
      chosen.plan = p;
      return chosen;
    });
  }
  [[nodiscard]] std::string uri() const {
    return "sip:test@" + runtime->addresses().front().substr(4);
  }
  [[nodiscard]] std::size_t count(const std::string& event) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [&](const std::string& line) {
          return line.find("\"" + event + "\"") != std::string::npos;
        }));
  }
};

/// Ends a test that would otherwise run for ever.
inline void guard(party& p) {
  p.runtime->after(patience, [&p] { p.runtime->stop(); });
}

}  // namespace test
