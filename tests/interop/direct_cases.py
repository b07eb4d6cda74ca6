#!/usr/bin/env python3
"""`sipvoice rtp`: two processes without signalling, strangers on the way, and captures of others."""
import signal
import socket
import struct
import xml.etree.ElementTree as xml
from pathlib import Path

import sound
from harness import (BINARY, SAMPLES, SIPP_CAPTURES, Sipvoice, Skip, between, case, check, equal, free_port, run,
                     run_cases, wait_until)
from peers import pause

WELCOME = SAMPLES / "welcome.wav"


def even_port():
    return free_port(4)


def direct(local, remote, *arguments):
    return Sipvoice("rtp", "--local", f"127.0.0.1:{local}", "--remote", f"127.0.0.1:{remote}", *arguments,
                    listen=False, rtp=False)


def end_of(process, seconds=30):
    """The exit code and the events of a process that ends by itself."""
    code = process.wait_exit(seconds)
    ended = process.events("call_ended")
    equal(len(ended), 1, "call_ended events")
    return code, ended[0]


class Stream:
    """An RTP sender and receiver that is not ours."""

    def __init__(self, to, port=0, kind=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(5)
        self.port = self.socket.getsockname()[1]
        self.to, self.kind, self.sequence = ("127.0.0.1", to), kind, 1000

    def send(self, packets=1, byte=0x10):
        for _ in range(packets):
            header = struct.pack("!BBHII", 0x80, self.kind, self.sequence & 0xFFFF, 160 * self.sequence, 0x1234)
            self.socket.sendto(header + bytes([byte]) * 160, self.to)
            self.sequence += 1

    def heard(self):
        packet, (_, port) = self.socket.recvfrom(2048)
        return packet, port


def both_ways(codec, *more):
    a_port, b_port = even_port(), even_port() + 2
    # Whoever starts later hears the prompt when it comes round again.
    a = direct(a_port, b_port, "--codec", codec, "--expect-audio", WELCOME, "--play", WELCOME, "--loop",
               "--dtmf", "WWWWW12", "--hangup-on", "*#", *more)
    b = direct(b_port, a_port, "--codec", codec, "--expect-audio", WELCOME, "--play", WELCOME, "--loop",
               "--dtmf", "WWWWWWWWW*#", *more)
    a_code, a_ended = end_of(a)
    b_code, b_ended = end_of(b)
    for who, code, process in (("first", a_code, a), ("second", b_code, b)):
        check("expected audio found" in process.last_line(), f"{who}: {process.last_line()}")
        equal(code, 0, f"exit code of the {who}: {process.last_line()}")
    equal((a_ended["by"], a_ended["reason"]), ("local", "hangup_on"), "end of the first")
    equal((b_ended["by"], b_ended["reason"]), ("remote", "rtcp_bye"), "end of the second")
    equal([e["digit"] for e in b.events("dtmf")], ["1", "2"], "digits at the second")
    equal([e["digit"] for e in a.events("dtmf")], ["*", "#"], "digits at the first")
    for ended in (a_ended, b_ended):
        equal(ended["media"]["audio"], "both", "audio")
        equal(ended["media"]["rejected"], 0, "rejected packets")
    return a.wait("call_answered")


@case(timeout=90)
def both_hear_each_other():
    """Prompts and digits both ways; the end of one is heard by the other."""
    answered = both_ways("pcmu")
    equal((answered["status"], answered["codec"], answered["payload_type"], answered["ptime_ms"]),
          (None, "pcmu", 0, 20), "call_answered")


@case(timeout=90)
def another_codec_and_number():
    """Opus under another number, packets of 40 ms, RTCP on the RTP port."""
    answered = both_ways("opus", "--payload-type", "111", "--dtmf-pt", "126", "--ptime", "40ms", "--rtcp-mux")
    equal((answered["payload_type"], answered["dtmf_pt"], answered["ptime_ms"]), (111, 126, 40), "call_answered")


@case(timeout=60)
def echo_and_interrupt():
    """One echoes until it is interrupted; the other hears itself, and how the first ended."""
    port, other = even_port(), even_port() + 2
    echo = direct(port, other, "--echo")
    echo.wait("call_answered")
    done = run([BINARY, "rtp", "--local", f"127.0.0.1:{other}", "--remote", f"127.0.0.1:{port}", "--play", WELCOME,
                "--expect-audio", WELCOME, "--duration", "5s", "--record", "heard.wav", "--stereo",
                "--waveform", "heard.svg"], timeout=40)
    equal(done.returncode, 0, f"exit code: {done.stdout}{done.stderr[-800:]}")
    check("audio both" in done.stdout and "expected audio found" in done.stdout, done.stdout)
    rate, (left, right) = sound.read_wav("heard.wav")
    equal(rate, 8000, "sample rate")
    check(min(sound.level(sound.loud_part(side, rate)) for side in (left, right)) > 500, "a side is silent")
    picture = xml.parse("heard.svg").getroot()
    equal(len(picture.findall("{http://www.w3.org/2000/svg}path")), 2, "channels in the picture")
    check("heard.svg" in done.stderr, "the picture in the log")
    echo.wait("call_ended", by="remote", reason="rtcp_bye")
    equal(echo.wait_exit(), 0, f"exit code of the echo: {echo.last_line()}")

    alone = direct(port, other, "--echo")
    alone.wait("call_answered")
    alone.stop(signal.SIGINT)
    equal(alone.wait("call_ended")["reason"], "shutdown", "reason")


@case(timeout=60)
def nobody_there():
    """Nothing comes: the start timeout, and a recording that heard nothing; each is exit 1."""
    port = even_port()
    silent = direct(port, even_port() + 2, "--silence", "--rtp-start-timeout", "1s")
    code, ended = end_of(silent)
    equal((code, ended["by"], ended["reason"]), (1, "timeout", "rtp_never"), "no packet ever")
    equal(ended["media"]["audio"], "sent_only", "audio")
    deaf = direct(port, even_port() + 2, "--record", "none.wav", "--duration", "1s")
    code, ended = end_of(deaf)
    equal((code, ended["reason"]), (1, "hangup_after"), "nothing to record")
    check("no RTP packet was accepted" in deaf.last_line(), deaf.last_line())


@case(timeout=60)
def media_stops():
    """A stream that ends without a word: exit 1 after --rtp-timeout."""
    port = even_port()
    voice = direct(port, even_port() + 2, "--silence", "--rtp-timeout", "1s", "--latch", "any")
    voice.wait("call_answered")
    Stream(port).send(10)
    code, ended = end_of(voice)
    equal((code, ended["by"], ended["reason"]), (1, "timeout", "rtp_timeout"), "the end")


@case(timeout=60)
def port_taken():
    """Neither the RTP port nor that of RTCP can be had: exit 3, with address and reason."""
    port = even_port()
    for taken in (port, port + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", taken))
            done = run([BINARY, "rtp", "--local", f"127.0.0.1:{port}", "--remote", "127.0.0.1:9"], timeout=20)
        equal(done.returncode, 3, f"exit code: {done.stderr}")
        check(f"127.0.0.1:{taken}" in done.stderr and "in use" in done.stderr, done.stderr)
    done = run([BINARY, "rtp", "--local", "192.0.2.1:4000", "--remote", "192.0.2.2:4000"], timeout=20)
    equal(done.returncode, 3, f"exit code: {done.stderr}")
    check("192.0.2.1:4000" in done.stderr and "address" in done.stderr, done.stderr)


def follows(mode):
    """Where sound goes when it comes from another port than --remote."""
    port, told = even_port(), Stream(9)
    voice = direct(port, told.port, "--silence", "--latch", mode)
    voice.wait("call_answered")
    other = Stream(port)
    for _ in range(6):
        other.send()
        pause(0.02)
    if mode == "off":
        pause(0.3)
        voice.stop()
        return voice.wait("call_ended")["media"]
    wait_until(lambda: other.heard()[1] == port, 10, "a packet for the new port")
    voice.stop()
    return voice.wait("call_ended")["media"]


@case(timeout=60)
def latching():
    """The same host on another port is followed, with --latch off it is rejected."""
    media = follows("same-ip")
    check(media["packets_received"] >= 4, f"followed: {media}")
    check(media["remote_observed"] != media["remote_sdp"], f"observed: {media}")
    media = follows("off")
    equal((media["packets_received"], media["remote_observed"]), (0, None), "with --latch off")
    equal(media["rejected"], 6, "rejected")


@case(timeout=60)
def a_capture_of_sipp():
    """The digits of SIPp's captures, sent as they lie in the file."""
    if not SIPP_CAPTURES.is_dir():
        raise Skip("SIPp's captures are not installed")
    port, peer = even_port(), Stream(even_port())
    peer.to = ("127.0.0.1", port)
    voice = direct(port, peer.port, "--silence", "--hangup-on", "5")
    voice.wait("call_answered")
    for payload in rtp_payloads(SIPP_CAPTURES / "dtmf_2833_5.pcap"):
        peer.socket.sendto(payload, peer.to)
    code, ended = end_of(voice)
    equal((code, ended["reason"]), (0, "hangup_on"), f"the end: {voice.last_line()}")
    digit = voice.wait("dtmf")
    equal((digit["digit"], digit["method"], digit["complete"]), ("5", "rfc4733", True), "digit")


@case(timeout=60)
def speech_of_sipp():
    """The A-law speech of SIPp's capture at its pace: every packet is in the recording."""
    if not SIPP_CAPTURES.is_dir():
        raise Skip("SIPp's captures are not installed")
    port, peer = even_port(), Stream(9)
    voice = direct(port, peer.port, "--silence", "--codec", "pcma", "--record", "heard.wav", "--rtp-timeout", "2s")
    voice.wait("call_answered")
    packets = [p for p in rtp_payloads(SIPP_CAPTURES / "g711a.pcap") if p[1] & 0x7F == 8]
    check(len(packets) > 100, f"{len(packets)} packets in the capture")
    for packet in packets:
        peer.socket.sendto(packet, ("127.0.0.1", port))
        pause(0.02)
    code, ended = end_of(voice)
    equal((code, ended["reason"]), (1, "rtp_timeout"), "the end")
    equal(ended["media"]["packets_received"], len(packets), "packets received")
    equal(ended["media"]["lost"], 0, "lost packets")
    rate, (samples,) = sound.read_wav("heard.wav")
    check(sound.level(sound.loud_part(samples, rate)) > 300, "the recording is silent")


def rtp_payloads(capture):
    """The UDP payloads of a capture of Ethernet frames with IPv4."""
    data = Path(capture).read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at < len(data):
        length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        ip = 14 if frame[12:14] == b"\x08\x00" else 16  # Linux cooked captures have two bytes more
        yield frame[ip + (frame[ip] & 15) * 4 + 8:]


@case(timeout=60)
def capture_and_free_port():
    """Port 0 picks a free pair, --pcap has RTP and RTCP."""
    peer = Stream(9)
    voice = Sipvoice("rtp", "--local", "127.0.0.1:0", "--remote", f"127.0.0.1:{peer.port}", "--duration", "1s",
                     "--pcap", "out.pcap", listen=False, rtp=False)
    local = int(voice.wait("call_answered")["local_rtp"].rsplit(":", 1)[1])
    equal(local % 2, 0, "port")
    packet, port = peer.heard()
    equal((port, packet[0], packet[1] & 0x7F, len(packet)), (local, 0x80, 0, 172), "a packet")
    equal(voice.wait_exit(), 0, "exit code")
    sent = voice.wait("call_ended")["media"]["packets_sent"]
    between(sent, 40, 60, "packets of a second")
    check(len(Path("out.pcap").read_bytes()) > 172 * sent, "the capture is too short")


if __name__ == "__main__":
    run_cases()
