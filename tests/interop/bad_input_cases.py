#!/usr/bin/env python3
"""What is wrong on the wire is answered or dropped, and nothing else happens."""
import os
import random
from functools import partial

from harness import Sipvoice, between, case, check, equal, run_cases, wait_until
from peers import pause
from sip_client import Client, StreamClient, Talker, establish


def on_udp(rows):
    voice = Sipvoice("answer", "--silence")
    rows(voice, Client(voice.port))
    voice.stop()


def on_tcp(rows):
    voice = Sipvoice("answer", "--silence", "--listen", "udp:127.0.0.1:0", "--listen", "tcp:127.0.0.1:0", listen=False)
    voice.wait("listening", count=2)
    voice.port, port = (int(e["address"].rsplit(":", 1)[1]) for e in voice.events("listening"))
    client = StreamClient(port)
    client.send(client.new_call().request("OPTIONS"))
    client.expect(200)
    rows(voice, client)
    client.close()
    voice.stop()


def on_both(rows):
    """Two cases: NAME_udp and NAME_tcp."""
    for suffix, over in (("udp", on_udp), ("tcp", on_tcp)):
        one = partial(over, rows)
        one.__name__ = f"{rows.__name__}_{suffix}"
        case(timeout=90, needs=["sipsak"])(one)
    return rows


def survives(voice, client, rounds=1):
    """Drains what came back and asks from outside whether it still answers."""
    answers = []
    while (message := client.receive(0.3)) is not None:
        answers.append(message.status)
    for _ in range(rounds):
        voice.answers_options()
    return answers


