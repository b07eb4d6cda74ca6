#!/usr/bin/env python3
"""SIPp towards `sipvoice answer`: every turn that a call to us can take."""
from harness import Sipvoice, check, equal, case, run_cases, wait_until
from peers import packets, sipp


def take(scenario, *options, action=("--silence",), expect=1, sipp_options=("-d", "800"), closing_seconds=5, **what):
    """One call of SIPp with that scenario: (sipvoice, its closing event); all must be given back after it."""
    voice = Sipvoice("answer", *action, *options)
    before = voice.open_files()
    sipp(voice.port, *sipp_options, scenario=scenario, **what)
    def closing():
        return sorted(voice.events("call_ended") + voice.events("call_rejected"), key=lambda event: event["time"])
    wait_until(lambda: len(closing()) >= expect, closing_seconds, lambda: f"{expect} closing events, got {closing()}")
    wait_until(lambda: voice.open_files() == before, 5, lambda: f"open files {voice.open_files()}, were {before}")
    voice.stop()
    equal(len(closing()), expect, f"closing events: {closing()}")
    return voice, closing()[-1]


def ended_by(scenario, *options, by="remote", **what):
    voice, ended = take(scenario, *options, **what)
    equal((ended["event"], ended.get("by")), ("call_ended", by), "how it ended")
    return voice, ended


@case(timeout=40, needs=["sipp"])
def prack_required():
    """Require: 100rel makes our 180 reliable; the 200 follows its PRACK."""
    ended_by("calls_prack.xml", "--ring", "400ms")


@case(timeout=40, needs=["sipp"])
def prack_supported():
    """Supported: 100rel and --100rel: the same."""
    ended_by("calls_prack_supported.xml", "--ring", "400ms", "--100rel")


@case(timeout=40, needs=["sipp"])
def prack_absent():
    """Without 100rel on the other side --100rel changes nothing."""
    ended_by("calls_without_100rel.xml", "--ring", "300ms", "--100rel")


@case(timeout=40, needs=["sipp", "tshark"])
def prack_missing():
    """The reliable 180 is repeated while no PRACK comes; the caller's CANCEL still works."""
    voice, ended = ended_by("calls_no_prack.xml", "--ring", "10s", "--pcap", "call.pcap")
    equal(ended["reason"], "cancelled", "reason")
    rings = packets("call.pcap", voice.port, "sip.Status-Code==180", "sip.Status-Code")
    equal(len(rings), 3, "copies of the 180 in 2 s (at 0, 0.5 and 1.5 s)")


@case(timeout=40, needs=["sipp"])
def late_offer():
    """The offer in the 200, the answer (PCMA alone) in the ACK."""
    voice, _ = ended_by("calls_late_offer.xml")
    equal(voice.events("call_answered")[0]["codec"], "pcma", "codec")


@case(timeout=40, needs=["sipp"])
def late_offer_unanswered():
    """An ACK without the answer to our offer: BYE."""
    voice, ended = take("calls_late_offer_unanswered.xml")
    equal((ended["event"], ended["by"]), ("call_ended", "error"), "how it ended")


@case(timeout=40, needs=["sipp"])
def hold():
    """Held by sendonly and by 0.0.0.0, resumed each time."""
    voice, _ = ended_by("calls_hold.xml")
    equal((len(voice.events("hold")), len(voice.events("resume"))), (2, 2), "holds and resumes")


@case(timeout=40, needs=["sipp", "tshark"])
def codec_change():
    """Another codec in mid-call: PCMU goes out first, then PCMA alone."""
    voice, _ = ended_by("calls_codec_change.xml", "--pcap", "call.pcap")
    local = voice.events("call_answered")[0]["local_rtp"].rsplit(":", 1)[1]
    types = [row[0] for row in packets("call.pcap", voice.port, f"rtp && udp.srcport=={local}", "rtp.p_type")]
    check("0" in types and "8" in types, f"payload types {set(types)}")
    equal(types, sorted(types), "order of the payload types")


@case(timeout=40, needs=["sipp"])
def address_change():
    """Another media address in mid-call."""
    _, ended = ended_by("calls_address_change.xml")
    check(ended["media"]["remote_sdp"].startswith("127.0.0.3:"), f"remote_sdp {ended['media']['remote_sdp']}")


