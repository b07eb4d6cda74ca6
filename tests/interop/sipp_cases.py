#!/usr/bin/env python3
"""Calls from SIPp: its own scenarios and ours, media and digits from its captures."""
import socket
from pathlib import Path

from harness import Sipvoice, Skip, between, case, check, equal, rtp_range, run_cases, wait_until
from peers import SCENARIOS, packets, raw_sockets, sipp, start_sipp, tshark

# File name of a capture and the digit in it; each lasts 2240 ticks of 8 kHz.
DIGITS = [("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", "5"), ("6", "6"), ("7", "7"), ("8", "8"),
          ("9", "9"), ("star", "*"), ("pound", "#"), ("0", "0")]
DIGIT_MS = 280
CAPTURE_PACKETS = 236  # of g711a.pcap


def payloads(capture, port, name):
    return [row[0] for row in packets(capture, port, f"rtp && udp.{name}", "rtp.payload")]


@case(timeout=60, needs=["sipp"])
def builtin_uac():
    """SIPp's own caller, 20 calls in a row and side by side."""
    voice = Sipvoice("answer", "--silence")
    sipp(voice.port, "-r", "20", "-d", "300", builtin="uac", calls=20)
    voice.wait("call_ended", count=20)
    for event in voice.events("call_ended"):
        equal((event["by"], event["media"]["packets_received"]), ("remote", 0), "how it ended")
    equal(len(voice.events("call_answered", codec="pcmu")), 20, "answers with PCMU")
    voice.stop()


@case(timeout=90, needs=["sipp", "tshark"])
def uac_pcap_echo():
    """Every packet of G.711 comes back, bit for bit; the digit is reported and not echoed."""
    raw_sockets()
    voice = Sipvoice("answer", "--echo", "--codecs", "pcma", "--pcap", "call.pcap")
    sipp(voice.port, builtin="uac_pcap", seconds=40)
    media = voice.wait("call_ended")["media"]
    equal(media["packets_sent"], CAPTURE_PACKETS, "packets sent")
    # The capture of the digit: eight sequence numbers, the last sent three times.
    equal(media["packets_received"], CAPTURE_PACKETS + 8, "packets received")
    equal((media["audio"], media["codec"]), ("both", "pcma"), "media")
    equal((media["lost"], media["rejected"]), (0, 0), "lost, rejected")
    digit = voice.wait("dtmf")
    equal((digit["digit"], digit["duration_ms"], digit["method"], digit["complete"]),
          ("1", DIGIT_MS, "rfc4733", True), "digit")
    local = int(voice.events("call_answered")[0]["local_rtp"].rsplit(":", 1)[1])
    voice.stop()
    came = payloads("call.pcap", voice.port, f"dstport=={local} && rtp.p_type==8")
    went = payloads("call.pcap", voice.port, f"srcport=={local}")
    equal(len(went), CAPTURE_PACKETS, "packets that tshark sees going out")
    check(came == went, "what went out is not, bit for bit and in order, what came in")
    table = tshark("call.pcap", voice.port, "-q", "-z", "rtp,streams")
    check(sum(f" {CAPTURE_PACKETS} " in line for line in table.splitlines()) == 2,
          f"two streams of {CAPTURE_PACKETS} packets in tshark's table:\n{table}")


@case(timeout=120, needs=["sipp"])
def each_digit():
    """Twelve captures, twelve calls: each digit once, with its duration."""
    raw_sockets()
    voice = Sipvoice("answer", "--silence", "--codecs", "pcma")
    template = (SCENARIOS / "digit.xml").read_text()
    for number, (name, digit) in enumerate(DIGITS, 1):
        scenario = Path(f"digit-{name}.xml")
        scenario.write_text(template.replace("@DIGIT@", name))
        sipp(voice.port, scenario=scenario)
        call = voice.wait("call_ended", count=number)["call_id"]
        logged = [(e["digit"], e["duration_ms"], e["complete"]) for e in voice.events("dtmf", call_id=call)]
        equal(logged, [(digit, DIGIT_MS, True)], f"digits of {name}")
    voice.stop()


@case(timeout=60, needs=["sipp"])
def digits_in_one_call():
    """All captures in one call, whose sequence numbers and timestamps jump from one to the next."""
    raw_sockets()
    voice = Sipvoice("answer", "--silence", "--codecs", "pcma")
    sipp(voice.port, scenario="digits.xml")
    voice.wait("call_ended")
    logged = [(e["digit"], e["duration_ms"]) for e in voice.events("dtmf")]
    equal(logged, [(digit, DIGIT_MS) for _, digit in DIGITS], "digits")
    voice.stop()


@case(timeout=60, needs=["sipp"])
def cancel():
    """CANCEL while it rings: 200 to it, 487 to the INVITE, nothing left behind."""
    voice = Sipvoice("answer", "--silence", "--ring", "20s")
    before = voice.open_files()
    sipp(voice.port, "-r", "10", scenario="cancel.xml", calls=10)
    for event in [voice.wait("call_ended", count=n) for n in range(1, 11)]:
        equal((event["by"], event["reason"], event["duration_ms"]), ("remote", "cancelled", 0), "how it ended")
    equal(voice.events("call_answered"), [], "answers")
    wait_until(lambda: voice.open_files() == before, 5, lambda: f"open files {voice.open_files()}, were {before}")
    voice.stop()


