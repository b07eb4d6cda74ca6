#include "sipvoice/session/duration.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::session {

namespace {

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr unit units[] = {
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};

// More digits than a nanosecond needs are no better.
constexpr std::size_t max_fraction_digits = 9;

}  // namespace

result<duration> parse_duration(std::string_view text) {
  const std::string_view all = trim(text);
  std::size_t end = 0;
  while (end < all.size() && (is_digit(all[end]) || all[end] == '.')) ++end;
  std::string_view fraction = all.substr(0, end);
  const std::string_view whole = take_until(fraction, '.');
  const std::string_view name = trim(all.substr(end));
  if (all.empty()) return failure{"it is empty", 0};
  if (end == 0) return failure{"it does not begin with a number", 0};
  if (name.empty() && all == "0") return duration::zero();
  if (name.empty()) return failure{"the unit is missing", end};
  const unit* u = nullptr;
  for (const unit& known : units)
    if (name == known.name) u = &known;
  if (u == nullptr) return failure{"the unit is none of ms, s, m and h", end};
  const auto count = parse_decimal(whole, static_cast<std::uint64_t>(longest_duration.count()));
  const bool point = whole.size() < end;
  if (!count || (point && (fraction.empty() || fraction.size() > max_fraction_digits)))
    return failure{"the number cannot be read", 0};
  if (*count > static_cast<std::uint64_t>(longest_duration.count() / u->nanoseconds))
    return failure{"it is longer than a year", 0};
  std::int64_t total = static_cast<std::int64_t>(*count) * u->nanoseconds;
  std::int64_t part = u->nanoseconds;
  for (const char c : fraction) {
    if (!is_digit(c)) return failure{"the number cannot be read", whole.size()};
    part /= 10;
    total += part * (c - '0');
  }
  return duration(total);
}

}  // namespace sipvoice::session
