#!/usr/bin/env python3
"""SIP over TCP and TLS, between two processes of ours and from sockets that do as they like."""
import socket

from harness import BINARY, SAMPLES, Sipvoice, Skip, case, check, equal, run, run_cases
from peers import packets, pause, tshark
from streams import authority, is_closed, listener, port_of, read_until, request


def call(target, *options):
    return run([BINARY, "call", target, *options], timeout=30)


def heard(target, *options):
    done = call(target, "--expect-audio", str(SAMPLES / "welcome.wav"), *options)
    equal(done.returncode, 0, f"exit code ({done.stdout}{done.stderr})")


@case(timeout=60)
def tcp_call():
    """A call over TCP: the prompt is heard, the callee hangs up on the same connection."""
    voice = listener("tcp", "--calls", "1")
    heard(f"sip:x@127.0.0.1:{port_of(voice)};transport=tcp")
    voice.stop(None)


@case(timeout=60, needs=["openssl"])
def tls_call():
    """The same over TLS, by a certificate that the caller's authority has signed; sips: as well."""
    authority()
    voice = listener("tls", "--calls", "2", "--tls-cert", "own.pem", "--tls-key", "own.key")
    port = port_of(voice)
    heard(f"sip:x@127.0.0.1:{port};transport=tls", "--tls-ca", "root.pem")
    heard(f"sips:x@127.0.0.1:{port}", "--tls-ca", "root.pem")
    voice.stop(None)


@case(timeout=60, needs=["openssl"])
def tls_unknown_authority():
    """A certificate of nobody we know: exit 1, and the log says what is wrong with it; off: it is taken."""
    authority()
    voice = listener("tls", "--tls-cert", "own.pem", "--tls-key", "own.key")
    port = port_of(voice)
    done = call(f"sip:x@127.0.0.1:{port};transport=tls", "--timeout", "3s")
    equal(done.returncode, 1, "exit code")
    check("certificate" in done.stderr, f"the certificate in {done.stderr}")
    done = run([BINARY, "options", f"sip:x@127.0.0.1:{port};transport=tls", "--timeout", "3s"], timeout=30)
    check(done.stdout.strip().endswith(" ms") and "--tls-verify off" in done.stdout, f"last line {done.stdout!r}")
    heard(f"sip:x@127.0.0.1:{port};transport=tls", "--tls-verify", "off")
    voice.stop()


@case(timeout=60, needs=["openssl"])
def tls_client_certificate():
    """A listener with --tls-ca takes callers whose certificate that authority has signed, and no others."""
    authority()
    own = ("--tls-cert", "own.pem", "--tls-key", "own.key", "--tls-ca", "root.pem")
    voice = listener("tls", "--calls", "1", *own)
    target = f"sip:x@127.0.0.1:{port_of(voice)};transport=tls"
    done = call(target, "--tls-ca", "root.pem", "--timeout", "3s")
    equal(done.returncode, 1, f"exit code without a certificate ({done.stdout}{done.stderr})")
    equal(voice.events("call_incoming"), [], "calls without a certificate")
    heard(target, *own)
    voice.stop(None)


@case(timeout=60, needs=["openssl"])
def tls_another_name():
    """A certificate of another host than the one that is called: exit 1, and the log says what is wrong with it."""
    authority("192.0.2.1")
    voice = listener("tls", "--tls-cert", "own.pem", "--tls-key", "own.key")
    done = call(f"sip:x@127.0.0.1:{port_of(voice)};transport=tls", "--tls-ca", "root.pem", "--timeout", "3s")
    equal(done.returncode, 1, f"exit code ({done.stdout}{done.stderr})")
    check("certificate" in done.stderr, f"the certificate in {done.stderr}")
    equal(voice.events("call_incoming"), [], "calls")
    voice.stop()


@case(timeout=60, needs=["openssl"])
def streams_over_ipv6():
    """TCP and TLS over IPv6: brackets in the addresses, the prompt is heard."""
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        raise Skip("no IPv6 on this machine") from None
    authority("::1")
    for transport, ours, theirs in (("tcp", (), ()), ("tls", ("--tls-cert", "own.pem", "--tls-key", "own.key"),
                                                      ("--tls-ca", "root.pem"))):
        voice = Sipvoice("answer", "--play", str(SAMPLES / "welcome.wav"), "--listen", f"{transport}:[::1]:0",
                         "--calls", "1", *ours, listen=False, rtp=False)
        address = voice.wait("listening")["address"]
        check(address.startswith(f"{transport}:[::1]:"), f"listening on {address}")
        heard(f"sip:x@[::1]:{address.rsplit(':', 1)[1]};transport={transport}", *theirs)
        check(voice.events("call_answered")[0]["local_rtp"].startswith("[::1]:"), "local_rtp")
        voice.stop(None)


