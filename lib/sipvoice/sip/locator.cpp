#include "sipvoice/sip/locator.hpp"

#include <algorithm>
#include <utility>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {
namespace {

// RFC 3263 section 4.1; another service is none of ours.
std::optional<transport> transport_of_service(std::string_view service) {
  if (iequals(service, "SIP+D2U")) return transport::udp;
  if (iequals(service, "SIP+D2T")) return transport::tcp;
  if (iequals(service, "SIPS+D2T")) return transport::tls;
  return std::nullopt;
}

std::string srv_name(transport t, const std::string& domain) {
  const char* prefix = t == transport::udp   ? "_sip._udp."
                       : t == transport::tcp ? "_sip._tcp."
                                             : "_sips._tcp.";
  return prefix + domain;
}

bool is_root(std::string_view name) { return name.empty() || name == "."; }

}  // namespace

std::optional<transport> transport_of(std::string_view name) {
  for (const transport t : {transport::udp, transport::tcp, transport::tls})
    if (iequals(name, via_name(t))) return t;
  return std::nullopt;
}

std::vector<srv_record> in_order(std::vector<srv_record> records, random_source& random) {
  // Within a priority the weight 0 stands first, so that it has its small chance.
  std::stable_sort(records.begin(), records.end(), [](const srv_record& a, const srv_record& b) {
    return a.priority != b.priority ? a.priority < b.priority : (a.weight == 0) > (b.weight == 0);
  });
  std::vector<srv_record> ordered;
  while (!records.empty()) {
    const auto end = std::find_if(records.begin(), records.end(), [&](const srv_record& r) {
      return r.priority != records.front().priority;
    });
    std::uint64_t sum = 0;
    for (auto it = records.begin(); it != end; ++it) sum += it->weight;
    const std::uint64_t drawn = random.below(sum + 1);
    std::uint64_t running = 0;
    auto chosen = records.begin();
    for (auto it = records.begin(); it != end; ++it) {
      running += it->weight;
      chosen = it;
      if (running >= drawn) break;
    }
    ordered.push_back(std::move(*chosen));
    records.erase(chosen);
  }
  return ordered;
}

locator::locator(std::string_view uri_text, abilities can_do, random_source& random)
    : can_(can_do), random_(&random) {
  const auto target = uri::parse(uri_text);
  if (target && target->is_sip()) start(*target);
}

bool locator::can(sip::transport t) const {
  return t == transport::udp ? can_.udp : t == transport::tcp ? can_.tcp : can_.tls;
}

void locator::start(const uri& target) {
  sips_ = target.is_sips();
  default_ = sips_ ? transport::tls : transport::udp;
  if (const auto named = target.param("transport")) {
    const auto t = transport_of(*named);
    // SCTP and the like; and sips over UDP does not exist (RFC 3261 26.2.2).
    if (!t || (sips_ && *t == transport::udp)) return;
    default_ = sips_ ? transport::tls : *t;
    fixed_ = true;
  }
  const std::string_view host = target.param("maddr").value_or(target.host);
  const std::uint16_t port = target.port != 0 ? target.port : default_port(default_);
  if (const auto numeric = ip_address::parse(host)) {
    if (can(default_) && can(*numeric)) candidates_.push_back({default_, {*numeric, port}});
    return;
  }
  host_ = to_lower(host);
  if (host_.empty()) return;
  if (target.port != 0) {
    if (!can(default_)) return;
    servers_.push_back({default_, host_, port});
    ask_addresses();
  } else if (fixed_) {
    if (can(default_)) services_.push_back({default_, srv_name(default_, host_)});
    ask_services();
  } else {
    stage_ = stage::naptr;
    ask(dns_type::naptr, host_);
    if (to_ask_.empty()) go_on();
  }
}

void locator::ask(dns_type type, const std::string& name) {
  if (name.size() > locator_limits::max_name_length) return;
  dns_query q{type, name};
  if (std::find(to_ask_.begin(), to_ask_.end(), q) == to_ask_.end())
    to_ask_.push_back(std::move(q));
}

std::optional<dns_query> locator::poll() {
  if (to_ask_.empty()) return std::nullopt;
  dns_query q = std::move(to_ask_.front());
  to_ask_.pop_front();
  asked_.push_back(q);
  return q;
}

void locator::note(const dns_query& query, dns_outcome outcome) {
  if (std::find(types_.begin(), types_.end(), query.type) == types_.end())
    types_.push_back(query.type);
  some_exist_ = some_exist_ || outcome == dns_outcome::no_records;
  if (!bad_name_.empty() && outcome <= bad_) return;
  bad_ = outcome;
  bad_name_ = query.name;
}

std::string locator::complaint() const {
  std::string text;
  if (types_.empty()) return text;
  const std::string& name = bad_name_;
  if (not_offered_) return host_ + " says that it offers no SIP (its SRV record names no server)";
  switch (bad_) {
    case dns_outcome::no_such_name:
      text = some_exist_ ? name + " has no address" : "no such name: " + name;
      break;
    case dns_outcome::found:
    case dns_outcome::no_records:
      text = name + " has no address";
      break;
    case dns_outcome::refused:
      text = "DNS failed for " + name + ": the server fails, refuses or is not there";
      break;
    case dns_outcome::no_answer:
      text = "no DNS server answered about " + name + " in time";
      break;
    case dns_outcome::not_asked:
      text = "too many DNS questions at once to ask about " + name;
      break;
  }
  text += " (asked for ";
  // In the order in which they matter, whichever was answered first.
  bool first = true;
  for (const dns_type t : {dns_type::naptr, dns_type::srv, dns_type::a, dns_type::aaaa}) {
    if (std::find(types_.begin(), types_.end(), t) == types_.end()) continue;
    text += (std::exchange(first, false) ? "" : ", ") + std::string(name_of(t));
  }
  return text + ")";
}

