#!/usr/bin/env python3
"""Session timers (RFC 4028) and glare (RFC 3261 section 14.1) with SIPp, in both roles, at their real intervals."""
from harness import Sipvoice, between, case, equal, run_cases, wait_until
from peers import Called, packets, start_sipp

INTERVAL = 90  # the shortest that RFC 4028 allows
LATE = 8  # seconds that a busy machine may take longer; the exact times are those of the tests in virtual time


def invites(capture, port, source):
    """When the INVITEs of that port went out, each once however often it was repeated."""
    rows = packets(capture, port, f'sip.Method=="INVITE" && udp.srcport=={source}', "sip.CSeq.seq",
                   "frame.time_relative")
    first = {}
    for number, at in rows:
        first.setdefault(number, float(at))
    return [first[n] for n in sorted(first, key=int)]


@case(timeout=120, needs=["sipp", "tshark"])
def as_callee():
    """Three calls at a time: an UPDATE of ours at half of the interval; a peer that stops refreshing loses its call;
    a re-INVITE of ours that meets the peer's: 491 both ways, and it comes again within 2 s."""
    voice = Sipvoice("answer", "--silence", "--pcap", "calls.pcap", "--rtp-start-timeout", "0s")
    before = voice.open_files()
    callers = {name: start_sipp(voice.port, scenario=f"calls_{name}.xml", seconds=100)
               for name in ("refreshed", "unrefreshed", "glare")}
    for name, caller in callers.items():
        equal(caller.wait(100), 0, f"sipp's exit code ({name})")
    voice.wait("call_ended", count=3)
    ends = sorted((e["by"], e["reason"]) for e in voice.events("call_ended"))
    equal([by for by, _ in ends], ["remote", "remote", "timeout"], f"ends {ends}")
    expired = voice.events("call_ended", by="timeout")[0]
    # One refresh after 2 s; the end is a third of the interval (32 s at most) before the interval is over.
    between(expired["duration_ms"] / 1000, 2 + INTERVAL - 30, 2 + INTERVAL - 30 + LATE, "seconds to the end")
    wait_until(lambda: voice.open_files() == before, 5, "ports given back")
    voice.stop()
    times = invites("calls.pcap", voice.port, voice.port)
    equal(len(times), 2, f"re-INVITEs of ours (at {times})")
    between(times[1] - times[0], 0, 2 + LATE, "seconds from the glare to the next try")


@case(timeout=90, needs=["sipp", "tshark"])
def as_caller():
    """--session-expires: a re-INVITE at half of the interval; after a glare again in 2.1 to 4 s."""
    peer = Called("called_glare.xml", seconds=80)
    voice = Sipvoice("call", peer.uri, "--silence", "--rtp-start-timeout", "0s", "--session-expires", f"{INTERVAL}s",
                     "--pcap", "call.pcap", listen=False)
    voice.stop(None, seconds=70)
    peer.finish()
    ended = voice.events("call_ended")[0]
    equal(ended["by"], "remote", "ended by")
    own = voice.events("listening")[0]["address"].rsplit(":", 1)[1]
    times = invites("call.pcap", peer.port, own)
    equal(len(times), 3, f"INVITEs of ours (at {times})")
    between(times[1] - times[0], INTERVAL / 2 - 0.5, INTERVAL / 2 + LATE, "seconds to the refresh")
    between(times[2] - times[1], 2.1, 4 + LATE, "seconds from the glare to the next try")


if __name__ == "__main__":
    run_cases()
