"""A DNS server for tests, on UDP and TCP of one loopback port: answers from a table, counts what it is
asked, and misbehaves where the table says so.

    zone = {("NAPTR", "example.test"): [(10, 10, "s", "SIP+D2T", "", "_sip._tcp.example.test")],
            ("SRV", "_sip._tcp.example.test"): [(priority, weight, port, "host.example.test")],
            ("A", "host.example.test"): ["127.0.0.1"], ("AAAA", "host.example.test"): ["::1"],
            ("CNAME", "alias.example.test"): ["host.example.test"]}

A name that stands nowhere in the table does not exist (NXDOMAIN); one that stands there for other types
has no records of the type asked for. A value may also be a function of the query's bytes that returns
the datagrams to send (none: silence). Both negative answers carry an SOA with `negative_ttl`.
"""
import contextlib
import socket
import struct
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}


def pack_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def pack_string(text):
    return bytes([len(text)]) + text.encode()


def pack_data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "CNAME":
        return pack_name(value)
    if kind == "SRV":
        return struct.pack(">HHH", *value[:3]) + pack_name(value[3])
    order, preference, flags, service, expression, replacement = value
    return (struct.pack(">HH", order, preference) + pack_string(flags) + pack_string(service) +
            pack_string(expression) + pack_name(replacement))


def record(name, kind, ttl, data):
    return pack_name(name) + struct.pack(">HHIH", TYPES[kind], 1, ttl, len(data)) + data


def question_of(query):
    """(name, type, bytes of the question) of a query."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    return ".".join(labels).lower(), NAMES.get(kind, str(kind)), query[12:at + 5]


def message(query, answers, code=0, authority=(), truncated=False, number=None):
    """An answer to `query` with these packed records."""
    flags = 0x8580 | code | (0x0200 if truncated else 0)
    head = query[:2] if number is None else struct.pack(">H", number)
    return (head + struct.pack(">HHHHH", flags, 1, len(answers), len(authority), 0) + question_of(query)[2] +
            b"".join(answers) + b"".join(authority))


class DnsServer:
    """In threads of the test's process; `stop()` at the end of the case is not needed."""

    def __init__(self, zone, ttl=60, negative_ttl=10, truncate=(), slow=None, address="127.0.0.1"):
        self.zone, self.ttl, self.negative_ttl = zone, ttl, negative_ttl
        self.truncate = set(truncate)  # names whose answers do not fit into a datagram
        self.slow = slow or {}         # name: seconds until its answers
        self.asked, self.by_tcp = [], 0
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._udp, self._tcp = self._bind(family, address)
        self.port = self._udp.getsockname()[1]
        self.text = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        for work in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    @staticmethod
    def _bind(family, address):
        """One port for both; the one that the first gets may be taken of the second."""
        for _ in range(50):
            udp, tcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
            udp.bind((address, 0))
            with contextlib.suppress(OSError):
                tcp.bind((address, udp.getsockname()[1]))
                tcp.listen(16)
                return udp, tcp
            udp.close()
            tcp.close()
        raise OSError("no port that is free for UDP and TCP")

    def count(self, kind, name):
        with self._lock:
            return self.asked.count((kind, name))

    def answer(self, query, over_tcp=False):
        """The messages to send back."""
        name, kind, _ = question_of(query)
        with self._lock:
            self.asked.append((kind, name))
            self.by_tcp += over_tcp
        if name in self.truncate and not over_tcp:
            return [message(query, [], truncated=True)]
        values = self.zone.get((kind, name))
        if callable(values):
            return values(query)
        answers, owner = [], name
        while values is None and ("CNAME", owner) in self.zone:
            target = self.zone["CNAME", owner][0]
            answers.append(record(owner, "CNAME", self.ttl, pack_data("CNAME", target)))
            owner, values = target, self.zone.get((kind, target))
        answers += [record(owner, kind, self.ttl, pack_data(kind, v)) for v in values or []]
        if values:
            return [message(query, answers)]
        exists = any(n == owner for _, n in self.zone)
        soa = pack_name("ns.test") + pack_name("admin.test") + struct.pack(">IIIII", 1, 60, 60, 60, self.negative_ttl)
        return [message(query, answers, 0 if exists else 3, [record("test", "SOA", self.negative_ttl, soa)])]

    def _serve_udp(self):
        while True:
            query, sender = self._udp.recvfrom(65536)
            threading.Thread(target=self._answer_udp, args=(query, sender), daemon=True).start()

    def _answer_udp(self, query, sender):
        replies = self.answer(query)
        time.sleep(self.slow.get(question_of(query)[0], 0))
        for reply in replies:
            self._udp.sendto(reply, sender)

    def _serve_tcp(self):
        while True:
            connection, _ = self._tcp.accept()
            threading.Thread(target=self._answer_tcp, args=(connection,), daemon=True).start()

    def _answer_tcp(self, connection):
        with connection, contextlib.suppress(OSError):
            stream = connection.makefile("rb")
            while head := stream.read(2):
                for reply in self.answer(stream.read(struct.unpack(">H", head)[0]), over_tcp=True):
                    connection.sendall(struct.pack(">H", len(reply)) + reply)
