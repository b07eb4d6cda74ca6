// Load driver of the bench: places N calls over UDP on loopback, sends 50 packets a second in each
// (or only listens), and tells what came back, how evenly, and how fast the calls were set up.
//
//   rtp_load TARGET_PORT CALLS SECONDS MODE [RATE]
//
// MODE: echo (send and count what returns), listen (send nothing), setup (hang up at once), raw
// (echo without SIP: call n lies at TARGET_PORT + 2 n). RATE: calls begun in a second (100).
// Everything stays on 127.0.0.1. Prints one line of JSON. Arrival times are the kernel's; sending
// is spread over four slices of 5 ms as calls begin.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using nanos = std::int64_t;
constexpr nanos ms = 1'000'000;

nanos monotonic_now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 * ms + t.tv_nsec;
}

void sleep_until(nanos when) {
  const timespec t{when / (1000 * ms), when % (1000 * ms)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(port);
  return a;
}

int bound_socket(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  const int on = 1, size = 1 << 20;
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  sockaddr_in a = loopback(0);
  socklen_t length = sizeof a;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&a), length) != 0) {
    std::perror("bind");
    std::exit(3);
  }
  getsockname(fd, reinterpret_cast<sockaddr*>(&a), &length);
  port = ntohs(a.sin_port);
  return fd;
}

struct call {
  int fd = -1;
  std::uint16_t local_port = 0;
  sockaddr_in remote{};
  std::string id, to, contact;
  nanos invited = 0, answered = 0;
  bool up = false, ended = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint64_t sent = 0, received = 0;
  nanos last_arrival = 0;
  std::uint32_t last_timestamp = 0;
  double jitter = 0;  // RFC 3550 A.8, ms
};

std::string_view header(std::string_view message, std::string_view name) {
  const std::string key = "\r\n" + std::string(name) + ":";
  const std::size_t at = message.find(key);
  if (at == std::string_view::npos) return {};
  std::size_t begin = at + key.size();
  while (begin < message.size() && message[begin] == ' ') ++begin;
  return message.substr(begin, message.find("\r\n", begin) - begin);
}

class driver {
 public:
  driver(std::uint16_t target, int count, int seconds, std::string mode, int rate)
      : target_(loopback(target)), seconds_(seconds), mode_(std::move(mode)), rate_(rate) {
    sip_ = bound_socket(sip_port_);
    calls_.resize(static_cast<std::size_t>(count));
    for (auto& c : calls_) c.fd = bound_socket(c.local_port);
  }

  int run() {
    if (mode_ == "raw")
      assume_up();
    else
      set_up();
    if (mode_ != "setup") sound();
    if (mode_ != "raw") tear_down();
    report();
    return 0;
  }

