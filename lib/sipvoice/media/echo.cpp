#include "sipvoice/media/echo.hpp"

namespace sipvoice::media {

echo::stamp echo::map(const rtp::packet_header& header, std::uint32_t ticks, rtp_timestamp ours) {
  rtp_timestamp out = header.timestamp + offset_;
  const bool backwards = end_ && !last_.before(out);
  bool marker = header.marker;
  if (!laid_ || backwards) {
    out = end_ && ours.before(*end_) ? *end_ : ours;
    offset_ = (out - header.timestamp.value).value;
    laid_ = true;
    marker = true;
  } else if (out != *end_) {
    marker = true;
  }
  last_ = out;
  end_ = out + ticks;
  return {out, marker};
}

}  // namespace sipvoice::media
