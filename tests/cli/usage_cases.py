#!/usr/bin/env python3
"""What the command line says and returns before a socket opens, and where it writes."""
import json
import re
from pathlib import Path

import sound
from harness import BINARY, SAMPLES, Sipvoice, case, check, equal, run, run_cases
from sip_client import Client, establish

COMMANDS = ("listen", "answer", "record", "call", "rtp", "check", "codecs")


def sipvoice(*arguments):
    return run([BINARY, *arguments], timeout=20)


def refused(*arguments, code=2, says=()):
    """One line on stderr that names what is wrong, nothing on stdout, and that exit code."""
    done = sipvoice(*arguments)
    line = f"sipvoice {' '.join(map(str, arguments))}: {done.stderr!r}"
    equal(done.returncode, code, f"exit code of {line}")
    equal(done.stdout, "", f"stdout of {line}")
    equal(len(done.stderr.strip().splitlines()), 1, f"lines of {line}")
    for word in says:
        check(str(word) in done.stderr, f"'{word}' is not in {line}")


@case()
def version_and_help():
    done = sipvoice("--version")
    equal(done.returncode, 0, "exit code")
    check(re.search(r"\b\d+\.\d+\.\d+\b", done.stdout), f"a version in {done.stdout!r}")
    done = sipvoice("--help")
    equal(done.returncode, 0, "exit code of --help")
    for command in COMMANDS:
        check(command in done.stdout, f"{command} in --help")
    done = sipvoice()
    equal(done.returncode, 2, "exit code without arguments")
    check("listen" in done.stdout + done.stderr, "help without arguments")


@case()
def help_has_defaults():
    """Every long option of a command with its default and unit."""
    for command in ("listen", "answer", "record", "call"):
        done = sipvoice(command, "--help")
        equal(done.returncode, 0, f"exit code of {command} --help")
        for option, default in (("--rtp-ports", "10000-20000"), ("--codecs", "pcmu,pcma"), ("--dtmf-pt", "101"),
                                ("--rtp-timeout", "30s"), ("--rtp-start-timeout", "60s"),
                                ("--max-sessions", "0"), ("--source-rate", "1000")):
            text = done.stdout.partition(option)[2].partition("\n  --")[0]
            check(text, f"{option} in the help of {command}")
            check(default in text, f"default {default} of {option} in the help of {command}: {text[:200]!r}")
    check("udp:0.0.0.0:5060" in sipvoice("listen", "--help").stdout, "default of --listen")


@case()
def nearest_word():
    refused("answr", says=["answr", "answer"])
    refused("answer", "--ehco", says=["--ehco", "--echo"])
    refused("listen", "--rout", "x", says=["--rout", "--route"])
    refused("record", "--outptu", "x.wav", says=["--outptu", "--output"])


@case()
def values_out_of_range():
    for option, value in (("--rtp-ports", "20000-10000"), ("--rtp-ports", "1-99999"), ("--dtmf-pt", "300"),
                          ("--dtmf-pt", "-1"), ("--codecs", "pcmx"), ("--listen", "udp:127.0.0.1:99999"),
                          ("--listen", "carrier-pigeon:127.0.0.1:5060"), ("--ring", "5"), ("--ring", "soon"),
                          ("--hangup-after", "-3s"), ("--calls", "many"), ("--latch", "perhaps"),
                          ("--hangup-on", "x"), ("--dtmf", "12Z"),
                          ("--log-level", "loud"), ("--rtp-ip", "nowhere")):
        refused("answer", "--echo", option, value, says=[option])
    # Zero needs its unit as everything does, but where it switches something off; a limit of no time is none.
    for option, value in (("--timeout", "0"), ("--timeout", "0s"), ("--cancel-after", "0"), ("--duration", "0"), ("--duration", "0s"),
                          ("--max-duration", "0s"), ("--expires", "0"), ("--grace", "0"), ("--ring", "0")):
        command = "answer" if option == "--ring" else "register" if option == "--expires" else "call"
        given = ["--record", "x.wav"] if option == "--max-duration" else []
        refused(command, "--echo" if command == "answer" else "sip:x@127.0.0.1:9", *given, option, value,
                says=[option, f"'{value}'"])
    for option in ("--rtp-timeout", "--rtp-start-timeout", "--session-expires"):
        refused("call", "sip:x@127.0.0.1:9", option, "0", "--dtmf-pt", "1", says=["--dtmf-pt"])
    for users in ([], ["--auth-user", "a:b"]):
        refused("listen", *users, "--auth-algorithms", "sha-256,md6", says=["--auth-algorithms", "'md6'", "sha-512-256", "md5?"])
    refused("listen", "--auth-algorithms", "md5", says=["--auth-algorithms", "--auth-user"])
    refused("answer", "--reject", "200", says=["--reject"])
    refused("answer", "--reject", "99", says=["--reject"])