 private:
  void assume_up() {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      calls_[i].up = true;
      calls_[i].remote = loopback(static_cast<std::uint16_t>(ntohs(target_.sin_port) + 2 * i));
    }
  }

  void send_sip(const std::string& text) {
    sendto(sip_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&target_),
           sizeof target_);
  }

  std::string request(const call& c, const char* method, int cseq, std::string_view uri,
                      const std::string& body) const {
    const std::string port = std::to_string(sip_port_);
    std::string text = std::string(method) + " " + std::string(uri) + " SIP/2.0\r\n" +
                       "Via: SIP/2.0/UDP 127.0.0.1:" + port + ";branch=z9hG4bK" + c.id + method +
                       ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:bench@127.0.0.1:" + port +
                       ">;tag=" + c.id + "\r\nTo: " + c.to + "\r\nCall-ID: " + c.id +
                       "@bench\r\nCSeq: " + std::to_string(cseq) + " " +
                       (std::strcmp(method, "ACK") == 0 ? "ACK" : method) +
                       "\r\nContact: <sip:bench@127.0.0.1:" + port + ">\r\n";
    if (!body.empty()) text += "Content-Type: application/sdp\r\n";
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void invite(std::size_t i) {
    call& c = calls_[i];
    c.id = "c" + std::to_string(getpid()) + "x" + std::to_string(i);
    c.to = "<sip:bench@127.0.0.1>";
    by_id_[c.id + "@bench"] = i;
    const std::string port = std::to_string(c.local_port);
    const std::string body =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + port +
        " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
    c.invited = monotonic_now();
    send_sip(request(c, "INVITE", 1, target_uri(), body));
  }

  std::string target_uri() const {
    return "sip:bench@127.0.0.1:" + std::to_string(ntohs(target_.sin_port));
  }

  void read_sip() {
    std::array<char, 8192> buffer{};
    ssize_t n = 0;
    while ((n = recv(sip_, buffer.data(), buffer.size(), 0)) > 0) {
      const std::string_view m(buffer.data(), static_cast<std::size_t>(n));
      if (m.starts_with("BYE ")) {
        answer_bye(m);
        continue;
      }
      const auto found = by_id_.find(std::string(header(m, "Call-ID")));
      if (found == by_id_.end() || !m.starts_with("SIP/2.0 ")) continue;
      call& c = calls_[found->second];
      const bool invite_answer = header(m, "CSeq").find("INVITE") != std::string_view::npos;
      if (m.substr(8, 1) != "2") {
        if (m.substr(8, 1) != "1") ++refused_;
      } else if (invite_answer) {
        accept(c, m);
      } else {
        c.ended = true;
      }
    }
  }

  void answer_bye(std::string_view m) {
    ++peer_byes_;
    std::string text = "SIP/2.0 200 OK\r\n";
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"})
      text += std::string(name) + ": " + std::string(header(m, name)) + "\r\n";
    send_sip(text + "Content-Length: 0\r\n\r\n");
    const auto found = by_id_.find(std::string(header(m, "Call-ID")));
    if (found != by_id_.end()) calls_[found->second].ended = true;
  }

  void accept(call& c, std::string_view m) {
    if (c.up) {
      ++repeated_answers_;
    } else {
      c.answered = monotonic_now();
      c.up = true;
      c.to = header(m, "To");
      const std::string_view contact = header(m, "Contact");
      const std::size_t open = contact.find('<'), close = contact.find('>');
      c.contact = open == std::string_view::npos
                      ? std::string(contact)
                      : std::string(contact.substr(open + 1, close - open - 1));
      const std::size_t audio = m.find("m=audio ");
      if (audio != std::string_view::npos)
        c.remote = loopback(static_cast<std::uint16_t>(std::atoi(m.data() + audio + 8)));
    }
    send_sip(request(c, "ACK", 1, c.contact, {}));
  }

  void set_up() {
    const nanos begin = monotonic_now() + 10 * ms, step = 1000 * ms / rate_;
    std::size_t next = 0;
    const nanos limit = begin + static_cast<nanos>(calls_.size()) * step + 5000 * ms;
    while (monotonic_now() < limit) {
      while (next < calls_.size() && begin + static_cast<nanos>(next) * step <= monotonic_now())
        invite(next++);
      read_sip();
      if (mode_ == "setup") hang_up_answered();
      const bool all =
          std::all_of(calls_.begin(), calls_.end(), [](const call& c) { return c.up; });
      if (all) return;
      pollfd p{sip_, POLLIN, 0};
      const nanos until = next < calls_.size() ? begin + static_cast<nanos>(next) * step
                                               : monotonic_now() + 20 * ms;
      const nanos left = std::max<nanos>(until - monotonic_now(), 0);
      const timespec t{left / (1000 * ms), left % (1000 * ms)};
      ppoll(&p, 1, &t, nullptr);
    }
  }

  void hang_up_answered() {
    for (; bye_next_ < calls_.size() && calls_[bye_next_].up; ++bye_next_)
      send_sip(request(calls_[bye_next_], "BYE", 2, calls_[bye_next_].contact, {}));
  }

  void send_packet(call& c) {
    std::array<std::uint8_t, 172> p{};
    p[0] = 0x80;
    p[1] = c.sent == 0 ? 0x80 : 0;
    p[2] = static_cast<std::uint8_t>(c.sequence >> 8);
    p[3] = static_cast<std::uint8_t>(c.sequence);
    for (int i = 0; i < 4; ++i) p[4 + i] = static_cast<std::uint8_t>(c.timestamp >> (24 - 8 * i));
    p[11] = static_cast<std::uint8_t>(c.local_port);
    std::memset(p.data() + 12, 0xd5, 160);
    sendto(c.fd, p.data(), p.size(), 0, reinterpret_cast<const sockaddr*>(&c.remote),
           sizeof c.remote);
    ++c.sent;
    ++c.sequence;
    c.timestamp += 160;
  }

  void drain(call& c) {
    std::array<std::uint8_t, 2048> data{};
    std::array<char, 128> control{};
    while (true) {
      iovec v{data.data(), data.size()};
      msghdr m{};
      m.msg_iov = &v;
      m.msg_iovlen = 1;
      m.msg_control = control.data();
      m.msg_controllen = control.size();
      if (recvmsg(c.fd, &m, 0) < 12) return;
      nanos at = 0;
      for (cmsghdr* h = CMSG_FIRSTHDR(&m); h != nullptr; h = CMSG_NXTHDR(&m, h))
        if (h->cmsg_type == SCM_TIMESTAMPNS) {
          timespec t{};
          std::memcpy(&t, CMSG_DATA(h), sizeof t);
          at = t.tv_sec * 1000 * ms + t.tv_nsec;
        }
      note_arrival(c, at,
                   (std::uint32_t{data[4]} << 24) | (std::uint32_t{data[5]} << 16) |
                       (std::uint32_t{data[6]} << 8) | data[7]);
    }
  }

  void note_arrival(call& c, nanos at, std::uint32_t timestamp) {
    if (c.received++ > 0) {
      const double gap = static_cast<double>(at - c.last_arrival) / ms;
      gaps_.push_back(static_cast<float>(gap));
      const double ticks =
          static_cast<double>(static_cast<std::int32_t>(timestamp - c.last_timestamp));
      c.jitter += (std::abs(gap - ticks / 8) - c.jitter) / 16;
    }
    c.last_arrival = at;
    c.last_timestamp = timestamp;
  }

  void sound() {
    const nanos begin = monotonic_now() + 5 * ms;
    const int slices = seconds_ * 200;
    for (int slice = 0; slice < slices; ++slice) {
      sleep_until(begin + slice * 5 * ms);
      for (std::size_t i = 0; i < calls_.size(); ++i) {
        call& c = calls_[i];
        if (!c.up) continue;
        if (static_cast<int>(i % 4) != slice % 4) continue;
        if (mode_ == "echo" || mode_ == "raw") send_packet(c);
        drain(c);
      }
      if (slice % 20 == 0) read_sip();
    }
    sleep_until(monotonic_now() + 300 * ms);
    for (auto& c : calls_) drain(c);
  }

  void tear_down() {
    const nanos limit = monotonic_now() + 5000 * ms;
    nanos last_round = 0;
    while (monotonic_now() < limit) {
      const bool all =
          std::all_of(calls_.begin(), calls_.end(), [](const call& c) { return !c.up || c.ended; });
      if (all) return;
      if (monotonic_now() - last_round > 500 * ms) {
        int burst = 0;
        for (auto& c : calls_)
          if (c.up && !c.ended) {
            send_sip(request(c, "BYE", 2, c.contact, {}));
            if (++burst % 50 == 0) sleep_until(monotonic_now() + 10 * ms);
            read_sip();
          }
        last_round = monotonic_now();
      }
      pollfd p{sip_, POLLIN, 0};
      poll(&p, 1, 20);
      read_sip();
    }
  }

  template <class T>
  static double quantile(std::vector<T>& v, double q) {
    if (v.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(v.size() - 1));
    std::nth_element(v.begin(), v.begin() + at, v.end());
    return static_cast<double>(v[static_cast<std::size_t>(at)]);
  }

  void report() {
    std::vector<double> setup, jitter;
    std::uint64_t sent = 0, received = 0;
    int up = 0;
    for (const auto& c : calls_) {
      sent += c.sent;
      received += c.received;
      if (!c.up) continue;
      ++up;
      setup.push_back(static_cast<double>(c.answered - c.invited) / ms);
      if (c.received > 1) jitter.push_back(c.jitter);
    }
    std::printf(
        "{\"calls\": %zu, \"answered\": %d, \"refused\": %d, \"repeated_answers\": %d, "
        "\"peer_byes\": %d, \"sent\": %llu, \"received\": %llu, \"setup_p50_ms\": %.3f, "
        "\"setup_p99_ms\": %.3f, \"gap_p50_ms\": %.3f, \"gap_p99_ms\": %.3f, \"gap_max_ms\": %.3f, "
        "\"jitter_p50_ms\": %.4f, \"jitter_p99_ms\": %.4f}\n",
        calls_.size(), up, refused_, repeated_answers_, peer_byes_,
        static_cast<unsigned long long>(sent), static_cast<unsigned long long>(received),
        quantile(setup, 0.5), quantile(setup, 0.99), quantile(gaps_, 0.5), quantile(gaps_, 0.99),
        quantile(gaps_, 1.0), quantile(jitter, 0.5), quantile(jitter, 0.99));
  }

  sockaddr_in target_;
  int seconds_;
  std::string mode_;
  int rate_;
  int sip_ = -1;
  std::uint16_t sip_port_ = 0;
  std::vector<call> calls_;
  std::map<std::string, std::size_t> by_id_;
  std::vector<float> gaps_;
  std::size_t bye_next_ = 0;
  int refused_ = 0, repeated_answers_ = 0, peer_byes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr,
                 "usage: rtp_load TARGET_PORT CALLS SECONDS echo|listen|setup|raw [RATE]\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  driver d(static_cast<std::uint16_t>(std::atoi(argv[1])), std::atoi(argv[2]), std::atoi(argv[3]),
           argv[4], argc > 5 ? std::max(1, std::atoi(argv[5])) : 100);
  return d.run();
}
