#!/usr/bin/env python3
"""The process as a citizen: signals, reload, recordings that survive, limits, refusals."""
import os
import signal
import struct
import time
from pathlib import Path

import sound
from harness import (BINARY, SAMPLES, Sipvoice, between, case, check, equal, run, run_cases, wait_until)
from peers import pause
from sip_client import Client, Talker, establish


@case()
def interrupt_hangs_up():
    """SIGINT: BYE to what is up, its recording closed, exit 0."""
    voice = Sipvoice("record", "-o", "rec/{call_id}.wav")
    client, talker = Client(voice.port), Talker()
    call, port = establish(client, media_port=talker.port)
    talker.start(port)
    pause(1.5)
    voice.send_signal(signal.SIGINT)
    call.answer(client.expect("BYE"))
    equal(voice.wait_exit(), 0, "exit code")
    talker.stop()
    ended = voice.events("call_ended")[0]
    equal(ended["by"], "local", "ended by")
    rate, (samples,) = sound.read_wav(voice.events("record_finished")[0]["file"])
    between(len(samples) / rate, 1.3, 2.2, "seconds recorded")
    voice.stop()


@case()
def interrupt_while_ringing():
    """SIGTERM while it rings: 480, exit 0."""
    voice = Sipvoice("answer", "--silence", "--ring", "30s")
    client = Client(voice.port)
    call = client.new_call()
    call.invite()
    client.expect(180)
    voice.send_signal(signal.SIGTERM)
    client.expect(480)
    voice.stop(None)
    closing = voice.events("call_rejected") + voice.events("call_ended")
    equal(len(closing), 1, "events that close the call")


@case()
def second_interrupt():
    """A second interrupt does not wait for the answer to the BYE: 130, or 143 for SIGTERM."""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        voice = Sipvoice("answer", "--silence")
        client = Client(voice.port)
        establish(client)
        voice.send_signal(number)
        client.expect("BYE")
        begin = time.monotonic()
        voice.send_signal(number)
        equal(voice.wait_exit(), code, "exit code")
        between(time.monotonic() - begin, 0, 1.5, "seconds until it was gone")


@case()
def unanswered_bye():
    """A peer that is gone delays the end by the grace of 2 s and no more."""
    voice = Sipvoice("answer", "--silence")
    client = Client(voice.port)
    establish(client)
    begin = time.monotonic()
    voice.send_signal(signal.SIGINT)
    client.expect("BYE")
    equal(voice.wait_exit(), 0, "exit code")
    between(time.monotonic() - begin, 1.5, 5.0, "seconds")


@case(needs=["sox"])
def killed_while_recording():
    """kill -9 in mid-recording: a file that sox reads up to the last second."""
    voice = Sipvoice("record", "-o", "rec/{call_id}.wav")
    client, talker = Client(voice.port), Talker()
    _, port = establish(client, media_port=talker.port)
    talker.start(port)
    begin = time.monotonic()
    file = voice.wait("record_started")["file"]
    pause(4.5)
    voice.process.kill()
    length = time.monotonic() - begin
    voice.wait_exit()
    talker.stop()
    told = run(["soxi", "-D", file])
    equal((told.returncode, told.stderr), (0, ""), "soxi")
    between(float(told.stdout), length - 1.0, length + 0.2, "seconds that soxi sees")
    stat = run(["sox", file, "-n", "stat"])
    equal(stat.returncode, 0, f"sox: {stat.stderr}")
    check("WARN" not in stat.stderr, stat.stderr)
    rate, (samples,) = sound.read_wav(file)
    between(len(sound.loud_part(samples, rate)) / rate, length - 1.3, length + 0.2, "seconds with sound")


@case()
def first_second_on_disk():
    """The file is a valid one a second after its start, and grows while the call goes on."""
    voice = Sipvoice("record", "-o", "rec/{call_id}.wav")
    client, talker = Client(voice.port), Talker()
    call, port = establish(client, media_port=talker.port)
    talker.start(port)
    file = voice.wait("record_started")["file"]
    lengths = []
    for _ in range(3):
        pause(1.1)
        rate, (samples,) = sound.read_wav(file)
        lengths.append(len(samples) / rate)
    for seconds, wanted in zip(lengths, (1.1, 2.2, 3.3)):
        between(seconds, wanted - 1.0, wanted + 0.2, f"seconds in the file (all: {lengths})")
    call.hang_up()
    talker.stop()
    voice.stop()


