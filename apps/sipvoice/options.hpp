// Options of every command that takes or places calls.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "sipvoice/io/runtime.hpp"

namespace sipvoice::app {

/// As they were typed; empty: not given.
struct common_options {
  std::vector<std::string> listen;
  std::string rtp_ip, advertise_ip, dns, rtp_ports, codecs, dtmf_pt, max_sessions, workers;
  bool nat_contact = false;
  bool vad = false, barge_in = false;
  std::vector<std::string> allow_refer;
  std::string rtp_timeout, rtp_start_timeout, latch, source_rate;
  std::vector<std::string> trusted;
  bool rel100 = false;
  std::string session_expires, max_message;
  std::string tls_cert, tls_key, tls_ca, tls_verify;
  std::string events, pcap, log_level, log_format, grace;
};

/// `default_listen`: as help shows it.
void declare_common(option_set& set, common_options& options, const std::string& default_listen);

/// --events, --pcap and the log.
void declare_output(option_set& set, common_options& options);

/// Checked and in the runtime's words. `default_listen` is used when none was given.
[[nodiscard]] io::runtime_config to_runtime_config(const common_options& options,
                                                   const std::string& default_listen);
/// The same of commands that begin themselves: without --listen they send from a free port of the
/// address family of `first_hop`, the URI they send to; to a name from one of each family.
[[nodiscard]] io::runtime_config to_calling_config(const common_options& options,
                                                   const std::string& first_hop);

}  // namespace sipvoice::app
