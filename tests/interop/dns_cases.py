#!/usr/bin/env python3
"""Names by NAPTR, SRV, A and AAAA (RFC 3263): calls and requests through a DNS server of the test's own."""
import os
import signal
import socket
import struct
import time

from dns_server import DnsServer, message, pack_data, record
from harness import BINARY, Sipvoice, between, case, check, equal, free_port, rtp_range, run, run_cases, wait_until


def port_of(voice):
    event = wait_until(lambda: voice.events("listening"), 20, "'listening'")[0]
    return int(event["address"].rsplit(":", 1)[1])


def callee(*options, transport="udp"):
    return Sipvoice("answer", "--echo", "--hangup-after", "100ms", "--listen", f"{transport}:127.0.0.1:0", *options,
                    listen=False)


def call(dns, target, *options, timeout=50):
    done = run([BINARY, "call", target, "--dns", dns.text, "--rtp-ip", "127.0.0.1", "--rtp-ports", rtp_range(),
                *options], timeout=timeout)
    for word in ("Sanitizer", "runtime error:"):
        check(word not in done.stderr, f"{word} in {done.stderr}")
    return done


def answered(dns, target, *options, timeout=50):
    done = call(dns, target, *options, timeout=timeout)
    equal(done.returncode, 0, f"exit code ({done.stdout}{done.stderr})")
    check(done.stdout.startswith("call answered"), done.stdout)
    return done


def refused(dns, target, *words):
    """A call that ends before it begins, with a last line that says so."""
    begin = time.monotonic()
    done = call(dns, target)
    equal(done.returncode, 1, "exit code")
    lines = done.stdout.splitlines()
    equal(len(lines), 1, f"lines of {lines}")
    for word in ("unresolvable", *words):
        check(word in lines[0], f"'{word}' in '{lines[0]}'")
    return time.monotonic() - begin


def calls_of(voice):
    return len(voice.events("call_incoming"))


@case(timeout=90)
def addresses():
    """A, AAAA and an alias, with a port in the URI: addresses only are asked for."""
    voice = callee()
    v6 = Sipvoice("answer", "--echo", "--hangup-after", "100ms", "--listen", "udp:[::1]:0", "--rtp-ip", "::1", listen=False)
    dns = DnsServer({("A", "four.test"): ["127.0.0.1"], ("AAAA", "six.test"): ["::1"],
                     ("CNAME", "alias.test"): ["four.test"]})
    answered(dns, f"sip:x@four.test:{port_of(voice)}")
    answered(dns, f"sip:x@alias.test:{port_of(voice)}")
    equal(calls_of(voice), 2, "calls over IPv4")
    done = run([BINARY, "call", f"sip:x@six.test:{port_of(v6)}", "--dns", dns.text], timeout=50)
    equal(done.returncode, 0, f"exit code ({done.stdout}{done.stderr})")
    equal(calls_of(v6), 1, "calls over IPv6")
    check(all(kind in ("A", "AAAA") for kind, _ in dns.asked), f"asked: {dns.asked}")
    voice.stop()
    v6.stop()


@case(timeout=90)
def numbers_and_hosts():
    """Numeric hosts and those of the system's table are called without a question."""
    voice = callee()
    dns = DnsServer({})
    answered(dns, f"sip:x@127.0.0.1:{port_of(voice)}")
    answered(dns, f"sip:x@localhost:{port_of(voice)}")
    equal(dns.asked, [], "questions")
    voice.stop()


def two_servers(first, second):
    return {("SRV", "_sip._udp.srv.test"): [first, second], ("A", "one.test"): ["127.0.0.1"],
            ("A", "two.test"): ["127.0.0.1"]}


@case(timeout=200)
def srv_weight():
    """Of one priority, one server has all of the weight: it gets the calls; another priority gets none."""
    one, two = callee(), callee()
    dns = DnsServer(two_servers((10, 0, port_of(two), "two.test"), (5, 100, port_of(one), "one.test")))
    for _ in range(3):
        answered(dns, "sip:x@srv.test")
    equal((calls_of(one), calls_of(two)), (3, 0), "calls by priority")
    # Equal weights in one process: both get some. Twelve times the same side by chance: 1 in 2000.
    dns.zone["SRV", "_sip._udp.srv.test"] = [(5, 10, port_of(two), "two.test"), (5, 10, port_of(one), "one.test")]
    for _ in range(12):
        answered(dns, "sip:x@srv.test", "--hangup-after", "1ms")
        if calls_of(two) > 0 and calls_of(one) > 3:
            break
    check(calls_of(two) > 0 and calls_of(one) > 3, f"calls by weight: {calls_of(one)}, {calls_of(two)}")
    one.stop()
    two.stop()


