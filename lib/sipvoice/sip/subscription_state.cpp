// RFC 6665 section 8.4:
//
//   Subscription-State = "Subscription-State" HCOLON substate-value *( SEMI subexp-params )
//   substate-value     = "active" / "pending" / "terminated" / extension-substate
//   subexp-params      = ("reason" EQUAL event-reason-value) / ("expires" EQUAL delta-seconds) /
//                        ("retry-after" EQUAL delta-seconds) / generic-param
//   delta-seconds      = 1*DIGIT
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/event.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {
namespace {

subscription_state::kind kind_of(std::string_view word) {
  if (iequals(word, "active")) return subscription_state::kind::active;
  if (iequals(word, "pending")) return subscription_state::kind::pending;
  if (iequals(word, "terminated")) return subscription_state::kind::terminated;
  return subscription_state::kind::other;
}

std::optional<std::uint32_t> seconds_of(const params_view& params, std::string_view name) {
  const auto text = params.get(name);
  const auto number = text ? parse_decimal(*text, 0xffffffff) : std::nullopt;
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

result<subscription_state> subscription_state::parse(std::string_view value) {
  const std::string_view whole = trim(value);
  const std::size_t semicolon = whole.find(';');
  const std::string_view word = trim(whole.substr(0, semicolon));
  if (!is_token(word)) return failure{"Subscription-State without a state", 0};
  subscription_state out;
  out.state = kind_of(word);
  if (semicolon == std::string_view::npos) return out;
  const params_view params{whole.substr(semicolon)};
  if (!params_are_readable(params.text))
    return failure{"Subscription-State with unreadable parameters", semicolon};
  out.reason = params.get("reason").value_or(std::string_view{});
  out.expires_s = seconds_of(params, "expires");
  out.retry_after_s = seconds_of(params, "retry-after");
  return out;
}

}  // namespace sipvoice::sip
