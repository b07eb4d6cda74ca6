// Records every call into a stereo WAV file of its own: the caller left, we right.
//
//     recorder 0.0.0.0:5060 FOLDER [SECONDS]
#include "program.hpp"

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "write: recorder HOST:PORT FOLDER [SECONDS]\n";
    return 2;
  }
  const sipvoice::Address address = program::parse_address(argv[1]);
  const std::string file = std::string(argv[2]) + "/{start}-{caller}-{n}.wav";
  const std::chrono::seconds longest(argc == 4 ? std::strtol(argv[3], nullptr, 10) : 3600);
  sipvoice::Backend backend(
      {.local_sip_addr = address, .local_rtp_ip = program::rtp_ip_for(address)});

  backend.on_call([&](sipvoice::Session& s) {
    if (s.record(file, true, longest) == sipvoice::Outcome::done) return;
    std::cerr << "cannot record " << s.id() << '\n';
    s.disconnect(41, "no recording");  // Q.850: temporary failure
  });
  backend.on_recorded([](sipvoice::Session& s, const sipvoice::Recorded& r) {
    std::cout << "recorded " << r.file << ' ' << r.duration.count() << " ms" << std::endl;
    s.disconnect();  // where it was the length that ended it
  });
  return program::run_until_interrupted(backend);
}