@case(timeout=60)
def segments():
    """A byte at a time, many in one segment, CRLF between them, a ping and its pong."""
    voice = listener("tcp")
    port = port_of(voice)
    with socket.create_connection(("127.0.0.1", port)) as c:
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("OPTIONS", port, "one"):
            c.sendall(bytes([byte]))
        check(b"Call-ID: one" in read_until(c, b"\r\n\r\n"), "the answer")
        c.sendall(b"\r\n\r\n")
        equal(read_until(c, b"\r\n"), b"\r\n", "pong")
        c.sendall(b"".join(b"\r\n" + request("OPTIONS", port, f"many{i}") for i in range(10)))
        read_until(c, b"Call-ID: many9")
    voice.stop()


@case(timeout=60)
def too_long():
    """--max-message: the connection is closed past it, others live on."""
    voice = listener("tcp", "--max-message", "4KiB")
    port = port_of(voice)
    with socket.create_connection(("127.0.0.1", port)) as good, socket.create_connection(("127.0.0.1", port)) as bad:
        bad.sendall(request("OPTIONS", port, "long", extra="X: " + "y" * 6000 + "\r\n"))
        check(is_closed(bad), "the connection stays open")
        good.sendall(request("OPTIONS", port, "good"))
        read_until(good, b"Call-ID: good")
    voice.stop()


@case(timeout=60)
def half_open():
    """A thousand connections that begin a message and never end it keep nobody else out."""
    voice = listener("tcp")
    port = port_of(voice)
    idle = []
    for _ in range(1000):
        try:
            c = socket.create_connection(("127.0.0.1", port), timeout=2)
            c.sendall(b"INVITE sip:x SIP/2.0\r\n")
            idle.append(c)
        except OSError:
            break
    heard(f"sip:x@127.0.0.1:{port};transport=tcp")
    for c in idle:
        c.close()
    voice.stop()


@case(timeout=60, needs=["tshark"])
def tcp_capture():
    """--pcap has SIP over TCP as segments: tshark follows messages across them and finds nothing wrong."""
    voice = listener("tcp", "--pcap", "tcp.pcap", "--calls", "1")
    port = port_of(voice)
    with socket.create_connection(("127.0.0.1", port)) as c:
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        whole = request("OPTIONS", port, "split", f"Subject: {'long ' * 500}\r\n")
        for begin in range(0, len(whole), 700):
            c.sendall(whole[begin:begin + 700])
            pause(0.02)  # a segment of its own
        read_until(c, b"Call-ID: split")
        c.sendall(b"\r\n\r\n")
        read_until(c, b"\r\n")
        c.sendall(request("OPTIONS", port, "two") + request("OPTIONS", port, "three"))
        read_until(c, b"Call-ID: three")
        mine = c.getsockname()[1]
    heard(f"sip:x@127.0.0.1:{port};transport=tcp", "--header", f"X-Long: {'y' * 4000}")
    voice.stop(None)
    equal(tshark("tcp.pcap", port, "-Y", "_ws.malformed || tcp.analysis.flags").strip(), "", "what tshark finds wrong")
    check(not packets("tcp.pcap", port, "sip && udp", "frame.number"), "SIP in datagrams")
    text = "\n".join("\t".join(row) for row in
                     packets("tcp.pcap", port, f"sip && tcp.port=={mine}", "sip.Call-ID", "sip.Method"))
    for call_id in ("split", "two", "three"):
        check(call_id in text, f"the request {call_id} in {text}")
    sent = packets("tcp.pcap", port, f"sip.Method && tcp.port=={mine}", "frame.number")
    equal(len(sent), 2, f"segments in which requests end: {sent}")  # the last two came in one
    methods = [m for row in packets("tcp.pcap", port, f"sip.Method && tcp.port!={mine}", "sip.Method") for m in row]
    equal(sorted(methods), ["ACK", "BYE", "INVITE"], "methods of the call")


if __name__ == "__main__":
    run_cases()
