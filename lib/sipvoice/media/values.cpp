#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

const char* audio_verdict(const media_statistics& s) {
  if (s.packets_sent > 0 && s.packets_received > 0) return "both";
  if (s.packets_received > 0) return "received_only";
  return s.packets_sent > 0 ? "sent_only" : "none";
}

}  // namespace sipvoice::media