@case()
def reload_routes():
    """SIGHUP reads the routes again; a bad file keeps the old ones and says so."""
    routes = Path("routes.yaml")
    routes.write_text("routes:\n  - do: {reject: 486}\n")
    voice = Sipvoice("listen", "--routes", routes)
    client = Client(voice.port)

    def outcome():
        call = client.new_call()
        call.invite()
        answer = client.receive()
        while answer is not None and answer.status < 200:
            answer = client.receive()
        call.to_tag = answer.header("to").partition("tag=")[2]
        if answer.status == 200:
            call.ack()
            call.hang_up()
        else:
            client.send(call.request("ACK", cseq=1))
        return answer.status

    equal(outcome(), 486, "first routes")
    routes.write_text("routes:\n  - when: {X-Room-ID: none}\n    do: {reject: 603}\n  - do: echo\n")
    voice.send_signal(signal.SIGHUP)
    wait_until(lambda: outcome() == 200, 5, "the new routes")
    routes.write_text("routes:\n  - when: {X-Room-ID: sales}\n    do: {plai: x.wav}\n")
    voice.send_signal(signal.SIGHUP)
    wait_until(lambda: "routes.yaml:3" in voice.log(), 5, lambda: f"file and line in the log: {voice.log()}")
    check("play" in voice.log(), "the word that was probably meant")
    equal(outcome(), 200, "after a bad file")
    voice.stop()


@case()
def reload_that_speaks():
    """A new text is spoken aside: while the program takes its time calls are answered, by the routes of before; then
    the new ones hold. One that fails keeps them, one that hangs does not keep the process."""
    speaker = Path("speaker").resolve()
    speaker.write_text("#!/bin/sh\ncase \"$(cat $1)\" in *fail*) exit 1;; *hang*) sleep 60;; esac\n"
                       f"while [ ! -e {speaker.parent}/go ]; do sleep 0.1; done\ncp {SAMPLES / 'welcome.wav'} $2\n")
    speaker.chmod(0o755)
    routes = Path("routes.yaml")
    routes.write_text("routes:\n  - do: {reject: 486}\n")
    os.environ["XDG_CACHE_HOME"] = str(Path("cache").resolve())
    voice = Sipvoice("listen", "--routes", routes, "--tts-command", f"{speaker} {{text_file}} {{wav_file}}")
    client = Client(voice.port)

    def status():
        call = client.new_call()
        call.invite()
        answer = client.receive()
        while answer is not None and answer.status < 200:
            answer = client.receive()
        call.to_tag = answer.header("to").partition("tag=")[2]
        client.send(call.request("ACK", cseq=1, branch=None if answer.status == 200 else call.branch))
        if answer.status == 200:
            voice.wait("play_started", call_id=call.call_id, source="say:hello")
            call.hang_up()
        return answer.status

    def ask_for(text):
        routes.write_text(f"routes:\n  - do: {{say: {text}}}\n")
        voice.send_signal(signal.SIGHUP)

    ask_for("hello")
    wait_until(lambda: list(Path("cache").rglob("text.txt")), 10, "the program that speaks")
    for _ in range(5):
        equal(status(), 486, "while it speaks")
    Path("go").touch()
    wait_until(lambda: "routes read again" in voice.log(), 10, "the new routes")
    equal(status(), 200, "afterwards")
    ask_for("fail")
    wait_until(lambda: "cannot say 'fail'" in voice.log(), 10, "why it fails")
    equal(status(), 200, "by the routes that are kept")
    ask_for("hang")
    wait_until(lambda: any(f.read_text() == "hang\n" for f in Path("cache").rglob("text.txt")), 10, "the one that hangs")
    equal(status(), 200, "beside the one that hangs")
    begin = time.monotonic()
    voice.stop()
    between(time.monotonic() - begin, 0, 15, "seconds until the end")