@case(timeout=60, needs=["sipp", "tshark"])
def retransmitted_answer():
    """The 200 is repeated after 0.5, 1, 2 s until the ACK comes, and no more then."""
    voice = Sipvoice("answer", "--silence", "--codecs", "pcma", "--pcap", "call.pcap")
    sipp(voice.port, scenario="late_ack.xml")
    equal(voice.wait("call_ended")["by"], "remote", "ended by")
    voice.stop()
    times = [float(row[0]) for row in packets(
        "call.pcap", voice.port, 'sip.Status-Code==200 && sip.CSeq.method=="INVITE"', "frame.time_relative")]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    equal(len(gaps), 3, f"repetitions of the 200 (at {times})")
    for gap, wanted in zip(gaps, (0.5, 1.0, 2.0)):
        between(gap, wanted - 0.05, wanted + 0.15, "distance")


@case(timeout=90, needs=["sipp"])
def no_ack():
    """Without an ACK the call ends after 64 T1 with a BYE, and its ports are back."""
    voice = Sipvoice("answer", "--silence", "--codecs", "pcma")
    before = voice.open_files()
    sipp(voice.port, scenario="no_ack.xml", seconds=50)
    event = voice.wait("call_ended")
    equal((event["by"], event["reason"]), ("timeout", "no_ack"), "ended by")
    between(event["_at"] - voice.events("call_incoming")[0]["_at"], 31.5, 34, "seconds until the BYE")
    wait_until(lambda: voice.open_files() == before, 5, "ports given back")
    voice.stop()


@case(timeout=60, needs=["sipp"])
def late_bye():
    """A BYE for a call that we have ended ourselves: 481."""
    voice = Sipvoice("answer", "--silence", "--codecs", "pcma", "--hangup-after", "1s")
    sipp(voice.port, scenario="late_bye.xml")
    event = voice.wait("call_ended")
    equal(event["by"], "local", "ended by")
    between(event["duration_ms"], 950, 1500, "ms")
    voice.stop()


@case(timeout=90, serial=True, needs=["sipp"])
def thirty_calls():
    """Thirty calls at once, each with seven seconds of sound that comes back whole."""
    raw_sockets()
    voice = Sipvoice("answer", "--echo", "--codecs", "pcma")
    before = voice.open_files()
    caller = start_sipp(voice.port, "-r", "30", "-l", "30", scenario="talk.xml", calls=30)
    voice.wait("call_answered", count=30, seconds=15)
    between(voice.open_files() - before, 60, 1000, "sockets of 30 calls")
    equal(caller.wait(30), 0, "sipp's exit code")
    voice.wait("call_ended", count=30)
    for event in voice.events("call_ended"):
        media = event["media"]
        equal((media["packets_received"], media["packets_sent"], media["lost"]),
              (CAPTURE_PACKETS, CAPTURE_PACKETS, 0), "packets")
    wait_until(lambda: voice.open_files() == before, 5, "ports given back")
    voice.stop()


@case(timeout=60, needs=["sipp"])
def over_tcp():
    """Twenty calls over one connection, and one with five re-INVITEs."""
    voice = Sipvoice("answer", "--silence", "--listen", "tcp:127.0.0.1:0", listen=False)
    port = voice.wait("listening")["address"].rsplit(":", 1)[1]
    before = voice.open_files()
    sipp(port, "-t", "t1", "-r", "20", "-d", "300", builtin="uac", calls=20)
    sipp(port, "-t", "t1", scenario="calls_hold.xml")
    voice.wait("call_ended", count=21)
    equal({e["by"] for e in voice.events("call_ended")}, {"remote"}, "ended by")
    wait_until(lambda: voice.open_files() == before, 5, lambda: f"open files {voice.open_files()}, were {before}")
    voice.stop()


@case(timeout=60, needs=["sipp"])
def over_ipv6():
    """The same over IPv6, with the addresses of the media in that family."""
    try:
        bind_to("::1")
    except OSError:
        raise Skip("no IPv6 on this machine") from None
    voice = Sipvoice("answer", "--silence", "--listen", "udp:[::1]:0", "--rtp-ip", "::1", "--rtp-ports", rtp_range(),
                     listen=False, rtp=False)
    port = voice.wait("listening")["address"].rsplit(":", 1)[1]
    sipp(port, "-r", "20", "-d", "300", builtin="uac", calls=20, host="[::1]")
    sipp(port, scenario="calls_hold.xml", host="[::1]")
    voice.wait("call_ended", count=21)
    for event in voice.events("call_answered"):
        check(event["local_rtp"].startswith("[::1]:"), f"local_rtp {event['local_rtp']}")
    voice.stop()


def bind_to(address):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.bind((address, 0))


if __name__ == "__main__":
    run_cases()
