#!/usr/bin/env python3
"""Kamailio as registrar and proxy with digest on (samples/kamailio/registrar.cfg)."""
import socket

from harness import BINARY, Sipvoice, case, check, equal, run, run_cases, wait_until
from kamailio import registrar
from peers import packets, pause
from sip_client import Client

TRANSPORTS = {"udp": "", "tcp": ";transport=tcp", "tls": ";transport=tls"}


def address(proxy, transport="udp"):
    port = proxy.tls_port if transport == "tls" else proxy.port
    return f"127.0.0.1:{port}{TRANSPORTS[transport]}"


def trust(proxy, transport):
    return ["--tls-ca", proxy.root] if transport == "tls" else []


def listener(proxy, transport="udp", *options):
    """`listen`, registered as bob."""
    voice = Sipvoice("listen", "--register", f"sip:bob@{address(proxy, transport)}", "--auth", "bob:secret",
                     *trust(proxy, transport), *options)
    wait_until(lambda: voice.events("registered"), 10, lambda: f"'registered'; seen {voice.events()}\n{voice.log()}")
    return voice


def call_through(transport="udp", caller_options=("--duration", "1s"), callee_options=(), defines=(), expect=0):
    """alice calls bob, who has registered, through the proxy; (caller's closing event, callee's)."""
    proxy = registrar(*defines, tls=transport == "tls")
    callee = listener(proxy, transport, *callee_options)
    caller = Sipvoice("call", f"sip:bob@{address(proxy, transport)}", "--from", f"sip:alice@127.0.0.1:{proxy.port}",
                      "--auth", "alice:secret", "--silence", *trust(proxy, transport), *caller_options, listen=False)
    caller.stop(None, expect=expect)
    wait_until(lambda: callee.events("call_ended") + callee.events("call_rejected"), 5, "the callee's end")
    callee.stop()
    proxy.stop()
    ends = [v.events("call_ended") + v.events("call_rejected") for v in (caller, callee)]
    equal([len(e) for e in ends], [1, 1], "closing events")
    return ends[0][0], ends[1][0]


def both_ways(transport):
    """A call that the caller ends, and one that the callee ends."""
    at_caller, at_callee = call_through(transport)
    equal((at_caller["by"], at_callee["by"]), ("local", "remote"), "who hung up")
    equal(at_callee["media"]["audio"], "both", "audio")
    at_caller, at_callee = call_through(transport, (), ("--hangup-after", "1s"))
    equal((at_caller["by"], at_callee["by"]), ("remote", "local"), "who hung up")


@case(timeout=60, needs=["kamailio"])
def udp():
    """Register, a call through the registrar, BYE from either side: UDP."""
    both_ways("udp")


@case(timeout=60, needs=["kamailio"])
def tcp():
    """The same over TCP."""
    both_ways("tcp")


@case(timeout=60, needs=["kamailio", "openssl"])
def tls():
    """The same over TLS, with a root of ours."""
    both_ways("tls")


@case(timeout=60, needs=["kamailio"])
def challenged_bye():
    """A proxy that challenges BYE as well."""
    at_caller, at_callee = call_through(defines=["CHALLENGE_BYE"])
    equal((at_caller["by"], at_callee["by"]), ("local", "remote"), "who hung up")


@case(timeout=60, needs=["kamailio"])
def sha_256():
    """SHA-256 in place of MD5."""
    at_caller, _ = call_through(defines=['ALGORITHM="SHA-256"'])
    equal(at_caller["by"], "local", "who hung up")


def run_register(proxy, *options, auth="alice:secret", user="alice", transport="udp"):
    return run([BINARY, "register", f"sip:{user}@{address(proxy, transport)}", "--auth", auth, *options], timeout=20)


@case(timeout=60, needs=["kamailio"])
def register_once():
    """`register --once`: exit 0."""
    proxy = registrar()
    done = run_register(proxy, "--once")
    equal(done.returncode, 0, f"exit code ({done.stdout}{done.stderr})")
    proxy.stop()


@case(timeout=60, needs=["kamailio"])
def wrong_password():
    """A wrong password: exit 1, and the last line says 401."""
    proxy = registrar()
    done = run_register(proxy, "--once", auth="alice:wrong")
    equal(done.returncode, 1, f"exit code ({done.stdout}{done.stderr})")
    check("401" in (done.stdout + done.stderr).splitlines()[-1], f"last line of {done.stdout}{done.stderr}")
    proxy.stop()


@case(timeout=60, needs=["kamailio", "tshark"])
def interval_too_brief():
    """423: the registration again with the Min-Expires that was asked for."""
    proxy = registrar("MIN_EXPIRES=120")
    done = run_register(proxy, "--once", "--expires", "60s", "--pcap", "register.pcap")
    equal(done.returncode, 0, f"exit code ({done.stdout}{done.stderr})")
    statuses = [row[0] for row in packets("register.pcap", proxy.port, "sip.Status-Code", "sip.Status-Code")]
    check("423" in statuses and statuses[-1] == "200", f"answers {statuses}")
    proxy.stop()


