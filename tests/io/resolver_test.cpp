// The resolver in a loop: what it knows without asking, servers of the test's own, and its end.
#include "sipvoice/io/resolver.hpp"

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <map>
#include <optional>
#include <thread>

#include "io/loopback.hpp"
#include "sipvoice/io/socket.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using sip::dns_outcome;
using sip::dns_type;
using test::loopback;

namespace {

using replies = std::map<io::resolver::ticket, sip::dns_reply>;

/// Runs the loop until so many have been told; a bound that only a broken resolver meets.
void run_until(boost::asio::io_context& context, const replies& told, std::size_t count) {
  const auto bound = std::chrono::steady_clock::now() + 60s;
  while (told.size() < count && std::chrono::steady_clock::now() < bound) {
    context.restart();
    context.run_one_for(100ms);
  }
  REQUIRE(told.size() == count);
}

/// A UDP server in a thread, that gives every question these bytes behind its own first two.
class one_answer_server {
 public:
  explicit one_answer_server(std::string behind_id) : socket_(io::bind_udp({loopback, 0})) {
    REQUIRE(socket_);
    thread_ = std::thread([this, behind_id] {
      std::array<char, 512> query;
      for (;;) {
        io::raw_address from{};
        socklen_t length = sizeof from;
        pollfd ready{socket_.get(), POLLIN, 0};
        if (::poll(&ready, 1, 20) == 0) {
          if (end_) return;
          continue;
        }
        const auto n = ::recvfrom(socket_.get(), query.data(), query.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
        if (n < 2) continue;
        ++asked;
        const std::string reply = std::string(query.data(), 2) + behind_id;
        ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
                 length);
      }
    });
  }
  ~one_answer_server() {
    end_ = true;
    thread_.join();
  }
  [[nodiscard]] socket_address address() const { return *io::local_address(socket_.get()); }
  std::atomic<int> asked = 0;

 private:
  io::unique_fd socket_;
  std::atomic<bool> end_ = false;
  std::thread thread_;
};

/// The answer to a question for the address of "a.test": 192.0.2.7 for a minute.
const std::string address_of_a(
    "\x85\x80\0\1\0\1\0\0\0\0\1a\4test\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7", 38);

}  // namespace

TEST_CASE("numbers and hosts of the table are known, later and in the loop, and nobody is asked") {
  boost::asio::io_context context;
  replies told;
  one_answer_server server(address_of_a);
  io::resolver names(context, {server.address(), "/dev/null", {}},
                     [&](io::resolver::ticket who, const sip::dns_reply& r) { told[who] = r; });
  names.ask(1, {dns_type::a, "192.0.2.7"});
  names.ask(2, {dns_type::aaaa, "192.0.2.7"});
  names.ask(3, {dns_type::a, "LOCALHOST"});
  names.ask(4, {dns_type::aaaa, "localhost"});
  names.ask(5, {dns_type::srv, "_sip._udp.localhost"});
  names.ask(6, {dns_type::naptr, "localhost"});
  CHECK(told.empty());
  run_until(context, told, 6);
  CHECK(told[1].records == sip::dns_records{ip_address::v4(192, 0, 2, 7)});
  CHECK(told[2] == sip::dns_reply(dns_outcome::no_records));
  CHECK(told[3].records == sip::dns_records{ip_address::v4(127, 0, 0, 1)});
  CHECK(told[4].records == sip::dns_records{*ip_address::parse("::1")});
  CHECK(told[5].outcome == dns_outcome::no_records);
  CHECK(told[6].outcome == dns_outcome::no_records);
  CHECK(server.asked == 0);
}

TEST_CASE("a server is asked once, its answer is kept for the next") {
  boost::asio::io_context context;
  replies told;
  one_answer_server server(address_of_a);
  io::resolver names(context, {server.address(), "/dev/null", {}},
                     [&](io::resolver::ticket who, const sip::dns_reply& r) { told[who] = r; });
  names.ask(1, {dns_type::a, "a.test"});
  names.ask(2, {dns_type::a, "A.test"});
  run_until(context, told, 2);
  names.ask(3, {dns_type::a, "a.test"});
  run_until(context, told, 3);
  for (io::resolver::ticket who : {1, 2, 3})
    CHECK(told[who].records == sip::dns_records{ip_address::v4(192, 0, 2, 7)});
  CHECK(server.asked == 1);
}

TEST_CASE("a port where nobody is") {
  boost::asio::io_context context;
  replies told;
  std::optional<socket_address> nobody;
  {
    const io::unique_fd gone = io::bind_udp({loopback, 0});
    nobody = io::local_address(gone.get());
  }
  io::resolver names(context, {nobody, "/dev/null", {}},
                     [&](io::resolver::ticket who, const sip::dns_reply& r) { told[who] = r; });
  names.ask(1, {dns_type::srv, "_sip._udp.a.test"});
  run_until(context, told, 1);
  CHECK(told[1].outcome == dns_outcome::refused);
}

TEST_CASE("questions that are open when the resolver goes are told nothing and leave nothing") {
  boost::asio::io_context context;
  const io::unique_fd silent = io::bind_udp({loopback, 0});
  int told = 0;
  {
    io::resolver names(context, {io::local_address(silent.get()), "/dev/null", {}},
                       [&](io::resolver::ticket, const sip::dns_reply&) { ++told; });
    for (io::resolver::ticket i = 0; i < 300; ++i)
      names.ask(i, {dns_type::a, "host" + std::to_string(i) + ".test"});
    context.poll();
    names.ask(1000, {dns_type::a, "127.0.0.1"});  // an answer that is on its way
    names.cancel();
    context.restart();
    context.poll();
  }
  context.restart();
  context.poll();
  CHECK(told == 0);
}

TEST_CASE("an answer may end the resolver") {
  boost::asio::io_context context;
  replies told;
  std::optional<io::resolver> names;
  names.emplace(context, io::resolver_config{std::nullopt, "/dev/null", {}},
                [&](io::resolver::ticket who, const sip::dns_reply& r) {
                  told[who] = r;
                  names->cancel();
                });
  names->ask(1, {dns_type::a, "127.0.0.1"});
  names->ask(2, {dns_type::a, "127.0.0.2"});
  run_until(context, told, 1);
  context.restart();
  context.poll();
  CHECK(told.size() == 1);
}
