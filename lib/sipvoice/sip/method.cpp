#include "sipvoice/sip/method.hpp"

#include <array>

namespace sipvoice::sip {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 15> names{
    "",       "INVITE", "ACK",   "BYE",    "CANCEL",    "OPTIONS", "REGISTER", "PRACK",
    "UPDATE", "INFO",   "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE", "PUBLISH"};

}  // namespace

method method_of(std::string_view name) {
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == name) return static_cast<method>(i);
  return method::other;
}

std::string_view name_of(method m) {
  const auto i = static_cast<std::size_t>(m);
  return i < names.size() ? names[i] : std::string_view{};
}

}  // namespace sipvoice::sip
