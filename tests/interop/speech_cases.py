#!/usr/bin/env python3
"""Texts that are spoken: by espeak-ng, by a program of the user's, in order, and once."""
import os
from pathlib import Path

from harness import BINARY, SAMPLES, Sipvoice, case, check, equal, rtp_range, run, run_cases

TEXT = "Welcome to the sales department. Please hold the line, somebody will be with you soon."


def own_cache():
    """Nothing that was spoken before counts, nothing is left behind."""
    os.environ["XDG_CACHE_HOME"] = str(Path("cache").absolute())


def call(port, *options):
    return run([BINARY, "call", f"sip:x@127.0.0.1:{port}", "--rtp-ip", "127.0.0.1", "--rtp-ports", rtp_range(),
                *options], timeout=60)


def speaker():
    """A program that copies a sound, whatever it is told to say, and notes what that was."""
    Path("speak").write_text(f'#!/bin/sh\necho "$1|$(cat "$2")" >> calls\ncp "{SAMPLES}/sales.wav" "$3"\n')
    os.chmod("speak", 0o700)
    return f"{Path('speak').absolute()} {{voice}} {{text_file}} {{wav_file}}"


def refused(*arguments, code, says):
    done = run([BINARY, "answer", *arguments, "--listen", "udp:127.0.0.1:0"], timeout=30)
    equal(done.returncode, code, f"exit code ({done.stderr})")
    equal(len(done.stderr.splitlines()), 1, f"lines on stderr: {done.stderr}")
    for text in says:
        check(text in done.stderr, f"{text} in {done.stderr}")


@case(needs=["espeak-ng"], timeout=90)
def said_is_heard():
    """What espeak-ng says into a file is what the caller hears; another voice is not."""
    own_cache()
    Path("text").write_text(TEXT)
    for voice in ("en-us", "de"):
        equal(run(["espeak-ng", "-v", voice, "-w", f"{voice}.wav", "-f", "text"]).returncode, 0, "espeak-ng")
    voice = Sipvoice("answer", "--say", TEXT, "--voice", "en-us")
    done = call(voice.port, "--expect-audio", "en-us.wav")
    equal(done.returncode, 0, f"the same voice: {done.stdout}{done.stderr}")
    done = call(voice.port, "--expect-audio", "de.wav")
    equal(done.returncode, 1, f"another voice: {done.stdout}{done.stderr}")
    finished = voice.wait("play_finished")
    equal(finished["source"], "say:" + TEXT, "source")
    equal(finished["completed"], True, "completed")
    voice.stop()


@case()
def in_order_with_files():
    """--play and --say in the order of the command line; each text is spoken once, by a program of ours."""
    own_cache()
    command = speaker()
    options = ["--tts-command", command, "--voice", "anna", "--say", "--first", "--play", SAMPLES / "sales.wav",
               "--say", "last; $(x)"]
    for _ in range(2):
        voice = Sipvoice("answer", *options)
        equal(call(voice.port).returncode, 0, "call")
        voice.wait("call_ended")
        equal([e["source"] for e in voice.events("play_started")],
              ["say:--first", str(SAMPLES / "sales.wav"), "say:last; $(x)"], "order")
        voice.stop()
    equal(Path("calls").read_text(), "anna|--first\nanna|last; $(x)\n", "what the program was told")


@case()
def routes_say():
    """`say` and `voice` in a routes file."""
    own_cache()
    Path("routes.yaml").write_text("routes:\n  - do: {say: [Hello, 'good bye'], voice: bert}\n")
    voice = Sipvoice("listen", "--routes", "routes.yaml", "--tts-command", speaker())
    equal(call(voice.port).returncode, 0, "call")
    voice.wait("play_finished", count=2)
    voice.stop()
    equal(Path("calls").read_text(), "bert|Hello\nbert|good bye\n", "what the program was told")


@case()
def refusals():
    own_cache()
    refused("--say", "x", "--tts-command", "p {wav_file}", code=2, says=["--tts-command", "{text_file}"])
    refused("--say", "x", "--tts-command", "no-such-program {text_file} {wav_file}", code=3, says=["no-such-program"])
    refused("--say", "x", "--voice=-w", code=2, says=["--voice"])
    refused("--say", " ", code=2, says=["--say"])
    path = os.environ["PATH"]
    os.environ["PATH"] = "/nowhere"
    refused("--say", "x", code=3, says=["espeak-ng", "install"])
    os.environ["PATH"] = path


@case(needs=["espeak-ng"])
def unknown_voice():
    own_cache()
    refused("--say", "x", "--voice", "xyzzy", code=2, says=["xyzzy", "en-us"])


if __name__ == "__main__":
    run_cases()
