#!/usr/bin/env python3
"""What single options put on the wire and into the log, and how `call` ends, seen from a socket."""
import json
import os
import re
import signal
import socket
from pathlib import Path

from harness import BINARY, SAMPLES, Sipvoice, case, check, equal, run, run_cases
from peers import pause
from sip_client import Client, Message, establish

ELSEWHERE = "198.51.100.7"  # of nobody (RFC 5737)


class Callee(Client):
    """The far end of a call of ours: hears requests, whatever is repeated, and answers by hand."""

    def __init__(self):
        super().__init__(0)
        self.uri = f"sip:bob@{self.host}:{self.port}"

    def hear(self, method, seconds=10):
        while True:
            self.socket.settimeout(seconds)
            data, self.peer = self.socket.recvfrom(65536)
            message = Message(data)
            if message.method == method:
                return message

    def reply(self, request, status, extra="", body=""):
        lines = [f"SIP/2.0 {status} x", *(f"Via: {v}" for v in request.headers["via"])]
        lines += [f"{name}: {request.header(name)}" for name in ("From", "Call-ID", "CSeq")]
        to = request.header("to")
        lines += [f"To: {to}" if "tag=" in to else f"To: {to};tag=callee", f"Contact: <{self.uri}>"]
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.send("\r\n".join(lines) + f"\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}")

    def take(self):
        """A call to us that is up: its INVITE."""
        invite = self.hear("INVITE")
        self.reply(invite, 200, body=self.offer())
        self.hear("ACK")
        return invite

    def hang_up(self, invite):
        call = self.new_call(call_id=invite.header("call-id"))
        bye = call.request("BYE")
        bye = re.sub(r"(?m)^From: .*", lambda _: f"From: {invite.header('to')};tag=callee\r", bye, count=1)
        bye = re.sub(r"(?m)^To: .*", lambda _: f"To: {invite.header('from')}\r", bye, count=1)
        self.send(bye)
        self.expect(200)


def connection_of(message):
    """The address in c= of its description."""
    return re.search(rb"(?m)^c=IN IP4 (\S+)\r$", message.body).group(1).decode()


@case(timeout=60)
def advertise_ip():
    """--advertise-ip stands in Contact and SDP of an answer, in Via, Contact and SDP of a call; media stay here."""
    voice = Sipvoice("answer", "--silence", "--advertise-ip", ELSEWHERE)
    client = Client(voice.port)
    call = client.new_call()
    call.invite()
    ok = call.answered()
    equal((ok.header("contact"), connection_of(ok)), (f"<sip:{ELSEWHERE}:{voice.port}>", ELSEWHERE), "the answer")
    call.hang_up()
    check(voice.wait("call_answered")["local_rtp"].startswith("127.0.0.1:"), "local_rtp")
    voice.stop()
    callee = Callee()
    voice = Sipvoice("call", callee.uri, "--silence", "--advertise-ip", ELSEWHERE, listen=False)
    invite = callee.hear("INVITE")
    check(f" {ELSEWHERE}:" in invite.header("via"), f"Via {invite.header('via')}")
    check(f"<sip:{ELSEWHERE}:" in invite.header("contact"), f"Contact {invite.header('contact')}")
    equal(connection_of(invite), ELSEWHERE, "address in the offer")
    callee.reply(invite, 486)
    voice.stop(None, expect=1)


@case(timeout=120)
def auth_file():
    """--auth-file: who may call, and as whom one calls; a file that others can read is warned about."""
    for name, text in (("users", "# who may call\n\nbob:other\nalice:sec:ret\r\n"), ("alice", "alice:sec:ret\n"),
                       ("guess", "alice:secret\n"), ("stranger", "carol:sec:ret\n")):
        Path(name).write_text(text)
        os.chmod(name, 0o600)
    voice = Sipvoice("answer", "--silence", "--auth-file", "users", "--hangup-after", "200ms")
    check("chmod" not in voice.log(), f"a warning for a file that is protected: {voice.log()}")
    uri = f"sip:x@127.0.0.1:{voice.port}"
    for own, code in (("alice", 0), ("guess", 1), ("stranger", 1), (None, 1)):
        done = run([BINARY, "call", uri, "--silence", "--rtp-ip", "127.0.0.1", *(["--auth-file", own] if own else [])])
        equal(done.returncode, code, f"exit code of {own}: {done.stdout}{done.stderr}")
        if code:
            check("401" in (done.stdout + done.stderr).splitlines()[-1], f"last line of {done.stdout}{done.stderr}")
    equal(len(voice.events("call_answered")), 1, "calls let in")
    rules = [e["rule"] for e in voice.events("call_rejected")]
    equal(rules, ["auth", "auth"], "refusals of wrong credentials; asking is none")
    voice.stop()
    os.chmod("users", 0o644)
    voice = Sipvoice("answer", "--silence", "--auth-file", "users")
    check("chmod 600 users" in voice.log(), f"what to do about a file that others can read: {voice.log()}")
    voice.stop()  # also fails where the warning went to stdout, among the events