@case(timeout=60, needs=["kamailio", "tshark"])
def registers_again():
    """A short registration is refreshed before it ends, and removed at the end."""
    proxy = registrar("MIN_EXPIRES=1", "MAX_EXPIRES=3")
    voice = listener(proxy, "udp", "--pcap", "register.pcap", "--expires", "3s")
    pause(4)
    caller = Sipvoice("call", f"sip:bob@{address(proxy)}", "--auth", "alice:secret", "--duration", "500ms", listen=False)
    caller.stop(None)
    voice.stop()
    proxy.stop()
    expires = [row[0] for row in packets("register.pcap", proxy.port, 'sip.Method=="REGISTER" && sip.Authorization',
                                         "sip.Expires")]
    check(len(expires) >= 3, f"Expires of its REGISTERs: {expires}")
    equal((set(expires[:-1]), expires[-1]), ({"3"}, "0"), f"what they asked for, the last to be removed: {expires}")


@case(timeout=60, needs=["kamailio", "tshark"])
def stale_nonce():
    """A refresh with a nonce that has expired: stale=true, and it comes again with the new one, no trouble told."""
    proxy = registrar("MIN_EXPIRES=1", "MAX_EXPIRES=4", "NONCE_SECONDS=1")
    voice = listener(proxy, "udp", "--pcap", "register.pcap", "--expires", "4s")
    pause(5)
    equal(voice.events("registration_failed"), [], "failures")
    voice.stop()
    proxy.stop()
    answers = packets("register.pcap", proxy.port, 'sip.CSeq.method=="REGISTER" && sip.Status-Code',
                      "sip.Status-Code", "sip.WWW-Authenticate")
    check(any(status == "401" and "stale=true" in challenge.lower() for status, challenge in answers),
          f"a stale nonce in {answers}")
    equal(answers[-1][0], "200", "the last answer")


@case(timeout=60, needs=["kamailio"])
def options_command():
    """`options`: exit 0 for the proxy's 200; 1 for a user that is not registered."""
    proxy = registrar("OPEN_CALLS")
    good = run([BINARY, "options", f"sip:127.0.0.1:{proxy.port}"], timeout=20)
    equal(good.returncode, 0, f"exit code ({good.stdout}{good.stderr})")
    bad = run([BINARY, "options", f"sip:nobody@127.0.0.1:{proxy.port}"], timeout=20)
    equal(bad.returncode, 1, f"exit code ({bad.stdout}{bad.stderr})")
    check("404" in bad.stdout + bad.stderr, f"what it says: {bad.stdout}{bad.stderr}")
    proxy.stop()


@case(timeout=60)
def register_options():
    """--from, --header, --expires and --timeout of `register`; a proxy gets the --transport that was asked for."""
    registrar_ = Client(0)
    port = registrar_.port
    voice = Sipvoice("register", f"sip:bob@127.0.0.1:{port}", "--from", "sip:office@example.com", "--expires", "90s",
                     "--header", "X-Room-ID: sales", "--timeout", "1s", "--once", listen=False, rtp=False)
    asked = registrar_.expect("REGISTER")
    check("<sip:office@example.com>" in asked.header("from"), f"From {asked.header('from')}")
    check(f"<sip:bob@127.0.0.1:{port}>" in asked.header("to"), f"To {asked.header('to')}")
    equal((asked.header("expires"), asked.header("x-room-id")), ("90", "sales"), "Expires and X-Room-ID")
    voice.stop(None, expect=1)  # nobody answers
    failed = voice.events("registration_failed")
    equal([e["status"] for e in failed], [408], "status of the failure")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(10)
        voice = Sipvoice("register", "sip:bob@example.com", "--proxy", f"sip:127.0.0.1:{proxy.getsockname()[1]}",
                         "--transport", "tcp", "--timeout", "5s", "--once", listen=False, rtp=False)
        connection, _ = proxy.accept()
        with connection:
            connection.settimeout(10)
            head = connection.recv(65536).decode()
            check(head.startswith("REGISTER sip:example.com SIP/2.0"), head)
            check(";transport=tcp;lr>" in head, f"Route of {head}")
            lines = [line for line in head.split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID",
                                                                                  "CSeq", "Contact")]
            connection.sendall(("\r\n".join(["SIP/2.0 200 OK", *lines, "Content-Length: 0"]) + "\r\n\r\n").encode())
            voice.stop(None)
        equal(len(voice.events("registered")), 1, "registered")


@case(timeout=60)
def header_values():
    """Header values with line ends or NUL are refused before anything is sent; so are those of the call itself."""
    for command in ("register", "call", "options"):
        for header in ("X-A: b\r\nX-B: c", "X-A: b\nEvil: c", "X-A: b\rc", "Via: x", "no colon", "X A: b"):
            done = run([BINARY, command, "sip:bob@127.0.0.1:9", "--header", header], timeout=20)
            equal(done.returncode, 2, f"exit code of {command} with {header!r} ({done.stderr})")
            check("--header" in done.stderr, f"the option in {done.stderr}")
        done = run([BINARY, command, "sip:bob@127.0.0.1:9", "--from", "sip:a\r\nX: y@h"], timeout=20)
        equal(done.returncode, 2, f"exit code of {command} with a broken --from")


if __name__ == "__main__":
    run_cases()