@case(timeout=120, needs=["sipsak"])
def truncated_messages():
    """An INVITE cut at every 7th byte, and every header line cut in half."""
    voice = Sipvoice("answer", "--silence", "--log-level", "debug")
    client = Client(voice.port)
    whole = client.new_call().request("INVITE", "X-Room-ID: a\r\n", client.offer()).encode()
    for length in range(0, len(whole), 7):
        client.send(whole[:length])
    lines = whole.split(b"\r\n")
    for i, line in enumerate(lines):
        client.send(b"\r\n".join(lines[:i] + [line[:len(line) // 2]] + lines[i + 1:]))
    for status in survives(voice, client):
        check(100 <= status < 700, f"status {status}")
    voice.stop()


@case(timeout=60, needs=["sipsak"])
def binary_noise():
    """Random bytes, NULs, and messages with random bytes changed: 2,000 datagrams."""
    voice = Sipvoice("answer", "--silence")
    client = Client(voice.port)
    chance = random.Random(4475)
    whole = bytearray(client.new_call().request("OPTIONS").encode())
    for i in range(1000):
        client.send(chance.randbytes(chance.randrange(1, 1200)))
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        client.send(bytes(changed))
        if i % 50 == 0:
            while client.receive(0.001) is not None:
                pass
    for data in (b"", b"\0" * 1000, b"\r\n\r\n", b"\r\n" * 700, b"SIP/2.0", b"SIP/2.0 200 OK\r\n\r\n", b"A" * 60000):
        client.send(data)
    survives(voice, client)
    voice.stop()


@case(timeout=60, needs=["sipsak"])
def wrong_lengths():
    """Content-Length too long: 400; too short: the rest is dropped; no number: 400; 64 KiB: an answer."""
    voice = Sipvoice("answer", "--silence")
    client = Client(voice.port)

    def ask(change, method="OPTIONS", extra=""):
        client.send(change(client.new_call().request(method, extra)))
        answer = client.receive(3)
        return answer.status if answer else None

    equal(ask(lambda t: t.replace("Content-Length: 0", "Content-Length: 500")), 400, "too long")
    equal(ask(lambda t: t + "more than was told"), 200, "too short")
    for value in ("-1", "many", "99999999999999999999", "1 1"):
        equal(ask(lambda t: t.replace("Content-Length: 0", f"Content-Length: {value}")), 400, f"'{value}'")
    # 65,507 bytes are the most that UDP carries.
    between(ask(lambda t: t.replace("X-Big: ", "X-Big: " + "a" * (65507 - len(t))), extra="X-Big: \r\n"),
            200, 599, "64 KiB")
    between(ask(lambda t: t, extra="X:1\r\n" * 10000), 200, 599, "10,000 headers")
    survives(voice, client)
    voice.stop()


@on_both
def missing_headers(voice, client):
    """A request without what it must have: 400 where a Via shows, never a call."""
    for name in ("From", "To", "Call-ID", "CSeq"):
        whole = client.new_call().request("INVITE", "", client.offer())
        client.send("\r\n".join(line for line in whole.split("\r\n") if not line.startswith(name + ":")))
        equal(client.receive(3).status, 400, f"without {name}")
    whole = client.new_call().request("INVITE", "", client.offer())
    client.send("\r\n".join(line for line in whole.split("\r\n") if not line.startswith("Via:")))
    equal(client.receive(0.5), None, "answer to a request without Via")
    equal(voice.events("call_incoming"), [], "calls")
    survives(voice, client)


@case(timeout=40)
def other_address_family():
    """Media over IPv6 in a call over IPv4: as this host can; a re-INVITE cannot go there, and the call goes on."""
    voice = Sipvoice("answer", "--silence")
    client = Client(voice.port)
    over_v6 = client.offer().replace(f"c=IN IP4 {client.host}", "c=IN IP6 ::1")
    call, _ = establish(client)
    call.invite(body=over_v6)
    refusal = client.expect(488)
    check(refusal.header("warning").startswith("301 "), f"Warning: {refusal.header('warning')!r}")
    client.send(call.request("ACK", cseq=2, branch=call.branch))
    call.hang_up()
    call = client.new_call()
    call.invite(body=over_v6)
    answer = client.receive()
    while answer.status < 200:
        answer = client.receive()
    if answer.status == 200:  # there is IPv6 here
        check(b"c=IN IP6 ::1" in answer.body, f"answer: {answer.body!r}")
        call.to_tag = answer.header("to").partition("tag=")[2]
        call.ack()
        call.hang_up()
    else:
        equal((answer.status, answer.header("warning")[:4]), (488, "301 "), "refusal")
    voice.stop()


@on_both
def hostile_sdp(voice, client):
    """Numbers out of range, addresses that are none, a thousand lines: 400 or 488, no port kept."""
    before = voice.open_files()
    good = client.offer(port=4000)
    rows = [
        (400, "not an SDP at all"),
        (488, good.replace("m=audio 4000", "m=audio 99999999999999999999")),
        (400, good.replace("v=0", "v=zero")),
        (400, good.replace("t=0 0\r\n", "t=0 0\r\n\0\0\0\r\n")),
        (488, good.replace("m=audio 4000", "m=audio 0")),
        (488, good.replace(client.host, "224.0.0.1")),
        (488, good.replace(client.host, "255.255.255.255")),
        (488, good.replace(f"c=IN IP4 {client.host}", "c=IN IP6 fe80::1")),  # no way leads there
        (488, good.replace("RTP/AVP 0 101", "RTP/AVP 96 97")),
        (488, good.replace("m=audio", "m=video")),
        (488, good.replace("m=audio 4000", "m=audio 70000")),
        (None, good.replace("m=audio 4000", "m=audio -1")),
        (None, good.replace(client.host, "999.999.1.1")),
        (None, good.replace("0 101", " ".join(str(n) for n in range(5000)))),
        (None, good + "a=rtpmap:999999999999 X/99999999999/99999999\r\n" * 200),
        (None, good + "a=ptime:0\r\na=ptime:-20\r\na=ptime:4294967296\r\na=maxptime:0\r\n"),
        (None, good + "a=fmtp:101 0-999999999999,5-,-,--\r\n"),
        (None, good + "m=audio 4002 RTP/AVP 0\r\n" * 500),
        (None, good.replace("\r\n", "\n")),
    ]
    for wanted, sdp in rows:
        call = client.new_call()
        call.invite(body=sdp)
        answer = client.receive(3)
        while answer is not None and answer.status < 200:
            answer = client.receive(3)
        check(answer is not None, f"no answer to {sdp[:200]!r}")
        if wanted:
            equal(answer.status, wanted, f"answer to {sdp[:200]!r}")
        check(answer.status in (200, 400, 413, 488), f"{answer.first} to {sdp[:200]!r}")
        call.to_tag = answer.header("to").partition("tag=")[2]
        if answer.status == 200:
            call.ack()
            call.hang_up()
        else:
            client.send(call.request("ACK", cseq=1, branch=call.branch))
    survives(voice, client)
    equal(voice.open_files(), before, "open files")


@case(timeout=60, needs=["sipsak"])
def rtp_noise():
    """Random bytes, other sources, other payload types into a call: counted, not heard, not echoed."""
    voice = Sipvoice("answer", "--echo")
    client, talker, stranger = Client(voice.port), Talker(), Talker("127.0.0.3")
    call, port = establish(client, media_port=talker.port)
    chance = random.Random(3550)
    for i in range(500):
        if i % 5 == 0:
            pause(0.01)  # not more than the socket's buffer holds
        stranger.socket.sendto(b"\x80\x00" + os.urandom(170), ("127.0.0.1", port))
        talker.socket.sendto(chance.randbytes(chance.randrange(0, 1400)), ("127.0.0.1", port))
        talker.socket.sendto(chance.randbytes(chance.randrange(0, 200)), ("127.0.0.1", port + 1))
    talker.start(port, 100)
    talker._threads[0].join()
    call.hang_up()
    media = voice.wait("call_ended")["media"]
    talker.stop()
    between(media["rejected"], 500, 1600, "rejected")
    stranger.socket.settimeout(0.2)
    try:
        check(not stranger.socket.recv(2048), "the stranger was sent something")
    except TimeoutError:
        pass
    check(len(talker.received) >= 90, f"the call itself went on: {len(talker.received)} packets echoed")
    survives(voice, client)
    voice.stop()


@on_both
def out_of_dialog(voice, client):
    """Requests that belong to no dialog: 481, 405, 501, 420, 415, 482, 505, or 200, each as its rule says."""

    def ask(method, extra="", change=lambda t: t, body="", content_type="application/sdp"):
        call = client.new_call()
        client.send(change(call.request(method, extra, body, content_type=content_type)))
        answer = client.receive(3)
        while answer is not None and answer.status < 200:
            answer = client.receive(3)
        return answer

    equal(ask("BYE", change=lambda t: t.replace("\r\nCall-ID", ";tag=none\r\nCall-ID")).status, 481, "BYE")
    equal(ask("CANCEL", change=lambda t: t.replace("CSeq: 0", "CSeq: 1")).status, 481, "CANCEL")
    refused = ask("REGISTER")
    equal(refused.status, 405, "REGISTER")
    check("INVITE" in refused.header("allow"), "Allow in the 405")
    equal(ask("MESSAGE", body="hello", content_type="text/plain").status, 200, "MESSAGE")
    told = wait_until(lambda: voice.events("message"), 5, "'message'")[0]
    equal(told["text"], "hello", "text of the message")
    check(told["from"].startswith("sip:") and told["to"].startswith("sip:"), f"from and to of {told}")
    refused = ask("MESSAGE", body="<b>hello</b>", content_type="text/html")
    equal((refused.status, refused.header("accept")), (415, "text/plain"), "MESSAGE of another type")
    equal(len(voice.events("message")), 1, "messages")
    equal(ask("FROBNICATE").status, 501, "an unknown method")
    refused = ask("INVITE", "Require: teleport\r\n", body=client.offer())
    equal((refused.status, refused.header("unsupported")), (420, "teleport"), "unknown Require")
    refused = ask("INVITE", body="hello", content_type="text/plain")
    equal(refused.status, 415, "a body that is no SDP")
    check("application/sdp" in refused.header("accept"), "Accept in the 415")
    equal(ask("OPTIONS", change=lambda t: t.replace("SIP/2.0\r\nVia", "SIP/3.0\r\nVia")).status, 505, "SIP/3.0")
    equal(ask("OPTIONS").status, 200, "OPTIONS")

    # The same request by two ways: merged.
    call = client.new_call()
    text = call.invite()
    client.expect(200)
    client.send(text.replace("branch=z9hG4bK", "branch=z9hG4bKother"))
    while (answer := client.receive(3)).status == 200:
        pass
    equal(answer.status, 482, "merged request")


@case(timeout=60)
def retransmitted_requests():
    """A repeated INVITE or BYE gets the same answer again and changes nothing. (Nobody repeats on a stream.)"""
    voice = Sipvoice("answer", "--silence")
    client = Client(voice.port)
    call = client.new_call()
    text = call.invite()
    first = client.expect(200)
    for _ in range(3):
        client.send(text)
        equal(client.expect(200).headers, first.headers, "the answer to a repeated INVITE")
    voice.wait("call_incoming")
    equal(len(voice.events("call_incoming")), 1, "calls")
    call.to_tag = first.header("to").partition("tag=")[2]
    call.ack()
    bye = call.request("BYE")
    for _ in range(3):
        client.send(bye)
        equal(client.expect(200).header("cseq"), f"{call.cseq} BYE", "answer to a repeated BYE")
    voice.wait("call_ended")
    equal(len(voice.events("call_ended")), 1, "ends")
    voice.stop()


if __name__ == "__main__":
    run_cases()