@case(timeout=60)
def headers_of_answers():
    """--header of `answer` and `listen`: on the 2xx, repeated ones in order, and on nothing before."""
    for command in (("answer", "--silence"), ("listen",)):
        voice = Sipvoice(*command, "--header", "X-Served-By: one", "--header", "x-served-by: two", "--header", "X-B: 3")
        client = Client(voice.port)
        client.new_call().invite()
        answers = {}
        while 200 not in answers:
            answer = client.receive()
            answers[answer.status] = answer
        equal((answers[200].headers["x-served-by"], answers[200].header("x-b")), (["one", "two"], "3"), "the 200")
        for status in answers:
            check(status == 200 or "x-served-by" not in answers[status].headers, f"headers of the {status}")
        voice.stop()


@case(timeout=60)
def nat_contact():
    """--nat-contact: our BYE goes to where the caller was seen, not to its private Contact, and the log says so."""
    voice = Sipvoice("answer", "--silence", "--nat-contact", "--hangup-after", "200ms")
    client = Client(voice.port)
    call = client.new_call()

    def as_from_behind(text):
        return text.replace(f"Contact: <sip:caller@{client.host}:{client.port}>", "Contact: <sip:caller@10.255.255.1:5062>")

    client.send(as_from_behind(call.request("INVITE", body=client.offer())))
    ok = client.expect(200)
    call.to_tag = ok.header("to").partition("tag=")[2]
    client.send(as_from_behind(call.request("ACK")))
    bye = client.expect("BYE")
    equal(bye.first, "BYE sip:caller@10.255.255.1:5062 SIP/2.0", "the BYE")
    call.answer(bye)
    check("10.255.255.1:5062 is private" in voice.log(), f"the log: {voice.log()}")
    voice.stop()


@case(timeout=60)
def log_format():
    """--log-format json: each line is an object with time, level and message, whatever a peer writes into it."""
    voice = Sipvoice("answer", "--silence", "--log-format", "json", "--log-level", "debug")
    client = Client(voice.port)
    call, _ = establish(client, extra='X-Session-ID: a"b\\c\r\n')
    call.hang_up()
    refused = client.new_call()
    refused.invite(body="no \x01 \"session\" at all")
    client.expect(400)
    voice.wait("call_rejected")
    voice.stop()
    lines = [json.loads(line) for line in voice.log().splitlines()]
    check(len(lines) > 2, f"lines: {lines}")
    for line in lines:
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"]), f"time of {line}")
        check(line["level"] in ("debug", "info", "warning", "error") and line["message"], f"level of {line}")
    check(any(line["message"].startswith("call a") for line in lines), f"the session in {lines}")


@case(timeout=60)
def trusted_sources():
    """--trusted: a block that --source-rate does not limit, beside an address that it does."""
    voice = Sipvoice("answer", "--silence", "--source-rate", "5", "--trusted", "127.0.0.2/32")
    trusted, other = Client(voice.port, "127.0.0.2"), Client(voice.port)
    for client, limited in ((trusted, False), (other, True)):
        statuses = []
        for _ in range(40):
            client.send(client.new_call().request("OPTIONS"))
        while (answer := client.receive(1)) is not None:
            statuses.append(answer.status)
        equal(statuses.count(200) == 40, not limited, f"answers to {client.host}: {statuses}")
    voice.stop()


@case(timeout=60)
def grace():
    """--grace: an interrupted process waits so long for the answer to its BYE, and no longer than until it comes."""
    voice = Sipvoice("answer", "--silence", "--grace", "60s")
    client = Client(voice.port)
    call, _ = establish(client)
    voice.send_signal(signal.SIGINT)
    bye = client.expect("BYE")
    pause(3)  # the default is 2 s
    check(voice.alive(), "it did not wait")
    call.answer(bye)
    voice.stop(None)


@case(timeout=60)
def what_is_offered():
    """--codecs in its order and --dtmf-pt, where the offer is ours: to an INVITE without one, and in a call."""
    options = ("--codecs", "pcma,pcmu", "--dtmf-pt", "96")
    voice = Sipvoice("answer", "--silence", *options)
    client = Client(voice.port)
    call = client.new_call()
    call.invite(body="")
    ok = client.expect(200)
    call.to_tag = ok.header("to").partition("tag=")[2]
    client.send(call.request("ACK", body=client.offer(formats="8 96").replace("rtpmap:101", "rtpmap:96")))
    answered = voice.wait("call_answered")
    equal((answered["codec"], answered["dtmf_pt"]), ("pcma", 96), "codec and telephone-event")
    voice.stop()
    callee = Callee()
    caller = Sipvoice("call", callee.uri, "--silence", *options, listen=False)
    invite = callee.hear("INVITE")
    for message in (ok, invite):
        formats = re.search(rb"m=audio \d+ RTP/AVP ([\d ]+)", message.body).group(1).split()
        equal(formats[:3], [b"8", b"0", b"96"], "formats")
        check(b"a=rtpmap:96 telephone-event/8000\r\n" in message.body, f"rtpmap in {message.body}")
    callee.reply(invite, 486)
    caller.stop(None, expect=1)


