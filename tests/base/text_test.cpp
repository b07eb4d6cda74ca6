#include "sipvoice/base/text.hpp"

#include "support/catch.hpp"

using namespace sipvoice;

TEST_CASE("token characters are those of RFC 3261 25.1") {
  const std::string_view marks = "-.!%*_+`'~";
  for (int c = 0; c < 256; ++c) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool expected =
        alphanumeric || (c != 0 && marks.find(static_cast<char>(c)) != std::string_view::npos);
    INFO(c);
    CHECK(is_token_char(static_cast<char>(c)) == expected);
  }
  CHECK(is_token("INVITE"));
  CHECK_FALSE(is_token(""));
  CHECK_FALSE(is_token("a b"));
}

TEST_CASE("comparing and lowering touch ASCII letters only") {
  CHECK(iequals("Via", "vIA"));
  CHECK_FALSE(iequals("Via", "Vi"));
  CHECK_FALSE(iequals("[", "{"));
  CHECK_FALSE(iequals("\xc4", "\xe4"));
  CHECK(to_lower(std::string_view("ABC\xc4[z")) == "abc\xc4[z");
}

TEST_CASE("trim takes spaces, tabs and line ends off both ends") {
  CHECK(trim(" \t\r\n a b \r\n") == "a b");
  CHECK(trim(" \t ") == "");
  CHECK(trim("") == "");
}

TEST_CASE("parse_decimal takes numbers up to its bound and nothing else") {
  struct row {
    std::string_view text;
    std::uint64_t max;
    std::optional<std::uint64_t> value;
  };
  constexpr std::uint64_t all = UINT64_MAX;
  const row rows[] = {
      {"0", 0, 0},
      {"1", 0, std::nullopt},
      {"000000000000000000000000000000007", 255, 7},
      {"255", 255, 255},
      {"256", 255, std::nullopt},
      {"5", 5, 5},
      {"6", 5, std::nullopt},
      {"18446744073709551615", all, all},
      {"18446744073709551616", all, std::nullopt},
      {"36893488147419103232", all, std::nullopt},
      {"99999999999999999999999999", all, std::nullopt},
      {"", all, std::nullopt},
      {"-1", all, std::nullopt},
      {"+1", all, std::nullopt},
      {" 1", all, std::nullopt},
      {"1 ", all, std::nullopt},
      {"0x1", all, std::nullopt},
  };
  for (const row& r : rows) {
    INFO(r.text << " max " << r.max);
    CHECK(parse_decimal(r.text, r.max) == r.value);
  }
}

TEST_CASE("take_until consumes the separator") {
  std::string_view rest = "a,,b";
  CHECK(take_until(rest, ',') == "a");
  CHECK(take_until(rest, ',') == "");
  CHECK(take_until(rest, ',') == "b");
  CHECK(rest.empty());
  CHECK(take_until(rest, ',') == "");
}

TEST_CASE("nearest_word finds what was meant, and nothing far away") {
  const std::string_view words[] = {"listen", "answer", "record", "call", "--play"};
  CHECK(nearest_word("lisen", words) == "listen");
  CHECK(nearest_word("anwser", words) == "answer");
  CHECK(nearest_word("recrod", words) == "record");
  CHECK(nearest_word("cal", words) == "call");
  CHECK(nearest_word("--pley", words) == "--play");
  CHECK(nearest_word("dance", words) == "");
  CHECK(nearest_word("", words) == "");
  CHECK(nearest_word(std::string(100'000, 'x'), words) == "");
}

TEST_CASE("printable shows every byte and keeps its bound") {
  using namespace std::string_view_literals;
  CHECK(printable("a b") == "a b");
  CHECK(printable("\r\n\0\x7f\"'\\\xc3"sv) == "\\x0d\\x0a\\x00\\x7f\\x22\\x27\\x5c\\xc3");
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
}
