#!/usr/bin/env python3
"""Microphone and speaker, through a real sound server without hardware: PulseAudio with two null sinks.

What sipvoice plays goes to the sink `speaker`, whose monitor is heard; what is played to the sink `mic` is, by its
monitor, what the microphone hears.
"""
import array
import os
from pathlib import Path

import sound
from harness import (BINARY, RELEASE_BINARY, Sipvoice, between, case, check, equal, free_port, rtp_range, run, run_cases, start,
                     wait_until)
from peers import pause

RATE = 48000
ALSA = """</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
"""
# The sound libraries below PortAudio keep some memory when they are unloaded: nothing of ours.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
NEEDS = ["pulseaudio", "parec", "pacat"]


def sound_server():
    """A server of this case alone; programs find it by the environment."""
    folder = Path("run").absolute()
    folder.mkdir(mode=0o700)
    os.environ.update(XDG_RUNTIME_DIR=str(folder), HOME=str(folder), XDG_CONFIG_HOME=str(folder),
                      PULSE_RUNTIME_PATH=str(folder / "pulse"), PULSE_SINK="speaker", PULSE_SOURCE="mic.monitor",
                      ALSA_CONFIG_PATH=str(Path("asound.conf").absolute()))
    os.environ.pop("PULSE_SERVER", None)
    Path("asound.conf").write_text(ALSA)
    log = open("pulseaudio.log", "w")
    server = start(["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
           "-L", "module-native-protocol-unix", "-L", f"module-null-sink sink_name=speaker rate={RATE} channels=1",
           "-L", f"module-null-sink sink_name=mic rate={RATE} channels=1"], stdout=log, stderr=log)
    wait_until(lambda: (folder / "pulse" / "native").exists(), 20, "the sound server's socket")
    return server


def record_speaker(name):
    """What comes out of the speaker, from now on."""
    return start(["parec", "--device=speaker.monitor", f"--rate={RATE}", "--channels=1", "--format=s16le", "--raw",
                  "--latency-msec=100", name])


