// `sipvoice devices`: the sound cards that --live may use.
#include <cstdio>

#include "commands.hpp"
#include "errors.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/device/sound_card.hpp"

namespace sipvoice::app {
namespace {

const char* default_of(const device::sound_device& d) {
  if (d.default_input && d.default_output) return "default";
  if (d.default_input) return "default input";
  return d.default_output ? "default output" : "";
}

int run() {
  const device::sound_cards cards;
  if (!cards.error().empty()) throw system_failure(cards.error());
  const auto found = cards.devices();
  if (found.empty()) {
    std::printf("there is no sound device\n");
    return exit_code::ok;
  }
  std::printf("%6s  %-40s %-8s %6s %7s\n", "number", "name", "system", "inputs", "outputs");
  for (const device::sound_device& d : found) {
    std::printf("%6d  %-40s %-8s %6d %7d  %s\n", d.number, printable(d.name).c_str(), d.api.c_str(),
                d.inputs, d.outputs, default_of(d));
  }
  return exit_code::ok;
}

}  // namespace

command devices_command() {
  return {"devices", "list the sound devices that --live may use", [](option_set&) {}, run};
}

}  // namespace sipvoice::app
