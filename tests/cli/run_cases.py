#!/usr/bin/env python3
"""`run`: verdicts, exit codes, what stands in the terminal, what is refused before anything runs."""
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
from pathlib import Path

from harness import BINARY, Sipvoice, case, check, equal, run_cases, start, wait_until
from scenario_report import FAILS, PASSES, outcome, played, shape, steps_of, write
from sip_client import Message

ASKS = """scenario: Somebody outside says that he is there
parties:
  a:
    - options: {to: "sip:x@127.0.0.1:PORT"}
    - expect_response: {status: 200, within: 30s}
"""


class Outside:
    """Answers each OPTIONS as `status` says, which is given the number of the request and who asks."""

    def __init__(self, status):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.status, self.asked = status, {}
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            data, peer = self.socket.recvfrom(65536)
            request = Message(data)
            if request.method != "OPTIONS":
                continue
            number = self.asked.setdefault(request.header("Call-ID"), len(self.asked) + 1)
            status = self.status(number, len(self.asked))
            if status:
                lines = [f"SIP/2.0 {status} Said", *(f"Via: {v}" for v in request.headers["via"]),
                         *(f"{n}: {request.header(n)}" for n in ("From", "To", "Call-ID", "CSeq"))]
                self.socket.sendto(("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode(), peer)


@case(timeout=240)
def passed():
    """Lines for a file, no colours, the table; 0."""
    write("a.yaml", PASSES)
    done = played("a.yaml", "--seed", 7)
    equal((done.returncode, done.stderr), (0, ""), "exit code and errors")
    check("\x1b" not in done.stdout and "\r" not in done.stdout, f"what only terminals understand: {done.stdout!r}")
    lines = done.stdout.splitlines()
    equal(len(lines), 4, f"lines of {done.stdout}")
    for line in lines[:2]:  # as it ended, and in the table
        check(line.startswith("passed ") and "A short call" in line, line)
    check("a.yaml" in lines[1], lines[1])
    check(lines[3].startswith("1 scenario: 1 passed in ") and lines[3].endswith("(seed 7)"), lines[3])


@case(timeout=240)
def failed():
    """The step with file and line, kind, what was expected and seen, and the ladder; 1."""
    write("bad/f.yaml", FAILS)
    write("bad/p.yaml", PASSES)
    done = played("bad", "--only", "Another digit than the one that was agreed", "--only", "p", code=1)
    for says in ("FAILED Another digit than the one that was agreed\n",
                 "  bad/f.yaml:7: ivr: expect_dtmf (media)\n    expected  the digits 12\n    seen      the digits 13\n",
                 "  last messages:\n", " INVITE ", " 200 OK (INVITE) ", " ACK ", " BYE ",
                 "\n2 scenarios: 1 passed, 1 failed in "):
        check(says in done.stdout, f"{says!r} is not in {done.stdout}")
    done = played("bad/f.yaml", "--only", "p", code=2)
    check("--only p" in done.stderr and done.stdout == "", f"{done}")


@case(timeout=240)
def a_retry_makes_flaky():
    """What fails and then passes is flaky, in every report; 0. Without a retry: 1."""
    outside = Outside(lambda number, _: 503 if number == 1 else 200)
    write("a.yaml", ASKS.replace("PORT", str(outside.port)))
    done = played("a.yaml", "--retry", 2, "--json", "r.json")
    check("flaky" in done.stdout and "passed on try 2" in done.stdout and "0 passed, 1 flaky in" in done.stdout, done.stdout)
    report = shape("r.json")
    equal(report["summary"], {"passed": 0, "failed": 0, "flaky": 1, "skipped": 0}, "summary")
    equal((report["scenarios"][0]["result"], report["scenarios"][0]["tries"]), ("flaky", 2), "result and tries")
    again = Outside(lambda number, _: 503 if number == 1 else 200)
    write("a.yaml", ASKS.replace("PORT", str(again.port)))
    check("503" in played("a.yaml", code=1).stdout, "the status that was seen")
    equal(len(again.asked), 1, "requests without --retry")


@case(timeout=120)
def all_mistakes_and_nothing_runs():
    """Every mistake of every file in one go, by place; 2."""
    outside = Outside(lambda *_: 200)
    write("good.yaml", ASKS.replace("PORT", str(outside.port)))
    write("one.yaml", "parties:\n  a:\n    - cal: b\n    - wait: 5\n    - expect_dtmf: {digits: *, within: 1s}\n")
    write("two.yaml", "scenario: x\ntimeout: 3s\nparties:\n  a:\n    - call: \"sip:x@127.0.0.1:9\"\n"
                      "    - play: gone.wav\n    - wait: 1m\n  b:\n    - expect_call\n    - log: ${NOBODY}\n")
    write("three.yaml", "parties:\n  a:\n    - cal: b\n    - wait: 5\n")
    done = played("good.yaml", "one.yaml", "two.yaml", "three.yaml", "--json", "r.json", "--html", "page", code=2)
    equal(done.stdout, "", "stdout")
    for says in ("one.yaml:5:", "two.yaml:6:13: ", "gone.wav", "two.yaml:7:13: ", "nobody calls 'b'",
                 "two.yaml:10:12: ${NOBODY} is not set", "three.yaml:3:7: unknown step 'cal'; did you mean 'call'?",
                 "three.yaml:4:13: "):
        check(says in done.stderr, f"{says!r} is not in {done.stderr}")
    equal(outside.asked, {}, "requests")
    check(not Path("r.json").exists() and not Path("page").exists(), "a report of nothing")
    for arguments, says in (((), "run needs a file"), (("gone.yaml",), "gone.yaml"), (("good.yaml", "--jobs", 0), "--jobs"),
                            (("good.yaml", "--retry", "x"), "--retry"), (("good.yaml", "--seed", -1), "--seed"),
                            (("good.yaml", "--onyl", "x"), "--only"), (("good.yaml", "--only", "nobody"), "--only nobody")):
        done = played(*arguments, code=2)
        check(says in done.stderr and done.stdout == "", f"{arguments}: {done}")
    equal(outside.asked, {}, "requests")


@case(timeout=120)
def what_would_grow_is_a_mistake():
    """YAML that unfolds without end, depth, a million repeats: refused before anything runs."""
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    bomb += "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij"))
    head = "scenario: many\nparties:\n  a:\n"
    for name, text in (("bomb", bomb + "parties: *j\n"), ("deep", "parties: " + "[" * 20000),
                       ("million", head + "    - repeat: {times: 1000000, steps: [log: x]}\n"),
                       ("nested", head + "    - repeat: {times: 1000, steps: [{repeat: {times: 1000, steps: [log: x]}}]}\n")):
        write(f"{name}.yaml", text)
        for options in ((), ("--simulate",)):
            done = played(f"{name}.yaml", *options, code=2)
            check(f"{name}.yaml:" in done.stderr and len(done.stderr) < 5000, f"{name}: {done.stderr[:500]}")


