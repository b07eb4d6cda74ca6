// --route 'X-Room-ID=sales, to=/^sip:9/ -> play:sales.wav, then:hangup'.
#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/routes_model.hpp"

namespace sipvoice::session {

namespace {

constexpr std::string_view arrow = "->";
constexpr const char* shape = "; write 'X-Room-ID=sales -> play:sales.wav'";

class option_parser {
 public:
  option_parser(std::string_view text, std::vector<mistake>& mistakes,
                const std::function<bool(const std::string&)>& file_exists)
      : text_(text), mistakes_(mistakes), context_{"", file_exists, {}} {
    context_.complain = [this](const std::string& what) { complain(what); };
  }

  route run() {
    while (!failed_ && !at_arrow()) parse_condition();
    if (failed_) return std::move(route_);
    pos_ += arrow.size();
    const std::size_t actions = pos_;
    skip_spaces();
    while (!failed_ && pos_ < text_.size()) parse_action();
    at_ = actions;
    if (!failed_) check_route(route_, context_);
    complete_route(route_);
    return std::move(route_);
  }

 private:
  // Later parts are read on: all mistakes in one pass. `stop` is for those without a next part.
  void complain(const std::string& what) {
    mistakes_.push_back(
        {"--route", 0, static_cast<int>(at_) + 1, "'" + printable(text_, 200) + "': " + what});
  }
  void stop(const std::string& what) {
    complain(what);
    failed_ = true;
  }

  void skip_spaces() {
    while (pos_ < text_.size() && is_space(text_[pos_])) ++pos_;
  }
  bool at_arrow() {
    skip_spaces();
    at_ = pos_;
    return text_.substr(pos_, arrow.size()) == arrow;
  }

  // name=value up to a comma or the arrow; a regular expression may hold both.
  void parse_condition() {
    const std::size_t equals = text_.find_first_of("=,", pos_);
    const std::size_t end = text_.find(arrow, pos_);
    if (end == std::string_view::npos) return stop(std::string("no '->'") + shape);
    if (equals == std::string_view::npos || equals > end || text_[equals] == ',')
      return stop(std::string("a condition without '='") + shape);
    const std::string name(trim(text_.substr(pos_, equals - pos_)));
    pos_ = equals + 1;
    skip_spaces();
    const std::size_t value_end = end_of_value();
    if (value_end == std::string_view::npos) return;
    const std::string_view value = trim(text_.substr(pos_, value_end - pos_));
    pos_ = value_end;
    if (pos_ < text_.size() && text_[pos_] == ',') ++pos_;
    if (!is_token(name)) return complain("not the name of a header: '" + printable(name) + "'");
    std::string why;
    auto p = parse_pattern(value, why);
    if (!p) return complain(name + ": " + why);
    route_.when.push_back({name, std::move(*p)});
  }

  std::size_t end_of_value() {
    std::size_t from = pos_;
    if (from < text_.size() && text_[from] == '/') {
      from = end_of_regex(from + 1);
      if (from == std::string_view::npos) {
        stop("a regular expression without its closing '/'");
        return from;
      }
    }
    const std::size_t end = std::min(text_.find(',', from), text_.find(arrow, from));
    if (end == std::string_view::npos) stop(std::string("no '->'") + shape);
    return end;
  }

  // The first '/' that nothing but an 'i' separates from a comma or the arrow.
  std::size_t end_of_regex(std::size_t from) const {
    for (std::size_t i = from; i < text_.size(); ++i) {
      if (text_[i] != '/') continue;
      std::size_t next = i + 1;
      if (next < text_.size() && text_[next] == 'i') ++next;
      const std::size_t after = next;
      while (next < text_.size() && is_space(text_[next])) ++next;
      if (next < text_.size() && (text_[next] == ',' || text_.substr(next, arrow.size()) == arrow))
        return after;
    }
    return std::string_view::npos;
  }

  static bool begins_action(std::string_view s) {
    while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
    const std::string_view word = s.substr(0, s.find_first_of(":,+ \t"));
    const auto known = action_names();
    return std::find(known.begin(), known.end(), word) != known.end();
  }

  std::size_t end_of_action() const {
    for (std::size_t i = pos_; i < text_.size(); ++i) {
      if (text_[i] == ',') return i;
      if (text_[i] == '+' && begins_action(text_.substr(i + 1))) return i;
    }
    return text_.size();
  }

  void parse_action() {
    at_ = pos_;
    const std::size_t end = end_of_action();
    std::string_view value = trim(text_.substr(pos_, end - pos_));
    pos_ = std::min(end + 1, text_.size());
    skip_spaces();
    const bool has_value = value.find(':') != std::string_view::npos;
    const std::string_view name = trim(take_until(value, ':'));
    if (name.empty()) return complain("an empty action between separators");
    if (!check_action_name(name, context_)) {
      route_.said.emplace(name);
      return;
    }
    if (name != "play" && name != "say" && route_.said.contains(name))
      return complain("'" + std::string(name) + "' twice");
    if (!has_value && !is_switch(name)) {
      route_.said.emplace(name);
      return complain("'" + std::string(name) + "' needs a value: " + std::string(name) + ":...");
    }
    set_action(route_, name, has_value ? trim(value) : "yes", context_);
  }

  std::string_view text_;
  std::vector<mistake>& mistakes_;
  action_context context_;
  route route_;
  std::size_t pos_ = 0, at_ = 0;
  bool failed_ = false;
};

}  // namespace

void route_table::add_option(std::string_view text, std::vector<mistake>& mistakes,
                             const std::function<bool(const std::string&)>& file_exists) {
  route r = option_parser(text, mistakes, file_exists).run();
  auto next = impl_ ? std::make_shared<impl>(*impl_) : std::make_shared<impl>();
  next->routes.push_back(std::move(r));
  impl_ = std::move(next);
}

}  // namespace sipvoice::session