@case()
def routes_by_header():
    """X-headers and SIP fields choose, without regard to case; the first match wins; else 404."""
    voice = Sipvoice("listen", "--route", f"X-Room-ID=sales -> play:{SAMPLES / 'welcome.wav'}",
                     "--route", "X-Room-ID=/^agent-/ -> reject:603", "--route", "X-Room-ID=echo -> echo")
    client = Client(voice.port)
    for extra, wanted in (("x-room-id: sales\r\n", 200), ("X-ROOM-ID: agent-7\r\n", 603),
                          ("X-Room-ID: the-agent-7\r\n", 404), ("", 404), ("X-Room-ID:\r\n echo\r\n", 200)):
        call = client.new_call()
        call.invite(extra)
        answer = client.expect(wanted)
        call.to_tag = answer.header("to").partition("tag=")[2]
        client.send(call.request("ACK", cseq=1))
        if "sales" in extra:
            voice.wait("play_started")
        if wanted == 200:
            call.hang_up()
    voice.wait("call_incoming", count=5)
    voice.wait("call_rejected", status=404, count=2)
    incoming = voice.events("call_incoming")
    equal([e["x_headers"] for e in incoming[:2]], [{"x-room-id": "sales"}, {"X-ROOM-ID": "agent-7"}], "x_headers")
    equal(incoming[0]["room_id"], "sales", "room_id")
    equal(voice.events("call_rejected", status=404)[0]["rule"], "route", "rule")
    equal(len(voice.events("play_started")), 1, "prompts played")
    voice.stop()


@case()
def session_id_in_use():
    """A second INVITE with a live X-Session-ID: 486, and the first call is untouched."""
    voice = Sipvoice("answer", "--echo")
    client, talker = Client(voice.port), Talker()
    call, port = establish(client, extra="X-Session-ID: s-1\r\n", media_port=talker.port)
    before = voice.open_files()
    talker.start(port, 100)
    other = client.new_call()
    other.invite("X-Session-ID: s-1\r\n")
    refused = client.expect(486)
    other.to_tag = refused.header("to").partition("tag=")[2]
    client.send(other.request("ACK", cseq=1, branch=other.branch))
    equal(voice.wait("call_rejected")["rule"], "session_id_in_use", "rule")
    wait_until(lambda: len(talker.received) >= 98, 5, lambda: f"echo of the first call: {len(talker.received)}")
    equal(voice.open_files(), before, "open files")
    call.hang_up()
    talker.stop()
    again, _ = establish(client, extra="X-Session-ID: s-1\r\n")
    again.hang_up()
    voice.wait("call_answered", count=2)
    equal([e["session_id"] for e in voice.events("call_answered")], ["s-1", "s-1"], "sessions")
    voice.stop()


@case()
def session_id_that_climbs():
    """X-Session-ID: ../../x and its like write nothing outside the folder of the template."""
    Path("deep/er").mkdir(parents=True)
    voice = Sipvoice("record", "-o", "deep/er/rec/{session_id}-{room_id}.wav")
    client = Client(voice.port)
    names = ["../../x", "/etc/x", "..", ".", "a/../../../b", "..\\..\\x", "%2e%2e%2fx", "~root/x", "x\ty", "-rf", "$(id)"]
    for name in names:
        call, _ = establish(client, extra=f"X-Session-ID: {name}\r\nX-Room-ID: {name}\r\n")
        call.hang_up()
        voice.wait("record_finished", count=names.index(name) + 1)
    voice.stop()
    inside = Path("deep/er/rec")
    everything = {p for p in Path(".").rglob("*") if p.is_file() and p.suffix != ".log"}
    outside = {p for p in everything if p.parent != inside}
    equal(outside, set(), "files outside the folder")
    equal(len(everything), len(names), "recordings")
    for file in everything:
        check(all(c.isalnum() or c in "._-" for c in file.name), f"name {file.name!r}")


@case()
def never_overwrites():
    """A file that is there stays; the next gets -2, -3."""
    voice = Sipvoice("record", "-o", "rec/same.wav")
    client = Client(voice.port)
    for _ in range(3):
        call, _ = establish(client)
        call.hang_up()
    voice.wait("record_finished", count=3)
    voice.stop()
    equal(sorted(p.name for p in Path("rec").iterdir()), ["same-2.wav", "same-3.wav", "same.wav"], "files")


