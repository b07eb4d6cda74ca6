#!/usr/bin/env python3
"""Calls from baresip: what it says is recorded, what we play it hears, and tshark has no complaint."""
from pathlib import Path

import sound
from harness import SAMPLES, Sipvoice, between, case, check, equal, run, run_cases, wait_until
from peers import Baresip, packets, pause, tshark


def call_for(seconds, voice, peer, user="test"):
    """One call of that length; the event that closes it."""
    peer.dial(f"sip:{user}@127.0.0.1:{voice.port}")
    peer.wait_event("CALL_ESTABLISHED")
    pause(seconds)
    peer.hang_up()
    return voice.wait("call_ended")


@case(timeout=60, needs=["baresip"])
def records_a_tone():
    """A tone of 440 Hz is recorded as one, as long as the call."""
    voice = Sipvoice("record", "-o", "rec/{call_id}.wav")
    peer = Baresip(tone=440)
    ended = call_for(5, voice, peer)
    recorded = voice.wait("record_finished")
    equal(ended["media"]["audio"], "received_only" if ended["media"]["packets_sent"] == 0 else "both", "audio")
    rate, (samples,) = sound.read_wav(recorded["file"])
    equal(rate, 8000, "sample rate")
    between(len(samples) / rate * 1000, ended["duration_ms"] - 200, ended["duration_ms"] + 200, "length in ms")
    between(recorded["duration_ms"], ended["duration_ms"] - 200, ended["duration_ms"] + 200, "duration_ms")
    tone = sound.loud_part(samples, rate)
    between(len(tone) / rate, ended["duration_ms"] / 1000 - 0.5, ended["duration_ms"] / 1000 + 0.1, "seconds of tone")
    between(sound.frequency(tone, rate), 438, 442, "Hz")
    between(sound.share_of(tone[1600:9600], 440, rate), 0.95, 1.01, "share of 440 Hz")
    between(sound.level(tone), 10500, 12500, "level (played at 11585)")
    peer.stop()
    voice.stop()


@case(timeout=60, needs=["baresip"])
def hears_a_tone():
    """What --play sends is what baresip hears."""
    sound.write_tone("tone.wav", 1000, 4, rate=16000)
    voice = Sipvoice("answer", "--play", "tone.wav", "--then", "stay")
    peer = Baresip(dump=True)
    call_for(5, voice, peer)
    played = voice.wait("play_finished")
    check(played["completed"], "play_finished says that it was cut off")
    between(played["played_ms"], 3950, 4050, "played_ms")
    peer.stop()
    rate, (samples, *_) = sound.read_wav(peer.heard())
    tone = sound.loud_part(samples, rate)
    between(len(tone) / rate, 3.85, 4.1, "seconds of tone heard")
    between(sound.frequency(tone, rate), 998, 1002, "Hz")
    between(sound.share_of(tone[rate:2 * rate], 1000, rate), 0.95, 1.01, "share of 1000 Hz")
    voice.stop()


@case(timeout=60, needs=["baresip", "sox"])
def hears_each_format():
    """Prompts of any rate and channel count, G.711 among them, in order."""
    voice = Sipvoice("answer", *[o for name in ("chime-stereo", "welcome-g711", "welcome")
                                 for o in ("--play", SAMPLES / f"{name}.wav")])
    peer = Baresip(dump=True)
    peer.dial(f"sip:test@127.0.0.1:{voice.port}")
    ended = voice.wait("call_ended", seconds=20)
    equal(ended["by"], "local", "ended by")
    peer.wait_event("CALL_CLOSED")
    seconds = [float(run(["soxi", "-D", SAMPLES / f"{name}.wav"]).stdout)
               for name in ("chime-stereo", "welcome-g711", "welcome")]
    between(ended["duration_ms"] / 1000, sum(seconds) - 0.1, sum(seconds) + 0.6, "seconds of the call")
    for event, wanted in zip([voice.wait("play_finished", count=n) for n in (1, 2, 3)], seconds):
        between(event["played_ms"] / 1000, wanted - 0.04, wanted + 0.04, f"seconds of {event['source']}")
    peer.stop()
    rate, (samples, *_) = sound.read_wav(peer.heard())
    between(len(sound.loud_part(samples, rate)) / rate, sum(seconds) - 0.8, sum(seconds) + 0.3, "seconds heard")
    voice.stop()


