#include "sipvoice/sip/dns_message.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using sip::dns_outcome;
using sip::dns_type;

namespace {

std::string u16(unsigned v) {
  return {static_cast<char>(v >> 8 & 0xff), static_cast<char>(v & 0xff)};
}
std::string u32(std::uint32_t v) { return u16(v >> 16) + u16(v & 0xffff); }
std::string name(std::string_view dotted) {
  std::string out;
  while (!dotted.empty()) {
    const std::string_view label = dotted.substr(0, dotted.find('.'));
    out += static_cast<char>(label.size()) + std::string(label);
    dotted.remove_prefix(std::min(label.size() + 1, dotted.size()));
  }
  return out + '\0';
}
std::string text(const std::string& s) { return static_cast<char>(s.size()) + s; }
std::string record(const std::string& owner, unsigned type, std::uint32_t ttl,
                   const std::string& data, unsigned of_class = 1) {
  return owner + u16(type) + u16(of_class) + u32(ttl) + u16(static_cast<unsigned>(data.size())) +
         data;
}
const std::string pointer_to_question("\xc0\x0c", 2);  // the name at byte 12
const std::string v4("\xc0\x00\x02\x07", 4);

struct message {
  unsigned code = 0;
  std::string question = name("a.test");
  std::vector<std::string> answers{}, authorities{};
  [[nodiscard]] std::string bytes(unsigned type = 1) const {
    std::string out =
        u16(7) + u16(0x8180 | code) + u16(1) + u16(static_cast<unsigned>(answers.size())) +
        u16(static_cast<unsigned>(authorities.size())) + u16(0) + question + u16(type) + u16(1);
    for (const auto& r : answers) out += r;
    for (const auto& r : authorities) out += r;
    return out;
  }
};

sip::timed_reply read(const std::string& bytes, dns_type type = dns_type::a) {
  return sip::read_dns_message(as_bytes(bytes), type);
}

const sip::dns_records seven{ip_address::v4(192, 0, 2, 7)};

}  // namespace

TEST_CASE("records of each type, and the shortest of their times") {
  message m;
  m.answers = {record(pointer_to_question, 1, 300, v4),
               record(name("A.TEST"), 1, 60, std::string("\xc0\x00\x02\x08", 4))};
  auto a = read(m.bytes());
  CHECK(a.reply.outcome == dns_outcome::found);
  CHECK(a.reply.records ==
        sip::dns_records{ip_address::v4(192, 0, 2, 7), ip_address::v4(192, 0, 2, 8)});
  CHECK(a.ttl == 60s);

  m.answers = {record(pointer_to_question, 28, 5,
                      std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16))};
  CHECK(read(m.bytes(28), dns_type::aaaa).reply.records ==
        sip::dns_records{*ip_address::parse("2001:db8::1")});

  m.answers = {
      record(pointer_to_question, 33, 5, u16(10) + u16(60) + u16(5062) + name("Sip.A.test"))};
  CHECK(read(m.bytes(33), dns_type::srv).reply.records ==
        sip::dns_records{sip::srv_record{10, 60, 5062, "sip.a.test"}});
  m.answers = {record(pointer_to_question, 33, 5, u16(0) + u16(0) + u16(0) + name(""))};
  CHECK(read(m.bytes(33), dns_type::srv).reply.records ==
        sip::dns_records{sip::srv_record{0, 0, 0, "."}});

  m.answers = {record(pointer_to_question, 35, 5,
                      u16(50) + u16(90) + text("s") + text("SIP+D2T") + text("") +
                          "\x04_sip\x04_tcp" + pointer_to_question)};
  CHECK(read(m.bytes(35), dns_type::naptr).reply.records ==
        sip::dns_records{sip::naptr_record{50, 90, "s", "SIP+D2T", "_sip._tcp.a.test"}});
}

TEST_CASE("aliases are followed inside the message, in any order, a ring of them ends") {
  message m;
  m.answers = {record(name("c.test"), 1, 300, v4), record(name("b.test"), 5, 30, name("c.test")),
               record(name("a.test"), 5, 90, name("b.test"))};
  CHECK(read(m.bytes()).reply.records == seven);
  CHECK(read(m.bytes()).ttl == 30s);
  m.answers = {record(name("a.test"), 5, 90, name("b.test")),
               record(name("b.test"), 5, 90, name("a.test"))};
  CHECK(read(m.bytes()).reply.outcome == dns_outcome::no_records);
}