@case(timeout=90)
def tcp_failover():
    """Nobody listens at the first priority: the call goes to the second, at once."""
    voice = callee(transport="tcp")
    closed = free_port()
    dns = DnsServer({("SRV", "_sip._tcp.srv.test"): [(1, 0, closed, "one.test"), (2, 0, port_of(voice), "one.test")],
                     ("A", "one.test"): ["127.0.0.1"]})
    answered(dns, "sip:x@srv.test;transport=tcp")
    equal(calls_of(voice), 1, "calls")
    voice.stop()


@case(timeout=90)
def refused_failover():
    """Nobody is at the UDP port of the first priority: what ICMP says of it leads to the second at once."""
    voice = callee()
    dns = DnsServer(two_servers((1, 0, free_port(), "one.test"), (2, 0, port_of(voice), "two.test")))
    answered(dns, "sip:x@srv.test", "--timeout", "20s")  # shorter than timer B
    equal(calls_of(voice), 1, "calls")
    voice.stop()


@case(timeout=150)
def silent_failover():
    """The first priority takes packets and says nothing: after timer B, the second gets the call."""
    voice = callee()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        dns = DnsServer(two_servers((1, 0, silent.getsockname()[1], "one.test"), (2, 0, port_of(voice), "two.test")))
        answered(dns, "sip:x@srv.test", "--timeout", "90s", timeout=120)
        check(silent.recv(65536).startswith(b"INVITE sip:x@srv.test"), "the first was tried")
    equal(calls_of(voice), 1, "calls")
    voice.stop()


@case(timeout=90)
def naptr_chooses_tcp():
    """The domain prefers TCP; its records lead there, though the URI names no transport."""
    voice, other = callee(transport="tcp"), callee()
    dns = DnsServer({
        ("NAPTR", "naptr.test"): [(20, 10, "s", "SIP+D2U", "", "_sip._udp.naptr.test"),
                                  (10, 10, "s", "SIP+D2T", "", "_sip._tcp.naptr.test"),
                                  (5, 10, "s", "E2U+sip", "!.*!sip:x@evil.test!", "")],
        ("SRV", "_sip._tcp.naptr.test"): [(0, 0, port_of(voice), "one.test")],
        ("SRV", "_sip._udp.naptr.test"): [(0, 0, port_of(other), "one.test")],
        ("A", "one.test"): ["127.0.0.1"]})
    answered(dns, "sip:x@naptr.test")
    equal((calls_of(voice), calls_of(other)), (1, 0), "calls over TCP, UDP")
    voice.stop()
    other.stop()


def certificate():
    """A root, and a certificate of sips.test by it."""
    def openssl(*words):
        equal(run(["openssl", *words]).returncode, 0, f"openssl {words[0]}")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "2",
            "-subj", "/CN=root of a test")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=sips.test")
    with open("own.ext", "w") as f:
        f.write("subjectAltName=DNS:sips.test\n")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2",
            "-out", "own.pem", "-extfile", "own.ext")


@case(timeout=90, needs=["openssl"])
def sips_by_srv():
    """sips: _sips._tcp leads to the server, and its certificate must be of the domain that was called."""
    certificate()
    voice = callee("--tls-cert", "own.pem", "--tls-key", "own.key", transport="tls")
    dns = DnsServer({("SRV", "_sips._tcp.sips.test"): [(0, 0, port_of(voice), "one.test")],
                     ("SRV", "_sips._tcp.other.test"): [(0, 0, port_of(voice), "one.test")],
                     ("A", "one.test"): ["127.0.0.1"]})
    answered(dns, "sips:x@sips.test", "--tls-ca", "root.pem")
    done = call(dns, "sips:x@other.test", "--tls-ca", "root.pem")
    equal(done.returncode, 1, "exit code with a certificate of another domain")
    equal(calls_of(voice), 1, "calls")
    voice.stop()


@case(timeout=120)
def no_such_name():
    """What is not there ends the call with a line that says what was asked and what came."""
    dns = DnsServer({("A", "four.test"): ["127.0.0.1"], ("TXT", "empty.test"): [],
                     ("SRV", "_sip._udp.closed.test"): [(0, 0, 0, "")],
                     ("SRV", "_sip._udp.lost.test"): [(0, 0, 5060, "gone.test")]})
    refused(dns, "sip:x@nowhere.test", "no such name: nowhere.test", "(asked for NAPTR, SRV, A, AAAA)")
    refused(dns, "sip:x@nowhere.test:5060", "no such name: nowhere.test", "(asked for A, AAAA)")
    refused(dns, "sip:x@empty.test", "empty.test has no address")
    refused(dns, "sip:x@closed.test", "closed.test says that it offers no SIP")
    refused(dns, "sip:x@lost.test", "no such name: gone.test")
    event = run([BINARY, "call", "sip:x@nowhere.test", "--dns", dns.text, "--events", "-"], timeout=30).stdout
    check('"reason":"unresolvable"' in event and '"detail":"no such name: nowhere.test' in event, event)


