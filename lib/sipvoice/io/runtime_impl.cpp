#include "sipvoice/io/runtime_impl.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>

namespace sipvoice::io {
namespace {

using steady = std::chrono::steady_clock;

/// Both clocks are CLOCK_MONOTONIC.
steady::time_point to_steady(time_point t) {
  return steady::time_point(std::chrono::duration_cast<steady::duration>(t.time_since_epoch()));
}

media_hub_config hub_config(const runtime_config& c) {
  media_hub_config out;
  // A text that is no address is told by start().
  if (const auto ip = ip_address::parse(c.rtp_ip)) out.rtp_ip = *ip;
  out.rtp_first = c.rtp_first;
  out.rtp_last = c.rtp_last;
  out.workers = c.workers;
  out.impaired = c.rtp_impairment;
  out.impairment_seed = c.impairment_seed;
  return out;
}

}  // namespace

runtime::impl::impl(runtime_config c, runtime_observer o, const sounds_factory& make_sounds,
                    boost::asio::io_context* shared)
    : config(std::move(c)),
      observer(std::move(o)),
      own(shared == nullptr ? std::optional<boost::asio::io_context>(std::in_place) : std::nullopt),
      context(shared == nullptr ? *own : *shared),
      media(hub_config(config), route,
            [this](std::vector<media::media_event> events) {
              boost::asio::post(context, [this, e = std::move(events)] { media_events(e); });
            }),
      sounds(make_sounds([this](std::function<void()> f) {
        boost::asio::post(context, [this, f = std::move(f)] {
          f();
          drain();
        });
      })),
      endpoint(config.endpoint, random, route),
      engine(endpoint, *sounds, read_clock()),
      signals(context),
      timer(context),
      grace_timer(context),
      hold_timer(context) {}

runtime::impl::~impl() {
  media.stop();
  if (capture) capture->stop();
}

// --- the loop

int runtime::impl::run() {
  while (!finished) {
    if (context.run_one() == 0) break;
  }
  if (exit_code == 0) finish();
  return exit_code;
}

void runtime::impl::drain() {
  if (std::exchange(draining, true)) return;
  // A deadline that is due again at once must not keep the loop from its sockets.
  constexpr int most_rounds = 64;
  for (int rounds = 0;;) {
    if (auto out = endpoint.poll())
      std::visit([this](auto& v) { on(v); }, *out);
    else if (auto told = engine.poll())
      std::visit([this](const auto& v) { on(v); }, *told);
    else if (++rounds > most_rounds || !run_due())
      break;
  }
  draining = false;
  for (const bound& b : listeners)
    if (b.udp) b.udp->flush();
  media.flush();
  arm();
  check_end();
}

bool runtime::impl::run_due() {
  const time_point now = monotonic_now();
  const bool endpoint_due = endpoint.next_deadline() <= now;
  const bool engine_due = engine.next_deadline() <= now;
  if (endpoint_due) endpoint.handle_timeout(now);
  if (engine_due) engine.handle_timeout(now);
  return endpoint_due || engine_due;
}

void runtime::impl::arm() {
  time_point due = std::min(endpoint.next_deadline(), engine.next_deadline());
  for (const bound& b : listeners)
    if (b.udp) due = std::min(due, b.udp->next_deadline());
  // A timer that is armed for an earlier moment fires for nothing, which is cheaper than to arm it
  // anew for every message.
  if (due >= armed || closed) return;
  armed = due;
  timer.expires_at(to_steady(std::max(due, time_point{})));
  timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed = never;
    drain();
  });
}

void runtime::impl::received(sip::flow_id flow, const socket_address& from, const ip_address& local,
                             std::string bytes) {
  if (tap != nullptr) {
    const std::uint16_t port = listeners[static_cast<std::size_t>(flow) - 1].local.port;
    tap->packet(from, {local, port}, as_bytes(bytes), wall_now());
  }
  endpoint.receive(flow, from, local, std::move(bytes), monotonic_now());
  drain();
}

void runtime::impl::media_events(const std::vector<media::media_event>& events) {
  for (const media::media_event& event : events) {
    media.note(event);
    const time_point now = monotonic_now();
    endpoint.handle(event, now);
    engine.handle(event, now);
    drain();
  }
}

// --- dispatch

void runtime::impl::on(sip::transmit& v) {
  if (sip::is_reliable(v.to.transport)) return send_on_stream(v);
  const auto index = static_cast<std::size_t>(v.to.flow) - 1;
  if (index >= listeners.size() || !listeners[index].udp) return;
  send_datagram(listeners[index], v.to.remote, std::move(v.bytes));
}

void runtime::impl::send_datagram(bound& from, const socket_address& to, std::string bytes) {
  udp_listener& listener = *from.udp;
  if (tap != nullptr) {
    ip_address source = listener.source_for(to);
    if (source.is_unspecified()) source = route.local_address_toward(to.ip);
    tap->packet({source, listener.local().port}, to, as_bytes(bytes), wall_now());
  }
  listener.send(to, std::move(bytes));
}

bool runtime::impl::send_raw(std::string bytes, const socket_address& to) {
  if (closed || bytes.size() > udp_listener::max_datagram) return false;
  const auto at = std::find_if(listeners.begin(), listeners.end(), [&to](const bound& b) {
    return b.udp && b.local.ip.is_v6() == to.ip.is_v6();
  });
  if (at == listeners.end()) return false;
  send_datagram(*at, to, std::move(bytes));
  drain();
  return true;
}