@case(timeout=60)
def call_by_proxy():
    """`call` with --proxy, --from, --header and --transport: what stands where in its INVITE."""
    proxy = Callee()
    caller = Sipvoice("call", "sip:bob@example.com", "--silence", "--proxy", f"sip:{proxy.host}:{proxy.port}", "--from",
                      "sip:office@example.org", "--header", "X-Room-ID: sales", "--header", "X-Tag: 1", "--header",
                      "X-Tag: 2", "--transport", "udp", listen=False)
    invite = proxy.hear("INVITE")
    equal(invite.first, "INVITE sip:bob@example.com SIP/2.0", "request line")
    equal(invite.header("route"), f"<sip:{proxy.host}:{proxy.port};transport=udp;lr>", "Route")
    check(invite.header("from").startswith("<sip:office@example.org>"), f"From {invite.header('from')}")
    check(invite.header("to").startswith("<sip:bob@example.com>"), f"To {invite.header('to')}")
    equal((invite.header("x-room-id"), invite.headers["x-tag"]), ("sales", ["1", "2"]), "headers")
    equal(caller.wait("call_outgoing")["room_id"], "sales", "room")
    proxy.reply(invite, 404)
    caller.stop(None, expect=1)
    check("404" in caller.last_line(), f"last line {caller.last_line()!r}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        target = f"sip:bob@127.0.0.1:{server.getsockname()[1]}"
        for command in (("call", target, "--silence", "--cancel-after", "300ms"), ("options", target, "--timeout", "1s")):
            client = Sipvoice(*command, "--transport", "tcp", listen=False, rtp=command[0] == "call")
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                first = connection.recv(65536)
                check(first.startswith(f"{'INVITE' if command[0] == 'call' else 'OPTIONS'} sip:bob@".encode()), first)
                check(b"Via: SIP/2.0/TCP " in first, f"Via in {first}")
                client.stop(None, expect=1)


@case(timeout=60)
def options_by_options():
    """`options` with --from and --header; 0 for any 2xx, 1 for everything else, the status in its last line."""
    for status, code in ((200, 0), (202, 0), (404, 1), (503, 1), (600, 1)):
        callee = Callee()
        command = Sipvoice("options", callee.uri, "--from", "sip:office@example.org", "--header", "X-Tag: 1",
                           listen=False, rtp=False)
        asked = callee.hear("OPTIONS")
        check(asked.header("from").startswith("<sip:office@example.org>"), f"From {asked.header('from')}")
        equal(asked.header("x-tag"), "1", "X-Tag")
        callee.reply(asked, status)
        command.stop(None, expect=code)
        check(str(status) in command.last_line(), f"last line {command.last_line()!r}")


@case(timeout=60)
def call_interrupted_while_ringing():
    """SIGINT while it rings: CANCEL, exit 1, and the last line says that nobody had answered."""
    callee = Callee()
    caller = Sipvoice("call", callee.uri, "--silence", listen=False)
    invite = callee.hear("INVITE")
    callee.reply(invite, 180)
    caller.wait("call_ringing")
    caller.send_signal(signal.SIGINT)
    callee.reply(callee.hear("CANCEL"), 200)
    callee.reply(invite, 487)
    callee.hear("ACK")
    caller.stop(None, expect=1)
    check("cancelled" in caller.last_line(), f"last line {caller.last_line()!r}")
    equal([e["by"] for e in caller.events("call_ended")], ["local"], "ended by")


@case(timeout=60)
def call_interrupted_in_the_call():
    """SIGINT in the call: BYE, exit 0."""
    callee = Callee()
    caller = Sipvoice("call", callee.uri, "--silence", listen=False)
    callee.take()
    caller.wait("call_answered")
    caller.send_signal(signal.SIGINT)
    callee.reply(callee.hear("BYE"), 200)
    caller.stop(None)
    equal([e["by"] for e in caller.events("call_ended")], ["local"], "ended by")


@case(timeout=180)
def call_verdicts():
    """A peer that hangs up at once: 1 when a prompt, digits, --duration or sound were still to come, else 0."""
    prompt = str(SAMPLES / "welcome.wav")
    for options, code, says in ((("--silence",), 0, ""), (("--play", prompt), 1, "prompts and digits"),
                                (("--play", prompt, "--loop"), 0, ""), (("--say", "one two three"), 1, "prompts and digits"),
                                (("--silence", "--dtmf", "1WWWW2"), 1, "prompts and digits"),
                                (("--silence", "--duration", "20s"), 1, "before 20.0 s"),
                                (("--silence", "--record", "heard.wav"), 1, "no RTP packet was accepted"),
                                (("--echo", "--expect-audio", prompt), 1, "expected audio NOT found")):
        if "--say" in options and run(["sh", "-c", "command -v espeak-ng"]).returncode:
            continue
        callee = Callee()
        caller = Sipvoice("call", callee.uri, *options, listen=False)
        invite = callee.take()
        caller.wait("call_answered")
        callee.hang_up(invite)
        caller.stop(None, expect=code)
        equal(caller.events("call_ended")[0]["by"], "remote", "ended by")
        check(says in caller.last_line(), f"last line of {options}: {caller.last_line()!r}")


if __name__ == "__main__":
    run_cases()