@case()
def missing_files():
    refused("answer", "--play", "no-such.wav", says=["no-such.wav"])
    Path("text.wav").write_text("this is no sound")
    refused("answer", "--play", "text.wav", says=["text.wav"])
    refused("listen", "--routes", "no-such.yaml", says=["no-such.yaml"])
    refused("record", "-o", "x.mp3", says=["x.mp3"])
    refused("call", says=["URI"])
    refused("call", "sip:x@127.0.0.1:9", "--expect-audio", "none.wav", says=["none.wav"])
    tls = ("answer", "--echo", "--listen", "tls:127.0.0.1:0")
    refused(*tls, says=["tls:127.0.0.1:0", "--tls-cert"])
    refused(*tls, "--tls-cert", "none.pem", says=["--tls-cert", "none.pem"])
    refused(*tls, "--tls-cert", "text.wav", says=["--tls-cert", "text.wav"])
    refused("call", "sip:x@127.0.0.1:9", "--tls-ca", "none.pem", "--pcap", "x.pcap", says=["--tls-ca", "none.pem"])
    check(not Path("x.pcap").exists(), "a capture was begun")


@case()
def contradictions():
    refused("answer", "--play", SAMPLES / "welcome.wav", "--reject", "486")
    refused("record", "--output")


@case()
def direct_rtp():
    """`rtp`: both ends are needed, and every value is checked before a socket opens."""
    ends = ("rtp", "--local", "127.0.0.1:40000", "--remote", "127.0.0.1:40002")
    refused("rtp", says=["--local", "--remote"])
    refused("rtp", "--local", "127.0.0.1:40000", says=["--remote"])
    refused("rtp", "--local", "127.0.0.1:40001", "--remote", "127.0.0.1:40002", says=["--local", "odd"])
    refused("rtp", "--local", "127.0.0.1", "--remote", "127.0.0.1:40002", says=["--local", "HOST:PORT"])
    refused("rtp", "--local", "udp:127.0.0.1:40000", "--remote", "127.0.0.1:40002", says=["--local", "HOST:PORT"])
    refused("rtp", "--local", "127.0.0.1:40000", "--remote", "127.0.0.1:0", says=["--remote", "port 0"])
    refused("rtp", "--local", "127.0.0.1:40000", "--remote", "239.0.0.1:4000", says=["--remote", "239.0.0.1"])
    refused("rtp", "--local", "127.0.0.1:40000", "--remote", "[::1]:40002", says=["address families"])
    refused("rtp", "--local", "127.0.0.1:40000", "--remote", "no-such-host.invalid:40002", code=3,
            says=["--remote", "no-such-host.invalid"])
    refused(*ends, "--codec", "pcmv", says=["--codec", "pcmu"])
    refused(*ends, "--codec", "l16/11025", says=["--codec", "l16/11025", "16000"])
    refused(*ends, "--codecs", "pcma", says=["--codecs", "--codec"])
    refused(*ends, "--payload-typ", "97", says=["--payload-typ", "--payload-type"])
    refused(*ends, "--payload-type", "72", says=["--payload-type", "RTCP"])
    refused(*ends, "--payload-type", "128", says=["--payload-type", "127"])
    refused(*ends, "--payload-type", "101", says=["--payload-type", "telephone-event"])
    refused(*ends, "--ptime", "25ms", says=["--ptime", "20ms"])
    refused(*ends, "--ptime", "20", says=["--ptime", "unit"])
    refused(*ends, "--codec", "opus", "--ptime", "30ms", says=["--ptime", "opus"])
    refused(*ends, "--echo", "--silence", says=["one action"])
    refused(*ends, "--loop", says=["--play"])
    refused(*ends, "--expect-audio", "none.wav", says=["none.wav"])
    refused(*ends, "--listen", "udp:127.0.0.1:0", says=["--listen"])
    text = sipvoice("rtp", "--help").stdout
    for option, default in (("--codec", "pcmu"), ("--dtmf-pt", "101"), ("--ptime", "20ms"), ("--latch", "same-ip"),
                            ("--rtp-timeout", "30s"), ("--rtp-start-timeout", "60s"), ("--local", "required")):
        said = text.partition(f"  {option} ")[2].partition("\n  --")[0]
        check(default in said, f"default {default} of {option} in the help of rtp: {said[:200]!r}")


