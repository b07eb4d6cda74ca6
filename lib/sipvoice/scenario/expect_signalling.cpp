// The steps that expect something of SIP. Each looks through its own kind, oldest first, and uses
// up its match and what is older of that kind.
#include <algorithm>
#include <functional>
#include <map>

#include "sipvoice/base/text.hpp"
#include "sipvoice/scenario/player.hpp"
#include "sipvoice/scenario/wording.hpp"

namespace sipvoice::scenario {
namespace {

/// A body may be longer than a regular expression looks at: then each of its lines is looked at.
bool matches_body(const session::pattern& p, std::string_view body) {
  if (p.how != session::pattern::kind::regex || body.size() <= session::max_regex_subject)
    return session::matches(p, body);
  while (!body.empty()) {
    std::string_view line = take_until(body, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (session::matches(p, line)) return true;
  }
  return false;
}

std::string end_words(const call_view& c) {
  if (c.rejected)
    return "the call was refused: " + status_words(c.rejected->status, c.rejected->reason);
  if (!c.ended) return "the call is up";
  std::string text =
      std::string("the call was ended by ") + call::name_of(c.ended->by) + " (" + c.ended->reason;
  if (!c.ended->remote_reason.empty()) text += ", Reason: " + shortened(c.ended->remote_reason);
  if (!c.ended->detail.empty()) text += ", " + shortened(c.ended->detail);
  return text + ")";
}

/// A call that is over has no more of anything.
class of_call : public expectation {
 public:
  of_call(player& p, const step& s) : player_(p), step_(s) {
    if (const auto* given = s.with.get<header_patterns>("headers")) headers_ = *given;
    for (const char* key : {"from", "to", "body", "reason"})
      if (const auto* given = s.with.get<session::pattern>(key)) patterns_.emplace(key, *given);
  }
  void fill() override {
    const auto fill_one = [this](session::pattern& what) {
      if (what.how == session::pattern::kind::exact && what.text.find("${") != std::string::npos)
        what = player_.pattern(what);
    };
    for (header_pattern& h : headers_) fill_one(h.value);
    for (auto& [key, what] : patterns_) fill_one(what);
  }
  [[nodiscard]] std::string seen() const override { return seen_; }

 protected:
  [[nodiscard]] call_view& call() const { return player_.call_of(step_); }
  [[nodiscard]] const header_patterns& headers() const { return headers_; }
  /// What the step wants of it; nullptr: nothing.
  [[nodiscard]] const session::pattern* wanted(const char* key) const {
    const auto found = patterns_.find(key);
    return found != patterns_.end() ? &found->second : nullptr;
  }
  [[nodiscard]] std::string with_headers(std::string text) const {
    for (const header_pattern& h : headers()) text += ", " + h.name + ": " + words(h.value);
    return text;
  }
  look fail(std::string seen) {
    seen_ = std::move(seen);
    return look::failed;
  }
  look wait(std::string seen) {
    seen_ = std::move(seen);
    return look::wait;
  }

  player& player_;
  const step& step_;
  std::string seen_ = "nothing of it";

 private:
  header_patterns headers_;
  std::map<std::string, session::pattern, std::less<>> patterns_;
};

class call_comes final : public of_call {
 public:
  using of_call::of_call;
  look poll(time_point) override {
    const std::vector<call_view*> waiting = player_.unmet_calls();
    for (call_view* const c : waiting) {
      std::string why;
      if (!fits(*c, why)) {
        seen_ = "a call from " + c->info.from_uri + " with " + why;
        continue;
      }
      for (call_view* const older : waiting) {
        older->met = true;
        if (older == c) break;
        older->end_met = true;  // passed over: what becomes of it is nobody's
      }
      c->name = step_.with.get_or<std::string>("as", {});
      player_.make_current(*c);
      if (c->invite) player_.meet(c->invite);
      from_ = c->info.from_uri;
      return look::met;
    }
    return look::wait;
  }
  [[nodiscard]] std::string expected() const override {
    std::string text = "a call";
    for (const char* key : {"from", "to"})
      if (const session::pattern* p = wanted(key)) text += std::string(" ") + key + " " + words(*p);
    return with_headers(text);
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (from_.empty()) return {};
    return {{"from", from_}};
  }

 private:
  bool fits(const call_view& c, std::string& why) const {
    const session::pattern* from = wanted("from");
    const session::pattern* to = wanted("to");
    if (from != nullptr && !session::matches(*from, c.info.from_uri)) {
      why = "From " + c.info.from_uri;
      return false;
    }
    if (to != nullptr && !session::matches(*to, c.info.to_uri)) {
      why = "To " + c.info.to_uri;
      return false;
    }
    if (headers().empty()) return true;
    if (!c.invite) {
      why = "headers that are not known";
      return false;
    }
    return has_headers(*c.invite, headers(), why);
  }
  std::string from_;
};

/// Ringing, an answer, a refusal, any response.
class response_comes final : public of_call {
 public:
  response_comes(player& p, const step& s, status_set wanted, bool of_invite)
      : of_call(p, s), wanted_(std::move(wanted)), of_invite_(of_invite) {}

  look poll(time_point) override {
    call_view* const c = player_.find_call(step_);
    if (c != nullptr) {
      const look l = search(c->messages.responses);
      if (l != look::wait) return l;
    }
    if (!of_invite_) {
      const look l = search(player_.outside().responses);
      if (l != look::wait) return l;
    }
    if (c == nullptr || !c->is_over()) return look::wait;
    if (c->rejected || !c->ended) return look::wait;  // its response has been looked at
    // What ended without a response will not have one; requests may still be answered.
    return of_invite_ ? fail(end_words(*c)) : wait(end_words(*c));
  }
  [[nodiscard]] std::string expected() const override {
    std::string text = "a response " + wanted_.text + (of_invite_ ? " to the INVITE" : "");
    if (const session::pattern* body = wanted("body")) text += ", body " + words(*body);
    return with_headers(text);
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (!met_) return {};
    return {{"status", std::int64_t{met_->status()}}};
  }

 private:
  look search(std::deque<message_ptr>& in) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      const message_ptr m = in[i];
      if (of_invite_ && m->method() != sip::method::invite) continue;
      std::string why;
      if (fits(*m, why)) {
        in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        player_.meet(m);
        met_ = m;
        return look::met;
      }
      seen_ = why;
      if (m->status() >= 200 && !is_answered_by_us(*m) && !is_forbidden()) {
        in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        return look::failed;
      }
    }
    return look::wait;
  }
  bool fits(const sip::message& m, std::string& why) const {
    why = words(m);
    if (!wanted_.contains(m.status())) return false;
    if (!has_headers(m, headers(), why)) {
      why = words(m) + " with " + why;
      return false;
    }
    const session::pattern* body = wanted("body");
    if (body == nullptr || matches_body(*body, m.body())) return true;
    why = words(m) + " with the body " + shortened(m.body());
    return false;
  }
  /// A challenge, a redirection, a refused session timer, a glare: the endpoint sends another
  /// request, whose response counts. CANCEL and PRACK it sends by itself.
  [[nodiscard]] bool is_answered_by_us(const sip::message& m) const {
    if (m.method() == sip::method::cancel || m.method() == sip::method::prack) return true;
    switch (m.status()) {
      case 401:
      case 407:
        return player_.definition().settings.find("auth") != nullptr;
      case 300:
      case 301:
      case 302:
      case 422:
        return m.method() == sip::method::invite;
      case 423:
        return m.method() == sip::method::register_;
      case 491:
        return true;
      default:
        return false;
    }
  }

