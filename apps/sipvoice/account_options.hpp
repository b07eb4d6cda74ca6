// Accounts: whom we are to others (--auth, --register), and who may call us (--auth-user).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "sipvoice/call/endpoint.hpp"

namespace sipvoice::app {

/// As they were typed; empty: not given. Passwords are in none of the messages about mistakes.
struct account_options {
  std::string auth, auth_file, auth_realm, proxy;
};
/// --auth, --auth-file, --auth-realm, --proxy: of commands that send requests.
void declare_account(option_set& set, account_options& o);
[[nodiscard]] std::vector<call::account> to_accounts(const account_options& o);
[[nodiscard]] std::optional<std::string> to_proxy(const account_options& o);

/// Of commands that take calls.
struct caller_options {
  std::vector<std::string> users;
  std::string file, algorithms;  ///< --auth-file, --auth-algorithms
  std::string register_uri, expires;
  account_options account;  ///< for --register; its auth_file stays empty
};
void declare_callers(option_set& set, caller_options& o);
/// Fills users and algorithms.
void add_users(call::endpoint_config& config, const caller_options& o);
/// --register; nothing when it was not given.
[[nodiscard]] std::optional<call::registration_request> to_registration(const caller_options& o);

/// USER:PASSWORD.
[[nodiscard]] call::account to_account(const char* option, const std::string& text);
/// Lines of USER:PASSWORD; empty ones and those that begin with # are passed over.
[[nodiscard]] std::vector<call::account> read_accounts(const char* option, const std::string& file);
/// --expires: 1s to 7 days, whole seconds.
[[nodiscard]] duration to_expires(const std::string& text);
/// A URI with ;transport= as --transport says.
[[nodiscard]] std::string with_transport(const std::string& uri, const std::string& transport);
/// Where a request goes: its target, and the proxy that it goes by.
struct way {
  std::string target;
  call::header_list headers;  ///< of the request, from the URI
  std::optional<std::string> proxy;
};
/// --transport says how a request leaves: of the proxy's URI where there is a proxy.
[[nodiscard]] way to_way(const std::string& uri, const account_options& o,
                         const std::string& transport);

}  // namespace sipvoice::app
