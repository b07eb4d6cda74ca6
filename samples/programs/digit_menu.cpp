// A menu that collects digits: four of them and '#', then it reads back how many were right, as so
// many beeps, and hangs up. '*' begins anew.
//
//     digit_menu 0.0.0.0:5060 CODE
#include <cmath>
#include <map>
#include <vector>

#include "program.hpp"

namespace {

constexpr std::uint32_t rate = 8000;
constexpr std::size_t most_digits = 16;

/// So many beeps of 100 ms, each with a pause behind it.
std::vector<std::int16_t> beeps(std::size_t count) {
  std::vector<std::int16_t> samples;
  for (std::size_t beep = 0; beep < count; ++beep)
    for (std::uint32_t i = 0; i < rate / 5; ++i)
      samples.push_back(
          i < rate / 10 ? static_cast<std::int16_t>(8000 * std::sin(6.283185307 * 880 * i / rate))
                        : std::int16_t{0});
  return samples;
}

std::size_t right_digits(const std::string& said, const std::string& code) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < said.size() && i < code.size(); ++i) right += said[i] == code[i];
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "write: digit_menu HOST:PORT CODE\n";
    return 2;
  }
  const sipvoice::Address address = program::parse_address(argv[1]);
  const std::string code = argv[2];
  sipvoice::Backend backend({.local_sip_addr = address,
                             .local_rtp_ip = program::rtp_ip_for(address),
                             .interruption = true});
  std::map<std::string, std::string> said;  // by session; all callbacks are on one thread

  backend.on_call([&](sipvoice::Session& s) {
    said[s.id()];
    s.send_audio(beeps(1), rate);
  });
  backend.on_dtmf_received([&](sipvoice::Session& s, const sipvoice::Digit& d) {
    std::string& digits = said[s.id()];
    s.cancel_audio();
    if (d.value == '*') {
      digits.clear();
    } else if (d.value != '#') {
      if (digits.size() < most_digits) digits += d.value;
    } else {
      std::cout << "code " << digits << (digits == code ? " right" : " wrong") << std::endl;
      s.send_audio(beeps(right_digits(digits, code) + 1), rate);
      s.end_of_response();
    }
  });
  backend.on_audio_finished([](sipvoice::Session& s, const sipvoice::Played& p) {
    if (p.completed) s.disconnect(16, "thank you");
  });
  backend.on_call_disconnected(
      [&](sipvoice::Session& s, const sipvoice::Ending&) { said.erase(s.id()); });
  return program::run_until_interrupted(backend);
}
