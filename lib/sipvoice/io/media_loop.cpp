#include "sipvoice/io/media_loop.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "sipvoice/io/clock.hpp"

namespace sipvoice::io {
namespace {

/// The last point of the grid that is not after `t`.
time_point grid_floor(time_point t) { return time_point(t.time_since_epoch() / slice * slice); }

std::size_t phase_of(time_point grid) {
  return static_cast<std::size_t>(grid.time_since_epoch() / slice) % slice_phases;
}

void add(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) {
  // One writer: no locked instruction is needed.
  counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

/// The kernel's sched_attr, first version (sched_setattr(2)); not every C library declares it.
struct scheduling {
  std::uint32_t size = 48, policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;
};
static_assert(sizeof(scheduling) == 48);

/// Wakes this thread in time without any privilege. The default timer slack of 50 microseconds
/// would be the largest part of our jitter; and a short time slice (since Linux 6.12) lets it run
/// at once where another thread has the core, instead of at the next tick, milliseconds later.
/// What the kernel refuses costs punctuality only.
void ask_for_punctuality() {
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  scheduling s;
  s.nice = ::getpriority(PRIO_PROCESS, 0);
  s.runtime = 100'000;  // nanoseconds, the shortest there is
  ::syscall(SYS_sched_setattr, 0, &s, 0U);
}

/// A kernel's stamp on the monotonic clock. Never in the future, and never far back: the calendar
/// may have been set between the stamp and now.
time_point to_monotonic(std::optional<wall_time> stamp, const clock_reading& now) {
  constexpr duration oldest = std::chrono::seconds(1);
  if (!stamp) return now.mono;
  return now.mono - std::clamp<duration>(now.wall - *stamp, duration::zero(), oldest);
}

}  // namespace

media_worker::loop::stream::stream(const media::media_open& o, const port_pool::sockets& s,
                                   time_point now, time_point first_tick, std::size_t p)
    : id(o.id),
      session(o, now, first_tick),
      sockets(s),
      rtp{this, s.rtp, false, false, false},
      rtcp{this, s.rtcp, true, false, false},
      phase(p),
      index(0) {}

media_worker::loop::loop(media_worker& owner, event_function events, packet_tap* tap)
    : owner_(owner),
      events_function_(std::move(events)),
      tap_(tap),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll");
}

worker_counters media_worker::loop::counters() const {
  const auto get = [](const counter& c) { return c.load(std::memory_order_relaxed); };
  return {get(slices_), get(late_slices_), get(received_),
          get(sent_),   get(truncated_),   get(send_errors_)};
}

void media_worker::loop::run() {
  block_signals();
  ask_for_punctuality();
  while (!stopping_) {
    if (idle_slices_ >= slices_until_idle) {
      wait_for_mail();
      idle_slices_ = 0;
      // Its mail is read in the next slice, as any other: what follows soon comes along with it.
      next_slice_ = grid_floor(read_clock().mono) + slice;
    }
    sleep_until(next_slice_);
    run_slice();
    idle_slices_ = streams_.empty() ? idle_slices_ + 1 : 0;
  }
}

void media_worker::loop::wait_for_mail() {
  std::unique_lock lock(owner_.mutex_);
  owner_.idle_ = true;
  owner_.wake_.wait(lock, [this] { return !owner_.inbox_.empty(); });
  owner_.idle_ = false;
}

void media_worker::loop::run_slice() {
  clocks_ = read_clock();
  add(slices_);
  if (clocks_.mono - next_slice_ >= slice) add(late_slices_);
  next_slice_ = grid_floor(clocks_.mono) + slice;
  young_.swap(fresh_);
  if (owner_.has_mail_.load(std::memory_order_relaxed)) take_mail();
  watch_young();
  receive_ready();
  run_due();
  for (stream* s : impaired_) send_arrived(*s, grid_floor(clocks_.mono));
  publish();
}

// --- what comes in from the signalling loop

void media_worker::loop::take_mail() {
  {
    const std::lock_guard lock(owner_.mutex_);
    mail_.swap(owner_.inbox_);
    owner_.has_mail_.store(false, std::memory_order_relaxed);
  }
  for (mail& m : mail_) std::visit([this](auto& body) { deliver(body); }, m);
  mail_.clear();
}

media_worker::loop::stream* media_worker::loop::find(media::media_id id) {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second.get();
}

time_point media_worker::loop::choose_first_tick(std::size_t& phase) const {
  // Not this very slice: a call that is over by the next one has sent nothing.
  const time_point next = grid_floor(clocks_.mono) + slice;
  time_point best = next;
  for (std::size_t k = 1; k < slice_phases; ++k) {
    const time_point candidate = next + k * slice;
    if (load_[phase_of(candidate)] < load_[phase_of(best)]) best = candidate;
  }
  phase = phase_of(best);
  return best;
}

/// What came meanwhile is told as soon as a socket is watched, with its time of arrival.
void media_worker::loop::watch_young() {
  for (stream* s : young_) {
    watch(s->rtp);
    watch(s->rtcp);
  }
  young_.clear();
}

/// Where the system refuses (no memory, or its limit on watches), the socket waits in the backlog
/// for good: costly, but the call is heard.
void media_worker::loop::watch(source& s) {
  epoll_event event{};
  // Edge-triggered: what a slice has read needs no second look in the next one.
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = &s;
  s.watched = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, s.fd, &event) == 0;
  if (s.watched) {
    ++watched_;
    return;
  }
  s.queued = true;
  backlog_.push_back(&s);
}