@case(timeout=60, needs=["baresip"])
def stereo_recording():
    """Left is what was heard, right what was sent."""
    sound.write_tone("tone.wav", 1000, 3)
    voice = Sipvoice("answer", "--play", "tone.wav", "--then", "stay", "--record", "rec/both.wav", "--stereo")
    peer = Baresip(tone=440)
    call_for(4, voice, peer)
    rate, channels = sound.read_wav(voice.wait("record_finished")["file"])
    equal(len(channels), 2, "channels")
    left, right = (sound.loud_part(c, rate) for c in channels)
    between(sound.frequency(left, rate), 438, 442, "Hz on the left")
    between(sound.frequency(right, rate), 998, 1002, "Hz on the right")
    between(len(right) / rate, 2.95, 3.05, "seconds of what was sent")
    peer.stop()
    voice.stop()


@case(timeout=60, needs=["baresip", "tshark"])
def capture_is_sound():
    """tshark finds every packet that we counted, and none that is malformed."""
    voice = Sipvoice("answer", "--echo", "--pcap", "call.pcap")
    peer = Baresip()
    media = call_for(4, voice, peer)["media"]
    peer.stop()
    voice.stop()
    equal(tshark("call.pcap", voice.port, "-Y", "_ws.malformed").strip(), "", "malformed packets")
    methods = [row[0] for row in packets("call.pcap", voice.port, "sip.Method", "sip.Method")]
    equal([m for m in methods if m in ("INVITE", "ACK", "BYE")], ["INVITE", "ACK", "BYE"], "requests")
    statuses = [row[0] for row in packets("call.pcap", voice.port, "sip.Status-Code", "sip.Status-Code")]
    equal(statuses[0], "100", "first answer")
    equal(statuses.count("200"), 2, "answers 200")
    rtp = packets("call.pcap", voice.port, "rtp", "udp.srcport")
    equal(len(rtp), media["packets_sent"] + media["packets_received"], "RTP packets")
    check(media["packets_received"] > 150, f"only {media['packets_received']} packets came")
    check(Path("call.pcap").stat().st_size > 50_000, "the capture is too small")


@case(timeout=60, needs=["baresip"])
def echo_of_a_tone():
    """baresip hears its own tone."""
    voice = Sipvoice("answer", "--echo")
    peer = Baresip(tone=700, dump=True)
    call_for(4, voice, peer)
    peer.stop()
    rate, (samples, *_) = sound.read_wav(peer.heard())
    tone = sound.loud_part(samples, rate)
    between(len(tone) / rate, 3.3, 4.3, "seconds of tone heard")
    between(sound.frequency(tone, rate), 698, 702, "Hz")
    voice.stop()


@case(timeout=60, needs=["baresip"])
def refused():
    """--reject, with a reason of our own; then sipvoice ends by itself."""
    voice = Sipvoice("answer", "--reject", "486 Gone fishing", "--calls", "1")
    peer = Baresip()
    peer.dial(f"sip:test@127.0.0.1:{voice.port}")
    rejected = voice.wait("call_rejected")
    equal((rejected["status"], rejected["reason"]), (486, "Gone fishing"), "refusal")
    closed = peer.wait_event("CALL_CLOSED")
    check("Gone fishing" in closed["param"], f"baresip saw {closed['param']!r}")
    equal(wait_until(lambda: voice.process.poll() is not None and "ended", 10, "end after one call"), "ended", "")
    voice.stop()
    peer.stop()


if __name__ == "__main__":
    run_cases()
