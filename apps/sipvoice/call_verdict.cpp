#include "call_verdict.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include "errors.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/device/sounds.hpp"
#include "sipvoice/session/capture.hpp"

namespace sipvoice::app {
namespace {

std::shared_ptr<const audio::clip> read_reference(const std::string& file, std::uint32_t rate) {
  std::string error;
  auto clip = device::read_sound(file, rate, error);
  if (!clip) throw usage_error("--expect-audio: cannot read '" + file + "': " + error);
  return clip;
}

std::string seconds(std::int64_t ms) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(ms) / 1000.0);
  return text.data();
}

call_verdict unanswered(const session::call_record& r) {
  if (!r.by) {
    return {false, "call refused: " + std::to_string(r.status) + " " + printable(r.reason) +
                       (r.rule == "remote" ? "" : " (" + printable(r.rule) + ")")};
  }
  if (*r.by == call::ended_by::timeout)
    return {false, "call not answered in time (" + printable(r.reason) + ")"};
  if (*r.by == call::ended_by::local)
    return {false, "call cancelled before an answer (" + printable(r.reason) + ")"};
  return {false, std::string("call not answered: ended by ") + call::name_of(*r.by) + " (" +
                     printable(r.reason) + ")" +
                     (r.detail.empty() ? "" : ": " + printable(r.detail, 400))};
}

std::string audio_words(const call_expectation& e) {
  const audio::comparison c = e.audio.value_or(audio::comparison{});
  std::array<char, 160> text{};
  if (audio::contains(c)) {
    std::snprintf(text.data(), text.size(), "expected audio found: similarity %.2f at %.0f ms",
                  c.similarity, c.delay_ms);
  } else {
    std::snprintf(text.data(), text.size(),
                  "expected audio NOT found: best similarity %.2f, %.0f %% of it was heard",
                  c.similarity, c.found * 100.0);
  }
  return text.data() + std::string(" (") + printable(e.audio_file) + ")";
}

bool was_transferred(const session::call_record& r) {
  return r.transfer && r.transfer->state == call::transfer_state::done;
}

/// What came of --transfer; empty: the peer is there.
std::string transfer_complaint(const session::call_record& r, const call_expectation& e) {
  if (e.transfer.empty() || was_transferred(r)) return {};
  std::string s = "the transfer to " + printable(e.transfer);
  if (!r.transfer) return s + " was never asked for";
  s += " failed:";
  if (r.transfer->status != 0) s += " " + std::to_string(r.transfer->status);
  return s + " " + printable(r.transfer->reason);
}

/// Everything in which an answered call was not what it should have been.
std::vector<std::string> complaints(const session::call_record& r, const call_expectation& e) {
  std::vector<std::string> list;
  const bool by_peer = r.by == call::ended_by::remote && !was_transferred(r);
  if (const auto words = transfer_complaint(r, e); !words.empty()) list.push_back(words);
  if (r.by == call::ended_by::timeout) list.push_back("it ended by a timeout");
  if (r.by == call::ended_by::error) list.push_back("it ended by an error");
  if (by_peer && e.length > duration::zero() && r.duration_ms < to_ms(e.length)) {
    list.push_back("the peer ended it before " + seconds(to_ms(e.length)));
  }
  if (by_peer && !r.plan_completed) {
    list.push_back("the peer ended it before all prompts and digits were out");
  }
  if (e.wants_to_hear && (!r.media || r.media->packets_received == 0)) {
    list.push_back("media: no RTP packet was accepted");
  }
  if (!r.error.empty()) list.push_back("the recording failed: " + printable(r.error));
  return list;
}

}  // namespace

call_verdict judge(const session::call_record& r, const call_expectation& e) {
  if (!r.answered) return unanswered(r);
  call_verdict verdict;
  verdict.line = e.what + ", " + seconds(r.duration_ms) + ", ended by " +
                 (r.by ? call::name_of(*r.by) : "error") + " (" + printable(r.reason) + ")";
  if (r.media) verdict.line += std::string("; audio ") + media::audio_verdict(*r.media);
  if (was_transferred(r)) verdict.line += "; transferred to " + printable(r.transfer->target);
  const auto list = complaints(r, e);
  verdict.passed = list.empty();
  if (!e.audio_file.empty()) {
    verdict.line += "; " + audio_words(e);
    if (session::capture_is_full(r.heard.size(), r.heard_rate))
      verdict.line += "; compared with the first " +
                      std::to_string(session::max_capture_seconds / 60) + " min of the call alone";
    verdict.passed = verdict.passed && e.audio && audio::contains(*e.audio);
  }
  for (const std::string& complaint : list) verdict.line += "; " + complaint;
  return verdict;
}

void check_reference(const std::string& file) { static_cast<void>(read_reference(file, 8000)); }

int conclude(const std::optional<session::call_record>& record, call_expectation expected,
             bool events_on_stdout) {
  call_verdict verdict{false, "call was not finished in time"};
  if (record) {
    if (!expected.audio_file.empty()) {
      const auto clip = read_reference(expected.audio_file, record->heard_rate);
      expected.audio = audio::find_reference(clip->samples, record->heard, record->heard_rate);
    }
    verdict = judge(*record, expected);
  }
  std::FILE* const out = events_on_stdout ? stderr : stdout;
  std::fprintf(out, "%s\n", verdict.line.c_str());
  std::fflush(out);
  return verdict.passed ? exit_code::ok : exit_code::failed;
}

}  // namespace sipvoice::app