  status_set wanted_;
  bool of_invite_;
  message_ptr met_;
};

class answer_comes final : public of_call {
 public:
  answer_comes(player& p, const step& s)
      : of_call(p, s), response_(p, s, {{{200, 299}}, "2xx"}, true) {}
  void fill() override {
    of_call::fill();
    response_.fill();
  }
  look poll(time_point now) override {
    const call_view& c = call();
    if (!has_response_) {
      if (is_forbidden()) response_.forbid(forbidden_until_);
      const look l = response_.poll(now);
      if (l == look::failed) return fail(response_.seen());
      has_response_ = l == look::met;
    }
    if (c.is_over() && !c.answered) return fail(end_words(c));
    if (!has_response_ || !c.answered) return wait(c.is_over() ? end_words(c) : response_.seen());
    codec_ = audio::info(c.answered->format.send.codec).option_name;
    const auto* codec = step_.with.get<std::string>("codec");
    if (codec != nullptr && *codec != codec_) return fail("an answer with " + codec_);
    return look::met;
  }
  [[nodiscard]] std::string expected() const override {
    const auto* codec = step_.with.get<std::string>("codec");
    return with_headers("an answer" + (codec != nullptr ? " with " + *codec : ""));
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (codec_.empty()) return {};
    auto all = response_.measured();
    all.push_back({"codec", codec_});
    return all;
  }