/// For one more stream in everything that has one place a stream, or two.
void media_worker::loop::make_room() {
  if (streams_.size() == streams_.capacity())
    streams_.reserve(std::max<std::size_t>(16, 2 * streams_.size()));
  const std::size_t streams = streams_.capacity();
  deadlines_.reserve(streams);
  failed_.reserve(16);
  fresh_.reserve(streams);
  young_.reserve(streams);
  backlog_.reserve(2 * streams);
  again_.reserve(2 * streams);
  impaired_.reserve(streams);
  ready_.resize(2 * streams);
}

void media_worker::loop::deliver(open_mail& m) {
  if (find(m.open.id) != nullptr) return;
  std::size_t phase = 0;
  const time_point first_tick = choose_first_tick(phase);
  stream* opened = nullptr;
  try {
    make_room();
    auto made = std::make_unique<stream>(m.open, m.sockets, clocks_.mono, first_tick, phase);
    opened = by_id_.emplace(made->id, std::move(made)).first->second.get();
  } catch (const std::bad_alloc&) {
    // One call less, and not the process: its media_close is answered by media_closed all the same.
    failed_.push_back(m.open.id);
    events_.push_back({m.open.id, media::media_failed{"out of memory"}});
    return;
  }
  stream& s = *opened;  // from here on nothing allocates
  s.index = streams_.size();
  streams_.push_back(&s);
  deadlines_.push_back(s.session.next_deadline());
  ++load_[phase];
  fresh_.push_back(&s);
  if (m.paths) {
    s.paths = std::move(m.paths);
    impaired_.push_back(&s);
  }
}

void media_worker::loop::deliver(media::media_change& m) {
  stream* s = find(m.id);
  if (s == nullptr) return;
  s->session.apply(m, clocks_.mono);
  drain(*s);
}

void media_worker::loop::deliver(media::media_command& m) {
  stream* s = find(m.id);
  if (s == nullptr) return;
  s->session.command(std::move(m.body), clocks_.mono);
  drain(*s);
}

void media_worker::loop::deliver(media::media_close& m) {
  if (stream* s = find(m.id)) end(*s);
  if (std::erase(failed_, m.id) > 0) events_.push_back({m.id, media::media_closed{}});
}

void media_worker::loop::deliver(stop_mail&) {
  while (!streams_.empty()) end(*streams_.back());
  stopping_ = true;
}

/// What came before the end belongs to it: mail is read before the sockets are. Bounded, so that a
/// flood does not keep a call alive.
void media_worker::loop::drain_sockets(stream& s) {
  for (source* one : {&s.rtp, &s.rtcp})
    for (int i = 0; i < reads_at_end; ++i)
      if (receive_from(*one) < socket_batch::capacity) break;
}

