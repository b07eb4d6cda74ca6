#include "options.hpp"

#include "errors.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/session/uri_patterns.hpp"
#include "sipvoice/sip/uri.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

void declare_network(option_set& set, common_options& o, const std::string& default_listen) {
  set.group("Network");
  set.list("--listen", "[udp:|tcp:|tls:]HOST:PORT", o.listen,
           "SIP listener; repeatable; [::]:5060 for IPv6; port 0 picks a free one (default: " +
               default_listen + ")");
  set.value("--rtp-ip", "IP", o.rtp_ip,
            "address that media binds to; 0.0.0.0: the local address that routes to the peer "
            "(default: 0.0.0.0)");
  set.value("--advertise-ip", "IP", o.advertise_ip,
            "public address to write into SDP, Contact and Via (default: none)");
  set.value("--dns", "HOST:PORT", o.dns,
            "DNS server to ask for names (default: those of the system, with its search domains)");
  set.value("--rtp-ports", "FIRST-LAST", o.rtp_ports,
            "RTP/RTCP port pairs, handed out in sequence (default: 10000-20000)");
  set.flag("--nat-contact", o.nat_contact,
           "send requests in a dialog to where the peer was seen when its Contact is a private "
           "address (default: off)");
  set.list("--allow-refer", "PATTERN", o.allow_refer,
           "URIs to which the other side may transfer us: a whole URI without parameters, "
           "\"/regex/\" or \"*\"; repeatable; else 603 (default: none)");
  set.flag("--100rel", o.rel100,
           "reliable provisional responses towards peers that support them (default: only "
           "towards peers that require them)");
  set.value("--session-expires", "DURATION", o.session_expires,
            "session timer to ask for, at least 90s; 0s: none (default: none)");
  set.value(
      "--tls-cert", "FILE", o.tls_cert,
      "certificate and its chain in PEM, for TLS listeners and peers that ask (default: none)");
  set.value("--tls-key", "FILE", o.tls_key,
            "private key of --tls-cert in PEM (default: in the file of --tls-cert)");
  set.value("--tls-ca", "FILE", o.tls_ca,
            "authorities in PEM that TLS peers are judged by (default: the system's)");
  set.value("--tls-verify", "on|off", o.tls_verify,
            "whether TLS peers need a good certificate (default: on)");
  set.value("--max-message", "SIZE", o.max_message,
            "longest SIP message over TCP and TLS, 4KiB to 64MiB; past it the connection is closed "
            "(default: 256KiB)");
  set.value("--source-rate", "N", o.source_rate,
            "requests a second outside dialogs from one source; past it 503, then silence; "
            "loopback is exempt unless given; 0: no limit (default: 1000)");
  set.list("--trusted", "CIDR", o.trusted,
           "sources exempt from --source-rate; repeatable (default: none)");
}

void declare_media(option_set& set, common_options& o) {
  set.group("Media");
  set.value("--codecs", "LIST", o.codecs,
            "accepted codecs in order of preference (default: pcmu,pcma)");
  set.value("--dtmf-pt", "N", o.dtmf_pt,
            "payload type offered for telephone-event, 96 to 127 (default: 101)");
  set.value("--latch", "off|same-ip|any", o.latch,
            "whether media follows a source that differs from the SDP (default: same-ip)");
  set.flag("--vad", o.vad, "events speech_started and speech_stopped (default: off)");
  set.flag("--barge-in", o.barge_in,
           "speech of the other side drops every prompt, and what --then says follows; includes "
           "--vad (default: off)");
  set.value("--rtp-timeout", "DURATION", o.rtp_timeout,
            "end a call whose media stopped; 0s: never (default: 30s)");
  set.value("--rtp-start-timeout", "DURATION", o.rtp_start_timeout,
            "end a call whose media never started; 0s: never (default: 60s)");
}

void declare_process(option_set& set, common_options& o) {
  set.group("Process");
  set.value("--max-sessions", "N", o.max_sessions,
            "calls at a time; past it 503; 0: no limit (default: 0)");
  set.value("--workers", "N", o.workers,
            "media worker threads (default: number of cores minus 1, at least 1)");
  set.value("--grace", "DURATION", o.grace,
            "when interrupted, time to wait for the answers to BYE (default: 2s)");
  declare_output(set, o);
}

