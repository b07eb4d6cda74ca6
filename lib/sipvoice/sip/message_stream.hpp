// Framing of SIP on a stream (RFC 3261 section 18.3, RFC 5626 section 3.5.1).
//
// Bytes of one connection go in, whole messages come out: one message may come in many segments,
// many in one. Between messages CRLFs are keep-alive: a double one is a ping, to be answered by a
// single one. A message whose end cannot be known breaks the stream: its head still comes out (so
// that 400 can be sent), and then the connection is to be closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sipvoice::sip {

struct stream_limits {
  static constexpr std::size_t max_head = 65536;              ///< start line and headers, bytes
  static constexpr std::size_t default_max_message = 262144;  ///< --max-message
  static constexpr std::size_t most_kept = 4096;  ///< memory of a stream between messages, bytes
};

class message_stream {
 public:
  /// `max_message`: the longest message, head and body; a longer one breaks the stream.
  explicit message_stream(std::size_t max_message = stream_limits::default_max_message);

  /// What is still buffered never exceeds max_message and one segment.
  void receive(std::string_view segment);

  /// The next whole message (or the head of the one that broke the stream).
  [[nodiscard]] std::optional<std::string> poll();
  /// Pings (CRLF CRLF) since the last call; each wants one CRLF back.
  [[nodiscard]] unsigned take_pings();
  /// We have sent a ping: the next CRLF between messages is its answer and begins no ping. Else the
  /// answers to two pings of ours would look like one of the peer's.
  void expect_pong() { pong_due_ = true; }
  /// Why the connection is to be closed; nullptr while all is well.
  [[nodiscard]] const char* broken() const { return broken_; }
  /// True in the middle of a message: a connection that stays so is to be closed in time.
  [[nodiscard]] bool waiting() const { return !broken_ && !buffer_.empty(); }
  [[nodiscard]] std::size_t buffered() const { return buffer_.size(); }  ///< bytes
  /// Memory it holds, bytes.
  [[nodiscard]] std::size_t room() const { return buffer_.capacity(); }

 private:
  void skip_keep_alive();
  [[nodiscard]] bool find_head();
  void read_content_length();
  void fail(const char* why);
  void forget();
  void give_back();

  std::size_t max_message_;
  std::string buffer_;
  std::size_t scanned_ = 0;    // how far the end of the head has been looked for
  std::size_t head_size_ = 0;  // 0: the head is not whole yet
  std::size_t total_ = 0;      // head and body
  unsigned crlf_run_ = 0;      // CRLFs in a row between messages
  unsigned pings_ = 0;
  bool pong_due_ = false;
  const char* broken_ = nullptr;
  bool head_pending_ = false;  // the head of a broken message is still to be handed out
};

}  // namespace sipvoice::sip
