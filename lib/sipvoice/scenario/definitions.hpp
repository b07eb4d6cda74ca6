// The language of scenario files as data: every step and setting, what values they take and in
// which short forms. The reader of documents, the JSON schema and the suggestions come from here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sipvoice::scenario {

enum class step_kind : std::uint8_t {
  // that act
  call,
  ring,
  early_media,
  answer,
  reject,
  redirect,
  cancel,
  play,
  say,
  tone,
  silence,
  echo,
  live,
  record,
  stop,
  send_dtmf,
  hold,
  resume,
  reinvite,
  update,
  transfer,
  message,
  info,
  options,
  register_account,
  unregister,
  hangup,
  wait,
  set,
  log,
  send_raw,
  respond,
  bridge,
  repeat,
  sync,
  // that expect
  expect_call,
  expect_response,
  expect_ringing,
  expect_answer,
  expect_request,
  expect_dtmf,
  expect_audio,
  expect_silence,
  expect_media,
  expect_hold,
  expect_resume,
  expect_transfer,
  expect_hangup,
  expect_rejected,
  expect_no,
};

/// What a value is, and as which C++ type a document holds it (see value.hpp).
enum class value_kind : std::uint8_t {
  flag,              ///< true or false: bool
  count,             ///< a whole number within the field's range: std::int64_t
  number,            ///< a number within the range: double
  text,              ///< any text: std::string
  name,              ///< [A-Za-z0-9_.-]+, of a call, a variable, a meeting point: std::string
  word,              ///< one of the field's words: std::string
  file,              ///< of something that must exist, relative to the scenario: std::string
  new_file,          ///< a template of a recording, inside the scenario's folder: std::string
  duration,          ///< with its unit: sipvoice::duration
  digits,            ///< DTMF digits: std::string
  digits_and_waits,  ///< the same with w and W: std::string
  party_or_uri,      ///< a party of the file, or a SIP URI: std::string
  uri,               ///< a SIP URI: std::string
  listen,            ///< [udp:|tcp:|tls:]HOST:PORT: std::string
  status,            ///< a final status, "486" or "486 Gone fishing": status_line
  status_set,        ///< 180, 4xx, or a list of these: status_set
  codec,             ///< std::string
  codecs,            ///< a list, or a text with commas: text_list
  headers,           ///< a map of names and texts: header_values
  header_patterns,   ///< a map of names and patterns: header_patterns
  pattern,           ///< exact, "/regex/" or "*": session::pattern
  regex,             ///< "/regex with one group/": session::pattern
  level,             ///< "-10dBm0": double
  percent,           ///< "5%": double, 0 to 100
  most_percent,      ///< "<1%": double
  most_duration,     ///< "<20ms": sipvoice::duration
  hex,               ///< bytes: std::string
  credentials,       ///< {user, password}: credentials
  steps,             ///< std::vector<step>
};

struct field {
  std::string_view name;
  value_kind kind;
  std::string_view doc;  ///< for the schema, and the default where there is one
  bool required = false;
  std::span<const std::string_view> words = {};  ///< of `word`
  double low = 0, high = 0;                      ///< of `count` and `number`
};

struct step_definition {
  step_kind kind;
  std::string_view name;
  std::string_view doc;
  std::span<const field> fields;
  std::string_view shorthand = {};  ///< the field that a value alone is; empty: a map is needed
  bool alone = false;               ///< the bare word is enough
  bool expects = false;             ///< also takes `within`
  bool on_call = true;              ///< also takes `on`
};

[[nodiscard]] std::span<const step_definition> step_definitions();
[[nodiscard]] const step_definition* find_step(std::string_view name);
[[nodiscard]] const step_definition& definition_of(step_kind kind);

/// Of every expectation, and of every step that is about a call.
[[nodiscard]] const field& within_field();
[[nodiscard]] const field& on_field();

/// Keys of the file itself, besides `parties` and `vars`.
[[nodiscard]] std::span<const field> file_fields();
/// Keys of a party, besides `steps` and `network`.
[[nodiscard]] std::span<const field> party_fields();
/// Keys of `network`, and of `sip` and `rtp` beneath it.
[[nodiscard]] std::span<const field> network_fields();

}  // namespace sipvoice::scenario