TEST_CASE("so many aliases in a row are followed, and one more is not") {
  for (const int count :
       {sip::dns_message_limits::max_aliases, sip::dns_message_limits::max_aliases + 1}) {
    message m;
    const auto owner = [](int i) { return name(i == 0 ? "a.test" : "n" + std::to_string(i)); };
    for (int i = 0; i < count; ++i) m.answers.push_back(record(owner(i), 5, 300, owner(i + 1)));
    m.answers.push_back(record(owner(count), 1, 300, v4));
    CHECK(read(m.bytes()).reply.records.size() ==
          (count == sip::dns_message_limits::max_aliases ? 1 : 0));
  }
}

TEST_CASE("so many records are read, and one more is not") {
  for (const std::size_t before :
       {sip::dns_message_limits::max_read - 1, sip::dns_message_limits::max_read}) {
    message m;
    m.answers.assign(before, record(name("b.test"), 1, 300, v4));
    m.answers.push_back(record(pointer_to_question, 1, 300, v4));
    CHECK(read(m.bytes()).reply.records.size() ==
          (before < sip::dns_message_limits::max_read ? 1 : 0));
  }
}

TEST_CASE("records of other names, types and classes are none of ours") {
  message m;
  m.answers = {record(name("evil.test"), 1, 300, v4), record(name("a.test"), 28, 300, v4),
               record(name("a.test"), 1, 300, v4, 3), record(name("a.test"), 1, 300, "abc"),
               record(std::string("\x03"
                                  "a.t\x02st",
                                  7) +
                          '\0',
                      1, 300, v4)};
  CHECK(read(m.bytes()).reply == sip::dns_reply(dns_outcome::no_records));
}

TEST_CASE("negative answers hold for what their SOA says") {
  const auto soa = [](std::uint32_t ttl, std::uint32_t minimum) {
    return record(
        name("test"), 6, ttl,
        name("ns.test") + name("admin.test") + u32(1) + u32(2) + u32(3) + u32(4) + u32(minimum));
  };
  message m;
  m.code = 3;
  m.authorities = {soa(60, 20)};
  CHECK(read(m.bytes()).reply.outcome == dns_outcome::no_such_name);
  CHECK(read(m.bytes()).ttl == 20s);
  m.code = 0;
  m.authorities = {soa(15, 20)};
  CHECK(read(m.bytes()).reply.outcome == dns_outcome::no_records);
  CHECK(read(m.bytes()).ttl == 15s);
  m.authorities = {soa(0xffffffff, 20)};
  CHECK(read(m.bytes()).ttl == 0s);
  m.authorities.clear();
  CHECK(read(m.bytes()).ttl == 0s);
  m.code = 2;
  CHECK(read(m.bytes()).reply.outcome == dns_outcome::refused);
}

TEST_CASE("a message that is cut anywhere is read without harm, and never as another") {
  message m;
  m.answers = {record(pointer_to_question, 1, 300, v4)};
  const std::string whole = m.bytes();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK(read(whole.substr(0, n)).reply.outcome == dns_outcome::refused);
  }
  CHECK(read(whole).reply.records == seven);
}

TEST_CASE("names that point at themselves or forward are refused") {
  message m;
  for (const std::string& owner : {std::string("\xc0\x18", 2), std::string("\xc0\x17", 2),
                                   std::string("\xff\xff", 2), std::string("\x80", 1)}) {
    m.answers = {record(owner, 1, 300, v4)};
    CHECK(read(m.bytes()).reply.outcome == dns_outcome::refused);
  }
  m.answers.clear();
  m.question = pointer_to_question;
  CHECK(read(m.bytes()).reply.outcome == dns_outcome::refused);
}

TEST_CASE("thousands of records cost no more than the bound") {
  message m;
  for (unsigned i = 0; i < 4000; ++i)
    m.answers.push_back(
        record(pointer_to_question, 1, 300, "\x0a" + std::string(1, '\0') + u16(i)));
  const auto got = read(m.bytes());
  CHECK(got.reply.outcome == dns_outcome::found);
  CHECK(got.reply.records.size() == sip::dns_message_limits::max_records);
  for (auto& r : m.answers) r = record(name("other.test"), 1, 300, v4);
  m.answers.push_back(record(pointer_to_question, 1, 300, v4));
  CHECK(read(m.bytes()).reply.outcome == dns_outcome::no_records);  // it stands too far behind
}