@case()
def waveform():
    """Only SVG, and only of a recording."""
    refused("record", "--waveform", "x.png", says=["--waveform", "x.png", ".svg"])
    refused("record", "--waveform", "{callid}.svg", says=["--waveform", "{call_id}"])
    refused("answer", "--echo", "--waveform", "x.svg", says=["--waveform", "--record"])
    refused("answer", "--echo", "--record", "x.wav", "--waverform", "x.svg", says=["--waverform", "--waveform"])


@case()
def bad_routes():
    """File, line and column, and the word that was meant; nothing is started."""
    routes = Path("routes.yaml")
    rows = [
        ("routes:\n  - when: {X-Room-ID: a}\n    do: {play: gone.wav}\n", ("routes.yaml:3", "gone.wav")),
        ("routes:\n  - wen: {X-Room-ID: a}\n    do: echo\n", ("routes.yaml:2", "when")),
        ("routes:\n  - do: {ply: a.wav}\n", ("routes.yaml:2", "play")),
        ("routes:\n  - do: {reject: 1000}\n", ("routes.yaml:2", "1000")),
        ("routes:\n  - when: {X-A: '/(/'}\n    do: echo\n", ("routes.yaml:2",)),
        ("routes: [\n", ("routes.yaml:",)),
    ]
    for text, says in rows:
        routes.write_text(text)
        refused("listen", "--routes", routes, says=says)
    refused("listen", "--route", "X-Room-ID=sales", says=["--route"])
    refused("listen", "--route", "X-Room-ID=sales -> play:gone.wav", says=["gone.wav"])


@case()
def check_command():
    """`check` reads route files without opening a socket."""
    sound.write_tone("a.wav", 440, 0.2)
    Path("good.yaml").write_text("routes:\n  - when: {X-Room-ID: a}\n    do: {play: a.wav, then: hangup}\n  - do: echo\n")
    equal(sipvoice("check", "good.yaml").returncode, 0, "a good file")
    Path("bad.yaml").write_text("routes:\n  - do: {plai: a.wav}\n")
    done = sipvoice("check", "bad.yaml")
    equal(done.returncode, 2, "a bad file")
    check("bad.yaml:2" in done.stdout + done.stderr, f"file and line: {done.stdout}{done.stderr}")


@case()
def codecs_command():
    done = sipvoice("codecs")
    equal(done.returncode, 0, "exit code")
    for word in ("pcmu", "pcma", "8000"):
        check(word in done.stdout.lower(), f"{word} in {done.stdout!r}")


@case()
def folder_that_cannot_be_written():
    """Exit 3 before the first call."""
    Path("file").write_text("no folder")
    done = sipvoice("record", "-o", "file/x.wav", "--listen", "udp:127.0.0.1:0")
    equal(done.returncode, 3, f"exit code ({done.stderr!r})")
    check("file" in done.stderr, done.stderr)


@case()
def address_of_another():
    done = sipvoice("answer", "--echo", "--listen", "udp:192.0.2.1:5060")
    equal(done.returncode, 3, f"exit code ({done.stderr!r})")
    check("192.0.2.1:5060" in done.stderr, done.stderr)


@case()
def addresses_on_one_link():
    """A link-local address goes with the interface that it is on."""
    refused("answer", "--echo", "--listen", "udp:[fe80::1]:0", code=3, says=["udp:[fe80::1]:0", "interface", "%"])
    refused("answer", "--echo", "--listen", "udp:[fe80::1%no-such]:0", code=3, says=["[fe80::1%no-such]", "interface"])


