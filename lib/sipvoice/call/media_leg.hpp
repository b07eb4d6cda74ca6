// The media of one call as signalling sees it: a port pair, one negotiation, one media session that
// is opened, changed and closed by values. Every pair that was asked for is given back exactly
// once: by media_close when it was opened, else by release_media_port.
#pragma once

#include <optional>
#include <string>

#include "sipvoice/call/services.hpp"
#include "sipvoice/sdp/offer_answer.hpp"

namespace sipvoice::call {

class media_leg {
 public:
  media_leg(services& s, call_id owner);

  /// Asks the shell for a pair that reaches `peer`.
  void request_port(const ip_address& peer);
  /// The pair has come (false: none is free). One that comes too late is released.
  bool take_port(std::optional<media_ports> ports);
  [[nodiscard]] bool has_port() const { return stage_ == stage::ready; }
  /// The address for our SDP. Only with a port, or an open session.
  [[nodiscard]] socket_address advertised() const;

  [[nodiscard]] sdp::negotiator& negotiation() { return negotiator_; }
  /// These in place of the endpoint's, from the next description on. False: there are none.
  bool use_codecs(const std::vector<audio::codec_id>& codecs);

  /// Opens the session on the current agreement, or changes the one that is open when the agreement
  /// differs from what it runs on.
  void open_or_change();
  /// Gives everything back; media_closed follows where a session was open.
  void close();
  /// The session has told its end.
  void closed(const media::media_statistics& statistics);

  [[nodiscard]] bool is_open() const { return stage_ == stage::open; }
  /// Nothing of it is outside any more.
  [[nodiscard]] bool is_idle() const { return stage_ != stage::open && stage_ != stage::closing; }
  [[nodiscard]] media::media_id id() const { return id_; }
  [[nodiscard]] media::media_format format() const;
  [[nodiscard]] const socket_address& local_rtp() const { return ports_.rtp; }
  [[nodiscard]] socket_address remote_rtp() const;
  [[nodiscard]] bool remote_holds() const;
  [[nodiscard]] const std::optional<media::media_statistics>& statistics() const {
    return statistics_;
  }

 private:
  enum class stage : std::uint8_t { none, asked, ready, open, closing, over };

  [[nodiscard]] media::media_parameters parameters() const;

  services& s_;
  call_id owner_;
  stage stage_ = stage::none;
  media_ports ports_;
  media::media_id id_{};
  sdp::negotiator negotiator_;
  std::optional<sdp::audio_agreement> applied_;
  std::optional<media::media_statistics> statistics_;
};

/// SDP formats as codecs. Formats without a codec here (they are never agreed) are left out.
[[nodiscard]] media::media_format media_format_of(const sdp::audio_agreement& a);

}  // namespace sipvoice::call
