#include "sipvoice/sip/server_side.hpp"

#include "sipvoice/sip/response_route.hpp"

namespace sipvoice::sip {
namespace {

constexpr std::size_t tag_length = 16;  // 82 bits; 19.3 asks for 32

// The tag of a response without a transaction: the same for every copy of a request and for the ACK
// to that response, and for nobody else to guess (8.2.7).
std::string stateless_tag(const keyed_hash& secret, const message& request) {
  std::string seed(request.call_id());
  if (const auto& from = request.from()) seed.append(1, '\n').append(from->tag());
  if (const auto& sequence = request.cseq())
    seed.append(1, '\n').append(std::to_string(sequence->number));
  constexpr std::string_view digits = "0123456789abcdef";
  std::string tag;
  for (std::uint64_t h = secret.hash(seed); tag.size() < tag_length; h >>= 4)
    tag += digits[h & 0xf];
  return tag;
}

std::string to_tag_of(const std::string& response) {
  const auto parsed = message::parse(response);
  if (!parsed) return {};
  const auto& to = parsed->to();
  return to ? std::string(to->tag()) : std::string{};
}

}  // namespace

struct server_side::arrival {
  const std::shared_ptr<const message>& request;
  const hop& from;
  const ip_address& local;
  time_point now;
  hop reply;
  request_identity id{};
};

server_side::server_side(agent_core& core)
    : core_(core),
      table_(core.secret),
      copies_(16, core.secret),
      budget_(core.config.max_server_bytes, large_server_transaction) {}

void server_side::receive(std::shared_ptr<const message> request, const hop& from,
                          const ip_address& local, time_point now) {
  const auto reply = response_route(*request, from);
  if (!reply) {  // nobody to answer to
    ++core_.counters.malformed;
    return;
  }
  arrival in{request, from, local, now, *reply};
  auto wrong = check_syntax(*request);
  if (!wrong) {
    if (const auto id = request_identity::of(*request))
      in.id = *id;
    else
      wrong = rejection{400, id.error().what};
  }
  if (wrong) {
    ++core_.counters.malformed;
    if (request->method() != method::ack) reject(in, *wrong);
    return;
  }
  switch (request->method()) {
    case method::ack:
      return receive_ack(in);
    case method::cancel:
      return receive_cancel(in);
    default:
      return receive_other(in);
  }
}

void server_side::receive_ack(const arrival& in) {
  if (transaction* t = find_invite(in)) {
    const auto output = std::get<server_invite>(t->machine).receive_ack(in.now);
    if (output.pass_ack) core_.out.emplace_back(ack_received{in.request, in.from});
    apply(*t, output);
    return;
  }
  // An ACK to a response that was given without a transaction.
  if (in.id.to_tag == stateless_tag(core_.secret, *in.request)) return;
  core_.out.emplace_back(ack_received{in.request, in.from});
}

// The INVITE that an ACK or a CANCEL belongs to. Without a unique branch the To tag decides too
// (17.2.3): that of the INVITE, which is none outside a dialog, and then the ACK has the
// response's.
server_side::transaction* server_side::find_invite(const arrival& in) {
  const std::string_view invite = name_of(method::invite);
  if (transaction* t = table_.find(server_key(*in.request, in.id, invite, in.id.to_tag))) return t;
  if (in.id.unique_branch() || in.id.to_tag.empty()) return nullptr;
  transaction* t = table_.find(server_key(*in.request, in.id, invite, {}));
  return t != nullptr && to_tag_of(t->last) == in.id.to_tag ? t : nullptr;
}

void server_side::receive_cancel(const arrival& in) {
  std::string key = server_key(*in.request, in.id, name_of(method::cancel), in.id.to_tag);
  if (transaction* t = table_.find(key)) return repeat(*t);
  transaction* invite = find_invite(in);
  if (invite == nullptr) return reject(in, {481});
  answer_cancel(in, *invite);
  const auto state = std::get<server_invite>(invite->machine).current();
  if (state != server_invite::state::proceeding || invite->cancelled) return;
  invite->cancelled = true;
  core_.out.emplace_back(cancelled{server_tx{invite->number}, in.request});
}

// 200 with the To tag of the INVITE's responses (9.2). Where the table is full, without a
// transaction: a repeated CANCEL then gets a new 200.
void server_side::answer_cancel(const arrival& in, const transaction& invite) {
  std::string tag = to_tag_of(invite.last);
  if (tag.empty()) tag = core_.random.token(tag_length);
  std::string ok = make_rejection(*in.request, {200}, in.from.remote, tag, core_.config);
  if (full(in)) return core_.send(in.reply, std::move(ok));
  std::string key = server_key(*in.request, in.id, name_of(method::cancel), in.id.to_tag);
  transaction* t = start(in, std::move(key));
  t->own = true;
  respond(*t, 200, std::move(ok), in.now);
}

void server_side::receive_other(const arrival& in) {
  std::string key = server_key(*in.request, in.id, in.request->method_name(), in.id.to_tag);
  if (transaction* t = table_.find(key)) return repeat(*t);
  std::string merge;
  if (in.id.to_tag.empty()) {
    merge = merge_key(*in.request, in.id);
    if (copies_.contains(merge)) {
      ++core_.counters.merged;
      return reject_invite(in, {482}, std::move(key));
    }
  }
  if (const auto wrong = check_support(*in.request, core_.config))
    return reject_invite(in, *wrong, std::move(key));
  accept(in, std::move(key), std::move(merge));
}

void server_side::repeat(transaction& t) {
  ++core_.counters.retransmissions_received;
  const bool send = std::holds_alternative<server_invite>(t.machine)
                        ? std::get<server_invite>(t.machine).receive_invite().send_last
                        : std::get<server_non_invite>(t.machine).receive_request().send_last;
  if (!send || t.last.empty()) return;
  ++core_.counters.retransmissions_sent;
  core_.send(t.to, t.last);
}

/// What a response has of its peer are copies of what stands in the request: that is the measure.
bool server_side::full(const arrival& in) const {
  return table_.size() >= core_.config.max_server_transactions ||
         !budget_.has_room(in.request->bytes().size());
}

/// The request counts until it is answered.
void server_side::account(transaction& t) {
  budget_.set(t.share, t.key.size() + t.merge.size() + t.request_bytes + t.last.size());
}

server_side::transaction* server_side::start(const arrival& in, std::string key) {
  const bool reliable = is_reliable(in.from.transport);
  const timer_values& timers = core_.config.timers;
  transaction* t =
      in.request->method() == method::invite
          ? table_.insert(std::move(key), in.reply, server_invite(timers, reliable))
          : table_.insert(std::move(key), in.reply, server_non_invite(timers, reliable));
  t->request_bytes = in.request->bytes().size();
  account(*t);
  return t;
}

void server_side::accept(const arrival& in, std::string key, std::string merge) {
  if (full(in)) {
    ++core_.counters.overloaded;
    return reject(in, {503});
  }
  transaction* t = start(in, std::move(key));
  if (!merge.empty()) {
    t->merge = copies_.emplace(std::move(merge), t->number).first->first;
    account(*t);
  }
  if (in.request->method() == method::invite)  // 17.2.1: at once, without waiting for its user
    respond(*t, 100, make_trying(*in.request, in.from.remote, core_.config), in.now);
  core_.out.emplace_back(request_received{server_tx{t->number}, in.request, in.from, in.local});
}

// Without a transaction (8.2.7): a repeated request gets the same answer made anew.
void server_side::reject(const arrival& in, const rejection& why) {
  const std::string tag = stateless_tag(core_.secret, *in.request);
  core_.send(in.reply, make_rejection(*in.request, why, in.from.remote, tag, core_.config));
}

// A refused INVITE keeps a transaction while there is room, so that the refusal is repeated until
// its ACK and the ACK is consumed. Other requests are repeated by their client: no state is needed.
void server_side::reject_invite(const arrival& in, const rejection& why, std::string key) {
  if (in.request->method() != method::invite || full(in)) return reject(in, why);
  const std::string tag = core_.random.token(tag_length);
  transaction* t = start(in, std::move(key));
  t->own = true;
  respond(*t, why.status, make_rejection(*in.request, why, in.from.remote, tag, core_.config),
          in.now);
}

void server_side::respond(server_tx tx, int status, std::string bytes, time_point now) {
  if (transaction* t = table_.find(static_cast<std::uint64_t>(tx)))
    respond(*t, status, std::move(bytes), now);
}

// What is kept for repetitions stands here for up to 64*T1, so it takes no more room than it needs;
// the string that it was written in, with its spare room, leaves and is free again at once.
void server_side::respond(transaction& t, int status, std::string bytes, time_point now) {
  std::visit(
      [&](auto& machine) {
        if (!machine.may_respond(status)) return;
        t.last = std::string(bytes);
        if (status >= 200) t.request_bytes = 0;
        account(t);
        const auto output = machine.respond(status, now);
        if (output.send_last) core_.send(t.to, std::move(bytes));
        move_on(t, output);
      },
      t.machine);
}

void server_side::repeat_2xx(server_tx tx) {
  transaction* t = table_.find(static_cast<std::uint64_t>(tx));
  if (t == nullptr || !std::holds_alternative<server_invite>(t->machine)) return;
  if (std::get<server_invite>(t->machine).current() != server_invite::state::accepted) return;
  ++core_.counters.retransmissions_sent;
  core_.send(t->to, t->last);
}

std::optional<hop> server_side::response_hop(server_tx tx) const {
  const transaction* t = table_.find(static_cast<std::uint64_t>(tx));
  if (t == nullptr) return std::nullopt;
  return t->to;
}

void server_side::handle_timeout(std::uint64_t number, time_point now) {
  transaction* t = table_.find(number);
  if (t == nullptr) return;
  t->timer = {};  // it has left the heap
  std::visit(
      [&](auto& machine) {
        const auto output = machine.handle_timeout(now);
        if (output.send_last) ++core_.counters.retransmissions_sent;
        apply(*t, output);
      },
      t->machine);
}

template <class Output>
void server_side::apply(transaction& t, const Output& output) {
  if (output.send_last) core_.send(t.to, t.last);
  move_on(t, output);
}

template <class Output>
void server_side::move_on(transaction& t, const Output& output) {
  if (output.ended) return finish(t, *output.ended);
  const time_point next =
      std::visit([](const auto& machine) { return machine.next().at; }, t.machine);
  core_.arm(t.timer, next, {true, t.number});
}

void server_side::finish(transaction& t, tx_end why) {
  core_.arm(t.timer, never, {});
  if (!t.own) core_.out.emplace_back(server_tx_ended{server_tx{t.number}, why != tx_end::no_ack});
  if (!t.merge.empty()) copies_.erase(copies_.find(t.merge));
  budget_.set(t.share, 0);
  table_.erase(t);
}

}  // namespace sipvoice::sip