@case(timeout=120)
def nothing_outside_the_folder_is_written():
    for place in ("../x.wav", "/tmp/sipvoice-x.wav", "a/../../x.wav", "a/../x.wav"):
        write("in/a.yaml", PASSES.replace("expect_hangup: {by: remote}", f'record: "{place}"'))
        done = played("in/a.yaml", code=2)
        check("in/a.yaml:6:15: " in done.stderr and "inside the scenario's folder" in done.stderr, f"{place}: {done.stderr}")
    # What a caller writes makes no path either.
    write("in/a.yaml", """scenario: A name that would lead away
parties:
  b:
    - expect_call
    - answer
    - record: "{caller}-{room_id}.wav"
    - expect_hangup: {by: remote, within: 30s}
  a:
    - call: {to: b, headers: {X-Room-ID: ../../away}}
    - expect_answer
    - wait: 500ms
    - hangup
""")
    for options in ((), ("--simulate",)):
        played("in/a.yaml", *options)
        files = sorted(str(p) for p in Path(".").rglob("*.wav"))
        equal(len(files), 1, f"files: {files}")
        equal(str(Path(files[0]).parent), "in", f"folder of {files}")
        Path(files[0]).unlink()


@case(timeout=120)
def what_cannot_be_written():
    """Is found before anything runs; 3."""
    outside = Outside(lambda *_: 200)
    write("a.yaml", ASKS.replace("PORT", str(outside.port)))
    for option, place in (("--html", "/proc"), ("--html", "a.yaml"), ("--html", "a.yaml/x"), ("--artifacts", "/proc"),
                          ("--artifacts", "a.yaml"), ("--json", "/proc/x.json"), ("--junit", "a.yaml/x.xml")):
        done = played("a.yaml", option, place, code=3)
        check(option in done.stderr and place in done.stderr and len(done.stderr.splitlines()) == 1, f"{option} {place}: {done}")
    equal(outside.asked, {}, "requests")


