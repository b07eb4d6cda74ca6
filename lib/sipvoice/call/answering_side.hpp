// What the callee's side of a call keeps: the INVITE until its final response, the descriptions
// that went out before it, and the repetition of a 2xx until its ACK (of a re-INVITE's 2xx too).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sipvoice/call/answer_2xx.hpp"
#include "sipvoice/call/provisional_sender.hpp"
#include "sipvoice/call/services.hpp"

namespace sipvoice::call {

struct answering_side {
  explicit answering_side(services& s) : provisionals(s) {}

  /// The INVITE that we have not answered finally.
  struct pending_invite {
    sip::server_tx tx{};
    std::shared_ptr<const sip::message> request;
    sip::hop from;
  };
  std::optional<pending_invite> pending;
  std::optional<sdp::audio_agreement> agreement;  ///< of the first offer, until it is answered
  std::string early_answer;  ///< the description that an unreliable 183 carried
  provisional_sender provisionals;
  bool described = false;  ///< a reliable provisional carried our description
  bool rung = false;
  std::optional<answer_options> wish;  ///< answer() was called; the 2xx waits for a PRACK

  answer_2xx repetition;
  std::uint32_t unacknowledged_cseq = 0;
};

}  // namespace sipvoice::call
