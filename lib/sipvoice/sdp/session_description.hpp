// Session descriptions (RFC 8866): parsed into a value, printed from a value.
//
// Reading is tolerant where peers are known to be sloppy (bare LF, a missing last newline, unknown
// lines and attributes, lines out of order inside a section) and strict where a number decides what
// the endpoint does. Unknown attributes are kept in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/result.hpp"

namespace sipvoice::sdp {

struct limits {
  static constexpr std::size_t max_bytes = 65536;
  static constexpr std::size_t max_media = 16;
  static constexpr std::size_t max_formats = 64;      ///< in one m= line
  static constexpr std::size_t max_attributes = 512;  ///< in the whole description
};

/// Seen from the one who wrote the description.
enum class direction : std::uint8_t { inactive = 0, send_only = 1, receive_only = 2, both = 3 };
/// What the answer to it says at most (RFC 3264 section 6.1): send_only <-> receive_only.
[[nodiscard]] direction mirrored(direction d);
/// What both allow.
[[nodiscard]] direction both_allow(direction a, direction b);
[[nodiscard]] std::string_view name_of(direction d);  ///< "sendrecv", "sendonly", ...

/// One RTP format of an m= line: payload type with its rtpmap and fmtp. Static payload types
/// (RFC 3551) are filled in when no rtpmap stands.
struct format {
  std::uint8_t payload_type = 0;
  std::string encoding;  ///< "PCMU", as written; compared without case
  std::uint32_t clock_rate = 0;
  std::uint32_t channels = 1;
  std::string fmtp;  ///< parameters without the payload type; empty: none
  friend bool operator==(const format&, const format&) = default;
};
/// Encoding (without case), clock rate and channels are equal.
[[nodiscard]] bool same_codec(const format& a, const format& b);
inline constexpr std::uint8_t max_payload_type = 127;
inline constexpr std::uint8_t first_dynamic_payload_type = 96;

/// The format of a static payload type of RFC 3551 (0 PCMU, 8 PCMA, 9 G722, 13 CN, ...), if it is
/// one.
[[nodiscard]] std::optional<format> static_format(std::uint8_t payload_type);

struct attribute {
  std::string name;
  std::optional<std::string> value;  ///< nothing: a flag such as a=sendonly
  friend bool operator==(const attribute&, const attribute&) = default;
};

/// c=: a literal address, or a name (`address` empty then).
struct connection {
  std::string text;  ///< the address as it stands, a /ttl included
  std::optional<ip_address> address;
  bool v6 = false;
  friend bool operator==(const connection&, const connection&) = default;
};

struct media {
  std::string type = "audio";
  std::uint32_t port = 0;
  std::uint32_t port_count = 1;
  std::string protocol = "RTP/AVP";
  std::vector<std::string> raw_formats;  ///< tokens of the m= line, in order
  std::vector<format> formats;           ///< of RTP protocols: those that are understood, in order
  std::optional<connection> connection_line;
  std::optional<direction> direction_line;  ///< nothing: the session's, else sendrecv
  std::optional<std::uint32_t> ptime_ms, maxptime_ms;
  std::optional<std::uint32_t> rtcp_port;     ///< a=rtcp (RFC 3605)
  bool rtcp_mux = false;                      ///< RFC 5761
  std::vector<attribute> other;               ///< all other attributes, in order
  std::vector<std::string> other_lines;       ///< i=, b=, k=, whole, in the order of RFC 8866
  std::optional<connection> rtcp_connection;  ///< of a=rtcp, where it names an address
  friend bool operator==(const media&, const media&) = default;
};

struct origin {
  std::string username = "-";
  std::uint64_t session_id = 0, version = 0;
  ip_address address{};
  std::string address_text;  ///< as it stood when parsed
  friend bool operator==(const origin&, const origin&) = default;
};

/// Larger numbers than their field holds are read as the largest one, so that "99999999999" as a
/// port stays what it is: unusable. A negative port is read as the largest one too.
struct session_description {
  sdp::origin origin;
  std::string name = "-";
  std::optional<connection> connection_line;
  std::optional<direction> direction_line;
  std::vector<attribute> other;
  std::vector<std::string> other_lines;  ///< i= u= e= p= b= r= z= k=, whole, in this order
  std::string time = "0 0";              ///< t=
  std::vector<sdp::media> media;

  [[nodiscard]] static result<session_description> parse(std::string_view text);
  [[nodiscard]] std::string print() const;  ///< CRLF line ends

  /// In force for a media line: its own value, else the session's.
  [[nodiscard]] direction direction_of(const sdp::media& m) const;
  [[nodiscard]] const connection* connection_of(const sdp::media& m) const;

  friend bool operator==(const session_description&, const session_description&) = default;
};

}  // namespace sipvoice::sdp
