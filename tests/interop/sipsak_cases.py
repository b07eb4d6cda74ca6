#!/usr/bin/env python3
"""sipsak, which is not ours, as an administrator points it at us."""
from harness import Sipvoice, case, check, equal, run, run_cases


def sipsak(port, *arguments, timeout=30):
    done = run(["sipsak", *arguments, "-s", f"sip:ping@127.0.0.1:{port}"], timeout=timeout)
    return done.returncode, done.stdout + done.stderr


@case(timeout=40, needs=["sipsak"])
def options():
    """200 with what we can do."""
    voice = Sipvoice("answer", "--silence")
    code, text = sipsak(voice.port, "-vv")
    equal(code, 0, f"exit code ({text})")
    check("SIP/2.0 200 OK" in text, text)
    for header in ("Allow: INVITE", "Accept: application/sdp", "Supported: "):
        check(header in text, f"{header!r} in {text}")
    equal([e["event"] for e in voice.events()], ["listening"], "events")
    voice.stop()


@case(timeout=40, needs=["sipsak"])
def register():
    """REGISTER is 405, with what is allowed instead."""
    voice = Sipvoice("answer", "--silence")
    code, text = sipsak(voice.port, "-U", "-i", "-C", "sip:ping@127.0.0.1:9", "-vv")
    check(code != 0, "sipsak takes it for a success")
    check("SIP/2.0 405 Method Not Allowed" in text and "Allow: INVITE" in text, text)
    voice.stop()


@case(timeout=60, needs=["sipsak"])
def trashed():
    """Its random mode, in which ever more characters of an OPTIONS are trashed."""
    voice = Sipvoice("answer", "--silence")
    sipsak(voice.port, "-R", "-t", "60")  # its exit code says how it counts, nothing of us
    voice.answers_options()
    voice.stop()


if __name__ == "__main__":
    run_cases()