// In the capture, what TLS hides stands in clear.
void runtime::impl::send_on_stream(const sip::transmit& v) {
  if (!streams) return;
  stream_shell::ends* where = streams->ends_of(v.to.flow);
  if (where == nullptr) return;
  if (tap != nullptr)
    tap->segment(where->captured, true, where->local, where->remote, as_bytes(v.bytes), wall_now());
  streams->send(v.to.flow, v.bytes);
}

void runtime::impl::segment_came(sip::flow_id flow, std::string_view segment) {
  stream_shell::ends* where = streams->ends_of(flow);
  if (tap != nullptr && where != nullptr)
    tap->segment(where->captured, false, where->local, where->remote, as_bytes(segment),
                 wall_now());
  endpoint.receive(flow, segment, monotonic_now());
  drain();
}

void runtime::impl::on(const call::open_flow& v) {
  if (streams)
    streams->open(v);
  else
    endpoint.flow_failed(v.flow, "not started", monotonic_now());
}

void runtime::impl::on(const call::need_media_port& v) {
  endpoint.media_port(v.id, media.acquire(v.peer), monotonic_now());
}

void runtime::impl::on(const call::dns_question& v) {
  if (!names) return endpoint.dns_answer(v.id, sip::dns_outcome::refused, monotonic_now());
  names->ask(static_cast<resolver::ticket>(v.id), {v.type, v.name});
}

void runtime::impl::on(const session::event_line& v) {
  if (observer.event) observer.event(v);
}

void runtime::impl::on(const session::call_finished& v) {
  if (observer.finished) observer.finished(v.record);
}

void runtime::impl::on(const session::recording_failed& v) {
  if (observer.recording_failed) observer.recording_failed(v.message);
}

void runtime::impl::on(const session::client_told& v) {
  if (observer.client) observer.client(v.event);
}

void runtime::impl::log(int level, const std::string& text) const {
  if (observer.log) observer.log(level, text);
}

// --- ending

void runtime::impl::wait_for_signal() {
  signals.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    on_signal(number);
    if (!finished) wait_for_signal();
  });
}

void runtime::impl::on_signal(int number) {
  if (number == SIGHUP) {
    if (observer.reload) observer.reload();
    drain();
    return;
  }
  if (std::exchange(interrupted, true)) {
    exit_code = 128 + number;
    finished = true;
    return;
  }
  begin_stop();
}

void runtime::impl::begin_stop() {
  if (std::exchange(stopping, true)) return;
  endpoint.stop_accepting();
  engine.shut_down(monotonic_now());
  grace_timer.expires_after(std::chrono::duration_cast<steady::duration>(config.grace));
  grace_timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    endpoint.stop_waiting(monotonic_now());
    drain();
    finished = true;
    end_in_shared_loop();
  });
  drain();
}

void runtime::impl::check_end() {
  if (!stopping && engine.done()) return begin_stop();
  // Sessions end with their last recording; a BYE is repeated until its answer comes.
  if (stopping && engine.sessions() == 0 && endpoint.calls() == 0 &&
      endpoint.unanswered_byes() == 0 && media.sessions() == 0 && !holds_back()) {
    finished = true;
    end_in_shared_loop();
  }
}

bool runtime::impl::holds_back() {
  if (!config.sip_impairment) return false;
  for (const bound& b : listeners)
    if (b.udp && b.udp->next_deadline() != never) return true;  // drain() comes with its timer
  if (config.sip_impairment->delay <= duration::zero() || !streams || streams->queued() == 0)
    return false;
  if (std::exchange(holding, true)) return true;
  hold_timer.expires_after(
      std::chrono::duration_cast<steady::duration>(std::max(config.sip_impairment->delay, slice)));
  hold_timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    holding = false;
    drain();
  });
  return true;
}

/// What run() does with a loop of our own. Later: this may be in the midst of a callback.
void runtime::impl::end_in_shared_loop() {
  if (own || closed) return;
  boost::asio::post(context, [this] { close_all(); });
}

/// Nothing comes any more, and nothing of ours keeps the loop running.
void runtime::impl::close_all() {
  if (std::exchange(closed, true)) return;
  work.reset();
  // From here on a signal has its default effect: nothing that hangs can keep the process.
  signals.clear();
  signals.cancel();
  timer.cancel();
  grace_timer.cancel();
  hold_timer.cancel();
  for (const bound& b : listeners)
    if (b.udp) b.udp->close();
  if (streams) streams->stop();
  if (names) names->cancel();
  media.stop();
  if (own) return;
  sounds->finish();
  boost::asio::post(context, [this] {  // behind what has been posted of media and recordings
    if (observer.stopped) observer.stopped();
  });
}

void runtime::impl::finish() {
  close_all();
  context.restart();
  context.poll();
  sounds->finish();
  context.poll();
  if (!capture) return;
  capture->stop();
  if (capture->error() != 0)
    log(2, "capture " + config.pcap_file + " ended early: " + error_text(capture->error()));
  if (capture->dropped() > 0)
    log(2, "capture " + config.pcap_file + " lacks " + std::to_string(capture->dropped()) +
               " packets: the disk was too slow");
}

void runtime::impl::after(duration delay, std::function<void()> f) {
  auto one_shot = std::make_shared<boost::asio::steady_timer>(context);
  one_shot->expires_after(std::chrono::duration_cast<steady::duration>(delay));
  one_shot->async_wait([this, one_shot, f = std::move(f)](const boost::system::error_code& error) {
    if (error) return;
    f();
    drain();
  });
}

}  // namespace sipvoice::io
