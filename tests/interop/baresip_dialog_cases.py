#!/usr/bin/env python3
"""Calls to baresip, and calls that it holds, resumes and transfers."""
import sound
from harness import Sipvoice, between, case, equal, run_cases
from peers import Baresip, pause


def accept(peer):
    peer.wait_event("CALL_INCOMING")
    peer.command("accept")
    peer.wait_event("CALL_ESTABLISHED")


@case(timeout=60, needs=["baresip"])
def is_called():
    """baresip answers our call, hears the prompt, and hangs up."""
    sound.write_tone("tone.wav", 1000, 4)
    peer = Baresip(dump=True)
    voice = Sipvoice("call", peer.uri, "--play", "tone.wav", "--loop", listen=False)
    accept(peer)
    pause(2)
    peer.hang_up()
    voice.stop(None)
    ended = voice.events("call_ended")[0]
    equal((ended["by"], ended["media"]["audio"]), ("remote", "both"), "how it ended")
    peer.stop()
    rate, (samples, *_) = sound.read_wav(peer.heard())
    tone = sound.loud_part(samples, rate)
    between(sound.frequency(tone, rate), 998, 1002, "Hz heard by baresip")


@case(timeout=60, needs=["baresip"])
def is_called_and_we_hang_up():
    """Our BYE after --duration."""
    peer = Baresip()
    voice = Sipvoice("call", peer.uri, "--echo", "--duration", "1500ms", listen=False)
    accept(peer)
    voice.stop(None)
    peer.wait_event("CALL_CLOSED")
    equal(voice.events("call_ended")[0]["by"], "local", "ended by")
    peer.stop()


@case(timeout=60, needs=["baresip"])
def rejects_us():
    """baresip refuses: exit 1, and the last line says with what."""
    peer = Baresip()
    voice = Sipvoice("call", peer.uri, "--silence", listen=False)
    peer.wait_event("CALL_INCOMING")
    peer.hang_up()
    voice.stop(None, expect=1)
    refused = voice.events("call_rejected")[0]
    between(refused["status"], 400, 699, "status")
    peer.stop()


@case(timeout=60, needs=["baresip"])
def holds_and_resumes():
    """baresip holds and resumes a call that it placed: two events, and sound again after it."""
    voice = Sipvoice("answer", "--echo")
    peer = Baresip(tone=440)
    peer.dial(f"sip:test@127.0.0.1:{voice.port}")
    peer.wait_event("CALL_ESTABLISHED")
    pause(1)
    peer.command("hold")
    voice.wait("hold")
    pause(1)
    peer.command("resume")
    voice.wait("resume")
    pause(1)
    peer.hang_up()
    ended = voice.wait("call_ended")
    equal((ended["by"], ended["media"]["audio"]), ("remote", "both"), "how it ended")
    peer.stop()
    voice.stop()


@case(timeout=60, needs=["baresip"])
def holds_a_call_of_ours():
    """The same for a call that we placed."""
    peer = Baresip()
    voice = Sipvoice("call", peer.uri, "--echo", listen=False)
    accept(peer)
    peer.command("hold")
    voice.wait("hold")
    peer.command("resume")
    voice.wait("resume")
    peer.hang_up()
    voice.stop(None)
    peer.stop()


@case(timeout=60, needs=["baresip"])
def transfers_us():
    """Blind transfer by baresip to an allowed target: our call goes on there."""
    target = Sipvoice("answer", "--silence")
    voice = Sipvoice("listen", "--allow-refer", f"sip:target@127.0.0.1:{target.port}")
    peer = Baresip()
    peer.dial(f"sip:test@127.0.0.1:{voice.port}")
    peer.wait_event("CALL_ESTABLISHED")
    pause(0.5)
    peer.command("transfer", f"sip:target@127.0.0.1:{target.port}")
    target.wait("call_answered")
    voice.wait("transfer")
    voice.wait("call_ended")
    peer.stop()
    voice.stop()
    target.stop()


@case(timeout=60, needs=["baresip"])
def is_transferred_by_us():
    """`call --transfer`: baresip calls the target; our call ends well."""
    target = Sipvoice("answer", "--silence")
    peer = Baresip()
    voice = Sipvoice("call", peer.uri, "--silence", "--transfer", f"sip:target@127.0.0.1:{target.port}", listen=False)
    accept(peer)
    target.wait("call_answered")
    voice.stop(None)
    equal(voice.events("transfer")[-1].get("status"), 200, "outcome of the transfer")
    peer.stop()
    target.stop()


if __name__ == "__main__":
    run_cases()
