#!/usr/bin/env python3
"""What is wrong on a stream: answered where it can be, closed where its end cannot be known, nothing left of it."""
import random
import socket
import ssl

from harness import Sipvoice, between, case, check, equal, run_cases, wait_until
from peers import pause
from sip_client import StreamClient
from streams import authority, is_closed, listener, port_of, request


def fresh_answer(port, address="127.0.0.1"):
    """The status of an OPTIONS over a connection of its own; None: no answer within two seconds."""
    client = StreamClient(port, address)
    client.send(client.new_call().request("OPTIONS"))
    answer = client.receive(2)
    client.close()
    return answer.status if answer else None


def settles(voice, files, port):
    """It still answers, and every connection is given back."""
    equal(fresh_answer(port), 200, "answer afterwards")
    wait_until(lambda: voice.open_files() <= files, 10, lambda: f"open files {voice.open_files()}, were {files}")
    voice.stop()


def pour(port, data, address="127.0.0.1"):
    """One connection that takes all of it, as far as the other side listens; then it is closed."""
    with socket.create_connection(("127.0.0.1", port), 5, source_address=(address, 0)) as c:
        c.settimeout(0.05)
        try:
            c.sendall(data)
            return c.recv(65536)
        except OSError:
            return b""


@case(timeout=120)
def noise():
    """Random bytes, and messages with bytes changed: 600 connections."""
    voice = listener("tcp")
    port, files = port_of(voice), voice.open_files()
    chance = random.Random(3261)
    for n in range(300):
        pour(port, chance.randbytes(chance.randrange(1, 3000)))
        changed = bytearray(request("OPTIONS", port, f"a{n}") + request("MESSAGE", port, f"b{n}", body="x" * 20))
        for _ in range(chance.randrange(1, 8)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        pour(port, bytes(changed))
    settles(voice, files, port)


@case(timeout=90)
def truncated():
    """An INVITE that ends at every 9th byte, the connection closed there: no call."""
    voice = listener("tcp")
    port, files = port_of(voice), voice.open_files()
    client = StreamClient(port)
    whole = client.new_call().request("INVITE", "X-Room-ID: a\r\n", client.offer()).encode()
    client.close()
    for length in range(1, len(whole), 9):
        with socket.create_connection(("127.0.0.1", port)) as c:
            c.sendall(whole[:length])
    equal(voice.events("call_incoming"), [], "calls")
    settles(voice, files, port)


@case(timeout=60)
def wrong_lengths():
    """No Content-Length, one that is no number, two that differ: 400 and the end; too long: 513 and the end."""
    voice = listener("tcp")
    port, files = port_of(voice), voice.open_files()
    good = "Content-Length: 0\r\n"
    rows = [(400, ""), (400, "Content-Length: -1\r\n"), (400, "Content-Length: many\r\n"),
            (400, good + "l: 5\r\n"), (400, "Content-Length: 99999999999999999999\r\n"),
            (513, "Content-Length: 4000000000\r\n")]
    for status, lines in rows:
        client = StreamClient(port)
        client.send(client.new_call().request("OPTIONS").replace(good, lines))
        equal(client.expect(status).status, status, f"answer to {lines!r}")
        check(is_closed(client.socket), f"the connection stays open after {lines!r}")
        client.close()
    settles(voice, files, port)


@case(timeout=90)
def megabytes():
    """A body of 3 MB where --max-message allows it; 513 and the end without; a head without an end is cut off."""
    voice = listener("tcp", "--max-message", "4MiB")
    port, files = port_of(voice), voice.open_files()
    client = StreamClient(port)
    body = "x" * 3_000_000
    client.send(client.new_call().request("OPTIONS", body=body, content_type="text/plain"))
    equal(client.expect(200, 20).status, 200, "answer to 3 MB")
    client.close()
    settles(voice, files, port)

    voice = listener("tcp")
    port, files, memory = port_of(voice), voice.open_files(), voice.memory_kb()
    for n in range(20):
        answer = pour(port, request("OPTIONS", port, f"big{n}", body=body))
        check(not answer or answer.startswith(b"SIP/2.0 513 "), f"answer {answer[:100]}")
        pour(port, b"OPTIONS sip:x SIP/2.0\r\n" + b"X-Endless: " + b"a" * 5_000_000)
        pour(port, b"OPTIONS sip:x SIP/2.0\r\n" + b"X: 1\r\n" * 500_000)
    # 13 MB each time: what is kept of it shows here (the sanitizers keep freed memory for a while).
    between(voice.memory_kb() - memory, -10**6, 150_000, "kB more")
    settles(voice, files, port)


@case(timeout=60)
def many_headers():
    """10,000 header lines within the longest head: an answer."""
    voice = listener("tcp")
    port, files = port_of(voice), voice.open_files()
    client = StreamClient(port)
    client.send(client.new_call().request("OPTIONS", "X:1\r\n" * 10000))
    between(client.receive(10).status, 200, 599, "answer to 10,000 headers")
    client.close()
    settles(voice, files, port)


@case(timeout=60)
def many_pings():
    """A megabyte of CRLF: bounded pongs, and the connection lives."""
    voice = listener("tcp")
    port, files = port_of(voice), voice.open_files()
    client = StreamClient(port)
    for _ in range(16):
        client.send(b"\r\n" * 32768)
    client.send(client.new_call().request("OPTIONS"))
    equal(client.expect(200, 20).status, 200, "answer after them")
    client.close()
    settles(voice, files, port)


@case(timeout=60)
def flood():
    """Past --source-rate: 503, then silence, and the log says by whom; on a new connection too; others are heard."""
    voice = listener("tcp", "--source-rate", "5")
    port = port_of(voice)
    client = StreamClient(port)
    for _ in range(60):
        client.send(client.new_call().request("OPTIONS"))
    statuses = []
    while (answer := client.receive(1)) is not None:
        statuses.append(answer.status)
    # A slow machine refills the bucket while the sixty are sent.
    between(statuses.count(200), 10, 30, "answers within the burst of twice the rate")
    between(statuses.count(503), 1, 30, "answers 503")
    check(len(statuses) < 60, "silence after the 503s")
    check("source-rate" in voice.log(), f"the limiter in the log: {voice.log()}")
    equal(fresh_answer(port, "127.0.0.2"), 200, "answer to another source")
    pause(1.2)
    equal(fresh_answer(port), 200, "answer after a pause, over a new connection")
    client.close()
    voice.stop()


@case(timeout=90, needs=["openssl"])
def tls_noise():
    """No handshake, half of one, garbage, plain SIP: 400 connections to a TLS listener; a good one is taken."""
    authority()
    voice = listener("tls", "--tls-cert", "own.pem", "--tls-key", "own.key")
    port, files = port_of(voice), voice.open_files()
    chance = random.Random(8446)
    hello = bytes.fromhex("160301020001")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    for _ in range(100):
        pour(port, chance.randbytes(chance.randrange(1, 2000)))
        pour(port, hello + chance.randbytes(chance.randrange(0, 700)))
        pour(port, request("OPTIONS", port, "plain"))
    with_tls(port)
    for c in idle:
        c.close()
    wait_until(lambda: voice.open_files() <= files, 10, lambda: f"open files {voice.open_files()}, were {files}")
    voice.stop()


def with_tls(port):
    context = ssl.create_default_context(cafile="root.pem")
    with socket.create_connection(("127.0.0.1", port), 10) as c, \
            context.wrap_socket(c, server_hostname="127.0.0.1") as secure:
        secure.sendall(request("OPTIONS", port, "secure").replace(b"SIP/2.0/TCP", b"SIP/2.0/TLS"))
        check(secure.recv(65536).startswith(b"SIP/2.0 200"), "an answer over TLS")


if __name__ == "__main__":
    run_cases()