 private:
  response_comes response_;
  bool has_response_ = false;
  std::string codec_;
};

class refusal_comes final : public of_call {
 public:
  refusal_comes(player& p, const step& s)
      : of_call(p, s), wanted_{{{300, 699}}, "of any status from 300 on"} {
    if (const auto* given = s.with.get<status_set>("status")) wanted_ = *given;
  }
  look poll(time_point) override {
    call_view& c = call();
    if (c.answered) return fail("the call was answered");
    if (c.ended) return fail(end_words(c));
    if (!c.rejected) return look::wait;
    if (c.end_used) return wait("no refusal but the one that was met before");
    if (!wanted_.contains(c.rejected->status)) return fail(end_words(c));
    const auto& responses = c.messages.responses;
    const auto last = std::find_if(responses.rbegin(), responses.rend(), [](const auto& m) {
      return m->status() >= 300 && m->method() == sip::method::invite;
    });
    if (last != responses.rend()) {
      std::string why;
      if (!has_headers(**last, headers(), why)) return fail(words(**last) + " with " + why);
      player_.meet(*last);
    }
    c.end_met = c.end_used = true;
    status_ = c.rejected->status;
    c.messages.responses.clear();
    return look::met;
  }
  [[nodiscard]] std::string expected() const override {
    return with_headers("a refusal " + wanted_.text);
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (status_ == 0) return {};
    return {{"status", std::int64_t{status_}}};
  }

 private:
  status_set wanted_;
  int status_ = 0;
};

class request_comes final : public of_call {
 public:
  using of_call::of_call;
  look poll(time_point) override {
    call_view* const c = player_.find_call(step_);
    if (c != nullptr && search(c->messages.requests)) return look::met;
    return search(player_.outside().requests) ? look::met : look::wait;
  }
  [[nodiscard]] std::string expected() const override {
    std::string text = "a request " + step_.with.get_or<std::string>("method", {});
    if (const session::pattern* body = wanted("body")) text += ", body " + words(*body);
    return with_headers(text);
  }

