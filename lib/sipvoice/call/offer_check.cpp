#include "sipvoice/call/offer_check.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::call {
namespace {

constexpr std::string_view sdp_type = "application/sdp";

/// A range of Accept that takes in application/sdp (RFC 3261 section 20.1), and is not at q=0.
bool accepts_sdp(const sip::message& m) {
  if (!m.has(sip::header_id::accept)) return true;
  bool found = false;
  m.for_each(sip::header_id::accept, [&](std::string_view range) {
    const bool named = sip::media_type_is(range, sdp_type) ||
                       sip::media_type_is(range, "application/*") ||
                       sip::media_type_is(range, "*/*");
    const std::size_t semicolon = range.find(';');
    const auto q = semicolon == std::string_view::npos
                       ? std::nullopt
                       : sip::params_view{range.substr(semicolon)}.get("q");
    const bool refused = q && q->find_first_not_of("0. ") == std::string_view::npos;
    if (named && !refused) found = true;
  });
  return found;
}

/// A body that the sender lets us ignore (RFC 3261 section 20.11).
bool is_optional(const sip::message& m) {
  const std::string_view disposition = m.value(sip::header_id::content_disposition);
  const std::size_t semicolon = disposition.find(';');
  if (semicolon == std::string_view::npos) return false;
  const auto handling = sip::params_view{disposition.substr(semicolon)}.get("handling");
  return handling && iequals(*handling, "optional");
}

offer_check unsupported_body() {
  return {415,
          "unsupported_body",
          "a body that is not plain application/sdp",
          {{sip::header_id::accept, std::string(sdp_type)},
           {sip::header_id::accept_encoding, "identity"}},
          {}};
}

/// Text inside a quoted string: what would end or escape it is replaced.
std::string quoted(std::string_view text) {
  std::string q = "\"";
  for (const char c : printable(text)) q += c == '"' || c == '\\' ? '\'' : c;
  return q + "\"";
}

}  // namespace

offer_check refused_offer(const sdp::refused& r, const std::string& warning_agent) {
  const auto warned = [&](int code, const char* rule) {
    return offer_check{488,
                       rule,
                       r.text,
                       {{sip::header_id::warning,
                         std::to_string(code) + " " + warning_agent + " " + quoted(r.text)}},
                       {}};
  };
  switch (r.why) {  // warn-codes: RFC 3261 section 20.43
    case sdp::refusal::malformed:
      return {400, "bad_sdp", r.text, {}, {}};
    case sdp::refusal::no_audio:
      return warned(304, "no_audio");
    case sdp::refusal::no_common_codec:
      return warned(305, "no_common_codec");
    case sdp::refusal::unusable_address:
      return warned(301, "unusable_address");
  }
  return {400, "bad_sdp", r.text, {}, {}};
}

bool is_encoded(const sip::message& m) {
  bool encoded = false;
  m.for_each(sip::header_id::content_encoding,
             [&](std::string_view e) { encoded |= !e.empty() && !iequals(e, "identity"); });
  return encoded;
}

bool has_sdp(const sip::message& m) {
  return !m.body().empty() && !is_encoded(m) &&
         sip::media_type_is(m.value(sip::header_id::content_type), sdp_type);
}

offer_check check_offer(const sip::message& invite, const sdp::negotiator& ours,
                        const std::string& warning_agent) {
  if (!accepts_sdp(invite)) {
    return {406, "not_acceptable", "Accept without application/sdp", {}, {}};
  }
  if (invite.body().empty()) return {};
  if (!has_sdp(invite)) return is_optional(invite) ? offer_check{} : unsupported_body();
  auto judged = ours.evaluate(invite.body());
  if (!judged) return refused_offer(judged.error(), warning_agent);
  offer_check fine;
  fine.agreement = std::move(*judged);
  return fine;
}

}  // namespace sipvoice::call