def raw(name):
    data = Path(name).read_bytes()
    return array.array("h", data[:len(data) // 2 * 2])


def play_into_microphone(name):
    return start(["pacat", "--playback", "--device=mic", f"--rate={RATE}", "--channels=1", "--format=s16le", "--raw",
                  "--latency-msec=200", name])


def steady_tone(samples, rate, hertz, level):
    """Three seconds from the end of what was heard, when the server's null sinks have settled: pitch, level, hardly a piece that is missing."""
    loud = sound.loud_part(samples, rate)
    between(len(loud) / rate, 3.5, 30, "seconds of sound")
    part = loud[-int(3.2 * rate):-int(0.2 * rate)]
    size = rate // 50
    levels = [sound.level(part[i:i + size]) for i in range(0, len(part) - size + 1, size)]
    missing = sum(1 for value in levels if value < level * 0.7)
    between(missing, 0, 7, "pieces of 20 ms in 3 s that are missing")  # a machine under load may stumble
    between(sorted(levels)[len(levels) // 2], level * 0.9, level * 1.1, "level")
    # While the delay of the start is brought down the pitch is off by 0.3 % at most.
    between(sound.share_of(part[:rate // 20], hertz, rate), 0.8, 1.01, f"share of {hertz} Hz")


def caller(port, *options):
    return ["call", f"sip:x@127.0.0.1:{port}", *options]


@case(needs=NEEDS, timeout=90, serial=True)
def caller_is_heard():
    """A tone from the caller comes out of the speaker."""
    sound_server()
    sound.write_tone("tone.wav", 440, 10)
    recorder = record_speaker("speaker.raw")
    voice = Sipvoice("answer", "--live")
    done = run([BINARY, *caller(voice.port, "--play", "tone.wav"), "--rtp-ip", "127.0.0.1", "--rtp-ports",
                rtp_range()], timeout=40)
    equal(done.returncode, 0, f"call: {done.stdout}{done.stderr}")
    finished = voice.wait("live_finished")
    equal(voice.events("live_started")[0]["device"], "default", "device")
    pause(0.5)
    recorder.terminate()
    recorder.wait(5)
    steady_tone(raw("speaker.raw"), RATE, 440, 32767 * 0.5 / 2 ** 0.5)
    check("output_underruns" in finished and "input_overruns" in finished, "figures of the card")
    voice.stop()


@case(needs=NEEDS, timeout=90, serial=True)
def microphone_is_heard():
    """A tone in the microphone arrives at the peer."""
    sound_server()
    samples = sound.write_tone("tone.wav", 1000, 20, rate=RATE)
    Path("tone.raw").write_bytes(samples.tobytes())
    voice = Sipvoice("answer", "--live")
    player = play_into_microphone("tone.raw")
    pause(0.5)
    done = run([BINARY, *caller(voice.port, "--duration", "9s", "--record", "heard.wav"), "--rtp-ip", "127.0.0.1",
                "--rtp-ports", rtp_range()], timeout=40)
    equal(done.returncode, 0, f"call: {done.stdout}{done.stderr}")
    voice.wait("live_finished")
    player.terminate()
    rate, (heard,) = sound.read_wav("heard.wav")
    steady_tone(heard, rate, 1000, 32767 * 0.5 / 2 ** 0.5)
    voice.stop()


@case(needs=NEEDS, timeout=90, serial=True)
def one_call_a_device():
    """A second call is refused with 486, and the card is free again after the first."""
    sound_server()
    voice = Sipvoice("listen", "--route", "-> live:default")
    first = Sipvoice(*caller(voice.port), listen=False)
    voice.wait("live_started")
    second = run([BINARY, *caller(voice.port)], timeout=30)
    equal(second.returncode, 1, "exit code of the second call")
    check("486" in second.stdout, second.stdout)
    equal(voice.wait("call_rejected")["rule"], "device_in_use", "rule")
    first.stop()
    voice.wait("live_finished")
    third = Sipvoice(*caller(voice.port, "--duration", "1s"), listen=False)
    voice.wait("live_finished", count=2, seconds=20)
    equal(third.wait_exit(), 0, "exit code of the third call")
    voice.stop()


@case(needs=NEEDS, timeout=60, serial=True)
def devices_are_listed():
    """`devices` and the refusal of an unknown one; no noise from below on stderr."""
    sound_server()
    listed = run([BINARY, "devices"], timeout=30)
    equal(listed.returncode, 0, "exit code")
    equal(listed.stderr, "", "stderr")
    check("default" in listed.stdout, listed.stdout)
    done = run([BINARY, "answer", "--live=no-such-card", "--listen", "udp:127.0.0.1:0"], timeout=30)
    equal(done.returncode, 3, "exit code")
    equal(len(done.stderr.splitlines()), 1, f"lines of {done.stderr}")
    check("no-such-card" in done.stderr and "default" in done.stderr, done.stderr)


@case(needs=NEEDS, timeout=60, serial=True)
def server_goes_away():
    """The sound server ends in mid-call: the call says so and goes on; the process ends with 3."""
    server = sound_server()
    # PortAudio ends the thread of a broken stream by cancelling it, which the sanitizers do not let through.
    release = RELEASE_BINARY if os.path.exists(RELEASE_BINARY) else ""
    voice = Sipvoice("answer", "--live", binary=release or BINARY)
    first = Sipvoice(*caller(voice.port), listen=False)
    voice.wait("live_started")
    pause(1)
    server.kill()
    voice.wait("error", seconds=20)
    check(not voice.events("call_ended"), "the call goes on")
    first.stop()
    voice.wait("call_ended")
    voice.stop(expect=3)


@case()
def no_device():
    """Nothing there: `devices` says so and exits 0, --live is exit 3."""
    Path("asound.conf").write_text("</usr/share/alsa/alsa.conf>\n")
    os.environ.update(ALSA_CONFIG_PATH=str(Path("asound.conf").absolute()), XDG_RUNTIME_DIR=str(Path(".").absolute()))
    listed = run([BINARY, "devices"], timeout=30)
    equal(listed.returncode, 0, "exit code")
    equal(listed.stderr, "", "stderr")
    if "no sound device" not in listed.stdout:
        return  # a machine with another sound system than ALSA
    for command in (["answer", "--live", "--listen", "udp:127.0.0.1:0"],
                    ["call", f"sip:x@127.0.0.1:{free_port()}", "--live"],
                    ["listen", "--route", "-> live:default", "--listen", "udp:127.0.0.1:0"]):
        done = run([BINARY, *command], timeout=30)
        equal(done.returncode, 3, f"exit code of {command}")
        equal(len(done.stderr.splitlines()), 1, f"lines of {done.stderr}")
        check("no sound device" in done.stderr, done.stderr)


@case()
def live_stands_alone():
    """--live beside another action, and a route with both: exit 2."""
    for command in (["answer", "--live", "--echo"], ["call", "sip:x@127.0.0.1", "--live", "--silence"],
                    ["listen", "--route", "-> live:default, echo"]):
        done = run([BINARY, *command], timeout=30)
        equal(done.returncode, 2, f"exit code of {command}: {done.stderr}")


if __name__ == "__main__":
    run_cases()
