// Starting: everything that can fail for reasons of the machine fails here, with what to do.
#include <cerrno>

#include "sipvoice/base/text.hpp"
#include "sipvoice/io/listen_address.hpp"
#include "sipvoice/io/runtime_impl.hpp"

namespace sipvoice::io {
namespace {

std::string advice_for(int error, const std::string& option = "--listen") {
  switch (error) {
    case EADDRINUSE:
      return "choose another port with " + option + ", or stop the program that has it";
    case EACCES:
    case EPERM:
      return "ports below 1024 need privileges; choose another with " + option;
    case EADDRNOTAVAIL:
      return "this machine does not have that address; choose one that it has, or 0.0.0.0";
    case EAFNOSUPPORT:
      return "this machine has no such address family; choose another address with " + option;
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    default:
      return "choose another address with " + option;
  }
}

[[noreturn]] void cannot_listen(const std::string& address, const std::string& why,
                                const std::string& what_to_do) {
  throw start_error("cannot listen on " + address + ": " + why + "; " + what_to_do);
}

}  // namespace

void runtime::impl::start() {
  make_streams();
  check_media_addresses();
  open_capture();
  make_resolver();
  for (const std::string& text : config.listen) open_listener(text);
  for (const std::string& text : config.listen_if_possible) open_listener(text, true);
  try {
    media.start(capture.get());
  } catch (const std::system_error& e) {
    throw start_error(std::string("cannot start the media workers: ") + e.what() +
                      "; raise the limits on open files and threads (ulimit -n, ulimit -u)");
  }
  if (capture) capture->start();
  if (config.signals) {
    signals.add(SIGINT);
    signals.add(SIGTERM);
    signals.add(SIGHUP);
    wait_for_signal();
  }
  work.emplace(context.get_executor());
  const time_point now = monotonic_now();
  for (const bound& b : listeners) engine.announce_listening(b.to_string(), now);
  drain();
}

void runtime::impl::check_media_addresses() {
  const auto rtp = ip_address::parse(config.rtp_ip);
  if (!rtp)
    throw start_error("cannot use --rtp-ip " + config.rtp_ip +
                      ": not an IP address; give one of this machine, or 0.0.0.0");
  if (!rtp->is_unspecified() && !bind_udp({*rtp, 0}))
    throw start_error("cannot use --rtp-ip " + config.rtp_ip + ": " + error_text(errno) +
                      "; give an address of this machine, or 0.0.0.0");
  if (port_pool(*rtp, config.rtp_first, config.rtp_last, route).pairs() == 0)
    throw start_error("cannot use --rtp-ports " + std::to_string(config.rtp_first) + "-" +
                      std::to_string(config.rtp_last) +
                      ": no even port with its odd successor lies in it; give a wider range");
}

void runtime::impl::open_capture() {
  if (config.pcap_file.empty()) return;
  capture = std::make_unique<pcap_writer>();
  if (const int error = capture->open(config.pcap_file); error != 0)
    throw start_error("cannot write capture " + config.pcap_file + ": " + error_text(error) +
                      "; choose another file with --pcap");
  tap = &capture->add_tap();
}

void runtime::impl::open_listener(const std::string& text, bool optional) {
  const auto parsed = parse_listen_address(text);
  if (!parsed) cannot_listen(text, parsed.error().what, "write --listen [udp:|tcp:|tls:]HOST:PORT");
  const auto addresses = resolve_now(parsed->host, parsed->port);
  if (addresses.empty() && parsed->host.find('%') != std::string::npos)
    cannot_listen(text, "there is no such address or interface",
                  "name an interface of this machine: [fe80::1%eth0]:5060");
  if (addresses.empty())
    cannot_listen(text, "the host name does not resolve", "give an IP address of this machine");
  const ip_address& ip = addresses.front().ip;
  if (ip.is_v6() && ip.is_link_local() && ip.scope() == 0)
    cannot_listen(text, "a link-local address needs its interface",
                  "write it as [fe80::1%eth0]:5060, or [::]:5060 for all");
  const sip::flow_id flow{static_cast<std::uint32_t>(listeners.size() + 1)};
  bound b{parsed->transport, addresses.front(), nullptr};
  const std::string shown = b.to_string();
  int error = 0;
  if (b.transport == sip::transport::udp) {
    b.udp = std::make_unique<udp_listener>(
        context,
        [this, flow](const socket_address& from, const ip_address& local, std::string bytes) {
          received(flow, from, local, std::move(bytes));
        },
        [this](const socket_address& remote) {
          endpoint.peer_unreachable(remote, monotonic_now());
          drain();
        });
    // Other numbers than those that the paths of media begin with.
    if (config.sip_impairment)
      b.udp->impair(*config.sip_impairment,
                    ~config.impairment_seed - static_cast<std::uint64_t>(flow));
    error = b.udp->open(b.local);
    b.local = b.udp->local();
  } else {
    if (b.transport == sip::transport::tls && !tls->has_certificate())
      throw bad_setting("cannot listen on " + shown +
                        ": TLS needs a certificate; give one with --tls-cert and --tls-key");
    error = streams->listen(flow, b.transport, b.local);
  }
  if (error != 0 && optional) return;
  if (error != 0) cannot_listen(shown, error_text(error), advice_for(error));
  endpoint.add_listener({flow, b.transport, b.local});
  listeners.push_back(std::move(b));
}

call::media_ports runtime::impl::bind_media(const socket_address& local, const ip_address& peer) {
  const auto outcome = media.bind(local, peer);
  if (const auto* ports = std::get_if<call::media_ports>(&outcome)) return *ports;
  const auto& failed = std::get<port_pool::bind_failure>(outcome);
  const bool rtcp = local.port != 0 && failed.where.port != local.port;
  throw start_error("cannot bind " + failed.where.to_string() + (rtcp ? " for RTCP: " : ": ") +
                    error_text(failed.error) + "; " + advice_for(failed.error, "--local"));
}

void runtime::impl::make_resolver() {
  resolver_config how;
  if (!config.dns.empty()) {
    const auto parsed = parse_listen_address(config.dns);
    const auto found =
        parsed ? resolve_now(parsed->host, parsed->port) : std::vector<socket_address>{};
    if (found.empty())
      throw start_error("cannot use --dns " + config.dns +
                        ": the host name does not resolve; give an IP address and a port");
    how.server = found.front();
  }
  names.emplace(context, how, [this](resolver::ticket who, const sip::dns_reply& reply) {
    endpoint.dns_answer(call::question_id{who}, reply, monotonic_now());
    drain();
  });
}

std::string runtime::impl::bound::to_string() const {
  return to_lower(sip::via_name(transport)) + ":" + local.to_string();
}

void runtime::impl::make_streams() {
  tls.emplace(config.tls);
  stream_shell_events e;
  e.accepted = [this](sip::flow_id listener, const socket_address& remote,
                      const socket_address& local) {
    const auto id = endpoint.flow_accepted(listener, remote, local, monotonic_now());
    drain();
    return id;
  };
  e.opened = [this](sip::flow_id id, const socket_address& local) {
    endpoint.flow_opened(id, local, monotonic_now());
    drain();
  };
  e.segment = [this](sip::flow_id id, std::string_view segment) { segment_came(id, segment); };
  e.ended = [this](sip::flow_id id, const std::string& why) {
    endpoint.flow_closed(id, why, monotonic_now());
    drain();
  };
  e.trouble = [this](const std::string& text) { log(2, text); };
  streams.emplace(context, *tls, std::move(e),
                  config.sip_impairment ? config.sip_impairment->delay : duration::zero());
}

}  // namespace sipvoice::io
