#!/usr/bin/env python3
"""What a call says of its media, against what others count: tshark, and the reports of RTCP; and speech."""
import itertools
import math
import random
import re
import signal
import socket
import struct
import threading
import time

from harness import SAMPLES, Sipvoice, between, case, check, equal, run_cases, wait_until
from peers import Baresip, pause, sipp, tshark
from sip_client import Client, establish

PACKETS = 400
VOICE = bytes((0x20 if i % 16 < 8 else 0xA0) for i in range(160))
SILENCE = b"\xff" * 160


class Peer:
    """RTP and RTCP of the other side: sends by plan, counts what comes, reads the reports about itself."""

    def __init__(self):
        while True:
            self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.rtp.bind(("127.0.0.1", 0))
            self.port = self.rtp.getsockname()[1]
            self.rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.rtcp.bind(("127.0.0.1", self.port + 1))
                break
            except OSError:
                continue
        self.heard, self.reports, self.sender_reports = set(), [], []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._receive, args=a, daemon=True)
                         for a in ((self.rtp, self._on_rtp), (self.rtcp, self._on_rtcp))]
        for thread in self._threads:
            thread.start()

    def _receive(self, from_socket, take):
        from_socket.settimeout(0.1)
        while not self._stop.is_set():
            try:
                take(from_socket.recv(2048))
            except (TimeoutError, ConnectionError):
                continue

    def _on_rtp(self, data):
        self.heard.add(struct.unpack(">H", data[2:4])[0])

    def _on_rtcp(self, data):
        while len(data) >= 8:
            first, kind, length = struct.unpack(">BBH", data[:4])
            body, data = data[:4 * (length + 1)], data[4 * (length + 1):]
            if kind == 200:
                self.sender_reports.append(struct.unpack(">I", body[20:24])[0])  # packets sent
            if kind in (200, 201) and first & 31:
                block = body[28:52] if kind == 200 else body[8:32]
                _, lost, highest, jitter = struct.unpack(">IIII", block[:16])
                lost = (lost & 0xFFFFFF) - ((lost & 0x800000) << 1)  # 24 bits, signed
                self.reports.append({"lost": lost, "highest": highest & 0xFFFF, "jitter": jitter})

    def packet(self, port, number, payload=VOICE):
        header = struct.pack(">BBHII", 0x80, 0, number & 0xFFFF, number * 160 & 0xFFFFFFFF, 77)
        self.rtp.sendto(header + payload, ("127.0.0.1", port))

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(2)
        self.rtp.close()
        self.rtcp.close()


def streams(capture, port):
    """tshark's table of RTP streams, by SSRC."""
    rows = {}
    for line in tshark(capture, port, "-q", "-z", "rtp,streams").splitlines():
        words = line.split()
        ssrc = next((w for w in words if w.startswith("0x")), None)
        if ssrc is None:
            continue
        lost = re.search(r"(\d+)\s+(-?\d+)\s+\(-?[\d.]+%\)", line)
        jitter = line[lost.end():].split()
        # Delta and jitter, each with its least, mean and largest value.
        rows[int(ssrc, 16)] = {"to": words[words.index(ssrc) - 1], "packets": int(lost.group(1)), "lost": int(lost.group(2)),
                               "jitter": [float(w) for w in jitter[3:6]]}
    return rows


@case(timeout=90, needs=["tshark"])
def agree():
    """A stream with known losses, copies, swaps and jitter: our figures, those that we report by RTCP, and tshark's
    of our own capture are the same; so are those of what we send."""
    voice = Sipvoice("answer", "--silence", "--pcap", "call.pcap")
    client, peer, chances = Client(voice.port), Peer(), random.Random(7)
    call, port = establish(client, media_port=peer.port)
    begin = time.monotonic()
    numbers = list(range(100, 100 + PACKETS))
    lost = [n for n in numbers[1:-10] if n % 25 == 0]
    order = [n for n in numbers if n not in lost]
    swapped = [i for i in range(20, len(order) - 10, 60)]
    for i in swapped:
        order[i], order[i + 1] = order[i + 1], order[i]
    copies = 0
    for i, number in enumerate(order):
        time.sleep(max(0, begin + i * 0.02 + chances.random() * 0.012 - time.monotonic()))
        peer.packet(port, number)
        if i % 40 == 39:
            peer.packet(port, number)
            copies += 1
    wait_until(lambda: peer.sender_reports, 15, "a sender report")
    call.hang_up()  # what came just before it counts
    ended = voice.wait("call_ended")
    wait_until(lambda: peer.reports and peer.reports[-1]["highest"] == numbers[-1] & 0xFFFF, 5, lambda: f"the last report: {peer.reports}")
    voice.stop()
    media = ended["media"]
    equal((media["packets_received"], media["lost"], media["duplicate"], media["reordered"], media["rejected"]),
          (len(order), len(lost), copies, len(swapped), 0), "received, lost, duplicate, reordered, rejected")
    equal(media["audio"], "both", "verdict")

    report = peer.reports[-1]
    equal(report["lost"], len(lost) - copies, "loss in RTCP, where copies count as received (RFC 3550 A.3)")
    between(abs(report["jitter"] / 8 - media["jitter_ms"]), 0, 0.2, "jitter of RTCP against ours, ms apart")

    rows = streams("call.pcap", voice.port)
    equal(len(rows), 2, f"streams of tshark {rows}")
    theirs = rows.pop(77)
    equal(theirs["packets"], len(order) + copies, "packets in tshark")
    equal(theirs["lost"], len(lost) - copies, "loss in tshark, which takes a copy for a packet (RFC 3550 A.3)")
    between(media["jitter_ms"], theirs["jitter"][0] - 0.1, theirs["jitter"][2] + 0.1, f"jitter {theirs['jitter']}")
    ours = next(iter(rows.values()))
    equal((ours["packets"], ours["lost"]), (media["packets_sent"], 0), "what we sent, in tshark")
    equal(len(peer.heard), media["packets_sent"], "what we sent, at the other side")
    equal(peer.sender_reports[-1], media["packets_sent"], "what we sent, in our last report")
    peer.stop()
    client.close()