 private:
  bool search(std::deque<message_ptr>& in) {
    const auto method = step_.with.get_or<std::string>("method", {});
    const session::pattern* body = wanted("body");
    bool of_method = false;  // of those that came, one of this method says the most
    for (std::size_t i = 0; i < in.size(); ++i) {
      const message_ptr m = in[i];
      std::string why;
      if (m->method_name() != method) {
        if (!of_method) seen_ = words(*m);
        continue;
      }
      of_method = true;
      seen_ = words(*m);
      if (!has_headers(*m, headers(), why)) {
        seen_ += " with " + why;
        continue;
      }
      if (body != nullptr && !matches_body(*body, m->body())) {
        seen_ += " with the body " + shortened(m->body());
        continue;
      }
      in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      player_.meet(m);
      return true;
    }
    return false;
  }
};

class hold_comes final : public of_call {
 public:
  using of_call::of_call;
  look poll(time_point) override {
    call_view& c = call();
    auto& seen = step_.kind == step_kind::expect_hold ? c.holds : c.resumes;
    if (!seen.empty()) {
      seen.pop_front();
      return look::met;
    }
    return c.is_over() ? fail(end_words(c)) : wait("the call goes on as it was");
  }
  [[nodiscard]] std::string expected() const override {
    return step_.kind == step_kind::expect_hold ? "to be put on hold" : "to be taken off hold";
  }
};

class transfer_ends final : public of_call {
 public:
  transfer_ends(player& p, const step& s) : of_call(p, s), wanted_{{{200, 299}}, "2xx"} {
    if (const auto* given = s.with.get<status_set>("result")) wanted_ = *given;
  }
  look poll(time_point) override {
    call_view& c = call();
    if (is_forbidden()) {
      const bool came = std::any_of(c.transfers.begin(), c.transfers.end(),
                                    [this](const auto& t) { return wanted_.contains(t.status); });
      return came ? look::met : wait("no such end of a transfer");
    }
    if (c.transfers.empty())
      return c.is_over() && !c.sent_elsewhere ? fail(end_words(c)) : wait("no end of a transfer");
    const call::call_transfer t = c.transfers.front();
    c.transfers.pop_front();
    status_ = t.status;
    seen_ = "the transfer ended: " + (t.status != 0 ? status_words(t.status, t.reason) : t.reason);
    return wanted_.contains(t.status) ? look::met : look::failed;
  }
  [[nodiscard]] std::string expected() const override {
    return "a transfer that ends with " + wanted_.text;
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (status_ == 0) return {};
    return {{"result", std::int64_t{status_}}};
  }

 private:
  status_set wanted_;
  int status_ = 0;
};

class end_comes final : public of_call {
 public:
  using of_call::of_call;
  look poll(time_point) override {
    call_view& c = call();
    if (c.rejected) return fail(end_words(c));
    if (!c.ended) return wait("the call is up");
    if (c.end_used) return wait("no end but the one that was met before");
    if (!is_forbidden()) c.end_met = true;
    const std::string by = call::name_of(c.ended->by);
    const auto* who = step_.with.get<std::string>("by");
    if (who != nullptr && *who != by) return fail(end_words(c));
    const session::pattern* reason = wanted("reason");
    if (reason != nullptr && !session::matches(*reason, c.ended->reason) &&
        !session::matches(*reason, c.ended->remote_reason))
      return fail(end_words(c));
    by_ = by;
    reason_ = c.ended->reason;
    c.end_used = true;
    return look::met;
  }
  [[nodiscard]] std::string expected() const override {
    std::string text = "the end of the call";
    if (const auto* by = step_.with.get<std::string>("by")) text += " by " + *by;
    if (const session::pattern* reason = wanted("reason")) text += ", reason " + words(*reason);
    return text;
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (by_.empty()) return {};
    return {{"by", by_}, {"reason", reason_}};
  }

 private:
  std::string by_, reason_;
};

}  // namespace

std::unique_ptr<expectation> make_expectation(player& p, const step& s) {
  switch (s.kind) {
    case step_kind::expect_call:
      return std::make_unique<call_comes>(p, s);
    case step_kind::expect_response: {
      const auto* wanted = s.with.get<status_set>("status");
      return std::make_unique<response_comes>(p, s, wanted != nullptr ? *wanted : status_set{},
                                              false);
    }
    case step_kind::expect_ringing:
      return std::make_unique<response_comes>(
          p, s, status_set{{{180, 180}, {183, 183}}, "180 or 183"}, true);
    case step_kind::expect_answer:
      return std::make_unique<answer_comes>(p, s);
    case step_kind::expect_request:
      return std::make_unique<request_comes>(p, s);
    case step_kind::expect_hold:
    case step_kind::expect_resume:
      return std::make_unique<hold_comes>(p, s);
    case step_kind::expect_transfer:
      return std::make_unique<transfer_ends>(p, s);
    case step_kind::expect_hangup:
      return std::make_unique<end_comes>(p, s);
    case step_kind::expect_rejected:
      return std::make_unique<refusal_comes>(p, s);
    default:
      return expect_sound(p, s);
  }
}

}  // namespace sipvoice::scenario
