#!/usr/bin/env python3
"""`sipvoice call` towards SIPp: every turn that a call of ours can take."""
import socket

from harness import BINARY, Sipvoice, between, case, check, equal, run, run_cases
from peers import Called, packets


def place(scenario, *options, expect=0, calls=1, uri=None, seconds=20, transport="udp"):
    """One call to SIPp with that scenario: (what the caller reported, the event that closes it)."""
    peer = Called(scenario, calls=calls, transport=transport)
    voice = Sipvoice("call", uri or peer.uri, "--silence", "--rtp-start-timeout", "0s", *options, listen=False)
    voice.stop(None, expect=expect, seconds=seconds)
    peer.finish()
    closing = voice.events("call_ended") + voice.events("call_rejected")
    equal(len(closing), 1, f"events that close the call: {closing}")
    return voice, closing[0]


@case(timeout=40, needs=["sipp"])
def plain():
    """180, 200, ACK; our BYE after --duration."""
    _, ended = place("called.xml", "--duration", "1s")
    equal((ended["by"], ended["reason"]), ("local", "hangup_after"), "how it ended")
    between(ended["duration_ms"], 950, 1400, "ms")


@case(timeout=40, needs=["sipp"])
def peer_hangs_up():
    """Their BYE, with a Reason of Q.850."""
    _, ended = place("called_hangs_up.xml")
    equal(ended["by"], "remote", "ended by")
    equal(ended["q850_cause"], 38, "cause")


@case(timeout=40, needs=["sipp"])
def prack():
    """Two reliable provisionals: a PRACK each, with the RAck that belongs to it."""
    place("called_prack.xml", "--duration", "1s")


@case(timeout=40, needs=["sipp"])
def prack_once():
    """A reliable 183 that comes twice gets one PRACK."""
    place("called_prack_repeated.xml", "--duration", "1s")


@case(timeout=40, needs=["sipp"])
def no_prack_without_rseq():
    """A 183 that is not reliable gets no PRACK; a 180 after it is no step back."""
    voice, _ = place("called_unreliable.xml", "--duration", "1s")
    check(voice.events("call_ringing"), "no call_ringing")


@case(timeout=40, needs=["sipp"])
def update():
    """UPDATE from the callee holds and resumes."""
    voice, ended = place("called_update.xml")
    equal((len(voice.events("hold")), len(voice.events("resume"))), (1, 1), "holds and resumes")
    equal(ended["by"], "remote", "ended by")


@case(timeout=40, needs=["sipp"])
def hold():
    """re-INVITE from the callee holds and resumes."""
    voice, ended = place("called_hold.xml")
    equal((len(voice.events("hold")), len(voice.events("resume"))), (1, 1), "holds and resumes")
    equal(ended["by"], "remote", "ended by")


@case(timeout=40, needs=["sipp", "tshark"])
def changed_reinvite():
    """A re-INVITE from the callee with another codec and another media address: what we send follows both."""
    voice, ended = place("called_change.xml", "--pcap", "call.pcap")
    equal((ended["by"], ended["media"]["codec"]), ("remote", "pcma"), "how it ended")
    check(ended["media"]["remote_sdp"].startswith("127.0.0.3:"), f"remote_sdp {ended['media']['remote_sdp']}")
    port = voice.events("listening")[0]["address"].rsplit(":", 1)[1]
    local = voice.events("call_answered")[0]["local_rtp"].rsplit(":", 1)[1]
    sent = packets("call.pcap", port, f"rtp && udp.srcport=={local}", "rtp.p_type", "ip.dst")
    equal([row for n, row in enumerate(sent) if n == 0 or row != sent[n - 1]],
          [["0", "127.0.0.1"], ["8", "127.0.0.3"]], "payload types and destinations, in their order")


@case(timeout=40, needs=["sipp"])
def late_reinvite():
    """A re-INVITE without an offer is answered with one."""
    _, ended = place("called_late_reinvite.xml")
    equal(ended["by"], "remote", "ended by")


@case(timeout=40, needs=["sipp"])
def refused_reinvite():
    """A re-INVITE without a codec of ours is 488 and changes nothing."""
    _, ended = place("called_refused_reinvite.xml")
    equal(ended["by"], "remote", "ended by")


@case(timeout=40, needs=["sipp"])
def forked():
    """Of two dialogs one is kept, the other gets ACK and BYE; one call in the events."""
    voice, ended = place("called_forked.xml")
    equal(len(voice.events("call_answered")), 1, "answers")
    equal(ended["by"], "remote", "ended by")


@case(timeout=40, needs=["sipp", "tshark"])
def repeated_answer():
    """Every copy of the 200 is ACKed."""
    voice, _ = place("called_repeats_200.xml", "--duration", "1s", "--pcap", "call.pcap")
    port = voice.events("listening")[0]["address"].rsplit(":", 1)[1]
    answers = packets("call.pcap", port, 'sip.Status-Code==200 && sip.CSeq.method=="INVITE"', "sip.CSeq.seq")
    acks = packets("call.pcap", port, 'sip.Method=="ACK"', "sip.CSeq.seq")
    check(len(answers) >= 3, f"only {len(answers)} copies of the 200")
    equal(len(acks), len(answers), "ACKs")


@case(timeout=40, needs=["sipp"])
def challenged_401():
    """WWW-Authenticate: SIPp verifies the credentials."""
    place("called_401.xml", "--auth", "alice:secret", "--duration", "1s")


@case(timeout=40, needs=["sipp"])
def challenged_407():
    """Proxy-Authenticate: the credentials come in Proxy-Authorization."""
    place("called_407.xml", "--auth", "alice:secret", "--duration", "1s")