@case(timeout=40, needs=["sipp"])
def refused_reinvite():
    """488 to a re-INVITE leaves the call as it was."""
    _, ended = ended_by("calls_refused_reinvite.xml")
    equal(ended["media"]["codec"], "pcmu", "codec")


@case(timeout=40, needs=["sipp"])
def update():
    """UPDATE without and with SDP."""
    voice, _ = ended_by("calls_update.xml")
    equal((len(voice.events("hold")), len(voice.events("resume"))), (1, 1), "holds and resumes")


@case(timeout=40, needs=["sipp"])
def info_digits():
    """Digits by INFO in both forms."""
    voice, _ = ended_by("calls_info_digits.xml")
    digits = [(e["digit"], e["method"]) for e in voice.events("dtmf")]
    equal(digits, [("5", "info"), ("#", "info"), ("9", "info")], "digits")
    equal([e["duration_ms"] for e in voice.events("dtmf")][:2], [160, 250], "durations")


@case(timeout=40, needs=["sipp"])
def refer_refused():
    """A REFER is 603 unless allowed."""
    ended_by("calls_refer_refused.xml")


@case(timeout=40, needs=["sipp"])
def wrong_tags():
    """481 to what belongs to no dialog."""
    ended_by("calls_wrong_tags.xml")


@case(timeout=40, needs=["sipp"])
def old_cseq():
    """500 to a CSeq that goes back (RFC 3261 12.2.2)."""
    ended_by("calls_old_cseq.xml")


@case(timeout=40, needs=["sipp"])
def two_reinvites():
    """The second of two re-INVITEs is refused while our 200 to the first waits for its ACK."""
    ended_by("calls_two_reinvites.xml")


@case(timeout=40, needs=["sipp"])
def session_interval():
    """422 below the minimum; then the interval agreed, refreshed by UPDATE."""
    ended_by("calls_422.xml", expect=2)


@case(timeout=40, needs=["sipp"])
def bye_with_reason():
    """The cause of a BYE's Reason header is in the event."""
    _, ended = ended_by("calls_bye_reason.xml")
    equal(ended["q850_cause"], 16, "cause")


@case(timeout=40, needs=["sipp"])
def digest():
    """--auth-user with MD5 alone, which is what SIPp can do."""
    ended_by("calls_digest.xml", "--auth-user", "alice:secret", "--auth-algorithms", "md5",
             sipp_options=("-au", "alice", "-ap", "secret"))


@case(timeout=40, needs=["sipp"])
def requests_in_dialog():
    """OPTIONS and MESSAGE in a call."""
    ended_by("calls_message.xml")


@case(timeout=40, needs=["sipp"])
def unknown_method():
    """501 inside a call, which goes on."""
    ended_by("calls_unknown.xml")


@case(timeout=40, needs=["sipp"])
def repeated_invite():
    """The INVITE again after the 200: the 200 again, one call."""
    voice, _ = ended_by("calls_repeats_invite.xml")
    equal(len(voice.events("call_incoming")), 1, "calls")


@case(timeout=40, needs=["sipp"])
def late_cancel():
    """A CANCEL after the 200 ends nothing."""
    voice, _ = ended_by("calls_cancel_late.xml")
    equal(len(voice.events("call_answered")), 1, "answers")


@case(timeout=40, needs=["sipp"])
def strict_router():
    """Record-Route without lr: our BYE has the router as its Request-URI and the caller as its last Route."""
    ended_by("calls_strict.xml", "--hangup-after", "700ms", by="local")


@case(timeout=40, needs=["sipp", "tshark"])
def refusal_without_ack():
    """486 is repeated after 0.5 and 1 s while no ACK comes, and no more after it."""
    voice, _ = take("calls_no_ack_of_refusal.xml", "--pcap", "call.pcap", action=("--reject", "486"))
    copies = packets("call.pcap", voice.port, "sip.Status-Code==486", "sip.Status-Code")
    equal(len(copies), 3, "copies of the 486 (at 0, 0.5 and 1.5 s)")


@case(timeout=60, needs=["sipp"])
def caller_vanishes():
    """Gone after its ACK: no sound, our BYE without an answer; one end, nothing left."""
    _, ended = ended_by("calls_vanishes.xml", "--rtp-start-timeout", "1s", by="timeout", closing_seconds=10)
    equal(ended["reason"], "rtp_never", "reason")


if __name__ == "__main__":
    run_cases()
