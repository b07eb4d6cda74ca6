#!/usr/bin/env python3
"""Calls while three datagrams of SIP in ten are lost and as many come twice."""
from harness import Sipvoice, case, check, equal, run_cases, wait_until
from lossy_relay import LossyRelay

CALLS = 50


def closing(voice):
    return voice.events("call_ended") + voice.events("call_rejected")


@case(timeout=150, serial=True)
def fifty_calls():
    """Fifty calls of ours, every second one ended by the callee: a hundred call records, each with its reason."""
    callee = Sipvoice("answer", "--silence", "--hangup-on", "9", "--grace", "40s")
    relay = LossyRelay(callee.port, seed=50)
    callers = []
    for n in range(CALLS):
        how = ("--duration", "2s") if n % 2 == 0 else ("--dtmf", "w9", "--then", "stay")
        callers.append(Sipvoice("call", f"sip:n{n}@127.0.0.1:{relay.port}", "--grace", "40s", "--timeout", "60s", *how,
                                listen=False))
        if n >= 10:  # no more than ten processes start at a time
            callers[n - 10].wait("call_outgoing", 20)
    for n, caller in enumerate(callers):
        caller.stop(None, seconds=90)
        equal(len(closing(caller)), 1, f"closing events of caller {n}")
        end = closing(caller)[0]
        wanted = ("local", "hangup_after") if n % 2 == 0 else ("remote", "hangup")
        equal((end["event"], end["by"], end["reason"]), ("call_ended", *wanted), f"how caller {n} saw the end")
    wait_until(lambda: len(closing(callee)) == CALLS, 40, lambda: f"ends at the callee: {len(closing(callee))}")
    seen = sorted((e["by"], e["reason"]) for e in callee.events("call_ended"))
    equal(seen, sorted([("remote", "hangup"), ("local", "hangup_on")] * (CALLS // 2)), "how the callee saw the ends")
    equal(len({e["session_id"] for e in closing(callee)}), CALLS, "sessions")
    check(relay.lost > 100 and relay.doubled > 100, f"the relay lost {relay.lost}, doubled {relay.doubled}")
    callee.stop(seconds=60)
    relay.stop()


if __name__ == "__main__":
    run_cases()