@case(timeout=90, needs=["sipp", "tshark"])
def of_a_stream_of_sipp():
    """SIPp streams four seconds of mu-law: every packet is counted, and tshark's jitter is ours."""
    with open("stream.ul", "wb") as f:
        f.write(VOICE * 200)
    voice = Sipvoice("answer", "--silence", "--pcap", "call.pcap")
    sipp(voice.port, scenario="calls_stream.xml")
    media = voice.wait("call_ended")["media"]
    local = voice.events("call_answered")[0]["local_rtp"].rpartition(":")[2]
    voice.stop()
    rows = streams("call.pcap", voice.port)
    theirs = next(row for row in rows.values() if row["to"] == local)
    ours = next(row for row in rows.values() if row["to"] != local)
    between(media["packets_received"], 199, 201, "packets received")
    equal((theirs["packets"], theirs["lost"]), (media["packets_received"], media["lost"]), "packets, lost in tshark")
    equal((media["lost"], media["duplicate"], media["rejected"]), (0, 0, 0), "lost, duplicate, rejected")
    between(media["jitter_ms"], theirs["jitter"][0] - 0.1, theirs["jitter"][2] + 0.1, f"jitter {theirs['jitter']}")
    equal((ours["packets"], ours["lost"]), (media["packets_sent"], 0), "what we sent, in tshark")


@case(timeout=120, needs=["baresip"])
def rtcp_of_baresip():
    """What baresip sums up from its counters and from our reports is what we counted, whoever called, with RTCP on
    a port of its own and on that of RTP."""
    for we_call, mux in ((False, False), (True, False), (True, True)):
        peer = Baresip(codec_modules=["rtcpsummary"], rtcp_mux=mux)
        if we_call:
            voice = Sipvoice("call", peer.uri, "--silence", "--pcap", f"call-{mux}.pcap", listen=False)
            peer.wait_event("CALL_INCOMING")
            peer.command("accept")
        else:
            voice = Sipvoice("answer", "--silence")
            peer.dial(f"sip:test@127.0.0.1:{voice.port}")
        peer.wait_event("CALL_ESTABLISHED")
        pause(12)  # reports go out about every five seconds
        peer.hang_up()
        media = voice.wait("call_ended")["media"]
        voice.stop(None if we_call else signal.SIGINT)
        peer.stop()
        text = open("baresip.log", errors="replace").read()
        summary = re.search(r"EX=BareSip;CS=\d+;CD=\d+;PR=(\d+);PS=(\d+);PL=(-?\d+),(-?\d+);PD=\d+,\d+;JI=([\d.]+),([\d.]+)",
                            text)
        check(summary, f"no summary in baresip's log: {text[-1500:]}")
        came, went, lost, lost_of_it = (int(n) for n in summary.groups()[:4])
        # Both as of the last reports, which go out every 2.5 to 7.5 seconds.
        between(went, max(1, media["packets_received"] - 400), media["packets_received"], "packets that baresip sent")
        between(came, max(1, media["packets_sent"] - 400), media["packets_sent"], "packets that we said to have sent")
        equal((lost, lost_of_it, media["lost"]), (0, 0, 0), "losses: of baresip, by our reports, ours")
        between(float(summary.group(6)), 0, max(5, 4 * media["jitter_ms"]), "jitter of baresip by our reports")
        check(media["round_trip_ms"] is not None and media["mos"] is not None, f"measured by its reports: {media}")
        between(media["round_trip_ms"], 0, 1000, "round trip")
        peer.folder.rename(f"baresip-{we_call}-{mux}")
        if we_call:
            with open(f"call-{mux}.pcap", "rb") as f:
                equal(f.read().count(b"a=rtcp-mux"), 2 if mux else 1, "rtcp-mux in offer and answer")


