#!/usr/bin/env python3
"""The scenarios that ship, over real sockets and against systems that are not `run`: sipvoice's other commands, Kamailio, SIPp."""
import shutil
from pathlib import Path

from harness import BINARY, SOURCE, Sipvoice, case, check, equal, free_port, run_cases, start, wait_until
from kamailio import registrar
from peers import Called, sipp
from scenario_report import heard, outcome, played, shape, steps_of, write

# They need somebody outside, or an hour.
NOT_HERE = ("system_outside.yaml", "registration.yaml", "session_timer.yaml")


def scenarios(*without):
    """A copy, with the sounds that it plays; what is recorded stands beside it."""
    shutil.copytree(SOURCE / "scenarios", "scenarios", ignore=shutil.ignore_patterns("out", *without))
    shutil.copytree(SOURCE / "samples" / "audio", "samples/audio")


def differences(real, virtual):
    """What two reports of the same files tell differently: verdicts, and how each step went."""
    found = []
    for a, b in zip(real["scenarios"], virtual["scenarios"], strict=True):
        if (a["name"], outcome(a)) != (b["name"], outcome(b)):
            found.append(f"{a['file']}: {outcome(a)}, simulated {outcome(b)}: {a['failure'] or b['failure']}")
        elif steps_of(a) != steps_of(b):
            found.append(f"{a['file']}: {set(steps_of(a)) ^ set(steps_of(b))}")
    return found


@case(timeout=590, serial=True)
def all_of_them():
    """Each passes over sockets as in a simulation, step by step. A second try is for machines that are busy elsewhere."""
    scenarios(*NOT_HERE)
    done = played("scenarios", "--simulate", "--json", "virtual.json", timeout=200)
    check(" 0 passed" not in done.stdout and "failed" not in done.stdout, done.stdout)
    real = heard("scenarios", "--jobs", 2, "--retry", 2, timeout=350)
    virtual = shape("virtual.json")
    check(len(real["scenarios"]) > 20, f"{len(real['scenarios'])} scenarios")
    equal(differences(real, virtual), [], "what sockets make different")
    recorded = list(Path("scenarios/out").glob("voicemail-*.wav"))
    check(len(recorded) >= 2, f"recordings: {recorded}")


@case(timeout=240)
def a_system_outside():
    """`listen` echoes and passes; one that refuses fails, and that is signalling."""
    scenarios()
    voice = Sipvoice("listen")
    report = heard("scenarios/system_outside.yaml", "--var", f"TARGET=127.0.0.1:{voice.port}", "--retry", 2)
    voice.stop()
    call = report["scenarios"][0]["parties"][0]["calls"][0]
    equal(call["media"]["audio"], "both", "audio")
    check(call["call_id"] in [e["call_id"] for e in voice.events("call_ended")], "the call in the events of the other side")
    voice = Sipvoice("answer", "--reject", "486 Gone fishing")
    done = played("scenarios/system_outside.yaml", "--var", f"TARGET=127.0.0.1:{voice.port}", "--json", "r.json", code=1)
    voice.stop()
    failure = shape("r.json")["scenarios"][0]["failure"]
    equal((failure["party"], failure["step"], failure["kind"]), ("caller", "expect_answer", "signalling"), f"of {failure}")
    check("486" in failure["seen"] and "(signalling)" in done.stdout and "486 Gone fishing" in done.stdout, done.stdout)


@case(timeout=240, needs=["kamailio"])
def registration():
    """A phone registers at Kamailio with digest and is called there; with another password it fails."""
    scenarios()
    proxy = registrar("OPEN_CALLS")
    one = heard("scenarios/registration.yaml", "--var", f"REGISTRAR=127.0.0.1:{proxy.port}", "--retry", 2)["scenarios"][0]
    equal({p["name"] for p in one["parties"] if p["calls"]}, {"phone", "caller"}, "who had a call")
    firsts = [m["text"].split("\r\n")[0] for m in one["messages"]]
    check(sum(f.startswith("REGISTER ") for f in firsts) >= 2 and any(" 401 " in f for f in firsts), f"a challenge in {firsts}")
    played("scenarios/registration.yaml", "--var", f"REGISTRAR=127.0.0.1:{proxy.port}", "--var", "PASSWORD=other",
           "--json", "r.json", code=1)
    equal(shape("r.json")["scenarios"][0]["failure"]["kind"], "signalling", "kind")
    proxy.stop()


@case(timeout=120, needs=["sipp"])
def calls_sipp():
    """SIPp rings, answers and is hung up on."""
    peer = Called("called.xml", seconds=90)
    write("a.yaml", f"""scenario: A call to a telephone that is not ours
parties:
  caller:
    - call: "{peer.uri}"
    - expect_ringing
    - expect_answer: {{codec: pcmu, within: 30s}}
    - wait: 500ms
    - hangup
""")
    played("a.yaml", "--json", "r.json")
    peer.finish(60)
    texts = [m["text"].split("\r\n")[0] for m in shape("r.json")["scenarios"][0]["messages"]]
    equal([t for t in texts if t.startswith("SIP/2.0 180") or t.startswith("SIP/2.0 200")],
          ["SIP/2.0 180 Ringing", "SIP/2.0 200 OK", "SIP/2.0 200 OK"], "responses")


@case(timeout=120, needs=["sipp"])
def called_by_sipp():
    """A party that listens at a port of its own is called from outside."""
    port = free_port()
    write("a.yaml", f"""scenario: A telephone that is not ours calls
timeout: 90s
parties:
  phone:
    listen: udp:127.0.0.1:{port}
    steps:
      - expect_call: {{within: 60s, from: "/sip:sipp@/"}}
      - ring: 100ms
      - answer
      - expect_hangup: {{by: remote, within: 30s}}
""")
    process = start([BINARY, "run", "a.yaml", "--json", "r.json"])
    wait_until(lambda: f":{port:04X} " in Path("/proc/net/udp").read_text(), 60, "its port")
    sipp(port, "-d", "500", scenario="calls.xml", seconds=60)
    equal(process.wait(60), 0, "exit code")
    equal(shape("r.json")["scenarios"][0]["parties"][0]["calls"][0]["direction"], "inbound", "direction")


if __name__ == "__main__":
    run_cases()
