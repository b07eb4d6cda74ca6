// Routes: which call gets which plan, by X-headers and the SIP fields `from` and `to`.
//
// Text in, table out: no file is opened here; whether a prompt exists is asked through
// `file_exists`. All mistakes are collected, each with file, line and column.
//
// The file (--routes), tried from the top, first match wins:
//
//     routes:
//       - when: {X-Room-ID: sales, from: "/^sip:1[0-9]+@/"}
//         do: {play: [welcome.wav, sales.wav], then: hangup}
//       - do: echo
//
// `when`: all conditions must hold; without it the route takes every call. A key is the name of a
// header (any case; of several headers of one name any may match), or `from` or `to`: the URI
// without parameters. A value is the whole text with case, "*" for 'present', or "/regex/",
// searched for anywhere ("/regex/i" without case): ECMAScript without back-references, and a value
// from the call of more than 256 bytes never matches one.
//
// `do`: one of the words echo and silence, or a map of
//     play: FILE or a list        loop: yes             echo: yes            silence: yes
//     say: TEXT or a list         voice: en-us          live: default or a device of `devices`
//     record: TEMPLATE            stereo: yes           max_duration: 10m    ring: 2s
//     dtmf: "12w#"                hangup_after: 30s     hangup_on: "*9"      then: hangup|stay|echo
//     reject: 486 Gone fishing    headers: {X-A: b}
//
// The option (--route): 'X-Room-ID=sales, to=/^sip:9/ -> play:sales.wav, then:hangup'. Left of the
// arrow the conditions, separated by commas (none: every call); right of it the same actions as
// word or word:value, separated by ',' or '+' (headers need the file). A value ends at the next
// comma; a '+' separates only before a known action, so that file names may hold one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/session/engine.hpp"
#include "sipvoice/session/mistake.hpp"
#include "sipvoice/session/plan.hpp"

namespace sipvoice::session {

class route_table {
 public:
  /// YAML of --routes. Relative paths in it are relative to `file`'s folder.
  [[nodiscard]] static route_table parse_yaml(
      std::string_view text, const std::string& file, std::vector<mistake>& mistakes,
      const std::function<bool(const std::string&)>& file_exists);
  /// One --route: 'X-Room-ID=sales -> play:sales.wav'. Appends to the table.
  void add_option(std::string_view text, std::vector<mistake>& mistakes,
                  const std::function<bool(const std::string&)>& file_exists);

  /// Options that hold for every route that does not say otherwise (record, headers, ...).
  void set_defaults(const call_plan& defaults);
  /// First match wins; none: 404 with rule "route".
  [[nodiscard]] chosen_plan choose(const call::call_info& info) const;
  [[nodiscard]] std::vector<prompt_source> prompts() const;  ///< everything that a plan plays
  [[nodiscard]] std::vector<std::string> record_templates() const;
  [[nodiscard]] std::vector<std::string> live_devices() const;  ///< every sound card of a plan
  [[nodiscard]] bool empty() const;

 private:
  struct impl;
  std::shared_ptr<const impl> impl_;
};

}  // namespace sipvoice::session