void fill_endpoint(call::endpoint_config& e, const common_options& o) {
  if (!o.codecs.empty()) e.codecs = to_codecs(o.codecs);
  if (!o.dtmf_pt.empty()) {
    e.dtmf_payload_type = static_cast<std::uint8_t>(to_number("--dtmf-pt", o.dtmf_pt, 96, 127));
  }
  if (!o.advertise_ip.empty()) e.advertised_ip = to_ip("--advertise-ip", o.advertise_ip);
  if (!o.max_sessions.empty()) {
    e.max_sessions = to_number("--max-sessions", o.max_sessions, 0, 1'000'000);
  }
  if (!o.latch.empty()) {
    const std::string mode = to_choice("--latch", o.latch, {"off", "same-ip", "any"});
    e.latch = mode == "off"   ? media::latch_mode::off
              : mode == "any" ? media::latch_mode::any
                              : media::latch_mode::same_ip;
  }
  if (!o.rtp_timeout.empty()) {
    e.rtp_inactivity_timeout = to_duration_or_off("--rtp-timeout", o.rtp_timeout);
  }
  if (!o.rtp_start_timeout.empty()) {
    e.rtp_establishment_timeout = to_duration_or_off("--rtp-start-timeout", o.rtp_start_timeout);
  }
  if (!o.source_rate.empty()) {
    e.source_rate =
        static_cast<std::uint32_t>(to_number("--source-rate", o.source_rate, 0, 1'000'000));
    e.source_rate_includes_loopback = true;
  }
  if (!o.max_message.empty()) e.max_message = to_size("--max-message", o.max_message);
  for (const std::string& block : o.trusted) e.trusted.push_back(to_cidr("--trusted", block));
  e.nat_contact = o.nat_contact;
  if (!o.allow_refer.empty()) {
    std::string why;
    e.allow_refer = session::make_uri_matcher(o.allow_refer, why);
    if (!e.allow_refer) throw usage_error("--allow-refer: " + why);
  }
  if (o.rel100) {
    e.reliable_provisionals = call::endpoint_config::rel100::when_supported;
  }
  if (!o.session_expires.empty()) {
    e.session_expires = to_session_expires("--session-expires", o.session_expires);
  }
}

}  // namespace

void declare_output(option_set& set, common_options& o) {
  set.group("Process");
  set.value("--events", "FILE|-", o.events,
            "event stream as JSON Lines, appended to FILE; -: stdout (default: none)");
  set.value("--pcap", "FILE", o.pcap, "capture of the SIP, RTP and RTCP (default: none)");
  set.value("--log-level", "LEVEL", o.log_level,
            "debug, info, warning, error or off; logs go to stderr (default: info)");
  set.value("--log-format", "text|json", o.log_format, "form of the log (default: text)");
}

void declare_common(option_set& set, common_options& options, const std::string& default_listen) {
  declare_network(set, options, default_listen);
  declare_media(set, options);
  declare_process(set, options);
}

io::runtime_config to_runtime_config(const common_options& o, const std::string& default_listen) {
  io::runtime_config config;
  fill_endpoint(config.endpoint, o);
  config.endpoint.user_agent = "sipvoice/" SIPVOICE_VERSION;
  config.listen.clear();
  for (const std::string& address : o.listen) config.listen.push_back(to_listen_address(address));
  if (config.listen.empty()) config.listen.push_back(default_listen);
  if (!o.dns.empty()) config.dns = to_dns_server(o.dns);
  config.tls.certificate_file = o.tls_cert;
  config.tls.key_file = o.tls_key.empty() ? o.tls_cert : o.tls_key;
  config.tls.authority_file = o.tls_ca;
  if (!o.tls_verify.empty())
    config.tls.verify = to_choice("--tls-verify", o.tls_verify, {"on", "off"}) == "on";
  if (!o.rtp_ip.empty()) config.rtp_ip = to_ip("--rtp-ip", o.rtp_ip).to_string();
  if (!o.rtp_ports.empty()) {
    std::tie(config.rtp_first, config.rtp_last) = to_port_range(o.rtp_ports);
  }
  if (!o.workers.empty()) {
    config.workers = static_cast<unsigned>(to_number("--workers", o.workers, 1, 256));
  }
  if (!o.grace.empty()) config.grace = to_duration("--grace", o.grace);
  config.pcap_file = o.pcap;
  if (!o.log_level.empty()) {
    static_cast<void>(
        to_choice("--log-level", o.log_level, {"debug", "info", "warning", "error", "off"}));
  }
  if (!o.log_format.empty()) {
    static_cast<void>(to_choice("--log-format", o.log_format, {"text", "json"}));
  }
  return config;
}

io::runtime_config to_calling_config(const common_options& o, const std::string& first_hop) {
  const auto uri = sip::uri::parse(first_hop);
  const bool is_v6 = uri && uri->host_is_v6;
  io::runtime_config config = to_runtime_config(o, is_v6 ? "udp:[::]:0" : "udp:0.0.0.0:0");
  const bool is_name = uri && !ip_address::parse(uri->param("maddr").value_or(uri->host));
  if (o.listen.empty() && is_name) config.listen_if_possible.emplace_back("udp:[::]:0");
  return config;
}

}  // namespace sipvoice::app