@case(timeout=120)
def silent_server():
    """A DNS server that says nothing: the call ends by the deadline, with the reason. One that fails; one
    that is not there."""
    dns = DnsServer({("A", "silent.test"): lambda query: [], ("AAAA", "silent.test"): lambda query: [],
                     ("A", "broken.test"): lambda query: [message(query, [], code=2)],
                     ("AAAA", "broken.test"): lambda query: [message(query, [], code=2)]})
    took = refused(dns, "sip:x@silent.test:5060", "no DNS server answered about silent.test in time")
    between(took, 3.9, 40, "seconds of patience")
    refused(dns, "sip:x@broken.test:5060", "DNS failed for broken.test: the server fails, refuses or is not there")
    dns.text = f"127.0.0.1:{free_port()}"
    # Not both questions learn of the ICMP that their datagrams share: one may wait for its deadline.
    refused(dns, "sip:x@absent.test:5060", "absent.test", "(asked for")


@case(timeout=90)
def interrupted():
    """Questions that are under way when the process is told to end, and ends at once."""
    dns = DnsServer({(kind, "silent.test"): lambda query: [] for kind in ("NAPTR", "SRV", "A", "AAAA")})
    caller = Sipvoice("call", "sip:x@silent.test", "--dns", dns.text, listen=False)
    wait_until(lambda: dns.count("NAPTR", "silent.test"), 20, "a question")
    caller.stop(signal.SIGINT, expect=1)


@case(timeout=240)
def slow_and_fast():
    """One process is to transfer calls to two names. The answer about the first is slow; the second name
    is asked for after it, and its call is there before. If that one's caller was so late that both are
    known by then, once more: a resolver that asks one after the other fails each time."""
    one, two = callee(), callee()
    for attempt in range(1, 6):
        dns = DnsServer({("A", "slow.test"): ["127.0.0.1"], ("A", "fast.test"): ["127.0.0.1"]}, slow={"slow.test": 3})
        hub = Sipvoice("answer", "--echo", "--listen", "udp:127.0.0.1:0", "--allow-refer", "*", "--dns", dns.text,
                       listen=False)
        for name, voice in (("slow.test", one), ("fast.test", two)):
            Sipvoice("call", f"sip:x@127.0.0.1:{port_of(hub)}", "--transfer", f"sip:y@{name}:{port_of(voice)}",
                     listen=False)
            wait_until(lambda n=name: dns.count("A", n), 30, f"the question for {name}")
        fast = two.wait("call_incoming", 30, count=attempt)["time"]
        slow = one.wait("call_incoming", 30, count=attempt)["time"]
        hub.stop()
        if fast < slow:
            break
    check(fast < slow, f"the fast name's call at {fast}, the slow one's at {slow}")
    one.stop()
    two.stop()


@case(timeout=150)
def cached():
    """Records are asked for once while they hold: the server counts."""
    target = callee()
    port = port_of(target)
    for ttl, least, most in ((60, 1, 1), (0, 3, 3)):
        dns = DnsServer({("A", "kept.test"): ["127.0.0.1"]}, ttl=ttl)
        hub = Sipvoice("answer", "--echo", "--listen", "udp:127.0.0.1:0", "--allow-refer", "*", "--dns", dns.text,
                       listen=False)
        for n in range(3):
            before = calls_of(target)
            done = run([BINARY, "call", f"sip:x@127.0.0.1:{port_of(hub)}", "--transfer", f"sip:y@kept.test:{port}"],
                       timeout=30)
            check("transferred" in done.stdout, f"{n}: {done.stdout}{done.stderr}")
            wait_until(lambda b=before: calls_of(target) > b, 10, "the transferred call")
        between(dns.count("A", "kept.test"), least, most, f"questions with a TTL of {ttl} s")
        hub.stop()
    target.stop()


