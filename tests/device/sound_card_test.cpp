// Which sound card is meant. The cards themselves: tests/interop/live_cases.py.
#include "sipvoice/device/sound_card.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace sipvoice::device;

namespace {

std::vector<sound_device> some() {
  return {{0, "HDA Intel: Analog", "ALSA", 2, 2, false, false},
          {1, "USB Headset", "ALSA", 1, 2, true, false},
          {2, "USB Speaker", "ALSA", 0, 2, false, true},
          {5, "pulse", "ALSA", 32, 32, false, false},
          {6, "7", "ALSA", 1, 0, false, false},
          {7, "nothing", "ALSA", 0, 0, false, false}};
}

std::string chosen(const std::string& text, std::vector<sound_device> devices = some()) {
  std::string error;
  const auto c = choose_device(devices, text, error);
  if (!c) return "! " + error;
  return (c->input ? std::to_string(*c->input) : "-") + "/" +
         (c->output ? std::to_string(*c->output) : "-");
}

}  // namespace

TEST_CASE("A sound card is meant by number, name, or a part of its name") {
  CHECK(chosen("default") == "1/2");
  CHECK(chosen("") == "1/2");
  CHECK(chosen("0") == "0/0");
  CHECK(chosen("2") == "-/2");
  CHECK(chosen("pulse") == "5/5");
  CHECK(chosen("hda intel") == "0/0");
  CHECK(chosen("headset") == "1/1");
}

TEST_CASE("A card that does not take 48 kHz is used at a rate that it takes") {
  struct row {
    double preferred;
    std::vector<std::uint32_t> takes;
    std::optional<std::uint32_t> chosen;
  };
  const std::vector<row> rows{{44100, {44100, 48000}, 48000}, {44100, {8000, 44100}, 44100},
                              {32000, {32000, 44100}, 32000}, {96000, {16000, 96000}, 16000},
                              {22050, {22050}, std::nullopt}, {12300, {12300}, 12300},
                              {96000, {96000}, std::nullopt}, {48000, {}, std::nullopt}};
  for (const row& r : rows) {
    CAPTURE(r.preferred, r.takes);
    CHECK(choose_rate(r.preferred, [&](std::uint32_t rate) {
            return std::find(r.takes.begin(), r.takes.end(), rate) != r.takes.end();
          }) == r.chosen);
  }
}

TEST_CASE("What no card or several are meant by lists those there are") {
  for (const char* text : {"usb", "none", "3", "7", "-1", "default2"}) {
    CAPTURE(text);
    const std::string c = chosen(text);
    CHECK(c.starts_with("! "));
    CHECK(c.find("1 'USB Headset' (1 in, 2 out)") != std::string::npos);
  }
  CHECK(chosen("usb").find("several") != std::string::npos);
  CHECK(chosen("default", {}) == "! no default sound device; there is no sound device");
  CHECK(chosen("x", {}) == "! no sound device 'x'; there is no sound device");
}
