#include "sipvoice/media/media_session.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sipvoice/media/activity.hpp"
#include "sipvoice/media/digit_ear.hpp"
#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/media/latch.hpp"
#include "sipvoice/media/limits.hpp"
#include "sipvoice/media/listener.hpp"
#include "sipvoice/media/live.hpp"
#include "sipvoice/media/reports.hpp"
#include "sipvoice/media/talker.hpp"
#include "sipvoice/media/tone_ear.hpp"
#include "sipvoice/rtp/packet.hpp"
#include "sipvoice/rtp/receiver_statistics.hpp"
#include "sipvoice/rtp/rtcp.hpp"

namespace sipvoice::media {
namespace {

/// A worker that stood still for longer does not send a burst: that time passes without packets.
constexpr duration max_catch_up = std::chrono::seconds(1);

bool may_send(direction d) { return d == direction::both || d == direction::send_only; }
bool may_receive(direction d) { return d == direction::both || d == direction::receive_only; }
bool is_watched(const media_parameters& p) { return !p.on_hold && may_receive(p.direction); }

/// What a payload type was agreed for.
enum class content : std::uint8_t { none, audio, digits, comfort_noise };
struct agreed {
  content kind = content::none;
  audio::codec_id codec{};
};

agreed agreed_for(const media_format& format, payload_type type) {
  if (format.dtmf_receive == type) return {content::digits, {}};
  for (const codec_mapping& m : format.receive)
    if (m.type == type) return {content::audio, m.codec};
  if (format.comfort_noise == type) return {content::comfort_noise, {}};
  return {};
}

/// The packets of one SSRC, and of those that took its place.
struct source_stream {
  rtp::receiver_statistics counts;
  /// A packet far from all others, kept in case that the next one follows on it.
  std::vector<std::uint8_t> stray;
  time_point stray_arrived{};
};

}  // namespace

struct media_session::impl {
  impl(const media_open& open, time_point now, time_point first_tick);

  void receive(byte_view datagram, const socket_address& from, time_point arrived);
  void accept(byte_view datagram, time_point arrived);
  [[nodiscard]] source_stream& stream_of(const rtp::packet_header& header, content kind,
                                         time_point arrived);
  void hear(const rtp::packet& packet, const agreed& what, time_point arrived);
  void begin_anew(rtp::arrival why, std::optional<ssrc> before, time_point now);
  void tell_speech(const std::optional<speech_watch::change>& change, time_point now);
  void aim();
  void listen_for_tones();
  void run_ticks(time_point now);
  void timers(time_point now);
  void apply(const media_parameters& next, time_point now);
  void close(time_point now);
  void refresh_statistics();
  void tell_statistics(time_point now);

  media_parameters parameters;
  event_queue events;
  media::latch latch;
  source_stream sound;
  source_stream events_apart;   ///< telephone-events under an SSRC of their own
  bool sound_has_come = false;  ///< else what `sound` counts were telephone-events
  digit_ear digits;
  listener ears;
  tone_ear tones;  ///< digits in the sound, where no telephone-event was agreed
  media::live live;
  talker mouth;
  media::activity activity;
  media::reports rtcp;
  time_point next_tick;
  bool closed = false;

  std::uint32_t heard_clock = 8000;  ///< of the codec that came last

