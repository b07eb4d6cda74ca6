#!/usr/bin/env python3
"""REFER with SIPp on the other side: we transfer, we are transferred, we are the target."""
import re
from pathlib import Path
from urllib.parse import quote

from harness import Sipvoice, check, equal, case, run_cases, wait_until
from peers import Called, packets, sipp, start_sipp, tshark


def transfer_sipp(scenario, expect):
    """`call --transfer` of SIPp: the last transfer event and what the caller said at the end."""
    peer = Called(scenario)
    voice = Sipvoice("call", peer.uri, "--silence", "--transfer", "sip:target@127.0.0.1:9", listen=False)
    voice.stop(None, expect=expect)
    peer.finish()
    equal(len(voice.events("call_ended")), 1, "closing events")
    return voice.events("transfer")[-1], voice.last_line()


@case(timeout=40, needs=["sipp"])
def transferor():
    """The outcome is the last sipfrag, not the 202; then our BYE."""
    event, _ = transfer_sipp("called_refer.xml", expect=0)
    equal((event["by"], event["state"], event["status"]), ("local", "done", 200), "transfer")


@case(timeout=40, needs=["sipp"])
def target_is_busy():
    """202 and a sipfrag of 486: the transfer has failed, exit 1, and the last line says so."""
    event, line = transfer_sipp("called_refer_failed.xml", expect=1)
    equal((event["state"], event["status"]), ("failed", 486), "transfer")
    check("486" in line, f"last line: {line!r}")


@case(timeout=40, needs=["sipp"])
def transfer_refused():
    """603 to our REFER."""
    event, line = transfer_sipp("called_refer_refused.xml", expect=1)
    equal((event["state"], event["status"]), ("failed", 603), "transfer")
    check("603" in line, f"last line: {line!r}")


@case(timeout=40, needs=["sipp"])
def transferee():
    """SIPp sends us to an allowed target, and hears of it by NOTIFY until the 200."""
    target = Sipvoice("answer", "--silence")
    uri = f"sip:target@127.0.0.1:{target.port}"
    voice = Sipvoice("answer", "--silence", "--allow-refer", uri)
    sipp(voice.port, "-key", "target", uri, scenario="calls_refer_allowed.xml")
    target.wait("call_answered")
    events = wait_until(lambda: voice.events("transfer", state="done"), 5, lambda: f"done; seen {voice.events('transfer')}")
    equal((events[0]["by"], events[0]["target"], events[0]["status"]), ("remote", uri, 200), "transfer")
    voice.stop()
    target.stop()


@case(timeout=40, needs=["sipp"])
def not_allowed():
    """A target that no --allow-refer names: 603, and the call goes on."""
    voice = Sipvoice("answer", "--silence", "--allow-refer", "sip:only@127.0.0.1")
    sipp(voice.port, scenario="calls_refer_refused.xml")
    equal(voice.wait("call_ended")["by"], "remote", "ended by")
    voice.stop()


@case(timeout=40, needs=["sipp", "tshark"])
def capture_is_clean():
    """tshark decodes a call with re-INVITEs and one with REFER and NOTIFY, and finds nothing malformed."""
    voice = Sipvoice("answer", "--silence", "--pcap", "hold.pcap")
    sipp(voice.port, scenario="calls_hold.xml")
    voice.wait("call_ended")
    voice.stop()
    peer = Called("called_refer.xml")
    caller = Sipvoice("call", peer.uri, "--silence", "--transfer", "sip:target@127.0.0.1:9", "--pcap", "refer.pcap",
                      listen=False)
    caller.stop(None)
    peer.finish()
    for capture, port, methods in (("hold.pcap", voice.port, ["INVITE"] * 5), ("refer.pcap", peer.port, ["REFER"])):
        equal(tshark(capture, port, "-Y", "_ws.malformed").strip(), "", f"malformed packets of {capture}")
        seen = [row[0] for row in packets(capture, port, "sip.Method", "sip.Method")]
        equal([m for m in seen if m == methods[0]], methods, f"requests in {capture}")
    fragments = packets("refer.pcap", peer.port, 'sip.Method=="NOTIFY"', "sip.Event", "sip.Subscription-State")
    equal([row[0] for row in fragments], ["refer", "refer"], "NOTIFYs")


def replaceable_call(port):
    """A call of SIPp to that port that waits to be replaced: (SIPp, its ids as Replaces names them)."""
    log = Path(f"dialog-{port}.log")
    caller = start_sipp(port, "-trace_logs", "-log_file", log, scenario="calls_replaced.xml")
    line = wait_until(lambda: log.exists() and re.search(r"dialog (\S+)\n", log.read_text()), 10, "ids of the dialog")
    return caller, line.group(1)


