// Text of anywhere made fit to be looked at.
#include "sipvoice/report/text.hpp"

#include <limits>

#include "support/catch.hpp"

using namespace sipvoice::report;
using namespace std::string_literals;

TEST_CASE("what is readable stays, what acts on a reader is written out") {
  struct row {
    std::string text, as_line;
  };
  const row rows[] = {
      {"INVITE sip:b@example.org", "INVITE sip:b@example.org"},
      {"Gr\u00fc\u00dfe, \u65e5\u672c, \U0001f4de", "Gr\u00fc\u00dfe, \u65e5\u672c, \U0001f4de"},
      {"a\r\nb\tc", "a\\r\\nb c"},
      {"\x1b[31mred\x7f"s, "\\x1b[31mred\\x7f"},
      {"nul\0!"s, "nul\\x00!"},
      {"\u202etxt.exe", "\\u{202e}txt.exe"},
      {"\u0085next", "\\x85next"},
      {"\uffff\U0001fffe", "\\u{ffff}\\u{01fffe}"},
      // No UTF-8: alone, cut off, too long, a surrogate, past the last plane (RFC 3629).
      {"\xff", "\\xff"},
      {"\xe2\x82", "\\xe2\\x82"},
      {"\xc0\xaf", "\\xc0\\xaf"},
      {"\xe0\x80\x80", "\\xe0\\x80\\x80"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
  };
  for (const row& r : rows) CHECK(readable(r.text) == r.as_line);
  CHECK(readable("a\r\nb\n\tc\rd", text_layout::lines) == "a\nb\n\tc\\rd");
  CHECK(readable(std::string(50, 'x'), text_layout::one_line, 10) == "xxxxxxxxxx...");
}

TEST_CASE("HTML text ends no element and no attribute") {
  CHECK(html_text("<b class=\"x\">'&'</b>") ==
        "&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;");
}

TEST_CASE("columns of a terminal: wide, narrow and combining characters") {
  CHECK(column_count("abc") == 3);
  CHECK(column_count("\u65e5\u672c") == 4);
  CHECK(column_count("e\u0301") == 1);
  CHECK(fitted("abc", 5, true) == "abc  ");
  CHECK(fitted("abc", 5, false) == "abc");
  CHECK(fitted("abcdefgh", 6, false) == "abc...");
  // A wide character that does not fit whole is left out, and its place is filled.
  CHECK(fitted("\u65e5\u672c\u8a9e", 5, true) == "\u65e5...");
  CHECK(fitted("\u65e5\u672c\u8a9e\u65e5", 6, true) == "\u65e5... ");
  CHECK(fitted("abcdef", 2, true) == "..");
}

TEST_CASE("numbers and times in words") {
  CHECK(fixed(1.23456, 3) == "1.235");
  CHECK(fixed(-0.0001, 2) == "0.00");
  CHECK(fixed(std::numeric_limits<double>::quiet_NaN(), 1) == "0.0");
  CHECK(fixed(1e300, 0) == "1000000000000000");
  CHECK(time_text(213.4) == "0.213 s");
  CHECK(time_text(12'340) == "12.3 s");
  CHECK(time_text(125'000) == "2:05 min");
  CHECK(time_text(3'723'000) == "1:02:03");
}