@case(timeout=120)
def a_port_in_use():
    """Is the failure of its scenario, not of the others; it took no time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        write("1.yaml", PASSES.replace("  b:\n", f'  b:\n    listen: "udp:127.0.0.1:{port}"\n    steps:\n'))
        write("2.yaml", PASSES)
        done = played("1.yaml", "2.yaml", "--json", "r.json", code=1)
    check(f"127.0.0.1:{port}" in done.stdout and "in use" in done.stdout, done.stdout)
    report = shape("r.json")
    equal([s["result"] for s in report["scenarios"]], ["failed", "passed"], "results")
    failure = report["scenarios"][0]["failure"]
    equal((failure["party"], failure["kind"]), ("b", "signalling"), f"of {failure}")
    check(report["scenarios"][0]["duration_ms"] < report["duration_ms"], f"{report['scenarios'][0]['duration_ms']} ms")


@case(timeout=120)
def skipped():
    """Who calls somebody outside cannot be simulated: alone that is 2, among others it is said."""
    write("a.yaml", ASKS.replace("PORT", "9"))
    write("b.yaml", PASSES)
    done = played("a.yaml", "--simulate", "--json", "r.json", code=2)
    check("skipped" in done.stdout and "a.yaml: skipped: " in done.stderr, f"{done}")
    equal(shape("r.json")["summary"], {"passed": 0, "failed": 0, "flaky": 0, "skipped": 1}, "summary")
    done = played("a.yaml", "b.yaml", "--simulate")
    check("2 scenarios: 1 passed, 1 skipped in " in done.stdout, done.stdout)


def on_a_terminal(*arguments, **environment):
    """What it writes to a terminal of 90 columns."""
    own, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    process = start([BINARY, "run", *arguments], stdout=theirs, stderr=subprocess.PIPE, env={**clean, **environment})
    os.close(theirs)
    said = b""
    while select.select([own], [], [], 120)[0]:
        try:
            piece = os.read(own, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(own)
    return process.wait(60), said.decode()


@case(timeout=240)
def terminal():
    """Colours, and a line of what runs that the verdict replaces; NO_COLOR takes the colours alone."""
    write("a.yaml", PASSES)
    code, said = on_a_terminal("a.yaml")
    equal(code, 0, "exit code")
    check("\r\x1b[K" in said and "running" in said and said.index("running") < said.index("passed"), f"{said!r}")
    check("\x1b[32m" in said, f"green in {said!r}")
    code, plain = on_a_terminal("a.yaml", NO_COLOR="1")
    check("\r\x1b[K" in plain and "running" in plain and "\x1b[3" not in plain and "\x1b[0m" not in plain, f"{plain!r}")
    for line in plain.replace("\r\x1b[K", "\n").splitlines():
        check(len(line) <= 90, f"{len(line)} columns: {line!r}")
    write("f.yaml", FAILS)
    code, said = on_a_terminal("f.yaml", "--simulate")
    equal(code, 1, "exit code")
    check("\x1b[31m" in said, f"red in {said!r}")


@case(timeout=240)
def rows_of_variables():
    """--vars-csv: a run for each row, RFC 4180; --var comes before it, mistakes name file and line."""
    write("v.yaml", 'scenario: "Says ${WHAT}"\nvars: {WHO: nobody}\nparties:\n  a:\n'
                    '    - log: "${WHAT}|${WHO}"\n    - wait: 10ms\n')

    def told(*options):
        done = played("v.yaml", "--vars-csv", "v.csv", "--simulate", "--json", "r.json", *options)
        return done, [(s["row"], s["log"][0]["text"]) for s in shape("r.json")["scenarios"]]
    Path("v.csv").write_bytes(b'\xef\xbb\xbfWHAT,WHO\r\n"a, ""b""",x\r\n\r\n"two words",\r\nlast,"y"')
    done, rows = told()
    equal(rows, [("row 1", 'a, "b"|x'), ("row 2", "two words|"), ("row 3", "last|y")], "rows")
    check('Says a, "b" (row 1)' in done.stdout and "3 scenarios: 3 passed" in done.stdout, done.stdout)
    equal(told("--var", "WHO=me")[1][0], ("row 1", 'a, "b"|me'), "with --var")
    for text, says in (("WHAT,WHO\na,b\n\na\n", "v.csv:4: 1 values for 2 variables"), ("WHAT\na\nb,c\n", "v.csv:3: 2 values"),
                       ("WHAT,WHAT\na,b\n", "v.csv:1: "), ("WHAT\n", "v.csv"), ("", "v.csv"), ('WHAT\n"a\n', "v.csv:"),
                       ("WHO\nb\n", "v.yaml:1:")):
        write("v.csv", text)
        done = played("v.yaml", "--vars-csv", "v.csv", code=2)
        check(says in done.stderr and len(done.stderr.splitlines()) <= 2, f"{text!r}: {done.stderr}")
    check("gone.csv" in played("v.yaml", "--vars-csv", "gone.csv", code=2).stderr, "a table that is not there")