void locator::receive(const dns_query& query, const dns_reply& reply) {
  const auto known = std::find(asked_.begin(), asked_.end(), query);
  if (known == asked_.end()) return;
  asked_.erase(known);
  note(query, reply.outcome);
  const dns_records& records = reply.records;
  if (query.type == dns_type::naptr) {
    take_naptr(records);
  } else if (query.type == dns_type::srv) {
    for (service& s : services_) {
      if (s.name != query.name) continue;
      for (const dns_record& r : records)
        if (const auto* one = std::get_if<srv_record>(&r);
            one != nullptr && s.records.size() < locator_limits::max_servers)
          s.records.push_back(*one);
    }
  } else {
    for (server& s : servers_) {
      if (s.host != query.name) continue;
      for (const dns_record& r : records) {
        const auto* ip = std::get_if<ip_address>(&r);
        if (ip == nullptr || !can(*ip) || s.addresses.size() >= locator_limits::max_addresses)
          continue;
        if (std::find(s.addresses.begin(), s.addresses.end(), *ip) == s.addresses.end())
          s.addresses.push_back(*ip);
      }
    }
  }
  if (asked_.empty() && to_ask_.empty()) go_on();
}

void locator::take_naptr(const dns_records& records) {
  std::vector<naptr_record> usable;
  for (const dns_record& r : records) {
    const auto* one = std::get_if<naptr_record>(&r);
    if (one == nullptr || !iequals(one->flags, "s") || is_root(one->replacement)) continue;
    const auto t = transport_of_service(one->service);
    if (t && can(*t) && (!sips_ || *t == transport::tls)) usable.push_back(*one);
  }
  std::stable_sort(usable.begin(), usable.end(), [](const naptr_record& a, const naptr_record& b) {
    return a.order != b.order ? a.order < b.order : a.preference < b.preference;
  });
  for (const naptr_record& r : usable) {
    if (services_.size() == locator_limits::max_services) break;
    services_.push_back({*transport_of_service(r.service), to_lower(r.replacement)});
  }
}

void locator::ask_services() {
  if (services_.empty()) return go_on();
  stage_ = stage::srv;
  for (const service& s : services_) ask(dns_type::srv, s.name);
  if (to_ask_.empty()) go_on();
}

void locator::ask_addresses() {
  stage_ = stage::address;
  not_offered_ = not_offered_ && servers_.empty();
  if (!servers_.empty()) bad_name_.clear();  // from here on it is about their addresses
  some_exist_ = false;
  for (server& s : servers_) {
    if (const auto numeric = ip_address::parse(s.host)) {
      if (can(*numeric)) s.addresses.push_back(*numeric);
      continue;
    }
    if (can_.v4) ask(dns_type::a, s.host);
    if (can_.v6) ask(dns_type::aaaa, s.host);
  }
  if (to_ask_.empty()) finish();
}

void locator::go_on() {
  if (stage_ == stage::naptr) {
    // 4.1: without NAPTR records, SRV for each transport that we have, in our own order.
    if (services_.empty()) {
      for (const auto t : {transport::udp, transport::tcp, transport::tls})
        if (can(t) && (!sips_ || t == transport::tls)) services_.push_back({t, srv_name(t, host_)});
    }
    stage_ = stage::srv;
    return ask_services();
  }
  if (stage_ == stage::address) return finish();
  bool any = false;
  for (service& s : services_) {
    any = any || !s.records.empty();
    for (srv_record& r : in_order(std::move(s.records), *random_)) {
      not_offered_ = not_offered_ || is_root(r.target);
      if (is_root(r.target) || r.port == 0) continue;
      if (servers_.size() == locator_limits::max_servers) break;
      servers_.push_back({s.transport, to_lower(r.target), r.port});
    }
  }
  // 4.2: no SRV records at all: the addresses of the name itself.
  if (!any && can(default_)) servers_.push_back({default_, host_, default_port(default_)});
  ask_addresses();
}

void locator::finish() {
  stage_ = stage::done;
  for (server& s : servers_) {
    std::stable_partition(s.addresses.begin(), s.addresses.end(),
                          [](const ip_address& ip) { return ip.is_v4(); });
    for (const ip_address& ip : s.addresses) {
      const candidate c{s.transport, {ip, s.port}};
      if (candidates_.size() == locator_limits::max_candidates) return;
      if (std::find(candidates_.begin(), candidates_.end(), c) == candidates_.end())
        candidates_.push_back(c);
    }
  }
}

void locator::give_up() {
  for (const dns_query& q : asked_) note(q, dns_outcome::no_answer);
  to_ask_.clear();
  asked_.clear();
  if (stage_ != stage::done) finish();
}

}  // namespace sipvoice::sip
