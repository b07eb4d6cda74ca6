"""`sipvoice run` and its JSON report, held against the contract."""
import json
import threading
import time
from pathlib import Path

from harness import BINARY, Skip, check, equal, run

PASSES = """scenario: A short call
parties:
  b:
    - expect_call
    - answer
    - expect_hangup: {by: remote}
  a:
    - call: b
    - expect_answer
    - hangup
"""
FAILS = """scenario: Another digit than the one that was agreed
parties:
  ivr:
    - expect_call
    - answer
    - tone: {hz: 440, for: 1s}
    - expect_dtmf: {digits: "12", within: 20s}
  caller:
    - call: ivr
    - expect_answer
    - send_dtmf: "13"
    - expect_hangup: {within: 30s}
"""
RESULTS = ("passed", "failed", "flaky", "skipped")
MEDIA = {"audio", "codec", "packets_sent", "packets_received", "lost", "late", "reordered", "duplicate", "rejected",
         "jitter_ms", "concealed_ms", "first_packet_ms", "round_trip_ms", "mos", "remote_sdp", "remote_observed", "ssrc_changes"}


def write(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def played(*arguments, code=0, timeout=200):
    """A run to its end; its exit code is as expected."""
    done = run([BINARY, "run", *arguments], timeout=timeout)
    equal(done.returncode, code, f"exit code of run {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
    return done


class Stalls:
    """How long this machine kept somebody waiting who wanted to wake up every 20 ms."""

    def __enter__(self):
        self.longest, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def _look(self):
        before = time.monotonic()
        while not self._over.wait(0.02):
            now = time.monotonic()
            self.longest, before = max(self.longest, now - before - 0.02), now

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def heard(*arguments, report="r.json", timeout=200):
    """A run over sockets that passes, and its report. What fails for its sound alone where the machine stood still
    for longer than sound can wait says nothing of ours, and is skipped; wrong signalling fails all the same."""
    with Stalls() as stalls:
        done = run([BINARY, "run", *arguments, "--json", report], timeout=timeout)
    told = shape(report) if Path(report).exists() else {"scenarios": []}
    kinds = {s["failure"]["kind"] for s in told["scenarios"] if s["result"] == "failed"}
    if done.returncode == 1 and kinds and "signalling" not in kinds and stalls.longest > 0.25:
        raise Skip(f"this machine stood still for {stalls.longest:.2f} s: {done.stdout[-1500:]}")
    equal(done.returncode, 0, f"exit code of run {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
    return told


def has(value, what, **kinds):
    """The keys that the contract names, each of its type; others may stand beside them."""
    for name, kind in kinds.items():
        check(name in value, f"no '{name}' in {what}: {sorted(value)}")
        check(isinstance(value[name], kind), f"'{name}' in {what}: {value[name]!r}")


def shape(path):
    """The report in that file, when every key of the contract is there."""
    report = json.loads(Path(path).read_text())
    has(report, "the report", sipvoice=str, seed=int, summary=dict, scenarios=list)
    equal(set(report["summary"]), set(RESULTS), "keys of the summary")
    for result in RESULTS:
        count = sum(s["result"] == result for s in report["scenarios"])
        equal(report["summary"][result], count, f"sum of {result}")
    for s in report["scenarios"]:
        what = f"scenario '{s.get('name')}'"
        number, maybe = (int, float), (int, float, type(None))
        has(s, what, name=str, file=str, result=str, duration_ms=number, failure=(dict, type(None)), parties=list, messages=list)
        # A flaky one may tell what failed before it passed.
        check(s["result"] == "flaky" or (s["failure"] is not None) == (s["result"] == "failed"), f"failure in {what}: {s['failure']}")
        if s["failure"]:
            has(s["failure"], what, party=str, step=str, file=str, line=int, kind=str, expected=str, seen=str)
            check(s["failure"]["kind"] in ("signalling", "media", "time"), f"kind in {what}: {s['failure']}")
        for p in s["parties"]:
            has(p, what, name=str, steps=list, calls=list)
            for step in p["steps"]:
                has(step, f"a step of {what}", step=str, line=int, start_ms=maybe, end_ms=maybe, result=str)
                check(step["result"] in ("passed", "failed", "stopped", "not_run"), f"result in {step}")
                if step["start_ms"] is not None:
                    check(0 <= step["start_ms"] <= step["end_ms"] <= s["duration_ms"] + 1, f"times in {what}: {step}")
            for call in p["calls"]:
                has(call, f"a call of {what}", call_id=str, direction=str, media=(dict, type(None)))
                check(call["direction"] in ("inbound", "outbound"), f"direction in {call}")
                if call["media"]:
                    equal(MEDIA - set(call["media"]), set(), f"what lacks in the media of {what}")
        for m in s["messages"]:
            has(m, f"a message of {what}", time_ms=number, to=str, text=str, **{"from": str})
    return report


def outcome(s):
    """That of a scenario, where a second try counts as one."""
    return "passed" if s["result"] == "flaky" else s["result"]


def steps_of(s):
    """Each step of each party: what, where, how it went."""
    return [(f"{p['name']}: {step['step']}", step["line"], step["result"]) for p in s["parties"] for step in p["steps"]]
