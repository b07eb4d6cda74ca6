// Values of options: text to what it means. Each throws usage_error with one line that names the
// option, says what is wrong, and shows how it is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/base/address.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/session/plan.hpp"

namespace sipvoice::app {

/// With its unit, zero too.
[[nodiscard]] duration to_duration(const char* option, std::string_view text);
/// Zero switches something off, and needs no unit.
[[nodiscard]] duration to_duration_or_off(const char* option, std::string_view text);
/// Longer than zero.
[[nodiscard]] duration to_patience(const char* option, std::string_view text);
/// Whole seconds, 90 or more (RFC 4028 section 4), or zero.
[[nodiscard]] duration to_session_expires(const char* option, std::string_view text);
[[nodiscard]] std::uint64_t to_number(const char* option, std::string_view text, std::uint64_t min,
                                      std::uint64_t max);
/// One word of a list.
[[nodiscard]] std::string to_choice(const char* option, std::string_view text,
                                    const std::vector<std::string_view>& choices);
[[nodiscard]] ip_address to_ip(const char* option, std::string_view text);
/// "10.0.0.0/8", or one address.
[[nodiscard]] std::pair<ip_address, int> to_cidr(const char* option, std::string_view text);
/// Bytes: "65536", "256KiB", "1MiB".
[[nodiscard]] std::size_t to_size(const char* option, std::string_view text);
/// [udp:|tcp:|tls:]HOST:PORT, as it stands.
[[nodiscard]] std::string to_listen_address(std::string_view text);
/// HOST:PORT without a transport; a name stays a name.
struct host_port {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] host_port to_host_port(const char* option, std::string_view text);
/// HOST:PORT of --dns, as it stands.
[[nodiscard]] std::string to_dns_server(std::string_view text);
/// FIRST-LAST with room for at least one even/odd pair.
[[nodiscard]] std::pair<std::uint16_t, std::uint16_t> to_port_range(std::string_view text);
/// One codec: "pcmu"; "l16/8000" where a name stands for several rates.
[[nodiscard]] audio::codec_id to_codec(const char* option, std::string_view text);
[[nodiscard]] std::vector<audio::codec_id> to_codecs(std::string_view text);
/// 'Name: value' lines that may be added to a message.
[[nodiscard]] call::header_list to_headers(const std::vector<std::string>& lines);
/// '486' or '486 Gone fishing'.
[[nodiscard]] session::reject_plan to_reject(std::string_view text);
/// Digits 0-9 * # A-D; with `pauses` w and W too. Letters in capitals, except w.
[[nodiscard]] std::string to_digits(const char* option, std::string_view text, bool pauses);
/// A sip URI without headers, as it stands.
[[nodiscard]] std::string to_sip_uri(const char* option, const std::string& text);
/// A sip URI whose headers are for the request that goes there (RFC 3261 section 19.1.5).
struct request_uri {
  std::string target;  ///< without them
  call::header_list headers;
};
[[nodiscard]] request_uri to_request_uri(const std::string& text);
/// A template of a WAV file's name; empty stays empty.
[[nodiscard]] std::string to_record_template(const char* option, const std::string& text);
/// The same of an SVG file's.
[[nodiscard]] std::string to_picture_template(const char* option, const std::string& text);

}  // namespace sipvoice::app
