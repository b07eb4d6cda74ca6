#!/usr/bin/env python3
"""--events with a reader that does not read: calls go on, and nothing is lost that can be kept."""
import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from harness import BINARY, case, check, equal, rtp_range, run_cases, start
from sip_client import Client, establish

F_SETPIPE_SZ = 1031
CALLS = 60  # their events are ten times what the pipe holds


class Stalled:
    """`answer` whose events are read when the case says so."""

    def __init__(self, target):
        self.log = Path("sipvoice.log")
        command = [BINARY, "answer", "--silence", "--listen", "udp:127.0.0.1:0", "--rtp-ip", "127.0.0.1",
                   "--rtp-ports", rtp_range(), "--events", target]
        if target != "-":
            os.mkfifo(target)
        self.process = start(command, stdout=subprocess.PIPE if target == "-" else None, stderr=self.log.open("w"))
        self.pipe = os.dup(self.process.stdout.fileno()) if target == "-" else os.open(target, os.O_RDONLY)
        fcntl.fcntl(self.pipe, F_SETPIPE_SZ, 4096)
        self.text = b""
        while b"\n" not in self.text:
            self.text += os.read(self.pipe, 4096)
        self.port = int(json.loads(self.text.split(b"\n")[0])["address"].rsplit(":", 1)[1])

    def read_all(self):
        while piece := os.read(self.pipe, 65536):
            self.text += piece
        return [json.loads(line) for line in self.text.splitlines()]


def calls_go_on(voice):
    client = Client(voice.port)
    for _ in range(CALLS):
        call, _ = establish(client)
        call.hang_up()


def all_there(events):
    names = [e["event"] for e in events]
    for name in ("call_incoming", "call_answered", "call_ended"):
        equal(names.count(name), CALLS, name)


@case()
def stalled_reader():
    """Sixty calls while nobody reads; SIGINT; then every event comes, whole and in order."""
    for target in ("-", "events.fifo"):
        voice = Stalled(target)
        calls_go_on(voice)
        voice.process.send_signal(signal.SIGINT)
        events = voice.read_all()
        equal(voice.process.wait(20), 0, f"exit code with {target}: {voice.log.read_text()}")
        all_there(events)
        equal([e["time"] for e in events], sorted(e["time"] for e in events), "times")


@case()
def reader_that_never_returns():
    """The end waits two seconds for it, says so, and exits 3."""
    voice = Stalled("-")
    calls_go_on(voice)
    begin = time.monotonic()
    voice.process.send_signal(signal.SIGINT)
    equal(voice.process.wait(30), 3, "exit code")
    check(time.monotonic() - begin >= 1.9, "the wait for the reader")
    check("stands still" in voice.log.read_text(), f"the log: {voice.log.read_text()}")


if __name__ == "__main__":
    run_cases()
