#!/usr/bin/env python3
"""samples_test.py FOLDER SIPVOICE: runs every program of samples/programs, built into FOLDER, against
`sipvoice call` and `sipvoice answer`. Needs tests/interop in PYTHONPATH. Nothing in here is a matter
of time but for limits that only a program which hangs can reach."""
import os
import signal
import subprocess
import sys
import tempfile
import threading
import wave
from pathlib import Path

import harness
from harness import SAMPLES, Sipvoice, check, equal, rtp_range, run, start, wait_until

FOLDER, BINARY = Path(sys.argv[1]).resolve(), str(Path(sys.argv[2]).resolve())
WELCOME = SAMPLES / "welcome.wav"
LIMIT = 90


class Program:
    """One of the samples, and the lines that it has printed."""

    def __init__(self, name, *arguments):
        self.name, self.lines = name, []
        self.process = start([FOLDER / name, *arguments], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait(self, begin):
        """The first line that begins so."""
        return wait_until(lambda: next((line for line in self.lines if line.startswith(begin)), None), LIMIT,
                          lambda: f"{self.name} says '{begin}...'; it said {self.lines}")

    def uri(self):
        return "sip:me@" + self.wait("listening udp:").split("udp:")[1]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        equal(self.process.wait(LIMIT), 0, f"exit code of {self.name} ({self.lines})")


def caller(uri, *options):
    return [BINARY, "call", uri, "--rtp-ip", "127.0.0.1", "--rtp-ports", rtp_range(), *options]


def call(uri, *options, expect=0):
    done = run(caller(uri, *options), timeout=LIMIT)
    equal(done.returncode, expect, f"exit code of the call ({done.stdout}{done.stderr})")


def echo_server():
    program = Program("echo_server", "127.0.0.1:0")
    call(program.uri(), "--play", WELCOME, "--loop", "--duration", "8s", "--expect-audio", WELCOME)
    program.wait("end ")
    program.stop()


def digit_menu():
    program = Program("digit_menu", "127.0.0.1:0", "4711")
    call(program.uri(), "--silence", "--dtmf", "w12*4711#", "--then", "stay")
    program.wait("code 4711 right")
    program.stop()


def recorder():
    program = Program("recorder", "127.0.0.1:0", "rec")
    call(program.uri(), "--play", WELCOME)
    file = program.wait("recorded ").split(" ")[1]
    with wave.open(file) as heard:
        equal(heard.getnchannels(), 2, "channels")
        samples = heard.readframes(heard.getnframes())
    left = [int.from_bytes(samples[i:i + 2], "little", signed=True) for i in range(0, len(samples), 4)]
    check(max(left, default=0) > 1000, "the caller is heard in the recording")
    program.stop()


def room_bridge():
    program = Program("room_bridge", "127.0.0.1:0")
    room = ("--header", "X-Room-ID: blue")
    speaker = start(caller(program.uri(), *room, "--play", WELCOME, "--loop", "--duration", "20s"),
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    program.wait("call ")
    listener = start(caller(program.uri(), *room, "--silence", "--duration", "14s", "--expect-audio", WELCOME))
    program.wait("bridged blue")
    call(program.uri(), *room, "--silence", "--duration", "1s", expect=1)  # 486: there are two
    equal(listener.wait(LIMIT), 0, "what the speaker says is heard by the listener")
    speaker.wait(LIMIT)  # ended by the bridge, since the other has left
    program.stop()


def dialler():
    voice = Sipvoice("answer", "--silence", "--calls", "1", binary=BINARY)
    done = run([FOLDER / "dialler", f"sip:me@127.0.0.1:{voice.port}", WELCOME, "12#"], timeout=LIMIT)
    equal(done.returncode, 0, f"exit code of dialler ({done.stdout}{done.stderr})")
    check("played " in done.stdout, f"it has played: {done.stdout}")
    voice.wait("call_ended", seconds=LIMIT)
    equal([e["digit"] for e in voice.events("dtmf")], ["1", "2", "#"], "digits")
    voice.stop(None)
    refused = run([FOLDER / "dialler", f"sip:me@127.0.0.1:{voice.port}", "missing.wav"], timeout=LIMIT)
    equal(refused.returncode, 3, "exit code where the file is missing")
    check("missing.wav" in refused.stderr, f"it names the file: {refused.stderr}")


def voice_loop():
    program = Program("voice_loop", "127.0.0.1:0")
    record = ("--record", "rec/heard.wav", "--stereo")
    caller_of = start(caller(program.uri(), "--play", WELCOME, "--then", "stay", "--duration", "60s", *record),
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    program.wait("heard ")
    program.wait("spoken say:You have spoken for ")
    caller_of.send_signal(signal.SIGINT)
    caller_of.wait(LIMIT)
    with wave.open("rec/heard.wav") as heard:
        samples = heard.readframes(heard.getnframes())
    left = [int.from_bytes(samples[i:i + 2], "little", signed=True) for i in range(0, len(samples), 4)]
    check(max(left, default=0) > 1000, "the caller hears the answer")
    program.stop()


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("rec").mkdir()
        try:
            for test in (echo_server, digit_menu, recorder, room_bridge, dialler, voice_loop):
                test()
                print(f"{test.__name__}: works", flush=True)
        finally:
            harness._clean_up()


if __name__ == "__main__":
    main()
