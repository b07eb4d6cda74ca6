// What the sample programs have in common: HOST:PORT of the command line, and running until they
// are interrupted.
#pragma once

#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sipvoice/sipvoice.hpp>
#include <string>

namespace program {

inline sipvoice::Address parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    std::cerr << "write the address as HOST:PORT, not '" << text << "'\n";
    std::exit(2);
  }
  return {text.substr(0, colon),
          static_cast<std::uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10))};
}

/// Everything on loopback stays there; elsewhere the system chooses.
inline std::string rtp_ip_for(const sipvoice::Address& sip) {
  return sip.host.rfind("127.", 0) == 0 ? "127.0.0.1" : "0.0.0.0";
}

/// SIGINT and SIGTERM wait for run_until_interrupted(), in this thread and those that it starts
/// after this.
inline sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Starts the backend on a thread of its own, and waits for SIGINT or SIGTERM. Who has threads by
/// then has called block_signals() before them.
inline int run_until_interrupted(sipvoice::Backend& backend) {
  const sigset_t signals = block_signals();
  backend.on_error([](const std::string& line) { std::cerr << line << std::endl; });
  try {
    backend.start();
  } catch (const sipvoice::Error& e) {
    std::cerr << e.what() << '\n';
    return 3;
  }
  for (const std::string& address : backend.addresses())
    std::cout << "listening " << address << std::endl;
  backend.start_thread();
  int number = 0;
  sigwait(&signals, &number);
  backend.stop();
  backend.join();
  return 0;
}

}  // namespace program
