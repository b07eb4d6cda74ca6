#include "sipvoice/sip/info_digit.hpp"

#include <random>

#include "support/catch.hpp"

using namespace sipvoice;
using sip::info_digit;

TEST_CASE("application/dtmf-relay as it is seen in the field") {
  struct row {
    const char* body;
    char digit;  ///< 0: no digit, but acknowledged
    std::uint32_t ms;
  };
  for (const row& r :
       {row{"Signal=5\r\nDuration=160\r\n", '5', 160},
        row{"Signal= 5\r\nDuration= 160\r\n", '5', 160},
        row{"signal = * \nDURATION = 0100 ", '*', 100}, row{"Duration=80\nSignal=#", '#', 80},
        row{"Signal=10", '*', 250}, row{"Signal=11\r\n\r\n", '#', 250}, row{"Signal=12", 'A', 250},
        row{"Signal=15", 'D', 250}, row{"Signal=b\r\nX-Volume=10\r\n", 'B', 250},
        row{"Signal=16\r\n", 0, 250}, row{"Signal=hf", 0, 250},
        row{"Signal=Flash\r\nDuration=1", 0, 1}, row{"junk\r\nSignal=1", '1', 250},
        row{"Signal=1\r\nDuration=4294967295", '1', 60'000}}) {
    INFO(r.body);
    const auto found = info_digit::parse_relay(r.body);
    REQUIRE(found.has_value());
    CHECK(found->digit.value_or(0) == r.digit);
    CHECK(found->duration_ms == r.ms);
  }
  for (const char* bad : {"", "5", "Signal=", "Signal", "Duration=100", "Signal=17", "Signal=E",
                          "Signal=1 2", "Signal=1\r\nSignal=2", "Signal=1\r\nDuration=x",
                          "Signal=1\r\nDuration=-1", "Signal=001", "Signal=!\r\n"}) {
    INFO(bad);
    CHECK_FALSE(info_digit::parse_relay(bad).has_value());
  }
}

TEST_CASE("application/dtmf: the digit alone") {
  for (const auto& [body, digit] : {std::pair{"5", '5'},
                                    {" #\r\n", '#'},
                                    {"d=4", '4'},
                                    {"D= *\n", '*'},
                                    {"11", '#'},
                                    {"c", 'C'},
                                    {"d", 'D'},
                                    {"16", '\0'}}) {
    INFO(body);
    const auto found = info_digit::parse_plain(body);
    REQUIRE(found.has_value());
    CHECK(found->digit.value_or(0) == digit);
    CHECK(found->duration_ms == 250);
  }
  for (const char* bad : {"", " ", "d=", "55", "12345", "x", "5 5"}) {
    INFO(bad);
    CHECK_FALSE(info_digit::parse_plain(bad).has_value());
  }
}

TEST_CASE("bodies have a bound") {
  const std::string pad = "Signal=1\r\n";
  CHECK(info_digit::parse_relay(pad + std::string(info_digit::max_body - pad.size(), '\n'))
            .has_value());
  CHECK_FALSE(info_digit::parse_relay(pad + std::string(info_digit::max_body, '\n')).has_value());
  CHECK(info_digit::parse_plain("1" + std::string(info_digit::max_body - 1, '\n')).has_value());
  CHECK_FALSE(info_digit::parse_plain("1" + std::string(info_digit::max_body, '\n')).has_value());
}

TEST_CASE("a printed digit is read again, and noise gives digits only") {
  for (const char c : std::string_view("0123456789*#ABCD")) {
    const auto found = info_digit::parse_relay(sip::print_dtmf_relay(c, 100));
    REQUIRE(found.has_value());
    CHECK(found->digit == c);
    CHECK(found->duration_ms == 100);
  }
  std::mt19937 random(3);
  const std::string good = "Signal=5\r\nDuration=160\r\n";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (int n = 0; n < 3; ++n) text[random() % text.size()] = static_cast<char>(random());
    const auto found = info_digit::parse_relay(text);
    if (found && found->digit) CHECK(sip::is_dtmf_digit(*found->digit));
  }
}
