#include "account_options.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "errors.hpp"
#include "log.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/digest.hpp"
#include "sipvoice/sip/uri.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

constexpr std::size_t max_account_lines = 100'000;

/// Nothing when it is not USER:PASSWORD, or could not stand in a header.
std::optional<call::account> parse_account(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || !sip::is_safe_value(text))
    return std::nullopt;
  return call::account{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

/// Each once, in their order.
std::vector<sip::digest_algorithm> to_algorithms(std::string_view text) {
  std::vector<sip::digest_algorithm> list;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string name = to_choice("--auth-algorithms", to_lower(trim(take_until(rest, ','))),
                                       {"sha-256", "md5", "sha-512-256"});
    const auto algorithm = *sip::digest_algorithm_of(name);
    if (std::find(list.begin(), list.end(), algorithm) == list.end()) list.push_back(algorithm);
  }
  return list;
}

void warn_of_readers(const std::string& file) {
  using std::filesystem::perms;
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  const perms others = perms::group_read | perms::others_read;
  if (error || (status.permissions() & others) == perms::none) return;
  log(log_level::warning,
      "--auth-file " + file + " can be read by other users; protect it: chmod 600 " + file);
}

}  // namespace

call::account to_account(const char* option, const std::string& text) {
  auto parsed = parse_account(text);
  if (!parsed) throw usage_error(std::string(option) + ": write it as USER:PASSWORD");
  return std::move(*parsed);
}

std::vector<call::account> read_accounts(const char* option, const std::string& file) {
  std::ifstream in(file);
  if (!in) throw usage_error(std::string(option) + ": cannot read '" + printable(file) + "'");
  std::vector<call::account> accounts;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (trim(line).empty() || line.front() == '#') continue;
    auto parsed = parse_account(line);
    if (!parsed || accounts.size() >= max_account_lines) {
      throw usage_error(printable(file) + ":" + std::to_string(number) +
                        (parsed ? ": too many lines" : ": the line is not USER:PASSWORD"));
    }
    accounts.push_back(std::move(*parsed));
  }
  if (accounts.empty())
    throw usage_error(std::string(option) + ": no line of '" + printable(file) +
                      "' is USER:PASSWORD");
  warn_of_readers(file);
  return accounts;
}

void declare_account(option_set& set, account_options& o) {
  set.group("Account");
  set.value("--auth", "USER:PASSWORD", o.auth,
            "answer challenges of the peer or proxy that is called (default: none)");
  set.value("--auth-file", "FILE", o.auth_file,
            "the same from the first line of a file: USER:PASSWORD (default: none)");
  set.value("--auth-realm", "REALM", o.auth_realm, "answer this realm alone (default: any)");
  set.value("--proxy", "URI", o.proxy, "send by way of this proxy (default: none)");
}

std::vector<call::account> to_accounts(const account_options& o) {
  if (!o.auth.empty() && !o.auth_file.empty())
    throw usage_error("--auth and --auth-file say the same; give one of them");
  if (o.auth.empty() && o.auth_file.empty()) {
    if (!o.auth_realm.empty()) throw usage_error("--auth-realm needs --auth USER:PASSWORD");
    return {};
  }
  call::account a = o.auth.empty() ? read_accounts("--auth-file", o.auth_file).front()
                                   : to_account("--auth", o.auth);
  if (!o.auth_realm.empty()) a.realm = o.auth_realm;
  return {std::move(a)};
}

std::optional<std::string> to_proxy(const account_options& o) {
  if (o.proxy.empty()) return std::nullopt;
  return to_sip_uri("--proxy", o.proxy);
}

void declare_callers(option_set& set, caller_options& o) {
  set.group("Accounts");
  set.list("--auth-user", "USER:PASSWORD", o.users,
           "challenge callers with digest; repeatable (default: none, everyone may call)");
  set.value("--auth-file", "FILE", o.file, "the same from lines of a file (default: none)");
  set.value("--auth-algorithms", "LIST", o.algorithms,
            "offered to callers in this order: sha-256, md5, sha-512-256 (default: sha-256,md5)");
  set.value("--register", "URI", o.register_uri,
            "register this address first and take calls on it (default: none)");
  set.value("--expires", "DURATION", o.expires, "of --register, asked for (default: 1h)");
  set.value("--auth", "USER:PASSWORD", o.account.auth,
            "of --register: answer the registrar's challenges (default: none)");
  set.value("--auth-realm", "REALM", o.account.auth_realm,
            "of --auth: answer this realm alone (default: any)");
  set.value("--proxy", "URI", o.account.proxy, "of --register: send it there (default: none)");
}

void add_users(call::endpoint_config& config, const caller_options& o) {
  for (const std::string& text : o.users) {
    call::account a = to_account("--auth-user", text);
    config.users.insert_or_assign(std::move(a.user), std::move(a.password));
  }
  if (!o.file.empty())
    for (call::account& a : read_accounts("--auth-file", o.file))
      config.users.insert_or_assign(std::move(a.user), std::move(a.password));
  if (o.algorithms.empty()) return;
  config.auth_algorithms = to_algorithms(o.algorithms);
  if (config.users.empty())
    throw usage_error("--auth-algorithms needs --auth-user USER:PASSWORD or --auth-file FILE");
}

std::optional<call::registration_request> to_registration(const caller_options& o) {
  if (o.register_uri.empty()) {
    const bool lonely = !o.account.auth.empty() || !o.account.proxy.empty() || !o.expires.empty();
    if (lonely) throw usage_error("--auth, --proxy and --expires need --register URI here");
    return std::nullopt;
  }
  call::registration_request r;
  r.aor = to_sip_uri("--register", o.register_uri);
  r.accounts = to_accounts(o.account);
  r.proxy = to_proxy(o.account);
  if (!o.expires.empty()) r.expires = to_expires(o.expires);
  return r;
}

duration to_expires(const std::string& text) {
  const duration d = to_duration("--expires", text);
  if (d < std::chrono::seconds(1) || d > std::chrono::hours(7 * 24))
    throw usage_error("--expires: '" + printable(text) + "' is out of range: 1s to 168h");
  return d;
}

std::string with_transport(const std::string& uri, const std::string& transport) {
  if (transport.empty()) return uri;
  const std::string word = to_choice("--transport", transport, {"udp", "tcp", "tls"});
  const auto parsed = sip::uri::parse(uri);
  if (parsed && parsed->param("transport"))
    throw usage_error("--transport: the URI names a transport itself; leave one of them out");
  return uri + ";transport=" + word;
}

way to_way(const std::string& uri, const account_options& o, const std::string& transport) {
  request_uri to = to_request_uri(uri);
  way w{std::move(to.target), std::move(to.headers), to_proxy(o)};
  std::string& first = w.proxy ? *w.proxy : w.target;
  first = with_transport(first, transport);
  return w;
}

}  // namespace sipvoice::app