@case(timeout=90)
def truncated():
    """What does not fit into a datagram is asked for over TCP, and of very many records some are used."""
    voice = callee()
    port = port_of(voice)
    servers = [(i + 1, 0, port, f"host{i}.test") for i in range(300)]
    zone = {("SRV", "_sip._udp.large.test"): servers}
    zone.update({("A", f"host{i}.test"): ["127.0.0.1"] for i in range(300)})
    dns = DnsServer(zone, truncate=["_sip._udp.large.test"])
    answered(dns, "sip:x@large.test")
    between(dns.by_tcp, 1, 2, "questions over TCP")
    check(sum(kind == "A" for kind, _ in dns.asked) <= 16, "no more servers are looked up than can be tried")
    voice.stop()


@case(timeout=90)
def malicious():
    """Garbage, ids of nobody, answers to other questions, names that never end: the true answer counts."""
    voice = callee()

    def address(query, **how):
        return message(query, [record("target.test", "A", 60, pack_data("A", "127.0.0.1"))], **how)

    def hostile(query):
        wrong_id = address(query, number=struct.unpack(">H", query[:2])[0] ^ 0x5555)
        other = message(query, [record("other.test", "A", 60, pack_data("A", "192.0.2.1"))])
        other = other.replace(b"\x06target\x04test", b"\x05other\x04test")
        return [b"", b"\0", os.urandom(11), os.urandom(500), wrong_id, other, wrong_id[:20], address(query)]

    def ring(query):
        return [message(query, [b"\xc0\x1d\xc0\x1b" + struct.pack(">HHIH", 1, 1, 60, 4) + b"\x7f\0\0\1"])]

    def flood(query):
        large = [b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + struct.pack(">I", i) for i in range(200)]
        return [message(query, large), *[os.urandom(1200) for _ in range(500)]]

    dns = DnsServer({("A", "target.test"): hostile, ("A", "ring.test"): ring, ("AAAA", "ring.test"): ring,
                     ("A", "cut.test"): lambda query: [address(query)[:40]],
                     ("A", "flood.test"): flood})
    answered(dns, f"sip:x@target.test:{port_of(voice)}")
    refused(dns, "sip:x@ring.test:5060", "ring.test")
    refused(dns, "sip:x@cut.test:5060", "cut.test")
    done = call(dns, f"sip:x@flood.test:{port_of(voice)}", "--timeout", "2s")
    equal(done.returncode, 1, f"exit code of nowhere: {done.stdout}")
    voice.stop()


@case(timeout=90)
def requests():
    """options and register find their servers by SRV, too."""
    voice = Sipvoice("listen", "--listen", "udp:127.0.0.1:0", listen=False)
    dns = DnsServer({("SRV", "_sip._udp.ask.test"): [(0, 0, port_of(voice), "one.test")], ("A", "one.test"): ["127.0.0.1"]})
    asked = run([BINARY, "options", "sip:x@ask.test", "--dns", dns.text], timeout=30)
    equal(asked.returncode, 0, f"options: {asked.stdout}{asked.stderr}")
    check(asked.stdout.startswith("200 OK"), asked.stdout)
    # It is no registrar: that its refusal comes shows that it was found.
    registered = run([BINARY, "register", "sip:x@ask.test", "--once", "--dns", dns.text], timeout=30)
    equal(registered.returncode, 1, f"register: {registered.stdout}")
    check("registration failed: 4" in registered.stdout or "registration failed: 5" in registered.stdout,
          registered.stdout)
    for command in ("options", "register"):
        missing = run([BINARY, command, "sip:x@nowhere.test", "--dns", dns.text], timeout=30)
        equal(missing.returncode, 1, "exit code")
        check("no such name: nowhere.test" in missing.stdout, f"{command}: {missing.stdout}")
    voice.stop()


@case(timeout=90)
def option():
    """--dns: an IPv6 server, and values that are none."""
    voice = callee()
    dns = DnsServer({("A", "four.test"): ["127.0.0.1"]}, address="::1")
    answered(dns, f"sip:x@four.test:{port_of(voice)}")
    for bad in ("127.0.0.1", "53", "udp:127.0.0.1:53", "127.0.0.1:0", "127.0.0.1:70000", "::1:53", "a b"):
        done = run([BINARY, "call", "sip:x@four.test", f"--dns={bad}"], timeout=30)
        equal(done.returncode, 2, f"exit code for '{bad}': {done.stderr}")
        check(done.stderr.startswith("sipvoice: --dns") and done.stderr.count("\n") == 1, done.stderr)
    done = run([BINARY, "call", "sip:x@four.test", "--dns", "no-such-host.invalid:53"], timeout=50)
    equal(done.returncode, 3, f"exit code: {done.stderr}")
    check("cannot use --dns no-such-host.invalid:53" in done.stderr, done.stderr)
    voice.stop()


if __name__ == "__main__":
    run_cases()