@case(timeout=240)
def jobs_run_side_by_side():
    """Four at a time, shown by one who answers nobody until four have asked; ports are never shared."""
    outside = Outside(lambda _, asked: 200 if asked >= 4 else 0)
    for n in range(8):
        ask = f'    - options: {{to: "sip:x@127.0.0.1:{outside.port}"}}\n    - expect_response: {{status: 200, within: 30s}}\n'
        write(f"folder/{n}.yaml", PASSES.replace("A short call", f"Call {n}").replace("  a:\n", "  a:\n" + ask)
              .replace("    - hangup\n", "    - expect_media: {audio: both, within: 30s}\n    - hangup\n"))
    played("folder", "--jobs", 4, "--json", "r.json")
    report = shape("r.json")
    equal([s["name"] for s in report["scenarios"]], [f"Call {n}" for n in range(8)], "order of the report")
    addresses = [p["address"] for s in report["scenarios"] for p in s["parties"]]
    media = [c["media"]["remote_sdp"] for s in report["scenarios"] for p in s["parties"] for c in p["calls"]]
    equal((len(addresses), len(media)), (16, 16), "parties and calls")
    equal(len(set(media)), 16, f"addresses of media in {media}")


LONG = """scenario: A call that would last
timeout: 10m
parties:
  a:
    - call: "sip:x@127.0.0.1:PORT"
    - expect_answer: {within: 60s}
    - wait: 5m
"""


@case(timeout=240)
def interrupted():
    """The call ends by BYE, the rest counts as failed, every report is written; 1."""
    voice = Sipvoice("answer", "--echo")
    write("1.yaml", LONG.replace("PORT", str(voice.port)))
    write("2.yaml", PASSES)
    process = start([BINARY, "run", "1.yaml", "2.yaml", "--json", "r.json", "--junit", "r.xml", "--html", "page"],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    voice.wait("call_answered", 90)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=90)
    equal((process.returncode, errors), (1, ""), f"exit code and errors after {said}")
    equal(voice.wait("call_ended", 30)["by"], "remote", "who ended the call")
    voice.stop()
    report = shape("r.json")
    equal([outcome(s) for s in report["scenarios"]], ["failed", "failed"], "results")
    equal([s["failure"]["seen"] for s in report["scenarios"]], ["interrupted", "interrupted before it began"], "what was seen")
    check("2 scenarios: 0 passed, 2 failed" in said, said)
    equal([r for _, _, r in steps_of(report["scenarios"][0])[:2]], ["passed", "passed"], "steps before the interrupt")
    check(Path("r.xml").stat().st_size > 100 and Path("page/index.html").stat().st_size > 1000, "reports")


def signal_is_due(pid, number):
    """Sent, and not yet delivered."""
    pending = [int(line.split()[1], 16) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
               if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in pending)


def catches(pid, number):
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("SigCgt"))
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)


@case(timeout=120)
def interrupted_twice():
    """The second one ends it wherever it is; here it can write to nobody. 130, and 143 of SIGTERM."""
    write("a.yaml", PASSES)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writing, True)
        process = start([BINARY, "run", "a.yaml"], stdout=writing)
        wait_until(lambda: catches(process.pid, number), 60, "its handler")
        process.send_signal(number)
        wait_until(lambda: not signal_is_due(process.pid, number), 60, "the first one delivered")
        process.send_signal(number)
        equal(process.wait(60), code, f"exit code of a second {number}")
        os.close(reading)
        os.close(writing)


@case(timeout=240)
def simulated():
    """The same bytes for the same seed, others for another; an hour passes in a moment."""
    write("f.yaml", FAILS)
    write("p.yaml", PASSES.replace("  a:\n", "  a:\n    network: {loss: 20%, jitter: 20ms}\n    steps:\n"))
    write("hour.yaml", PASSES.replace("scenario: A short call", "scenario: An hour\ntimeout: 2h")
          .replace("{by: remote}", "{by: remote, within: 70m}").replace("    - hangup", "    - wait: 1h\n    - hangup"))
    texts = []
    for seed in (5, 5, 6):
        played(".", "--simulate", "--seed", seed, "--jobs", 2, "--json", "r.json", "--junit", "r.xml", code=1)
        texts.append((Path("r.json").read_text(), Path("r.xml").read_text()))
    check(texts[0] == texts[1], "the same seed gave another report")
    check(texts[0] != texts[2], "another seed gave the same report")
    report = shape("r.json")
    equal((report["simulated"], report["started"][:20]), (True, "2000-01-01T00:00:00."), "kind and time")
    hour = next(s for s in report["scenarios"] if s["name"] == "An hour")
    equal((hour["result"], round(hour["duration_ms"] / 1000) // 10), ("passed", 360), "the hour")
    check(all(not s["file"].startswith("/") for s in report["scenarios"]), "paths")


if __name__ == "__main__":
    run_cases()
