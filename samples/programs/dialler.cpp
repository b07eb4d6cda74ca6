// Places one call, plays a file to whoever answers, sends digits, and hangs up. The exit status is
// 0 when the call was answered.
//
//     dialler sip:bob@192.0.2.1 FILE [DIGITS]
#include "program.hpp"

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "write: dialler URI FILE [DIGITS]\n";
    return 2;
  }
  const std::string file = argv[2], digits = argc == 4 ? argv[3] : "";
  const bool loopback = std::string(argv[1]).find("@127.") != std::string::npos;
  const std::string ip = loopback ? "127.0.0.1" : "0.0.0.0";
  sipvoice::Backend backend({.local_sip_addr = {ip, 0}, .local_rtp_ip = ip});
  bool answered = false;

  backend.on_ringing(
      [](sipvoice::Session&, int status) { std::cout << "ringing " << status << std::endl; });
  backend.on_play_finished([&](sipvoice::Session& s, const sipvoice::PlayFinished& f) {
    std::cout << "played " << f.played.count() << " ms" << std::endl;
    if (digits.empty() || s.send_dtmf(digits) != sipvoice::Outcome::done) s.disconnect();
  });
  backend.on_dtmf_sent([](sipvoice::Session& s) { s.disconnect(); });
  backend.on_call_disconnected([&](sipvoice::Session&, const sipvoice::Ending& e) {
    std::cout << "end " << e.reason << std::endl;
    backend.stop();
  });
  backend.on_error([](const std::string& line) { std::cerr << line << std::endl; });

  try {
    backend.start();
    backend.prepare_file(file);
    backend.dial({.to = argv[1]}, [&](sipvoice::Session& s, const sipvoice::DialResult& r) {
      answered = r.answered;
      if (answered) s.play(file);
      if (!answered) std::cerr << "no call: " << r.status << ' ' << r.reason << '\n';
    });
    backend.run();
  } catch (const sipvoice::Error& e) {
    std::cerr << e.what() << '\n';
    return 3;
  }
  return answered ? 0 : 1;
}