@case()
def headers_of_a_uri():
    """RFC 3261 19.1.5: those behind the '?' go into the request, but for what is not theirs to say."""
    for header in ("From=sip:y@h", "Contact=sip:y@h", "Via=x", "Route=sip:y@h", "body=x", "Supported=timer",
                   "X-A=1%0D%0AX-B:2", "%20=1"):
        refused("call", f"sip:x@127.0.0.1:9?{header}", says=["URI", "'?'"])
    refused("options", "sip:x@127.0.0.1:9?From=sip:y@h", says=["URI", "From"])
    refused("register", "sip:x@127.0.0.1:9?Subject=x", says=["URI", "'?'"])
    for option in ("--from", "--proxy", "--transfer"):
        refused("call", "sip:x@127.0.0.1:9", option, "sip:y@127.0.0.1?Subject=x", says=[option, "'?'"])
    refused("call", "sip:x@127.0.0.1:9", "--attended", says=["--attended", "--transfer"])
    voice = Sipvoice("answer", "--silence", "--calls", "1", "--hangup-after", "500ms")
    done = sipvoice("call", f"sip:x@127.0.0.1:{voice.port};a=b?X-Room-ID=r%201&Subject=hello&X-A=1", "--header", "X-A: 2",
                    "--rtp-ip", "127.0.0.1")
    equal(done.returncode, 0, f"exit code: {done.stderr[-400:]}")
    equal(voice.wait("call_incoming")["x_headers"], {"X-Room-ID": "r 1", "X-A": "1, 2"}, "x_headers")
    equal(voice.wait_exit(), 0, "exit code of answer")


@case()
def last_lines():
    """What failed is told whole, and nothing is announced that does not follow."""
    done = sipvoice("register", "sip:x@127.0.0.1:9", "--once", "--timeout", "500ms")
    equal(done.returncode, 1, "exit code of register")
    check("again" not in done.stderr, f"log of register --once: {done.stderr!r}")
    check("408" in done.stdout, f"last line {done.stdout!r}")
    done = sipvoice("call", "sip:x@no-such-host.invalid", "--events", "-", "--timeout", "5s", "--dns", "127.0.0.1:9")
    equal(done.returncode, 1, "exit code of call")
    placed = [json.loads(line) for line in done.stdout.splitlines()]
    equal([e["from"] for e in placed if e["event"] == "call_outgoing"], ["sip:sipvoice@anonymous.invalid"], "from")


@case()
def no_offer():
    """`call --no-offer`: the offer of the other side comes in its 200, our answer goes in the ACK."""
    answer = Sipvoice("answer", "--play", SAMPLES / "welcome.wav", "--codecs", "pcma", "--pcap", "x.pcap")
    heard = sipvoice("call", f"sip:x@127.0.0.1:{answer.port}", "--no-offer", "--rtp-ip", "127.0.0.1", "--expect-audio",
                     SAMPLES / "welcome.wav")
    equal(heard.returncode, 0, f"exit code: {heard.stderr[-400:]}")
    equal(answer.wait("call_answered")["codec"], "pcma", "codec")
    answer.stop()
    requests = [part for part in Path("x.pcap").read_bytes().split(b"INVITE sip:") if b"CSeq: 1 INVITE" in part[:800]]
    check(requests and b"Content-Length: 0" in requests[0][:1000], "an INVITE without SDP")


