// Two callers in one room hear each other. The room is what the INVITE's X-Room-ID names; a third
// caller is told that it is busy.
//
//     room_bridge 0.0.0.0:5060
#include <optional>

#include "program.hpp"

namespace {

/// The other one in the room of `s`, once it is up.
std::optional<sipvoice::Session> other_of(const sipvoice::Backend& backend,
                                          const sipvoice::Session& s) {
  for (const sipvoice::Session& one : backend.sessions(s.room_id()))
    if (!(one == s) && one.state() == sipvoice::State::active) return one;
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const sipvoice::Address address = program::parse_address(argc > 1 ? argv[1] : "0.0.0.0:5060");
  sipvoice::Backend backend({.local_sip_addr = address,
                             .local_rtp_ip = program::rtp_ip_for(address),
                             // Where this machine stumbles for less, nobody hears it; what would
                             // come later than the second of them is dropped.
                             .pacer_prebuffer = std::chrono::milliseconds(100),
                             .pacer_headroom = std::chrono::milliseconds(400)});

  backend.on_incoming([&](sipvoice::Session& s) {
    if (backend.sessions(s.room_id()).size() > 2) {
      s.reject(486);
    } else {
      s.answer();
    }
  });
  backend.on_call([&](sipvoice::Session& s) {
    std::cout << "call " << s.id() << " in room " << s.room_id() << std::endl;
    if (other_of(backend, s)) std::cout << "bridged " << s.room_id() << std::endl;
  });
  backend.on_audio_received([&](sipvoice::Session& s, const sipvoice::AudioFrame& frame) {
    // Another rate than that of the other's codec is no matter: it is resampled.
    if (auto other = other_of(backend, s)) other->send_audio(frame.samples, frame.sample_rate);
  });
  backend.on_dtmf_received([&](sipvoice::Session& s, const sipvoice::Digit& d) {
    if (auto other = other_of(backend, s)) other->send_dtmf(std::string(1, d.value));
  });
  backend.on_call_disconnected([&](sipvoice::Session& s, const sipvoice::Ending& e) {
    std::cout << "end " << s.id() << ' ' << e.reason << std::endl;
    if (!e.answered) return;  // the third one
    if (auto other = other_of(backend, s)) other->disconnect(16, "the other has left");
  });
  return program::run_until_interrupted(backend);
}
