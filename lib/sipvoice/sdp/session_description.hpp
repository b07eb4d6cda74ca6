// Session descriptions (RFC 8866): parsed in place, printed by appending.
//
// A parsed description is a set of views into the text that it was parsed from, which must outlive
// it; a usual one needs no memory beside. Reading is tolerant where peers are known to be sloppy
// (bare LF, a missing last newline, unknown lines and attributes, lines out of order inside a
// section) and strict where a number decides what the endpoint does. Unknown attributes are kept in
// order.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/result.hpp"
#include "sipvoice/sdp/format.hpp"

namespace sipvoice::sdp {

struct limits {
  static constexpr std::size_t max_bytes = 65536;
  static constexpr std::size_t max_media = 16;
  static constexpr std::size_t max_formats = 64;      ///< in one m= line
  static constexpr std::size_t max_attributes = 512;  ///< in the whole description
};

/// Lists that have room for what descriptions usually hold.
template <class T, std::size_t usual>
using short_list = boost::container::small_vector<T, usual>;

struct attribute {
  std::string_view name;
  std::optional<std::string_view> value;  ///< nothing: a flag such as a=sendonly
  friend bool operator==(const attribute&, const attribute&) = default;
};
using attribute_list = short_list<attribute, 6>;
using line_list = short_list<std::string_view, 2>;
using format_list = short_list<format_view, 8>;

/// c=: a literal address, or a name (`address` empty then).
struct connection {
  std::string_view
      text;  ///< the address as it stands, a /ttl included; empty: `address` is printed
  std::optional<ip_address> address;
  bool v6 = false;
  friend bool operator==(const connection&, const connection&) = default;
};

struct media {
  media() {}  // NOLINT(modernize-use-equals-default): a defaulted one fills the lists with zeros

  std::string_view type = "audio";
  std::uint32_t port = 0;
  std::uint32_t port_count = 1;
  std::string_view protocol = "RTP/AVP";
  /// The words of the m= line behind the protocol, as they stand; empty: those of `formats` are
  /// printed.
  std::string_view tokens;
  format_list formats;  ///< of RTP protocols: those that are understood, in order
  std::optional<connection> connection_line;
  std::optional<direction> direction_line;  ///< nothing: the session's, else sendrecv
  std::optional<std::uint32_t> ptime_ms, maxptime_ms;
  std::optional<std::uint32_t> rtcp_port;     ///< a=rtcp (RFC 3605)
  bool rtcp_mux = false;                      ///< RFC 5761
  attribute_list other;                       ///< all other attributes, in order
  line_list other_lines;                      ///< i=, b=, k=, whole, in the order of RFC 8866
  std::optional<connection> rtcp_connection;  ///< of a=rtcp, where it names an address
  /// `tokens` are compared word by word: spaces between them say nothing.
  friend bool operator==(const media& a, const media& b);
};

struct origin {
  std::string_view username = "-";
  std::uint64_t session_id = 0, version = 0;
  std::string_view address_text;  ///< as it stands, a name perhaps; empty: `address` is printed
  ip_address address{};           ///< of what is made here
  friend bool operator==(const origin&, const origin&) = default;
};

/// Larger numbers than their field holds are read as the largest one, so that "99999999999" as a
/// port stays what it is: unusable. A negative port is read as the largest one too.
struct session_description {
  session_description() {}  // NOLINT(modernize-use-equals-default): as in media

  sdp::origin origin;
  std::string_view name = "-";
  std::optional<connection> connection_line;
  std::optional<direction> direction_line;
  attribute_list other;
  line_list other_lines;          ///< i= u= e= p= b= r= z= k=, whole, in this order
  std::string_view time = "0 0";  ///< t=
  short_list<sdp::media, 2> media;

  /// The result looks into `text`.
  [[nodiscard]] static result<session_description> parse(std::string_view text);
  /// Appends the text, with CRLF line ends.
  void append_to(std::string& out) const;
  [[nodiscard]] std::string print() const;

  /// In force for a media line: its own value, else the session's.
  [[nodiscard]] direction direction_of(const sdp::media& m) const;
  [[nodiscard]] const connection* connection_of(const sdp::media& m) const;

  friend bool operator==(const session_description&, const session_description&) = default;
};

}  // namespace sipvoice::sdp
