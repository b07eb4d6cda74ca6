"""A relay for SIP over UDP that loses, doubles and delays datagrams as its seed says."""
import heapq
import itertools
import random
import re
import selectors
import socket
import threading
import time


class LossyRelay:
    """Callers send to `port`; each of them reaches the callee from a socket of its own.

    Contacts are rewritten, so that requests inside a dialog come by here too. Every copy of a datagram is lost
    with the probability `loss`; `copies` is the probability that there are two.
    """

    def __init__(self, callee_port, seed, loss=0.3, copies=0.3, delay=0.02):
        self._callee, self._seed = ("127.0.0.1", callee_port), seed
        self._loss, self._copies, self._delay = loss, copies, delay
        self._front = self._socket()
        self.port = self._front.getsockname()[1]
        self.lost = self.doubled = self.passed = 0
        self._legs = {}
        self._queue, self._order = [], itertools.count()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._front, selectors.EVENT_READ, None)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @staticmethod
    def _socket():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        made.bind(("127.0.0.1", 0))
        return made

    def _leg(self, caller):
        """(the caller, its socket towards the callee, the chances of either direction)."""
        if caller not in self._legs:
            number, back = len(self._legs), self._socket()
            leg = (caller, back, random.Random(f"{self._seed}/{number}/there"),
                   random.Random(f"{self._seed}/{number}/back"))
            self._legs[caller] = leg
            self._selector.register(back, selectors.EVENT_READ, leg)
        return self._legs[caller]

    def _pass(self, chances, send):
        copies = 2 if chances.random() < self._copies else 1
        self.doubled += copies - 1
        for _ in range(copies):
            if chances.random() < self._loss:
                self.lost += 1
                continue
            self.passed += 1
            due = time.monotonic() + chances.random() * self._delay
            heapq.heappush(self._queue, (due, next(self._order), send))

    def _receive(self, ready, leg):
        try:
            data, source = ready.recvfrom(65536)
        except OSError:  # an ICMP error of a peer that has gone
            return
        if leg is None:
            _, back, there, _ = self._leg(source)
            data = contact_at(data, back.getsockname()[1])
            self._pass(there, lambda: back.sendto(data, self._callee))
        else:
            caller, _, _, chances = leg
            data = contact_at(data, self.port)
            self._pass(chances, lambda: self._front.sendto(data, caller))

    def _run(self):
        while not self._stop.is_set():
            wait = min(0.1, max(0, self._queue[0][0] - time.monotonic())) if self._queue else 0.1
            for key, _ in self._selector.select(wait):
                self._receive(key.fileobj, key.data)
            while self._queue and self._queue[0][0] <= time.monotonic():
                try:
                    heapq.heappop(self._queue)[2]()
                except OSError:
                    pass

    def stop(self):
        self._stop.set()
        self._thread.join(2)
        for _, back, _, _ in self._legs.values():
            back.close()
        self._front.close()


def contact_at(data, port):
    return re.sub(rb"(\r\nContact: <sip:[^>;]*?127\.0\.0\.1):\d+", rb"\g<1>:%d" % port, data)
