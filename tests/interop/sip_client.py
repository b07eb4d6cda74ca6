"""A SIP and RTP client that does exactly what a case says, right or wrong."""
import itertools
import re
import socket
import struct
import threading
import time

from harness import Failed, equal

_numbers = itertools.count(int(time.time() * 1000) % 1000000)
COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "k": "supported"}


class Message:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")
        self.first = lines[0]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.setdefault(COMPACT.get(name, name), []).append(value.strip())
        self.at = time.monotonic()
        self.status = int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0
        self.method = "" if self.status else self.first.split()[0]

    def header(self, name):
        return self.headers.get(name.lower(), [""])[0]

    def media_port(self):
        found = re.search(rb"m=audio (\d+)", self.body)
        return int(found.group(1)) if found else 0


class Client:
    """One UDP socket, one call at a time (or as many as the case keeps apart by Call-ID)."""

    transport = "UDP"

    def __init__(self, port, address="127.0.0.1"):
        self.peer = ("127.0.0.1", port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((address, 0))
        self.host, self.port = self.socket.getsockname()

    def send(self, data):
        self.socket.sendto(data if isinstance(data, bytes) else data.encode(), self.peer)

    def receive(self, seconds=5):
        """The next message, or None."""
        self.socket.settimeout(max(0.001, seconds))
        try:
            return Message(self.socket.recv(65536))
        except (TimeoutError, BlockingIOError):
            return None

    def expect(self, wanted, seconds=5):
        """The next final answer with that status (provisional ones are passed over) or request."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.receive(deadline - time.monotonic())
            if message is None:
                raise Failed(f"no {wanted} within {seconds} s")
            if wanted in (message.status, message.method):
                return message
            if not 100 <= message.status < 200:
                raise Failed(f"expected {wanted}, got {message.first!r}")

    def close(self):
        self.socket.close()

    def new_call(self, user="test", call_id=None, from_tag=None):
        return Call(self, user, call_id or f"call-{next(_numbers)}@test", from_tag or f"f{next(_numbers)}")

    def offer(self, port=9, formats="0 101", extra=""):
        return (f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\n{extra}")


class StreamClient(Client):
    """The same over one TCP connection."""

    transport = "TCP"

    def __init__(self, port, address="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), 5, source_address=(address, 0))
        self.host, self.port = self.socket.getsockname()
        self.peer = ("127.0.0.1", port)
        self._read = b""

    def send(self, data):
        self.socket.settimeout(10)
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def receive(self, seconds=5):
        """The next message; None when there is none in time, or no connection any more."""
        deadline = time.monotonic() + seconds
        while (message := self._framed()) is None:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.socket.recv(65536)
            except (TimeoutError, BlockingIOError, ConnectionError):
                return None
            if not data:
                return None
            self._read += data
        return message

    def _framed(self):
        self._read = self._read.lstrip(b"\r\n")
        head, end, rest = self._read.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(re.search(rb"(?im)^content-length:\s*(\d+)", head).group(1))
        if len(rest) < length:
            return None
        self._read = rest[length:]
        return Message(head + end + rest[:length])


class Call:
    def __init__(self, client, user, call_id, from_tag):
        self.client, self.user, self.call_id, self.from_tag = client, user, call_id, from_tag
        self.to_tag, self.cseq, self.branch = "", 0, ""

    def request(self, method, extra="", body="", cseq=None, branch=None, content_type="application/sdp"):
        """The text of a request in this call; a rising CSeq unless one is given."""
        if cseq is None and method not in ("ACK", "CANCEL"):
            self.cseq += 1
        self.branch = branch or f"z9hG4bK{next(_numbers)}"
        to = f"<sip:{self.user}@{self.client.peer[0]}:{self.client.peer[1]}>"
        to += f";tag={self.to_tag}" if self.to_tag else ""
        kind = f"Content-Type: {content_type}\r\n" if body else ""
        via = f"SIP/2.0/{self.client.transport} {self.client.host}:{self.client.port}"
        return (f"{method} sip:{self.user}@{self.client.peer[0]}:{self.client.peer[1]} SIP/2.0\r\n"
                f"Via: {via};branch={self.branch};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:caller@{self.client.host}>;tag={self.from_tag}\r\nTo: {to}\r\n"
                f"Call-ID: {self.call_id}\r\nCSeq: {cseq or self.cseq} {method}\r\n"
                f"Contact: <sip:caller@{self.client.host}:{self.client.port}>\r\n{extra}{kind}"
                f"Content-Length: {len(body)}\r\n\r\n{body}")

    def invite(self, extra="", media_port=9, body=None, formats="0 101"):
        text = self.request("INVITE", extra, self.client.offer(media_port, formats) if body is None else body)
        self.client.send(text)
        return text

    def answered(self, seconds=5):
        """Waits for the 200 of the INVITE and ACKs it."""
        ok = self.client.expect(200, seconds)
        self.to_tag = ok.header("to").partition("tag=")[2]
        self.ack()
        return ok

    def ack(self):
        self.client.send(self.request("ACK"))

    def hang_up(self, seconds=5):
        self.client.send(self.request("BYE"))
        return self.client.expect(200, seconds)

    def answer(self, request, status="200 OK"):
        lines = [f"SIP/2.0 {status}"]
        lines += [f"Via: {v}" for v in request.headers["via"]]
        lines += [f"{n}: {request.header(n)}" for n in ("From", "To", "Call-ID", "CSeq")]
        self.client.send("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n")


class Talker:
    """Sends PCMU packets every 20 ms and counts what comes back."""

    def __init__(self, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]
        self.received, self.sent = [], 0
        self._stop = threading.Event()
        self._threads = []

    def start(self, port, packets=10**9, payload=None):
        payload = payload or bytes((0x20 if i % 16 < 8 else 0xA0) for i in range(160))
        self._threads = [threading.Thread(target=self._send, args=(port, packets, payload), daemon=True),
                         threading.Thread(target=self._receive, daemon=True)]
        for thread in self._threads:
            thread.start()

    def _send(self, port, packets, payload):
        begin = time.monotonic()
        for i in range(packets):
            if self._stop.wait(max(0, begin + i * 0.02 - time.monotonic())):
                return
            packet = struct.pack(">BBHII", 0x80, 0x80 if i == 0 else 0, i & 0xFFFF, i * 160, 77) + payload
            self.socket.sendto(packet, ("127.0.0.1", port))
            self.sent += 1

    def _receive(self):
        self.socket.settimeout(0.1)
        while not self._stop.is_set():
            try:
                self.received.append(self.socket.recv(2048))
            except TimeoutError:
                continue

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(2)


def establish(client, user="test", extra="", media_port=9):
    """A call that is up: (call, port that hears us)."""
    call = client.new_call(user)
    call.invite(extra, media_port)
    ok = call.answered()
    equal(ok.status, 200, "status")
    return call, ok.media_port()
