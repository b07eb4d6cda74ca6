#!/usr/bin/env python3
"""Digits by each method with SIPp and baresip, in both directions."""
import array
import math

import sound
from harness import Sipvoice, between, case, check, equal, free_port, run_cases
from peers import Baresip, Called, sipp, start_sipp

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")


def tones_of(digit):
    row = next(i for i, keys in enumerate(KEYS) if digit in keys)
    return ROWS[row], COLUMNS[KEYS[row].index(digit)]


def pressed(digits, on_ms=100, off_ms=100, rate=8000):
    """The sound of these keys, with silence around each."""
    samples = array.array("h", [0] * (rate // 2))
    for digit in digits:
        low, high = (2 * math.pi * hertz / rate for hertz in tones_of(digit))
        samples.extend(int(6000 * (math.sin(low * i) + math.sin(high * i))) for i in range(rate * on_ms // 1000))
        samples.extend([0] * (rate * off_ms // 1000))
    return samples


def mu_law(samples):
    def encode(sample):
        sign, magnitude = (0x80, sample) if sample >= 0 else (0, -sample)
        magnitude = min(magnitude + 132, 32635)
        exponent = max(0, magnitude.bit_length() - 8)
        return ~((0 if sign else 0x80) | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xFF
    return bytes(map(encode, samples))


def digits_in(samples, rate):
    """What a plain Goertzel hears in a recording, 20 ms by 20 ms, each press once."""
    size, heard, last = rate // 50, "", None
    for at in range(0, len(samples) - size, size):
        piece = samples[at:at + size]
        now = None
        if sound.level(piece) > 300:
            row = max(ROWS, key=lambda f: sound.share_of(piece, f, rate))
            column = max(COLUMNS, key=lambda f: sound.share_of(piece, f, rate))
            if sound.share_of(piece, row, rate) + sound.share_of(piece, column, rate) > 0.85:
                now = KEYS[ROWS.index(row)][COLUMNS.index(column)]
        if now is not None and now != last:
            heard += now
        last = now
    return heard


def heard_by(voice):
    return [(e["digit"], e["method"], e["complete"]) for e in voice.events("dtmf")]


@case(timeout=60, needs=["sipp"])
def info_to_sipp():
    """--dtmf-method info: SIPp gets each digit in its order and with its duration."""
    peer = Called("called_info_digits.xml")
    voice = Sipvoice("call", peer.uri, "--dtmf", "1w#D", "--dtmf-method", "info", "--then", "hangup", listen=False)
    peer.finish()
    voice.stop(None)


@case(timeout=60, needs=["sipp"])
def tones_to_sipp_and_back():
    """SIPp takes no telephone-events and returns all sound: the tones that we send are the digits that we hear."""
    port = free_port()
    start_sipp(9, "-rtp_echo", builtin="uas", own_port=port)
    digits = "1590*#D"
    voice = Sipvoice("call", f"sip:sipp@127.0.0.1:{port}", "--dtmf", digits, "--duration", "5s", listen=False)
    voice.wait("dtmf", count=len(digits), seconds=20)
    voice.stop(None)
    equal(voice.events("call_answered")[0]["dtmf_pt"], None, "no telephone-event is agreed")
    equal(heard_by(voice), [(d, "inband", True) for d in digits], "digits")
    for event in voice.events("dtmf"):
        between(event["duration_ms"], 145, 175, f"duration of {event['digit']}, sent with 160 ms")


@case(timeout=60, needs=["sipp"])
def tones_from_sipp():
    """Tones that SIPp streams are told as digits, are no speech, and do not stop a prompt."""
    with open("stream.ul", "wb") as f:
        f.write(mu_law(pressed("1234567890*#ABCD")))
    sound.write_tone("tone.wav", 1000, 10, level=0.05)
    voice = Sipvoice("answer", "--play", "tone.wav", "--vad", "--barge-in")
    sipp(voice.port, scenario="calls_stream.xml")
    voice.wait("call_ended")
    equal(heard_by(voice), [(d, "inband", True) for d in "1234567890*#ABCD"], "digits")
    for event in voice.events("dtmf"):
        between(event["duration_ms"], 85, 115, f"duration of {event['digit']}, pressed for 100 ms")
    equal([e["event"] for e in voice.events() if e["event"].startswith(("speech", "barge"))], [], "speech")
    voice.stop()


@case(timeout=60, needs=["baresip"])
def to_baresip():
    """baresip hears our digits as telephone-events and by INFO, each once and in order."""
    for method, digits in (("rfc4733", "15#"), ("info", "*90")):
        peer = Baresip()
        voice = Sipvoice("call", peer.uri, "--dtmf", f"w{digits}", "--dtmf-method", method, "--then", "hangup",
                         listen=False)
        peer.wait_event("CALL_INCOMING")
        peer.command("accept")
        peer.wait_event("CALL_ESTABLISHED")

        peer.wait_event("CALL_CLOSED", seconds=20)
        voice.stop(None)
        heard = [m["param"] for m in peer.messages if m.get("type") == "CALL_DTMF_START"]
        equal(heard, list(digits), f"digits by {method}")
        peer.stop()
        peer.folder.rename(f"baresip-{method}")


@case(timeout=60, needs=["baresip"])
def tones_to_baresip():
    """--dtmf-method inband: what baresip writes of its ears has the tones of each digit, for as long as asked."""
    peer = Baresip(dump=True)
    voice = Sipvoice("call", peer.uri, "--dtmf", "w1590*#D", "--dtmf-method", "inband", "--duration", "4s", listen=False)
    peer.wait_event("CALL_INCOMING")
    peer.command("accept")
    peer.wait_event("CALL_ESTABLISHED")
    peer.wait_event("CALL_CLOSED", seconds=20)
    voice.stop(None)
    peer.stop()
    rate, (samples, *_) = sound.read_wav(peer.heard())
    equal(digits_in(samples, rate), "1590*#D", "digits in baresip's recording")


@case(timeout=60, needs=["baresip"])
def from_baresip():
    """Digits that baresip sends as telephone-events: each once, in order."""
    voice = Sipvoice("answer", "--silence")
    peer = Baresip()
    peer.dial(f"sip:test@127.0.0.1:{voice.port}")
    peer.wait_event("CALL_ESTABLISHED")
    for n, digit in enumerate("159*0#", 1):
        peer.command("sndcode", digit)
        voice.wait("dtmf", count=n)
    peer.hang_up()
    voice.wait("call_ended")
    equal(heard_by(voice), [(d, "rfc4733", True) for d in "159*0#"], "digits")
    check(all(e["duration_ms"] > 0 for e in voice.events("dtmf")), "durations")
    peer.stop()
    voice.stop()


if __name__ == "__main__":
    run_cases()
