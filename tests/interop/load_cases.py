#!/usr/bin/env python3
"""Many calls leave nothing behind: no open port, no session, no memory."""
import os

from harness import BINARY, RELEASE_BINARY, Sipvoice, between, case, check, equal, run_cases, wait_until
from peers import pause, sipp, start_sipp

# The sanitizers keep freed memory for a while, so what is flat shows only in the release build.
RELEASE = RELEASE_BINARY if os.path.exists(RELEASE_BINARY) else ""
GROWTH_KB = 1024 if RELEASE else 60 * 1024


@case(timeout=240, needs=["sipp"])
def thousand_in_a_row():
    """A thousand calls one after the other through one session, then a thousand more: flat memory."""
    voice = Sipvoice("answer", "--silence", "--max-sessions", "1", "--log-level", "warning",
                     binary=RELEASE or BINARY)
    before = voice.open_files()
    sizes = []
    for ended in (1000, 2000):
        # A session that stays would turn the next call away with 503, and SIPp would say so.
        sipp(voice.port, "-r", "500", "-l", "1", builtin="uac", calls=1000, seconds=60)
        voice.wait("call_ended", count=ended, seconds=10)
        wait_until(lambda: voice.open_files() == before, 5,
                   lambda: f"open files {voice.open_files()}, were {before}")
        # Transactions over UDP live 64 T1 = 32 s after their call.
        pause(34)
        sizes.append(voice.memory_kb())
    between(sizes[1] - sizes[0], -10**6, GROWTH_KB, f"kB more after the second thousand (resident: {sizes})")
    equal(len(voice.events("call_rejected")), 0, "calls refused")
    voice.stop()


@case(timeout=120, serial=True, needs=["sipp"])
def hundred_at_once():
    """A hundred calls at a time, three times, with room for exactly a hundred."""
    voice = Sipvoice("answer", "--silence", "--max-sessions", "100", "--log-level", "warning",
                     binary=RELEASE or BINARY)
    before = voice.open_files()
    for round_number in (1, 2, 3):
        caller = start_sipp(voice.port, "-r", "200", "-l", "100", "-d", "2500", builtin="uac", calls=100)
        voice.wait("call_answered", count=100 * round_number, seconds=20)
        between(voice.open_files() - before, 200, 230, "sockets of a hundred calls")
        equal(caller.wait(40), 0, "sipp's exit code")
        voice.wait("call_ended", count=100 * round_number, seconds=10)
        wait_until(lambda: voice.open_files() == before, 5,
                   lambda: f"open files {voice.open_files()}, were {before}")
    equal(len(voice.events("call_rejected")), 0, "calls refused")
    check(all(e["media"]["packets_sent"] > 80 for e in voice.events("call_ended")), "silence sent in each call")
    voice.stop()


if __name__ == "__main__":
    run_cases()