void media_worker::loop::end(stream& s) {
  std::erase(young_, &s);
  // Ended in the slice in which it began (5 ms): nothing came in its time.
  if (std::erase(fresh_, &s) == 0) drain_sockets(s);
  s.session.close(clocks_.mono);
  const std::size_t before = events_.size();
  drain(s);
  const bool told = std::any_of(
      events_.begin() + static_cast<std::ptrdiff_t>(before), events_.end(),
      [](const auto& e) { return std::holds_alternative<media::media_closed>(e.body); });
  if (!told) events_.push_back({s.id, media::media_closed{s.session.statistics()}});
  if (s.paths) send_arrived(s, never);
  std::erase(impaired_, &s);
  // Before the loop hears of it and closes them: the numbers may come back as other sockets.
  // Of an open descriptor that is watched this cannot fail.
  for (const source* one : {&s.rtp, &s.rtcp}) {
    if (!one->watched) continue;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, one->fd, nullptr);
    --watched_;
  }
  std::erase_if(backlog_, [&s](const source* b) { return b->owner == &s; });
  --load_[s.phase];
  streams_.back()->index = s.index;
  streams_[s.index] = streams_.back();
  deadlines_[s.index] = deadlines_.back();
  streams_.pop_back();
  deadlines_.pop_back();
  by_id_.erase(media::media_id{s.id});
}

// --- packets

void media_worker::loop::receive_ready() {
  if (streams_.empty()) return;
  again_.swap(backlog_);
  for (source* s : again_) {
    s->queued = false;
    receive_from(*s);
  }
  again_.clear();
  if (watched_ == 0) return;
  const int n = ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), 0);
  for (int i = 0; i < n; ++i) {
    source& s = *static_cast<source*>(ready_[static_cast<std::size_t>(i)].data.ptr);
    if (!s.queued) receive_from(s);
  }
}

std::size_t media_worker::loop::receive_from(source& s) {
  stream& owner = *s.owner;
  const std::size_t n = batch_.read(s.fd);
  for (std::size_t i = 0; i < n; ++i) {
    const socket_batch::datagram d = batch_.at(i);
    if (d.truncated) {
      add(truncated_);
      continue;
    }
    if (tap_ != nullptr) {
      socket_address local = owner.sockets.local;
      if (s.rtcp) ++local.port;
      tap_->packet(d.from, local, d.bytes, d.arrived.value_or(clocks_.wall));
    }
    const time_point arrived = to_monotonic(d.arrived, clocks_);
    if (s.rtcp)
      owner.session.receive_rtcp(d.bytes, d.from, arrived);
    else
      owner.session.receive(d.bytes, d.from, arrived);
  }
  add(received_, n);
  // A full batch: there may be more, and no edge will tell. It waits for the next slice, so that a
  // flood on one port does not take the time of the others.
  if ((n == socket_batch::capacity || !s.watched) && !std::exchange(s.queued, true))
    backlog_.push_back(&s);
  if (n > 0) drain(owner);
  return n;
}

void media_worker::loop::run_due() {
  for (std::size_t i = 0; i < deadlines_.size(); ++i) {
    if (deadlines_[i] > clocks_.mono) continue;
    streams_[i]->session.handle_timeout(clocks_.mono);
    drain(*streams_[i]);
  }
}

void media_worker::loop::drain(stream& s) {
  while (const auto out = s.session.poll_transmit()) send(s, *out);
  while (auto event = s.session.poll_event()) events_.push_back({s.id, std::move(*event)});
  deadlines_[s.index] = s.session.next_deadline();
}

void media_worker::loop::send(stream& s, const media::media_session::outgoing& out) {
  const bool rtcp = out.from_rtcp_port;
  if (s.paths)
    (rtcp ? s.paths->rtcp : s.paths->rtp)
        .send(out.to, as_text(out.bytes), grid_floor(clocks_.mono));
  else
    transmit(rtcp ? s.rtcp.fd : s.rtp.fd, out.to, out.bytes);
  if (tap_ == nullptr) return;
  socket_address local = s.sockets.local;
  if (rtcp) ++local.port;
  tap_->packet(local, out.to, out.bytes, wall_now());
}

void media_worker::loop::transmit(int fd, const socket_address& to, byte_view bytes) {
  raw_address raw{};
  const socklen_t length = to_raw(to, raw);
  if (::sendto(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, &raw.any, length) < 0)
    add(send_errors_);
  else
    add(sent_);
}

/// On the grid, as what is put into a path: a delay of whole slices is exactly so many slices.
void media_worker::loop::send_arrived(stream& s, time_point by) {
  while (const auto d = s.paths->rtp.poll(by)) transmit(s.rtp.fd, d->to, as_bytes(d->bytes));
  while (const auto d = s.paths->rtcp.poll(by)) transmit(s.rtcp.fd, d->to, as_bytes(d->bytes));
}

void media_worker::loop::publish() {
  if (events_.empty()) return;
  events_function_(std::move(events_));
  events_.clear();
}

}  // namespace sipvoice::io