@case(timeout=60)
def four_verdicts():
    """both, received_only, sent_only, none: in the event, and as a line in the log with both addresses."""
    voice = Sipvoice("answer", "--silence")
    rows = [("both", "", True), ("received_only", "a=sendonly\r\n", True), ("sent_only", "", False),
            ("none", "a=inactive\r\n", False)]
    for verdict, direction, talks in rows:
        client, peer = Client(voice.port), Peer()
        call = client.new_call(verdict)
        call.invite(body=client.offer(peer.port, extra=direction))
        port = call.answered().media_port()
        for number in range(20):
            if talks:
                peer.packet(port, number)
            time.sleep(0.02)
        call.hang_up()
        media = voice.wait("call_ended", call_id=call.call_id)["media"]
        equal(media["audio"], verdict, f"verdict with {direction!r}")
        address = f"127.0.0.1:{peer.port}"
        equal(media["remote_sdp"], address, "address in SDP")
        equal(media["remote_observed"], address if talks else None, "observed address")
        line = wait_until(lambda: next((one for one in voice.log().splitlines()
                                        if call.call_id in one and "ended by" in one), None), 5, "the line in the log")
        check(f"audio {verdict}," in line and f"media address in SDP {address}" in line, f"verdict in {line!r}")
        check(("came from there" if talks else "nothing came from anywhere") in line, f"address in {line!r}")
        peer.stop()
        client.close()
    voice.stop()


@case(timeout=40)
def comfort_noise():
    """The answer names comfort noise where the offer has it; its packets are received, and no loss."""
    voice = Sipvoice("answer", "--silence")
    for formats, named in (("0 13 101", True), ("0 101", False)):
        client, peer = Client(voice.port), Peer()
        call = client.new_call("cn")
        call.invite(media_port=peer.port, formats=formats)
        ok = call.answered()
        line = re.search(rb"m=audio \d+ RTP/AVP ([\d ]+)", ok.body).group(1).split()
        equal(b"13" in line, named, f"comfort noise in {line}")
        peer.packet(ok.media_port(), 0)
        peer.rtp.sendto(struct.pack(">BBHIIB", 0x80, 13, 1, 160, 77, 40), ("127.0.0.1", ok.media_port()))
        time.sleep(0.3)
        peer.packet(ok.media_port(), 2)
        time.sleep(0.3)
        call.hang_up()
        media = voice.wait("call_ended", call_id=call.call_id)["media"]
        equal((media["packets_received"], media["rejected"], media["lost"]), (3, 0, 0) if named else (2, 1, 1),
              "received, rejected, lost")
        peer.stop()
        client.close()
    voice.stop()


def tone(n):
    """440 Hz at about -17 dBFS in PCMU, packet n."""
    def encode(sample):
        sign, magnitude = (0x80, sample) if sample >= 0 else (0, -sample)
        magnitude = min(magnitude + 132, 32635)
        exponent = max(0, magnitude.bit_length() - 8)
        return ~((0 if sign else 0x80) | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xFF
    return bytes(encode(int(6000 * math.sin(2 * math.pi * 440 * (160 * n + i) / 8000))) for i in range(160))


@case(timeout=60)
def barge_in():
    """The caller speaks while the prompt plays: its end with what was heard, then barge_in, in this order; later the
    end of the speech. Without --barge-in nothing of this."""
    for options in (["--barge-in"], []):
        voice = Sipvoice("answer", "--play", str(SAMPLES / "welcome.wav"), "--play", str(SAMPLES / "welcome.wav"),
                         "--then", "stay", *options)
        client, peer = Client(voice.port), Peer()
        call, port = establish(client, media_port=peer.port)
        begin = time.monotonic()
        for n in itertools.count():
            time.sleep(max(0, begin + n * 0.02 - time.monotonic()))
            peer.packet(port, n, tone(n) if 40 <= n < 70 else SILENCE)
            if n > 70 and (voice.events("speech_stopped") or n > 150):
                break
        call.hang_up()
        voice.wait("call_ended")
        names = [e["event"] for e in voice.events() if e["event"].startswith(("speech", "play", "barge"))]
        if options:
            equal(names, ["play_started", "speech_started", "play_finished", "barge_in", "speech_stopped"], "events")
            cut = voice.events("play_finished")[0]
            equal(cut["completed"], False, "completed")
            between(cut["played_ms"], 500, voice.events("barge_in")[0]["at_ms"] + 100, "played_ms")
        else:
            check(not [n for n in names if n.startswith(("speech", "barge"))], f"events {names}")
        voice.stop()
        peer.stop()
        client.close()


if __name__ == "__main__":
    run_cases()
