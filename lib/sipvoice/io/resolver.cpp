#include "sipvoice/io/resolver.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>

#include "sipvoice/base/text.hpp"
#include "sipvoice/io/clock.hpp"

namespace sipvoice::io {
namespace {

using boost::asio::ip::udp;

constexpr std::size_t max_addresses = 16;

std::int64_t time_of_configuration() {
  struct stat now {};
  if (::stat("/etc/resolv.conf", &now) != 0) return 0;
  return now.st_mtim.tv_sec * 1'000'000'000LL + now.st_mtim.tv_nsec;
}

ip_address to_address(const boost::asio::ip::address& a) {
  if (a.is_v4()) return ip_address::v4(a.to_v4().to_uint());
  return ip_address::v6(a.to_v6().to_bytes(), static_cast<std::uint32_t>(a.to_v6().scope_id()));
}

/// "_sip._udp.host" is about "host".
std::string_view host_of(std::string_view name) {
  while (name.starts_with('_') && name.find('.') != std::string_view::npos)
    name.remove_prefix(name.find('.') + 1);
  return name;
}

}  // namespace

resolver::resolver(boost::asio::io_context& context, resolver_config config, told tell)
    : context_(context),
      config_(std::move(config)),
      tell_(std::move(tell)),
      hosts_(config_.hosts_file),
      desk_(config_.limits),
      timer_(context) {}

resolver::~resolver() = default;

void resolver::cancel() {
  alive_.reset();
  timer_.cancel();
  channel_.reset();
}

std::optional<sip::dns_reply> resolver::known(const sip::dns_query& query) {
  const auto of_family = [&](const std::vector<ip_address>& addresses) {
    sip::dns_records records;
    for (const ip_address& ip : addresses)
      if (query.type == (ip.is_v6() ? sip::dns_type::aaaa : sip::dns_type::a))
        records.emplace_back(ip);
    return sip::dns_reply(std::move(records));
  };
  if (const auto numeric = ip_address::parse(query.name)) return of_family({*numeric});
  if (const auto* listed = hosts_.find(host_of(query.name))) return of_family(*listed);
  return std::nullopt;
}

void resolver::ask(ticket who, sip::dns_query query) {
  query.name = to_lower(query.name);
  if (auto reply = known(query))
    desk_.tell(who, std::move(*reply));
  else
    desk_.ask(who, query, monotonic_now());
  go_on();
}

/// A channel reads the system's configuration when it is made; a newer one is taken while nothing
/// is being asked.
void resolver::refresh_channel() {
  if (channel_ && (config_.server || desk_.running() > 1)) return;
  const std::int64_t changed = config_.server ? 0 : time_of_configuration();
  if (channel_ && changed == configuration_ns_) return;
  configuration_ns_ = changed;
  channel_.emplace(context_, config_.server);
}

void resolver::go_on() {
  while (const auto start = desk_.poll_start()) {
    refresh_channel();
    channel_->ask(start->query, [this, run = start->run](const sip::timed_reply& answer) {
      desk_.answered(run, answer, monotonic_now());
      tell_later();
    });
  }
  if (desk_.has_told()) tell_later();
  arm();
}

/// Whoever is told may ask again, or end everything: not from within c-ares.
void resolver::tell_later() {
  if (std::exchange(telling_, true)) return;
  boost::asio::post(context_, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    telling_ = false;
    go_on();  // an answer makes place for a question that waits
    while (const auto one = desk_.poll_told()) {
      tell_(one->who, one->reply);
      if (alive.expired()) return;
    }
  });
}

void resolver::arm() {
  const time_point due = desk_.next_deadline();
  if (due >= armed_) return;
  armed_ = due;
  timer_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(due.time_since_epoch())));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    armed_ = never;
    desk_.handle_timeout(monotonic_now());
    go_on();
  });
}

std::vector<socket_address> resolve_now(const std::string& host, std::uint16_t port) {
  if (const auto numeric = ip_address::parse(host)) return {socket_address{*numeric, port}};
  boost::asio::io_context context;
  udp::resolver system(context);
  boost::system::error_code error;
  std::vector<socket_address> list;
  for (const auto& entry : system.resolve(host, std::to_string(port), error)) {
    const socket_address address{to_address(entry.endpoint().address()), port};
    if (list.size() == max_addresses) break;
    if (std::find(list.begin(), list.end(), address) == list.end()) list.push_back(address);
  }
  return list;
}

}  // namespace sipvoice::io