@case(timeout=40, needs=["sipp"])
def replaced():
    """INVITE with Replaces: answered at once, and the call whose place it takes gets our BYE."""
    voice = Sipvoice("answer", "--silence")
    before = voice.open_files()
    first, ids = replaceable_call(voice.port)
    sipp(voice.port, "-key", "replaces", ids, scenario="calls_replaces.xml")
    equal(first.wait(10), 0, "exit code of the SIPp that was replaced")
    voice.wait("call_ended", count=2)
    equal([(e["by"], e["reason"]) for e in voice.events("call_ended")],
          [("local", "replaced"), ("remote", "hangup")], "ends")
    wait_until(lambda: voice.open_files() == before, 5, "ports given back")
    voice.stop()


@case(timeout=40, needs=["sipp"])
def not_replaced():
    """481 and 486 where Replaces names nothing that can be replaced; the call stays."""
    voice = Sipvoice("answer", "--silence")
    first, ids = replaceable_call(voice.port)
    sipp(voice.port, "-key", "replaces", ids, scenario="calls_replaces_refused.xml")
    equal([(e["status"], e["rule"]) for e in voice.events("call_rejected")],
          [(481, "replaces"), (486, "replaces")], "refusals")
    equal(voice.events("call_ended"), [], "ends")
    voice.stop()
    equal(first.wait(10), 0, "sipp's exit code")


@case(timeout=40, needs=["sipp"])
def attended():
    """SIPp is in a call with each of two of ours and joins them: Refer-To with Replaces, and all is told by NOTIFY."""
    target = Sipvoice("answer", "--silence")
    uri = f"sip:target@127.0.0.1:{target.port}"
    voice = Sipvoice("answer", "--silence", "--allow-refer", uri)
    consultation, ids = replaceable_call(target.port)
    sipp(voice.port, "-key", "target", f"{uri}?Replaces={quote(ids, safe='')}", scenario="calls_refer_replaces.xml")
    equal(consultation.wait(10), 0, "exit code of the SIPp that was replaced")
    equal(target.wait("call_ended")["reason"], "replaced", "reason at the target")
    done = wait_until(lambda: voice.events("transfer", state="done"), 5, "the transfer's end")[0]
    equal((done["by"], done["status"]), ("remote", 200), "transfer")
    voice.wait("call_ended", by="remote")  # SIPp's call with it; the one with the target goes on
    equal((len(voice.events("call_answered")), len(voice.events("call_ended"))), (2, 1), "calls of the transferee")
    voice.stop()
    target.wait("call_ended", count=2)
    target.stop()


@case(timeout=40, needs=["sipp"])
def attended_by_us():
    """`call --attended`: SIPp is held, a second one is called, and the first gets a REFER with Replaces to it."""
    target = Called("called.xml")
    peer = Called("called_refer_attended.xml")
    voice = Sipvoice("call", peer.uri, "--silence", "--transfer", target.uri, "--attended", listen=False)
    voice.stop(None, expect=0)
    peer.finish()
    target.finish()
    event = voice.events("transfer")[-1]
    equal((event["by"], event["state"], event["status"], event["target"]), ("local", "done", 200, target.uri), "transfer")
    equal([e["reason"] for e in voice.events("call_ended")], ["transferred"] * 2, "ends")
    check(f"transferred to {target.uri}" in voice.last_line(), f"last line: {voice.last_line()!r}")


@case(timeout=40, needs=["sipp"])
def attended_target_is_busy():
    """The target refuses: nobody is sent there, exit 1, and the last line says so."""
    target = Called("called_486.xml")
    peer = Called("called_held.xml")
    voice = Sipvoice("call", peer.uri, "--silence", "--transfer", target.uri, "--attended", listen=False)
    voice.stop(None, expect=1)
    peer.finish()
    target.finish()
    event = voice.events("transfer")[-1]
    equal((event["state"], event["status"]), ("failed", 486), "transfer")
    check("486" in voice.last_line(), f"last line: {voice.last_line()!r}")


@case(timeout=40)
def attended_among_ours():
    """Three of ours: whom we called ends up in a call with the target, which ends its call with us."""
    target = Sipvoice("answer", "--silence")
    uri = f"sip:target@127.0.0.1:{target.port}"
    # The REFER names the Contact of the target.
    peer = Sipvoice("answer", "--silence", "--allow-refer", f"sip:127.0.0.1:{target.port}")
    voice = Sipvoice("call", f"sip:peer@127.0.0.1:{peer.port}", "--silence", "--transfer", uri, "--attended", listen=False)
    voice.stop(None, expect=0)
    equal(voice.events("transfer")[-1]["state"], "done", "transfer")
    equal(target.wait("call_ended")["reason"], "replaced", "reason at the target")
    peer.wait("call_answered", count=2)
    equal(len(target.events("call_answered")), 2, "calls of the target")
    peer.stop()
    target.wait("call_ended", count=2)
    target.stop()


if __name__ == "__main__":
    run_cases()