@case(timeout=40, needs=["sipp"])
def wrong_password():
    """Challenged again after credentials: exit 1, and the last line says 401."""
    voice, ended = place("called_always_401.xml", "--auth", "alice:wrong", expect=1)
    equal((ended["event"], ended.get("status"), ended.get("rule")), ("call_rejected", 401, "remote"), "refusal")
    check("401" in voice.last_line(), f"last line: {voice.last_line()!r}")


@case(timeout=40, needs=["sipp"])
def moved():
    """302: the call goes to the Contact that came."""
    place("called_302.xml", "--duration", "1s")


@case(timeout=40, needs=["sipp"])
def wrong_tag():
    """A BYE with a strange tag is 481 and ends nothing."""
    _, ended = place("called_wrong_tag.xml")
    equal(ended["by"], "remote", "ended by")


@case(timeout=40, needs=["sipp"])
def early_media():
    """183 with SDP, then 180, then 200."""
    place("called_early_media.xml", "--duration", "1s")


@case(timeout=40, needs=["sipp"])
def rings_forever():
    """--timeout ends the ringing with a CANCEL: exit 1, by timeout."""
    voice, ended = place("called_rings_forever.xml", "--timeout", "1s", expect=1)
    equal((ended["event"], ended["by"]), ("call_ended", "timeout"), "how it ended")
    check("not answered" in voice.last_line() or "no answer" in voice.last_line(), f"last line: {voice.last_line()!r}")


@case(timeout=40, needs=["sipp"])
def cancel_after():
    """--cancel-after while it rings."""
    _, ended = place("called_rings_forever.xml", "--cancel-after", "700ms", expect=1)
    equal((ended["by"], ended["reason"]), ("local", "cancel_after"), "how it ended")


@case(timeout=40, needs=["sipp"])
def cancel_waits():
    """No CANCEL before the first provisional answer (RFC 3261 9.1)."""
    _, ended = place("called_late_ring.xml", "--cancel-after", "500ms", expect=1)
    equal((ended["by"], ended["reason"]), ("local", "cancel_after"), "how it ended")


@case(timeout=40, needs=["sipp"])
def cancel_crosses_answer():
    """The 200 that crosses a CANCEL gets its ACK and a BYE."""
    _, ended = place("called_cancel_race.xml", "--cancel-after", "700ms", expect=1)
    equal(ended["event"], "call_ended", "how it ended")


@case(timeout=60, needs=["sipp"])
def refused():
    """486, 500 and 603: status and reason in the last line, exit 1."""
    for status, reason in ((486, "Busy Here"), (500, "Server Internal Error"), (603, "Decline")):
        voice, ended = place(f"called_{status}.xml", expect=1)
        equal((ended["event"], ended["status"], ended["reason"], ended["rule"]),
              ("call_rejected", status, reason, "remote"), "refusal")
        check(f"{status} {reason}" in voice.last_line(), f"last line: {voice.last_line()!r}")


@case(timeout=40, needs=["sipp"])
def answer_without_sdp():
    """A 200 without an answer to our offer: ACK, BYE, exit 1."""
    _, ended = place("called_200_without_sdp.xml", expect=1)
    equal((ended["event"], ended["by"]), ("call_ended", "error"), "how it ended")


@case(timeout=40, needs=["sipp"])
def interval_too_small():
    """422: the call again with the Min-SE that was asked for."""
    place("called_422.xml", "--session-expires", "90s", "--duration", "1s")


@case(timeout=40, needs=["sipp"])
def strict_router():
    """Through a strict router: RFC 3261 16.12.1."""
    place("called_strict.xml", "--duration", "1s")


@case(timeout=40)
def silent_peer():
    """Nobody there: the call gives up after --timeout and says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        voice = Sipvoice("call", f"sip:x@127.0.0.1:{nobody.getsockname()[1]}", "--timeout", "2s", listen=False)
        voice.stop(None, expect=1, seconds=10)
    ended = voice.events("call_ended")[0]
    equal((ended["by"], ended["reason"]), ("timeout", "no_answer"), "how it ended")
    between(ended["_at"] - voice.events("call_outgoing")[0]["_at"], 1.8, 4, "seconds")


@case(timeout=40, needs=["sipp"])
def options_command():
    """`options` answers a challenge: 0 with the right password, 1 with a wrong one or where nobody is."""
    for password, code, says in (("secret", 0, "200"), ("wrong", 1, "403")):
        peer = Called("called_options.xml")
        done = run([BINARY, "options", peer.uri, "--auth", f"alice:{password}"], timeout=20)
        equal(done.returncode, code, f"exit code ({done.stdout}{done.stderr})")
        check(says in (done.stdout + done.stderr).splitlines()[-1], f"{says} in {done.stdout}{done.stderr}")
        peer.finish()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        done = run([BINARY, "options", f"sip:x@127.0.0.1:{nobody.getsockname()[1]}", "--timeout", "1s"], timeout=20)
        equal(done.returncode, 1, f"exit code ({done.stdout}{done.stderr})")


@case(timeout=60, needs=["sipp"])
def over_tcp():
    """A call over TCP that we end, one that the callee ends after a hold, one that is challenged."""
    _, ended = place("called.xml", "--duration", "1s", transport="tcp")
    equal(ended["by"], "local", "ended by")
    _, ended = place("called_hold.xml", transport="tcp")
    equal(ended["by"], "remote", "ended by")
    place("called_401.xml", "--auth", "alice:secret", "--duration", "1s", transport="tcp")


if __name__ == "__main__":
    run_cases()
