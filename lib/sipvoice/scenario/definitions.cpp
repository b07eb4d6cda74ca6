#include "sipvoice/scenario/definitions.hpp"

#include <algorithm>
#include <array>

namespace sipvoice::scenario {
namespace {

using k = value_kind;
using words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> until_words = {"dtmf", "speech"};
constexpr std::array<std::string_view, 3> method_words = {"rfc4733", "info", "inband"};
constexpr std::array<std::string_view, 4> stop_words = {"play", "record", "echo", "live"};
constexpr std::array<std::string_view, 4> audio_words = {"both", "received_only", "sent_only",
                                                         "none"};
constexpr std::array<std::string_view, 4> by_words = {"remote", "local", "timeout", "error"};

constexpr field headers = {"headers", k::headers, "headers to add"};
constexpr field expected_headers = {"headers", k::header_patterns,
                                    "headers it must have: whole value, \"/regex/\" or \"*\""};
constexpr field as = {"as", k::name, "a name for this call, for `on` of other steps"};
constexpr field background = {"background", k::flag,
                              "the next step begins at once (default: false)"};
constexpr field until = {"until", k::word, "what ends it early", false, until_words};

constexpr std::array<field, 9> call_fields = {{
    {"to", k::party_or_uri, "a party of this file, or a SIP URI outside", true},
    headers,
    {"codecs", k::codecs, "what is offered, in order of preference (default: the party's)"},
    {"from", k::uri, "who calls (default: the party)"},
    {"proxy", k::uri, "by way of this proxy (default: the party's)"},
    {"late_offer", k::flag, "the INVITE carries no SDP: the answer does (default: false)"},
    {"session_expires", k::duration, "session timer to ask for, at least 90s (default: none)"},
    {"timeout", k::duration, "how long it may ring (default: 30s)"},
    as,
}};
constexpr std::array<field, 2> ring_fields = {{
    {"for", k::duration, "how long, before the next step (default: 0s)"},
    headers,
}};
constexpr std::array<field, 1> headers_only = {{headers}};
constexpr std::array<field, 2> answer_fields = {{
    headers,
    {"codecs", k::codecs, "what is accepted (default: the party's)"},
}};
constexpr std::array<field, 2> reject_fields = {{
    {"status", k::status, "300 to 699, with or without its phrase", true},
    headers,
}};
constexpr std::array<field, 2> redirect_fields = {{
    {"to", k::party_or_uri, "the Contact", true},
    {"status", k::status, "301 or 302 (default: 302)"},
}};
constexpr std::array<field, 4> play_fields = {{
    {"file", k::file, "a sound file", true},
    {"loop", k::flag, "from the beginning again and again (default: false)"},
    background,
    until,
}};
constexpr std::array<field, 4> say_fields = {{
    {"text", k::text, "what is spoken", true},
    {"voice", k::text, "as the speaking program names it"},
    background,
    until,
}};
constexpr std::array<field, 5> tone_fields = {{
    {"hz", k::number, "its frequency", true, {}, 20, 20000},
    {"for", k::duration, "how long (default: 1s)"},
    {"level", k::level, "\"-10dBm0\" (default)"},
    background,
    until,
}};
constexpr std::array<field, 1> silence_fields = {{
    {"for", k::duration, "how long nothing is sent but silence", true},
}};
constexpr std::array<field, 1> live_fields = {{
    {"device", k::text, "as `sipvoice devices` lists it (default: default)"},
}};
constexpr std::array<field, 3> record_fields = {{
    {"file", k::new_file, "a WAV file inside the scenario's folder; may hold {call_id} and others",
     true},
    {"stereo", k::flag, "left: heard, right: sent (default: false)"},
    {"max_duration", k::duration, "ends by itself (default: never)"},
}};
constexpr std::array<field, 1> stop_fields = {{
    {"what", k::word, "what ends", true, stop_words},
}};
constexpr std::array<field, 3> send_dtmf_fields = {{
    {"digits", k::digits_and_waits, "0-9 * # A-D; w waits half a second, W one", true},
    {"method", k::word, "default: as was negotiated", false, method_words},
    {"duration", k::duration, "of each digit (default: 160ms)"},
}};
constexpr std::array<field, 3> reinvite_fields = {{
    {"codecs", k::codecs, "what is offered now (default: as before)"},
    {"ptime", k::duration, "the packet time asked for (default: as before)"},
    headers,
}};
constexpr std::array<field, 2> transfer_fields = {{
    {"to", k::party_or_uri, "where the other side is sent", true},
    {"replaces", k::name, "attended: the call of that name is the one that is joined"},
}};
constexpr std::array<field, 3> message_fields = {{
    {"to", k::party_or_uri, "outside a dialog (default: the other side of the call)"},
    {"body", k::text, "at most 8192 bytes", true},
    {"content_type", k::text, "default: text/plain"},
}};
constexpr std::array<field, 2> info_fields = {{
    {"body", k::text, "of the INFO", true},
    {"content_type", k::text, "default: application/dtmf-relay"},
}};
constexpr std::array<field, 2> options_fields = {{
    {"to", k::party_or_uri, "who is asked (default: the other side of the call)"},
    headers,
}};
constexpr std::array<field, 1> hangup_fields = {{
    {"reason", k::text, "a Reason header (RFC 3326): \"Q.850;cause=16\""},
}};
constexpr std::array<field, 1> wait_fields = {{
    {"for", k::duration, "how long", true},
}};
constexpr std::array<field, 3> set_fields = {{
    {"name", k::name, "of the variable, from here on ${name}", true},
    {"header", k::name, "of the message just met by an expectation", true},
    {"match", k::regex, "\"/regex with one group/\" (default: the whole value)"},
}};
constexpr std::array<field, 1> log_fields = {{
    {"text", k::text, "a line of the report", true},
}};
constexpr std::array<field, 5> send_raw_fields = {{
    {"text", k::text, "the message"},
    {"hex", k::hex, "its bytes"},
    {"file", k::file, "a file that holds it"},
    {"to", k::party_or_uri, "default: the peer of the call"},
    {"crlf", k::flag, "line ends become CRLF (default: true, of text)"},
}};
constexpr std::array<field, 4> respond_fields = {{
    {"status", k::status, "of the response to the request just met", true},
    headers,
    {"body", k::text, "default: none"},
    {"content_type", k::text, "of the body"},
}};
constexpr std::array<field, 1> name_field = {{
    {"name", k::name, "shared by the parties that meet here", true},
}};
constexpr std::array<field, 2> repeat_fields = {{
    {"times", k::count, "how often", true, {}, 1, 10000},
    {"steps", k::steps, "what is repeated", true},
}};

constexpr std::array<field, 4> expect_call_fields = {{
    expected_headers,
    {"from", k::pattern, "the caller's URI"},
    {"to", k::pattern, "the URI that was called"},
    as,
}};
constexpr std::array<field, 3> expect_response_fields = {{
    {"status", k::status_set, "180, 4xx, or a list", true},
    expected_headers,
    {"body", k::pattern, "of the response"},
}};
constexpr std::array<field, 1> expected_headers_only = {{expected_headers}};
constexpr std::array<field, 2> expect_answer_fields = {{
    {"codec", k::codec, "that was agreed"},
    expected_headers,
}};
constexpr std::array<field, 3> expect_request_fields = {{
    {"method", k::name, "INFO, MESSAGE, ...", true},
    expected_headers,
    {"body", k::pattern, "of the request"},
}};
constexpr std::array<field, 2> expect_dtmf_fields = {{
    {"digits", k::digits, "these and no others (inside expect_no: any, where left out)"},
    {"method", k::word, "default: any", false, method_words},
}};
constexpr std::array<field, 6> expect_audio_fields = {{
    {"like", k::file, "this sound, found inside what is heard"},
    {"similarity", k::number, "of `like` (default: 0.9)", false, {}, 0.1, 1},
    {"tone", k::number, "a steady tone of so many Hz", false, {}, 20, 20000},
    {"speech", k::flag, "somebody speaks"},
    {"any", k::flag, "anything louder than silence"},
    {"for", k::duration, "of tone, speech and any: how long (default: 200ms)"},
}};
constexpr std::array<field, 1> expect_silence_fields = {{
    {"for", k::duration,
     "how long nothing is heard, from here on (what was under way may take 400ms)", true},
}};
constexpr std::array<field, 5> expect_media_fields = {{
    {"audio", k::word, "which ways it went", false, audio_words},
    {"lost", k::most_percent, "\"<1%\""},
    {"jitter", k::most_duration, "\"<20ms\""},
    {"codec", k::codec, "that is used"},
    {"first_packet", k::most_duration, "\"<300ms\", after the answer"},
}};
constexpr std::array<field, 1> expect_transfer_fields = {{
    {"result", k::status_set, "how the transfer ended (default: 2xx)"},
}};
constexpr std::array<field, 2> expect_hangup_fields = {{
    {"by", k::word, "who ended it (default: anybody)", false, by_words},
    {"reason", k::pattern, "the Reason header, or the one word of call_ended"},
}};
constexpr std::array<field, 2> expect_rejected_fields = {{
    {"status", k::status_set, "default: any"},
    expected_headers,
}};
constexpr std::array<field, 2> expect_no_fields = {{
    {"steps", k::steps, "one expectation that must not come true", true},
    {"for", k::duration, "how long", true},
}};

using s = step_kind;
constexpr auto act = [](s kind, std::string_view name, std::string_view doc,
                        std::span<const field> fields, std::string_view shorthand = {},
                        bool alone = false, bool on_call = true) {
  return step_definition{kind, name, doc, fields, shorthand, alone, false, on_call};
};
constexpr auto expect = [](s kind, std::string_view name, std::string_view doc,
                           std::span<const field> fields, std::string_view shorthand = {},
                           bool alone = false, bool on_call = true) {
  return step_definition{kind, name, doc, fields, shorthand, alone, true, on_call};
};

constexpr std::array definitions = {
    act(s::call, "call", "Places a call and goes on at once.", call_fields, "to", false, false),
    act(s::ring, "ring", "Lets the call ring (180).", ring_fields, "for", true),
    act(s::early_media, "early_media", "Sends 183 with SDP: what is played next is early media.",
        headers_only, {}, true),
    act(s::answer, "answer", "Answers the call (200).", answer_fields, {}, true),
    act(s::reject, "reject", "Refuses the call.", reject_fields, "status"),
    act(s::redirect, "redirect", "Sends the caller elsewhere (302).", redirect_fields, "to"),
    act(s::cancel, "cancel", "Gives up a call that was placed and not answered.", {}, {}, true),
    act(s::play, "play", "Plays a sound file and waits for its end.", play_fields, "file"),
    act(s::say, "say", "Speaks a text and waits for its end.", say_fields, "text"),
    act(s::tone, "tone", "Plays a tone and waits for its end.", tone_fields, "hz"),
    act(s::silence, "silence", "Sends silence for so long.", silence_fields, "for"),
    act(s::echo, "echo", "Sends back what is heard, from here on.", {}, {}, true),
    act(s::live, "live", "Microphone and speaker, from here on.", live_fields, "device", true),
    act(s::record, "record", "Records, from here on.", record_fields, "file"),
    act(s::stop, "stop", "Ends what plays, records, echoes or is live.", stop_fields, "what"),
    act(s::send_dtmf, "send_dtmf", "Sends digits and waits for their end.", send_dtmf_fields,
        "digits"),
    act(s::hold, "hold", "Puts the call on hold (re-INVITE).", {}, {}, true),
    act(s::resume, "resume", "Takes it off hold.", {}, {}, true),
    act(s::reinvite, "reinvite", "Negotiates again.", reinvite_fields, {}, true),
    act(s::update, "update", "Sends an UPDATE.", headers_only, {}, true),
    act(s::transfer, "transfer", "Sends the other side elsewhere (REFER).", transfer_fields, "to"),
    act(s::message, "message", "Sends a MESSAGE.", message_fields, "body"),
    act(s::info, "info", "Sends an INFO.", info_fields),
    act(s::options, "options", "Asks whether somebody is there (OPTIONS).", options_fields, "to",
        true),
    act(s::register_account, "register", "Registers as the party's settings say.", {}, {}, true,
        false),
    act(s::unregister, "unregister", "Takes the registration back.", {}, {}, true, false),
    act(s::hangup, "hangup", "Ends the call.", hangup_fields, "reason", true),
    act(s::wait, "wait", "Does nothing for so long.", wait_fields, "for", false, false),
    act(s::set, "set", "Keeps a header's value as a variable.", set_fields),
    act(s::log, "log", "Writes a line into the report.", log_fields, "text", false, false),
    act(s::send_raw, "send_raw", "Sends bytes as they are.", send_raw_fields, "text"),
    act(s::respond, "respond", "Answers the request that was just met.", respond_fields, "status"),
    act(s::bridge, "bridge", "Mixes the sound of all calls in it.", name_field, "name"),
    act(s::repeat, "repeat", "Does steps again and again.", repeat_fields, {}, false, false),
    act(s::sync, "sync", "Waits until all parties that name it are here.", name_field, "name",
        false, false),

    expect(s::expect_call, "expect_call", "A call comes in.", expect_call_fields, {}, true, false),
    expect(s::expect_response, "expect_response", "A response to a request of ours.",
           expect_response_fields, "status"),
    expect(s::expect_ringing, "expect_ringing", "It rings (180 or 183).", expected_headers_only, {},
           true),
    expect(s::expect_answer, "expect_answer", "The call is answered.", expect_answer_fields, {},
           true),
    expect(s::expect_request, "expect_request", "A request inside the call.", expect_request_fields,
           "method"),
    expect(s::expect_dtmf, "expect_dtmf", "These digits, no others, no more.", expect_dtmf_fields,
           "digits"),
    expect(s::expect_audio, "expect_audio", "A sound is heard.", expect_audio_fields),
    expect(s::expect_silence, "expect_silence", "Nothing is heard.", expect_silence_fields, "for"),
    expect(s::expect_media, "expect_media", "The media's figures.", expect_media_fields),
    expect(s::expect_hold, "expect_hold", "The other side puts us on hold.", {}, {}, true),
    expect(s::expect_resume, "expect_resume", "And takes us off hold.", {}, {}, true),
    expect(s::expect_transfer, "expect_transfer", "The transfer we asked for has ended.",
           expect_transfer_fields, "result", true),
    expect(s::expect_hangup, "expect_hangup", "The call ends.", expect_hangup_fields, {}, true),
    expect(s::expect_rejected, "expect_rejected", "The call we placed is refused.",
           expect_rejected_fields, "status", true),
    expect(s::expect_no, "expect_no", "An expectation that must not come true.", expect_no_fields),
};

constexpr field within = {"within", k::duration, "how long to wait (default: 5s)"};
constexpr field on = {"on", k::name, "which call of the party (default: the newest)"};

constexpr std::array<field, 2> of_file = {{
    {"scenario", k::text, "what it proves, in one line"},
    {"timeout", k::duration, "of the whole (default: 60s)"},
}};
constexpr std::array<field, 12> of_party = {{
    {"listen", k::listen, "default: udp:127.0.0.1:0"},
    {"codecs", k::codecs, "in order of preference (default: pcmu, pcma)"},
    {"ptime", k::duration, "packet time, 10ms to 60ms (default: 20ms)"},
    {"dtmf_pt", k::count, "payload type of telephone-event", false, {}, 96, 127},
    {"auth", k::credentials, "{user: NAME, password: WORD}"},
    {"register", k::uri, "registers first, and takes calls there"},
    {"proxy", k::uri, "for everything outside dialogs"},
    headers,
    {"allow_refer", k::flag, "takes a transfer to somewhere outside the file (default: false)"},
    {"reliable", k::flag, "reliable provisional responses, 100rel (default: false)"},
    {"barge_in", k::flag, "the other side's speech ends what plays (default: false)"},
    {"seed", k::count, "of this party's network", false, {}, 0, 9007199254740991.0},
}};
constexpr std::array<field, 5> of_network = {{
    {"loss", k::percent, "\"5%\" of the packets vanish"},
    {"delay", k::duration, "of every packet"},
    {"jitter", k::duration, "more delay, up to so much, at random"},
    {"reorder", k::percent, "overtake the one before"},
    {"duplicate", k::percent, "come twice"},
}};

}  // namespace

std::span<const step_definition> step_definitions() { return definitions; }

const step_definition* find_step(std::string_view name) {
  const auto found = std::find_if(definitions.begin(), definitions.end(),
                                  [name](const step_definition& d) { return d.name == name; });
  return found == definitions.end() ? nullptr : &*found;
}

const step_definition& definition_of(step_kind kind) {
  return *std::find_if(definitions.begin(), definitions.end(),
                       [kind](const step_definition& d) { return d.kind == kind; });
}

const field& within_field() { return within; }
const field& on_field() { return on; }
std::span<const field> file_fields() { return of_file; }
std::span<const field> party_fields() { return of_party; }
std::span<const field> network_fields() { return of_network; }

}  // namespace sipvoice::scenario