@case()
def events_keep_stdout_clean():
    """--events -: JSON Lines and nothing else on stdout, with the fields of the contract."""
    voice = Sipvoice("answer", "--echo", "--log-level", "debug")
    client = Client(voice.port)
    call, _ = establish(client, extra="X-Room-ID: r1\r\nX-Session-ID: s1\r\nX-A: 1\r\nX-A: 2\r\n")
    call.hang_up()
    ended = voice.wait("call_ended")
    voice.stop()  # also fails on a line that is no event
    for event in voice.events():
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event["time"]), f"time {event['time']}")
    common = {"session_id": "s1", "call_id": call.call_id, "room_id": "r1", "direction": "inbound"}
    names = [e["event"] for e in voice.events()]
    equal([n for n in names if n.startswith("call_")], ["call_incoming", "call_ringing", "call_answered", "call_ended"], "events")
    for event in voice.events()[1:]:
        equal({k: event.get(k) for k in common}, common, f"fields of {event['event']}")
    answered = voice.events("call_answered")[0]
    equal((answered["status"], answered["codec"], answered["payload_type"], answered["ptime_ms"], answered["dtmf_pt"]),
          (200, "pcmu", 0, 20, 101), "call_answered")
    equal(voice.events("call_incoming")[0]["x_headers"], {"X-Room-ID": "r1", "X-Session-ID": "s1", "X-A": "1, 2"},
          "x_headers")
    wanted = {"audio", "codec", "packets_sent", "packets_received", "lost", "late", "reordered", "duplicate",
              "rejected", "jitter_ms", "concealed_ms", "first_packet_ms", "round_trip_ms", "mos", "remote_sdp",
              "remote_observed", "ssrc_changes", "digits_dropped"}
    equal(wanted - set(ended["media"]), set(), "fields missing in media")
    equal((ended["media"]["audio"], ended["media"]["first_packet_ms"], ended["media"]["mos"]), ("none", None, None),
          "media of a call without packets")


@case()
def events_to_a_file():
    voice = Sipvoice("answer", "--reject", "486", "--events", "events.jsonl", "--calls", "1",
                     "--listen", "udp:127.0.0.1:0", listen=False, events=False)
    from harness import wait_until
    file = Path("events.jsonl")
    wait_until(lambda: file.exists() and file.read_text().endswith("\n"), 10, "the first event")
    port = int(json.loads(file.read_text().splitlines()[0])["address"].rsplit(":", 1)[1])
    client = Client(port)
    call = client.new_call()
    call.invite()
    refusal = client.expect(486)
    call.to_tag = refusal.header("to").partition("tag=")[2]
    client.send(call.request("ACK", cseq=1, branch=call.branch))
    equal(voice.wait_exit(), 0, "exit code")
    equal([json.loads(line)["event"] for line in file.read_text().splitlines()],
          ["listening", "call_incoming", "call_rejected"], "events")


@case()
def call_exit_codes():
    """`call`: 0 when it went as asked, 1 when refused or unanswered, the reason in its last line."""
    answer = Sipvoice("answer", "--play", SAMPLES / "welcome.wav")
    uri = f"sip:x@127.0.0.1:{answer.port}"
    heard = sipvoice("call", uri, "--rtp-ip", "127.0.0.1", "--expect-audio", SAMPLES / "welcome.wav")
    equal(heard.returncode, 0, f"hears the prompt: {heard.stderr[-400:]}")
    wrong = sipvoice("call", uri, "--rtp-ip", "127.0.0.1", "--expect-audio", SAMPLES / "menu.wav")
    equal(wrong.returncode, 1, "another prompt")
    short = sipvoice("call", uri, "--rtp-ip", "127.0.0.1", "--duration", "10s")
    equal(short.returncode, 1, "ended by the peer before --duration")
    long_enough = sipvoice("call", uri, "--rtp-ip", "127.0.0.1", "--duration", "1s")
    equal(long_enough.returncode, 0, f"--duration: {long_enough.stderr[-400:]}")
    answer.stop()
    busy = Sipvoice("answer", "--reject", "486 Gone fishing")
    refusal = sipvoice("call", f"sip:x@127.0.0.1:{busy.port}", "--rtp-ip", "127.0.0.1")
    equal(refusal.returncode, 1, "refused")
    last = (refusal.stdout + refusal.stderr).strip().splitlines()[-1]
    check("486" in last and "Gone fishing" in last, f"last line {last!r}")
    busy.stop()
    ringing = Sipvoice("answer", "--silence", "--ring", "20s")
    unanswered = sipvoice("call", f"sip:x@127.0.0.1:{ringing.port}", "--rtp-ip", "127.0.0.1", "--timeout", "1s")
    equal(unanswered.returncode, 1, "no answer in time")
    ringing.wait("call_ended")
    ringing.stop()


if __name__ == "__main__":
    run_cases()