  watch_speech_command speech{.tell = false};
  bool watch_tones = false;  ///< whatever was agreed
  std::uint64_t rejected = 0, malformed = 0, late_ticks = 0;
  media_statistics figures;
  duration statistics_every{};  ///< zero: nobody asks
  time_point statistics_next = never;
};

media_session::impl::impl(const media_open& open, time_point now, time_point first_tick)
    : parameters(open.parameters),
      latch(open.latch, open.parameters.remote_rtp),
      digits(open.parameters.format.dtmf_clock_rate),
      ears(open.sound),
      mouth(open, ears, live, events),
      activity(open.inactivity_timeout, open.establishment_timeout, is_watched(open.parameters)),
      rtcp(open, now),
      next_tick(first_tick) {
  listen_for_tones();
  aim();
}

void media_session::impl::listen_for_tones() {
  tones.listen(watch_tones || !parameters.format.dtmf_receive, events);
}

void media_session::impl::aim() {
  mouth.aim(may_send(parameters.direction) ? latch.destination() : std::nullopt);
}

void media_session::impl::receive(byte_view datagram, const socket_address& from,
                                  time_point arrived) {
  if (datagram.size() > max_datagram_bytes) {
    ++malformed;
    return;
  }
  const auto packet = rtp::parse(datagram);
  if (!packet || packet->payload.size() > max_payload_bytes) {
    ++malformed;
    return;
  }
  if (agreed_for(parameters.format, packet->header.type).kind == content::none) {
    ++rejected;
    return;
  }
  switch (latch.offer(from, packet->header, datagram, arrived)) {
    case latch::verdict::rejected:
    case latch::verdict::held:
      ++rejected;
      return;  // held: until it is heard after all
    case latch::verdict::decided:
      for (const auto& held : latch.held()) {
        --rejected;  // counted when it was held
        accept(held.datagram, held.arrived);
      }
      break;
    case latch::verdict::accepted:
      break;
  }
  accept(datagram, arrived);
}

/// Gateways may send telephone-events under another SSRC than the sound (RFC 4733 2.2 has them in
/// one stream): the sound goes on beside them.
source_stream& media_session::impl::stream_of(const rtp::packet_header& header, content kind,
                                              time_point arrived) {
  const auto main = sound.counts.source();
  if (kind == content::digits) return !main || *main == header.source ? sound : events_apart;
  if (main && *main != header.source && !sound_has_come) {
    events_apart = std::exchange(sound, {});  // those that came before the first sound
    begin_anew(rtp::arrival::new_source, std::nullopt, arrived);  // who heard their numbers, too
  }
  sound_has_come = true;
  return sound;
}

/// A packet of the source we listen to.
void media_session::impl::accept(byte_view datagram, time_point arrived) {
  const auto packet = rtp::parse(datagram);
  if (!packet) return;
  const agreed what = agreed_for(parameters.format, packet->header.type);
  aim();
  if (activity.packet(arrived)) events.push(first_packet{});
  source_stream& stream = stream_of(packet->header, what.kind, arrived);
  const auto before = stream.counts.source();
  const rtp::arrival place = stream.counts.on_packet(packet->header);
  switch (place) {
    case rtp::arrival::duplicate:
      return;
    case rtp::arrival::stray:
      stream.stray.assign(datagram.begin(), datagram.end());
      stream.stray_arrived = arrived;
      return;
    case rtp::arrival::new_source:
    case rtp::arrival::resumed:
      if (&stream == &sound) begin_anew(place, before, arrived);
      if (place == rtp::arrival::resumed) digits.jumped(packet->header.source);
      break;
    case rtp::arrival::in_order:
    case rtp::arrival::reordered:
      break;
  }
  if (place == rtp::arrival::resumed) {
    const auto kept = rtp::parse(stream.stray);
    if (kept) hear(*kept, agreed_for(parameters.format, kept->header.type), stream.stray_arrived);
  }
  hear(*packet, what, arrived);
}

void media_session::impl::begin_anew(rtp::arrival why, std::optional<ssrc> before, time_point now) {
  if (why == rtp::arrival::new_source && before) digits.finish(*before, now, events);
  tones.finish(events);
  ears.new_source();
  live.new_source();
  mouth.echo_new_source();
}

void media_session::impl::hear(const rtp::packet& packet, const agreed& what, time_point arrived) {
  const bool heard = may_receive(parameters.direction);
  const auto& header = packet.header;
  // An empty payload only keeps an address translator's port open (RFC 6263 4.1).
  if (what.kind == content::audio && !packet.payload.empty()) {
    heard_clock = audio::info(what.codec).clock_rate;
    sound.counts.on_jitter(header.timestamp, arrived, heard_clock);
    if (!heard) return;
    ears.hear(header, what.codec, packet.payload, arrived);
    for (const auto& change : ears.listen(header, what.codec, packet.payload, arrived))
      tell_speech(change, arrived);
    live.hear(header, what.codec, packet.payload, arrived);
    tones.hear(header, what.codec, packet.payload, arrived, events);
    mouth.echo_packet(header, what.codec, packet.payload, arrived);
    return;
  }
  // Telephone-events apart have numbers and times of their own: the sound knows nothing of them.
  const bool apart = what.kind == content::digits && header.source != sound.counts.source();
  if (what.kind == content::comfort_noise && !packet.payload.empty() && heard)
    ears.comfort_noise(header, packet.payload[0], arrived);
  else if (!apart)
    ears.note_other(header, arrived);
  if (!apart) {
    live.note_other(header, arrived);
    tones.note_other(header, arrived, events);
    mouth.echo_packet(header, std::nullopt, {}, arrived);
  }
  if (what.kind != content::digits || !heard) return;
  if (!digits.receive(header.source, header.timestamp, packet.payload, arrived, events))
    ++malformed;
}

/// Speech that begins cuts off what plays, before the next frame goes out.
void media_session::impl::tell_speech(const std::optional<speech_watch::change>& change,
                                      time_point now) {
  if (!change) return;
  const std::int64_t at_ms = activity.ms_since_start(change->began_at);
  if (speech.tell && change->speaking) events.push_bounded(speech_started{at_ms});
  if (speech.tell && !change->speaking) events.push_bounded(speech_stopped{at_ms});
  if (!speech.barge_in || !change->speaking || !mouth.interrupt_playing()) return;
  events.push(barged_in{activity.ms_since_start(now)});
}

void media_session::impl::timers(time_point now) {
  digits.handle_timeout(now, events);
  mouth.echo_timeout(now);
  ears.handle_timeout(now);
  tell_speech(ears.speech_timeout(now), now);
  tones.handle_timeout(now, events);
  live.handle_timeout(now);
  if (const auto event = activity.handle_timeout(now)) events.push(*event);
  if (activity.has_left(now)) events.push(peer_left{});
  tell_statistics(now);
  rtcp.handle_timeout(parameters, latch, mouth, sound.counts, next_tick, now);
}

void media_session::impl::tell_statistics(time_point now) {
  if (now < statistics_next) return;
  statistics_next = now + statistics_every;
  refresh_statistics();
  events.push_bounded(statistics_now{figures});
}

void media_session::impl::run_ticks(time_point now) {
  if (now >= next_tick && now - next_tick > max_catch_up) {
    const std::int64_t missed = (now - next_tick) / mouth.ptime();
    late_ticks += static_cast<std::uint64_t>(missed);
    mouth.skip(missed);
    next_tick += missed * mouth.ptime();
  }
  while (next_tick <= now) {
    if (now - next_tick > mouth.ptime()) ++late_ticks;
    mouth.tick();
    live.tick(mouth.ptime());
    next_tick += mouth.ptime();
  }
}

void media_session::impl::apply(const media_parameters& next, time_point now) {
  const media_format before = parameters.format;
  parameters = next;
  latch.restart(next.remote_rtp);
  if (next.format.dtmf_clock_rate != before.dtmf_clock_rate) {
    digits.finish(now, events);
    digits.use_clock(next.format.dtmf_clock_rate);
  }
  listen_for_tones();
  mouth.use(next.format);
  activity.watch(is_watched(next), now);
  aim();
}

void media_session::impl::close(time_point now) {
  closed = true;
  digits.finish(now, events);
  tones.finish(events);
  mouth.stop_playing();
  ears.close(events);
  live.use(nullptr);
  rtcp.close(parameters, latch, mouth, sound.counts, next_tick, now);
  refresh_statistics();
  events.push(media_closed{figures});
}

void media_session::impl::refresh_statistics() {
  figures.packets_sent = mouth.packets_sent();
  const rtp::receiver_statistics &counts = sound.counts, &apart = events_apart.counts;
  figures.packets_received = counts.received() + apart.received();
  figures.lost = counts.lost() + apart.lost();
  // A packet can be late for a recording and for the echo: it is one packet.
  figures.late = std::max(ears.late(), mouth.echo_late());
  figures.reordered = counts.reordered() + apart.reordered();
  figures.duplicate = counts.duplicate() + apart.duplicate();
  figures.rejected = rejected + rtcp.doubted();
  figures.malformed = malformed;
  figures.concealed_ms = ears.concealed_ms();
  figures.ssrc_changes = counts.source_changes();
  figures.digits_dropped = digits.dropped();
  figures.late_ticks = late_ticks;
  figures.jitter_ms = counts.jitter_ticks() * 1000.0 / heard_clock;
  figures.first_packet_ms = activity.first_packet_ms();
  figures.remote_sdp = parameters.remote_rtp;
  figures.remote_observed = latch.observed();
  // Where nobody listens the score is of somebody who would.
  rtcp.fill(figures, parameters.format.send.codec, parameters.format.ptime_ms,
            ears.playout_delay().value_or(rtp::jitter_buffer::default_target));
}

media_session::media_session(const media_open& open, time_point now, time_point first_tick)
    : impl_(std::make_unique<impl>(open, now, std::max(now, first_tick))) {}

media_session::~media_session() = default;

void media_session::receive(byte_view datagram, const socket_address& from, time_point arrived) {
  if (impl_->closed) return;
  if (impl_->parameters.rtcp_mux && rtp::is_rtcp_by_type(datagram)) {
    receive_rtcp(datagram, from, arrived);
  } else {
    impl_->receive(datagram, from, arrived);
  }
}

void media_session::receive_rtcp(byte_view datagram, const socket_address& from,
                                 time_point arrived) {
  if (impl_->closed) return;
  if (!reports::is_of_peer(from, impl_->parameters, impl_->latch)) {
    ++impl_->rejected;
    return;
  }
  const bool was_there = !impl_->rtcp.peer_left();
  if (datagram.size() > max_datagram_bytes ||
      !impl_->rtcp.receive(datagram, arrived, impl_->sound.counts.source()))
    ++impl_->malformed;
  if (was_there && impl_->rtcp.peer_left()) impl_->activity.goodbye(arrived);
}

void media_session::handle_timeout(time_point now) {
  if (impl_->closed) return;
  impl_->timers(now);
  impl_->run_ticks(now);
}

time_point media_session::next_deadline() const {
  if (impl_->closed) return never;
  return std::min({impl_->next_tick, impl_->digits.next_deadline(), impl_->tones.next_deadline(),
                   impl_->mouth.echo_deadline(), impl_->ears.speech_deadline(),
                   impl_->activity.next_deadline(), impl_->rtcp.next_deadline(),
                   impl_->live.next_deadline(), impl_->statistics_next});
}

void media_session::apply(const media_change& change, time_point now) {
  if (!impl_->closed) impl_->apply(change.parameters, now);
}

void media_session::command(command_body command, time_point now) {
  impl& m = *impl_;
  if (m.closed) return;
  struct visitor {
    impl& m;
    time_point now;
    void operator()(const start_command&) const {
      m.activity.start(now);
      m.events.push(media_started{});
    }
    void operator()(const play_command& c) const { m.mouth.play(c); }
    void operator()(const stop_play_command&) const { m.mouth.stop_playing(); }
    void operator()(const echo_command& c) const { m.mouth.set_echo(c.on); }
    void operator()(const live_command& c) const { m.live.use(c.sound); }
    void operator()(const source_command& c) const { m.mouth.use_source(c.source); }
    void operator()(const record_command& c) const { m.ears.record(c, m.events); }
    void operator()(const stop_record_command& c) const { m.ears.stop(c.handle); }
    void operator()(const send_digits_command& c) const { m.mouth.send_digits(c); }
    void operator()(const watch_tones_command& c) const {
      m.watch_tones = c.on;
      m.listen_for_tones();
    }
    void operator()(const watch_statistics_command& c) const {
      m.statistics_every = c.every;
      m.statistics_next = c.every > duration::zero() ? now : never;
      m.tell_statistics(now);
    }
    void operator()(const watch_speech_command& c) const {
      m.speech = c;
      m.ears.watch_speech(c.tell || c.barge_in);
    }
  };
  std::visit(visitor{m, now}, command);
}

void media_session::close(time_point now) {
  if (!impl_->closed) impl_->close(now);
}

std::optional<media_session::outgoing> media_session::poll_transmit() {
  if (const auto report = impl_->rtcp.pop()) return report;
  const auto item = impl_->mouth.pop();
  if (!item) return std::nullopt;
  return outgoing{item->bytes, item->to};
}

std::optional<event_body> media_session::poll_event() { return impl_->events.pop(); }

const media_statistics& media_session::statistics() const {
  impl_->refresh_statistics();
  return impl_->figures;
}

}  // namespace sipvoice::media
