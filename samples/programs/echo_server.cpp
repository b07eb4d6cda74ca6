// Answers every call, greets it with two notes, and sends back what it hears.
//
//     echo_server 0.0.0.0:5060
#include <cmath>
#include <vector>

#include "program.hpp"

namespace {

/// Two notes of 200 ms at 16 kHz; the library makes of it what the codec needs.
constexpr std::uint32_t rate = 16000;
std::vector<std::int16_t> greeting() {
  std::vector<std::int16_t> samples;
  for (const double hertz : {440.0, 660.0})
    for (std::uint32_t i = 0; i < rate / 5; ++i)
      samples.push_back(static_cast<std::int16_t>(8000 * std::sin(6.283185307 * hertz * i / rate)));
  return samples;
}

}  // namespace

int main(int argc, char** argv) {
  const sipvoice::Address address = program::parse_address(argc > 1 ? argv[1] : "0.0.0.0:5060");
  sipvoice::Backend backend(
      {.local_sip_addr = address, .local_rtp_ip = program::rtp_ip_for(address)});

  backend.on_call([](sipvoice::Session& s) {
    std::cout << "call " << s.id() << " from " << s.metadata().caller << std::endl;
    s.send_audio(greeting(), rate);
    s.end_of_response();
  });
  backend.on_audio_finished([](sipvoice::Session& s, const sipvoice::Played&) { s.echo(); });
  backend.on_call_disconnected([](sipvoice::Session& s, const sipvoice::Ending& e) {
    std::cout << "end " << s.id() << ' ' << e.reason << " after " << e.duration.count() << " ms"
              << std::endl;
  });
  return program::run_until_interrupted(backend);
}
