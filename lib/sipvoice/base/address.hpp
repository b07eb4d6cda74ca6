// IP addresses and sockets' addresses as plain values, without a socket library.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"

namespace sipvoice {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 (::ffff:a.b.c.d) is stored as IPv4, so that one peer
/// seen through a dual-stack socket compares equal to itself.
class ip_address {
 public:
  /// 0.0.0.0
  constexpr ip_address() = default;
  [[nodiscard]] static ip_address v4(std::uint32_t host_order);
  [[nodiscard]] static ip_address v4(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                                     std::uint8_t d);
  /// Sixteen bytes in network order. `scope`: number of the interface whose link a link-local
  /// address belongs to, where that is known; of other addresses it is not kept.
  [[nodiscard]] static ip_address v6(const std::array<std::uint8_t, 16>& bytes,
                                     std::uint32_t scope = 0);
  /// Dotted quad, or IPv6 text with or without brackets. No zone, no port, no name.
  [[nodiscard]] static result<ip_address> parse(std::string_view text);

  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] bool is_v4() const { return !v6_; }
  /// IPv4 in host byte order; only of an IPv4 address.
  [[nodiscard]] std::uint32_t v4_value() const;
  /// Sixteen bytes in network order; an IPv4 address in its mapped form.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  [[nodiscard]] bool is_unspecified() const;  ///< 0.0.0.0 or ::
  [[nodiscard]] bool is_loopback() const;     ///< 127/8 or ::1
  [[nodiscard]] bool is_multicast() const;    ///< 224/4 or ff00::/8
  [[nodiscard]] bool is_broadcast() const;    ///< 255.255.255.255
  [[nodiscard]] bool is_private()
      const;  ///< RFC 1918, RFC 6598, link-local, unique local (fc00::/7)

  [[nodiscard]] bool is_link_local() const;  ///< fe80::/10
  /// Of a link-local IPv6 address: its interface (RFC 4007); 0: not known.
  [[nodiscard]] std::uint32_t scope() const { return scope_; }
  /// Text cannot say the scope (RFC 4007 section 11): an address that a peer wrote is on the link
  /// on which that peer was seen.
  [[nodiscard]] ip_address on_link_of(const ip_address& seen) const;

  /// Without brackets, IPv6 in the form of RFC 5952. Without the scope: it means nothing to others.
  [[nodiscard]] std::string to_string() const;

  /// The scope does not count: what a peer writes into SDP, Via and Contact never has it.
  friend std::strong_ordering operator<=>(const ip_address& a, const ip_address& b) {
    const auto by_family = a.v6_ <=> b.v6_;
    return by_family != 0 ? by_family : a.bytes_ <=> b.bytes_;
  }
  friend bool operator==(const ip_address& a, const ip_address& b) {
    return a.v6_ == b.v6_ && a.bytes_ == b.bytes_;
  }

 private:
  std::array<std::uint8_t, 16> bytes_{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
  bool v6_ = false;
  std::uint32_t scope_ = 0;
};

/// An address and a port (host byte order; 0: none).
struct socket_address {
  ip_address ip{};
  std::uint16_t port = 0;

  /// "127.0.0.1:5060" or "[::1]:5060"; the port is required.
  [[nodiscard]] static result<socket_address> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const socket_address&, const socket_address&) = default;
};

}  // namespace sipvoice

template <>
struct std::hash<sipvoice::ip_address> {
  std::size_t operator()(const sipvoice::ip_address& a) const noexcept;
};
template <>
struct std::hash<sipvoice::socket_address> {
  std::size_t operator()(const sipvoice::socket_address& a) const noexcept;
};
