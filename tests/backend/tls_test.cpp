// TLS as Config sets it up: listening, dialling, whom we believe, and what is wrong with a file.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backend/local.hpp"
#include "sipvoice/sipvoice.hpp"
#include "support/catch.hpp"
#include "support/tally.hpp"

using namespace sipvoice;
using test::local;
using test::tally;

namespace {

/// A certificate of 127.0.0.1 that is its own authority, in a folder that goes with it.
struct certificate {
  certificate() {
    std::string name = (std::filesystem::temp_directory_path() / "sipvoice-tls-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
    folder = name;
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key().string() + " -out " + file().string() + " 2>/dev/null";
    if (std::system(make.c_str()) != 0) throw std::runtime_error("openssl makes no certificate");
  }
  ~certificate() { std::filesystem::remove_all(folder); }
  certificate(const certificate&) = delete;
  certificate& operator=(const certificate&) = delete;
  [[nodiscard]] std::filesystem::path file() const { return folder / "own.pem"; }
  [[nodiscard]] std::filesystem::path key() const { return folder / "own.key"; }
  std::filesystem::path folder;
};

Config listening(const certificate& c, int ports) {
  Config config = local(ports);
  config.local_sip_addr.host.clear();
  config.listen = {"tls:127.0.0.1:0"};
  config.tls = {.certificate_file = c.file(), .key_file = c.key()};
  return config;
}

/// "answered", or why not.
std::string dial(Config config, const std::string& to) {
  tally told;
  std::string reason;
  Backend caller(std::move(config));
  caller.start();
  caller.start_thread();
  caller.post([&] {
    static_cast<void>(caller.dial({.to = to}, [&](Session& s, const DialResult& r) {
      reason = r.answered ? "answered" : s.call_record()->ending.text;
      told.add("done");
    }));
  });
  CHECK(told.wait("done"));
  caller.stop();
  caller.join();
  return reason;
}

std::string complaint(Config config) {
  Backend b(std::move(config));
  try {
    b.start();
  } catch (const Error& e) {
    CHECK(e.kind() == Error::Kind::configuration);
    CHECK(std::string(e.what()).find("--") == std::string::npos);
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("calls over TLS: who shows a certificate that we believe is called, others are not") {
  const certificate own;
  Backend callee(listening(own, 31500));
  callee.start();
  callee.start_thread();
  const std::string address = callee.addresses().at(0);
  REQUIRE(address.starts_with("tls:127.0.0.1:"));
  const std::string to = "sip:bob@" + address.substr(4) + ";transport=tls";
  Config caller = local(31800);
  const std::string refused = dial(caller, to);
  CHECK(refused.find("certificate") != std::string::npos);
  CHECK(refused.find("--") == std::string::npos);
  caller.tls.ca_file = own.file();
  CHECK(dial(caller, to) == "answered");
  caller.tls = {.verify = false};
  CHECK(dial(caller, to) == "answered");
  callee.stop();
  callee.join();
}

TEST_CASE("a file of TLS that cannot be used is told by start(), by the name of its field") {
  const certificate own;
  Config c = listening(own, 31500);
  c.tls.certificate_file.clear();
  CHECK(complaint(c).find("tls.certificate_file") != std::string::npos);
  c = listening(own, 31500);
  c.tls.certificate_file = own.folder / "missing.pem";
  CHECK(complaint(c).starts_with("cannot use tls.certificate_file "));
  c = listening(own, 31500);
  c.tls.key_file = own.file();  // no key
  CHECK(complaint(c).starts_with("cannot use tls.key_file "));
  c = listening(own, 31500);
  c.tls.ca_file = own.key();  // no certificate
  CHECK(complaint(c).starts_with("cannot use tls.ca_file "));
}
