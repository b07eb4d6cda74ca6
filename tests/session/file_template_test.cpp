// File names from templates: nothing that a header holds can leave the folder.
#include "sipvoice/session/file_template.hpp"

#include <chrono>

#include "sipvoice/session/duration.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::session;
using namespace std::chrono_literals;

TEST_CASE("a value from the network becomes a harmless part of a name") {
  struct row {
    std::string value, name;
  };
  for (const row& r : {row{"abc-1.2_X", "abc-1.2_X"}, row{"", "_"}, row{".", "_"}, row{"..", "_."},
                       row{"...", "_.."}, row{".hidden", "_hidden"}, row{"../../x", "_._.._x"},
                       row{"/etc/passwd", "_etc_passwd"}, row{"a b\tc", "a_b_c"},
                       row{"C:\\x", "C__x"}, row{std::string("a\0b", 3), "a_b"},
                       row{"\xc3\xa4", "__"}, row{"%2e%2e%2f", "_2e_2e_2f"}, row{"{n}", "_n_"},
                       row{"a\r\nb", "a__b"}, row{std::string(500, 'z'), std::string(120, 'z')}}) {
    INFO(r.value);
    CHECK(safe_name(r.value) == r.name);
  }
}

TEST_CASE("templates are checked before the first call") {
  for (const char* good :
       {"a.wav", "rec/{call_id}.wav", "{n}.WAV", "/tmp/{session_id}/{room_id}.wav",
        "{caller}-{callee}-{start}.wav", "../up/{n}.wav"}) {
    INFO(good);
    CHECK(check_template(good).has_value());
  }
  struct row {
    std::string text, what;
    std::size_t offset;
  };
  const std::string words =
      "unknown word; there are {call_id} {session_id} {room_id} {caller} {callee} {n} {start}";
  const std::string wav = "recordings are WAV files: the name must end in .wav";
  for (const row& r : {
           row{"", "it is empty", 0},
           row{"a.mp3", wav, 5},
           row{"a", wav, 1},
           row{"a.wav/b", wav, 7},
           row{"a.wav/", wav, 6},
           row{".wav", "no name before .wav", 4},
           row{"rec/.wav", "no name before .wav", 8},
           row{"{cal_id}.wav", words, 0},
           row{"x{}.wav", words, 1},
           row{"x{CALL_ID}.wav", words, 1},
           row{"x{n.wav", "an opening brace without a closing one", 1},
           row{"x{{n}}.wav", "an opening brace without a closing one", 1},
           row{"xn}.wav", "a closing brace without an opening one", 2},
           row{"a\nb.wav", "a control character in a file name", 1},
           row{std::string("a\0.wav", 6), "a control character in a file name", 1},
       }) {
    INFO(r.text);
    const auto checked = check_template(r.text);
    REQUIRE(checked.has_error());
    CHECK(checked.error().what == r.what);
    CHECK(checked.error().offset == r.offset);
  }
}

TEST_CASE("a picture is an SVG file") {
  CHECK(check_picture_template("rec/{n}.svg").has_value());
  CHECK(check_picture_template("a.SVG").has_value());
  const std::string svg = "pictures are SVG files: the name must end in .svg";
  for (const char* bad : {"a.png", "a.wav", "a"}) {
    INFO(bad);
    REQUIRE(check_picture_template(bad).has_error());
    CHECK(check_picture_template(bad).error().what == svg);
  }
  REQUIRE(check_picture_template("rec/.svg").has_error());
  REQUIRE(check_picture_template("{nn}.svg").has_error());
  CHECK(check_template("a.svg").has_error());
}

TEST_CASE("every word of a template is filled in") {
  call::call_info info;
  info.sip_call_id = "id@host";
  info.session_id = "../../x";
  info.room_id = "";
  info.from_uri = "sip:alice@example.com:5070";
  info.to_uri = "sip:192.0.2.1";
  const wall_time start{std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 23h + 5min + 9s +
                        999ms};
  const auto expanded = [&](const char* text) { return expand_template(text, info, 42, start); };
  CHECK(expanded("rec/{n}-{call_id}.wav") == "rec/42-id_host.wav");
  CHECK(expanded("rec/{session_id}.wav") == "rec/_._.._x.wav");
  CHECK(expanded("{room_id}/a.wav") == "_/a.wav");
  CHECK(expanded("{caller}_{callee}.wav") == "alice_192.0.2.1.wav");
  CHECK(expanded("{start}.wav") == "20240229T230509Z.wav");
  CHECK(expanded("{n}{n}.wav") == "4242.wav");
  CHECK(expanded("plain.wav") == "plain.wav");
  info.from_uri = "sip:a@b@host";
  CHECK(expanded("{caller}.wav") == "a_b.wav");
  info.from_uri = "";
  CHECK(expanded("{caller}.wav") == "_.wav");
  info.from_uri = "sip:@host";
  CHECK(expanded("{caller}.wav") == "host.wav");
}

TEST_CASE("long values are cut so that a file system takes the name") {
  call::call_info info;
  info.sip_call_id = info.room_id = info.session_id = std::string(4000, 'a');
  const std::string three = "{call_id}{room_id}{session_id}";
  const std::string path = expand_template("rec/" + three + "/" + three + ".wav", info, 1, {});
  CHECK(path == "rec/" + std::string(240, 'a') + "/" + std::string(236, 'a') + ".wav");
  CHECK(expand_template(three + ".svg", info, 1, {}) == std::string(236, 'a') + ".svg");
}

TEST_CASE("durations need a unit") {
  struct row {
    const char* text;
    duration value;
  };
  for (const row& r :
       {row{"250ms", 250ms}, row{"5s", 5s}, row{"2m", 2min}, row{"1h", 1h}, row{"0", 0s},
        row{"0s", 0s}, row{"1.5s", 1500ms}, row{"0.25m", 15s}, row{"1.000000001s", 1s + 1ns},
        row{" 5 s ", 5s}, row{"007s", 7s}, row{"8760h", longest_duration}}) {
    INFO(r.text);
    const auto parsed = parse_duration(r.text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == r.value);
  }
  struct bad {
    const char* text;
    const char* what;
  };
  for (const bad& b :
       {bad{"", "it is empty"}, bad{"5", "the unit is missing"}, bad{"0.5", "the unit is missing"},
        bad{"s", "it does not begin with a number"}, bad{"-5s", "it does not begin with a number"},
        bad{"5x", "the unit is none of ms, s, m and h"},
        bad{"5 sec", "the unit is none of ms, s, m and h"},
        bad{"5S", "the unit is none of ms, s, m and h"},
        bad{"1m30s", "the unit is none of ms, s, m and h"}, bad{"1.s", "the number cannot be read"},
        bad{".5s", "the number cannot be read"}, bad{"1.2.3s", "the number cannot be read"},
        bad{"1.0000000001s", "the number cannot be read"},
        bad{"99999999999999999999999s", "the number cannot be read"},
        bad{"8761h", "it is longer than a year"},
        bad{"9223372036854775807ms", "the number cannot be read"}}) {
    INFO(b.text);
    const auto parsed = parse_duration(b.text);
    REQUIRE(parsed.has_error());
    CHECK(std::string(parsed.error().what) == b.what);
  }
}
