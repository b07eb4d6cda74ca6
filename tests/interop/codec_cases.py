#!/usr/bin/env python3
"""Each codec from end to end: two processes of sipvoice, and baresip on the other side."""
import sound
from harness import BINARY, SAMPLES, Sipvoice, between, case, check, equal, run, run_cases
from peers import Baresip, pause

RATES = {"pcmu": 8000, "pcma": 8000, "g722": 16000, "opus": 48000, "l16": 16000}


def between_processes(codec):
    """A call that finds the prompt it expects and records it; what the answering side says about it."""
    voice = Sipvoice("answer", "--codecs", codec, "--play", SAMPLES / "welcome.wav")
    done = run([BINARY, "call", f"sip:test@127.0.0.1:{voice.port}", "--rtp-ip", "127.0.0.1", "--codecs", codec,
                "--record", "heard.wav", "--expect-audio", SAMPLES / "welcome.wav"], timeout=40)
    equal(done.returncode, 0, f"exit code of the call: {done.stderr[-800:]}")
    answered = voice.wait("call_answered")
    equal(answered["codec"], codec, "codec")
    rate, (samples,) = sound.read_wav("heard.wav")
    equal(rate, RATES[codec], "sample rate of the recording")
    check(sound.level(sound.loud_part(samples, rate)) > 500, "the recording is silent")
    voice.stop()
    return answered


@case(timeout=90)
def g722_between_processes():
    """G.722: the prompt is found on the other side, both ways are recorded at 16 kHz."""
    between_processes("g722")


@case(timeout=90)
def opus_between_processes():
    """Opus: dynamic numbers, 48 kHz."""
    equal(between_processes("opus")["payload_type"], 96, "payload type")


@case(timeout=90)
def l16_between_processes():
    """L16 at 16 kHz."""
    between_processes("l16")


@case(timeout=90)
def pcma_between_processes():
    """A-law."""
    between_processes("pcma")


def tone_of_baresip(module, name, codec, channels=1):
    voice = Sipvoice("answer", "--codecs", codec, "--echo", "--record", "rec/heard.wav")
    peer = Baresip(tone=440, dump=True, codec=name, codec_modules=[module], rate=RATES[codec],
                   channels=channels)
    peer.dial(f"sip:test@127.0.0.1:{voice.port}")
    peer.wait_event("CALL_ESTABLISHED")
    pause(5)
    peer.hang_up()
    ended = voice.wait("call_ended")
    equal(ended["media"]["audio"], "both", "audio")
    equal(ended["media"]["codec"], codec, "codec")
    rate, (samples,) = sound.read_wav(voice.wait("record_finished")["file"])
    equal(rate, RATES[codec], "sample rate")
    tone = sound.loud_part(samples, rate)
    between(len(tone) / rate, 4, 5.6, "seconds of tone")
    between(sound.frequency(tone[rate // 2:-rate // 2], rate), 438, 442, "Hz")
    peer.stop()
    heard_rate, (heard, *_) = sound.read_wav(peer.heard())
    back = sound.loud_part(heard, heard_rate)
    between(sound.frequency(back[heard_rate // 2:-heard_rate // 2], heard_rate), 438, 442, "Hz of the echo")
    voice.stop()


@case(timeout=60, needs=["baresip"])
def g722_with_baresip():
    """440 Hz by G.722, recorded here and echoed there."""
    tone_of_baresip("g722", "g722", "g722")


@case(timeout=60, needs=["baresip"])
def opus_with_baresip():
    """440 Hz by Opus, recorded here and echoed there."""
    tone_of_baresip("opus", "opus/48000/2", "opus", channels=2)


if __name__ == "__main__":
    run_cases()