@case()
def port_in_use():
    """Exit 3 with one line that names the address."""
    voice = Sipvoice("answer", "--silence")
    second = run([BINARY, "answer", "--silence", "--listen", f"udp:127.0.0.1:{voice.port}"])
    equal(second.returncode, 3, "exit code")
    check(f"127.0.0.1:{voice.port}" in second.stderr, f"the address in {second.stderr!r}")
    equal(len(second.stderr.strip().splitlines()), 1, f"lines in {second.stderr!r}")
    voice.stop()


@case()
def source_rate():
    """Past --source-rate: 503, then silence; the log names the limiter; another source is not touched."""
    voice = Sipvoice("answer", "--silence", "--source-rate", "5")
    flood, other = Client(voice.port), Client(voice.port, "127.0.0.2")
    for _ in range(60):
        flood.send(flood.new_call().request("OPTIONS"))
    statuses = []
    while (answer := flood.receive(1)) is not None:
        statuses.append(answer.status)
    between(statuses.count(200), 10, 13, "answers within the burst of twice the rate")
    between(statuses.count(503), 1, 30, "answers 503")
    check(len(statuses) < 60, "silence after the 503s")
    check("source-rate" in voice.log(), f"the limiter in the log: {voice.log()}")
    other.send(other.new_call().request("OPTIONS"))
    other.expect(200)
    pause(1.2)
    flood.send(flood.new_call().request("OPTIONS"))
    flood.expect(200)
    voice.stop()


@case()
def loopback_is_exempt():
    """Without the option, loopback has no limit."""
    voice = Sipvoice("answer", "--silence")
    client = Client(voice.port)
    for _ in range(30):
        for _ in range(100):
            client.send(client.new_call().request("OPTIONS"))
        for _ in range(100):
            client.expect(200)
    voice.stop()


@case()
def call_limit():
    """--max-sessions: 503 with Retry-After past it; --calls ends the process."""
    voice = Sipvoice("answer", "--silence", "--max-sessions", "1", "--calls", "2")
    client = Client(voice.port)
    call, _ = establish(client)
    other = client.new_call()
    other.invite()
    refused = client.expect(503)
    check(int(refused.header("retry-after").split()[0]) > 0, "Retry-After")
    equal(voice.wait("call_rejected")["rule"], "max_sessions", "rule")
    call.hang_up()
    equal(voice.wait_exit(), 0, "exit code after two calls")
    voice.stop()


@case()
def sends_digits():
    """--dtmf from the answer on, as RFC 4733: marker first, three end packets."""
    voice = Sipvoice("answer", "--silence", "--dtmf", "1w#")
    client, talker = Client(voice.port), Talker()
    call, port = establish(client, media_port=talker.port)
    talker.start(port)
    pause(2.5)
    events = [p for p in talker.received if p[1] & 127 == 101]
    talker.stop()
    seen = []
    for packet in events:
        stamp = packet[4:8]
        if not seen or seen[-1][0] != stamp:
            seen.append((stamp, packet[12], packet[1] >> 7))
    equal([(digit, marker) for _, digit, marker in seen], [(1, 1), (11, 1)], "digits and markers sent")
    for stamp, _, _ in seen:
        ends = [p for p in events if p[4:8] == stamp and p[13] & 0x80]
        equal(len(ends), 3, "end packets")
    call.hang_up()
    voice.stop()


@case()
def numbers_of_each_call():
    """SSRC, first sequence number and first timestamp are chosen anew for each call (RFC 3550 5.1)."""
    voice = Sipvoice("answer", "--silence")
    client = Client(voice.port)
    calls, firsts = 12, []
    for _ in range(calls):
        talker = Talker()
        call, port = establish(client, media_port=talker.port)
        talker.start(port)
        wait_until(lambda: talker.received, 10, "a packet")
        call.hang_up()
        talker.stop()
        firsts.append(struct.unpack("!HII", talker.received[0][2:12]))
    voice.stop()
    for what, values, chance in zip(("sequence number", "timestamp", "SSRC"), zip(*firsts), (1, 0, 0)):
        check(len(set(values)) >= calls - chance, f"{what} of {calls} calls: {values}")
    # Nor does one follow from the one before: not all of them lie beside each other.
    for values in zip(*firsts):
        check(max(values) - min(values) > 10000, f"values close together: {values}")


if __name__ == "__main__":
    run_cases()
