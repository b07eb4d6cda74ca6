// The table of hosts: lines as people write them, and a file that changes.
#include "sipvoice/io/hosts_file.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "support/catch.hpp"

using namespace sipvoice;

namespace {

std::string found(const std::vector<ip_address>* list) {
  if (list == nullptr) return "none";
  std::string text;
  for (const ip_address& ip : *list) text += (text.empty() ? "" : " ") + ip.to_string();
  return text;
}

}  // namespace

TEST_CASE("a table of hosts") {
  const io::hosts_table table(
      "# comment\n127.0.0.1 localhost\n192.0.2.1\tPbx.Example  pbx # the old one\r\n"
      "2001:db8::1 pbx\n192.0.2.1 pbx\nno.address here\n192.0.2.300 wrong\n192.0.2.9\n"
      "192.0.2.3 last");
  CHECK(found(table.find("pbx.example")) == "192.0.2.1");
  CHECK(found(table.find("PBX")) == "192.0.2.1 2001:db8::1");
  CHECK(found(table.find("pbx.")) == "192.0.2.1 2001:db8::1");
  CHECK(found(table.find("last")) == "192.0.2.3");
  for (const char* name : {"comment", "here", "wrong", "the", "", "192.0.2.9"}) {
    CAPTURE(name);
    CHECK(found(table.find(name)) == "none");
  }
  CHECK(found(table.find("localhost")) == "127.0.0.1 ::1");
  CHECK(found(table.find("a.localhost")) == "127.0.0.1 ::1");
  CHECK(found(table.find("notlocalhost")) == "none");
}

TEST_CASE("a hosts file is read again when it has changed, and may be missing") {
  char path[] = "/tmp/sipvoice-hosts-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  ::close(fd);
  const auto write = [&](const char* text) { std::ofstream(path) << text; };
  io::hosts_file file(path);
  write("192.0.2.1 pbx\n");
  CHECK(found(file.find("pbx")) == "192.0.2.1");
  write("192.0.2.22 pbx phone\n");
  CHECK(found(file.find("pbx")) == "192.0.2.22");
  CHECK(found(file.find("phone")) == "192.0.2.22");
  std::remove(path);
  CHECK(found(file.find("pbx")) == "none");
  CHECK(found(file.find("localhost")) == "127.0.0.1 ::1");
}
