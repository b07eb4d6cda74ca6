#!/usr/bin/env python3
"""Calls through Kamailio as samples/kamailio/front.cfg sets it up: headers added, every request by way of it."""
from harness import Sipvoice, case, equal, run_cases, wait_until
from kamailio import front
from peers import packets, tshark
from sip_client import Client


@case(timeout=60, needs=["kamailio"])
def headers_arrive():
    """X-Room-ID, X-Session-ID and X-Tenant-ID of the proxy are in the events; what the caller wrote is not."""
    voice = Sipvoice("listen", "--route", "X-Room-ID=sales -> silence", "--route", "X-Room-ID=/^menu/ -> reject:486")
    proxy = front(voice.port, tenant="umbrella")
    client = Client(proxy.port)
    call = client.new_call("sales")
    call.invite("X-Tenant-ID: forged\r\nX-Other: kept\r\n")
    call.answered()
    incoming = voice.wait("call_incoming")
    wanted = {"X-Room-ID": "sales", "X-Session-ID": f"{call.call_id}/{call.from_tag}", "X-Tenant-ID": "umbrella",
              "X-Other": "kept"}
    equal(incoming["x_headers"], wanted, "X-headers")
    equal((incoming["room_id"], incoming["session_id"]), ("sales", wanted["X-Session-ID"]), "room and session")
    refused = client.new_call("menu-de")
    refused.invite()
    client.expect(486)
    equal(voice.wait("call_rejected")["rule"], "route", "rule")
    proxy.stop()
    voice.stop()


def through_front(options=(), call_options=("--duration", "1s"), expect=0, user="sales"):
    """A call of ours by way of front.cfg to a `listen` of ours: (caller, listener, proxy's port, listener's capture)."""
    voice = Sipvoice("listen", "--route", "X-Room-ID=* -> echo", "--pcap", "callee.pcap", *options)
    proxy = front(voice.port)
    caller = Sipvoice("call", f"sip:{user}@127.0.0.1:{proxy.port}", "--silence", "--pcap", "caller.pcap", *call_options,
                      listen=False)
    caller.stop(None, expect=expect)
    closing = wait_until(lambda: voice.events("call_ended") + voice.events("call_rejected"), 5, "end of the call")
    proxy.stop()
    voice.stop()
    return caller, voice, proxy, closing[0]


def ports_of(capture, port, method):
    """Where the requests of that method came from and went to."""
    return [(int(a), int(b)) for a, b in packets(capture, port, f'sip.Method=="{method}"', "udp.srcport", "udp.dstport")]


@case(timeout=60, needs=["kamailio", "tshark"])
def caller_hangs_up():
    """The caller's ACK and BYE take the record route, and sound flows both ways."""
    caller, voice, proxy, ended = through_front()
    equal((ended["by"], ended["media"]["audio"]), ("remote", "both"), "how the callee saw the end")
    equal(caller.events("call_ended")[0]["by"], "local", "how the caller saw it")
    for method in ("INVITE", "ACK", "BYE"):
        equal(ports_of("callee.pcap", voice.port, method), [(proxy.port, voice.port)], f"way of the {method}")


@case(timeout=60, needs=["kamailio", "tshark"])
def callee_hangs_up():
    """So does the callee's BYE."""
    caller, voice, proxy, ended = through_front(("--hangup-after", "1s"), ())
    equal((ended["by"], ended["reason"]), ("local", "hangup_after"), "how the callee saw the end")
    equal(caller.events("call_ended")[0]["by"], "remote", "how the caller saw it")
    equal(ports_of("callee.pcap", voice.port, "BYE"), [(voice.port, proxy.port)], "way of the BYE")


@case(timeout=60, needs=["kamailio"])
def cancelled():
    """CANCEL by way of the proxy."""
    caller, _, _, ended = through_front(("--ring", "20s"), ("--cancel-after", "1s"), expect=1)
    equal((ended["event"], ended["by"], ended["reason"]), ("call_ended", "remote", "cancelled"), "how the callee saw it")
    equal(caller.events("call_ended")[0]["by"], "local", "how the caller saw it")


@case(timeout=60, needs=["kamailio", "tshark"])
def two_proxies():
    """Two Record-Route headers: both proxies see every request of the call, from either side."""
    voice = Sipvoice("listen", "--hangup-after", "1s", "--pcap", "callee.pcap")
    inner = front(voice.port)
    outer = front(inner.port)
    caller = Sipvoice("call", f"sip:sales@127.0.0.1:{outer.port}", "--silence", "--pcap", "caller.pcap",
                      listen=False)
    caller.stop(None)
    equal(voice.wait("call_ended")["by"], "local", "ended by")
    outer.stop()
    inner.stop()
    voice.stop()
    equal(ports_of("callee.pcap", voice.port, "ACK"), [(inner.port, voice.port)], "way of the ACK to the callee")
    equal(ports_of("callee.pcap", voice.port, "BYE"), [(voice.port, inner.port)], "way of the BYE from the callee")
    own = int(caller.events("listening")[0]["address"].rsplit(":", 1)[1])
    equal(ports_of("caller.pcap", own, "ACK"), [(own, outer.port)], "way of the ACK from the caller")
    equal(ports_of("caller.pcap", own, "BYE"), [(outer.port, own)], "way of the BYE to the caller")
    record_routes = packets("callee.pcap", voice.port, 'sip.Method=="INVITE"', "sip.Record-Route")[0][0]
    equal(record_routes.count("<sip:"), 2, f"Record-Route headers of the INVITE: {record_routes}")


@case(timeout=60, needs=["kamailio", "tshark"])
def capture_is_clean():
    """A call by way of the proxy: tshark finds nothing malformed on either side."""
    caller, voice, _, _ = through_front()
    own = caller.events("listening")[0]["address"].rsplit(":", 1)[1]
    for capture, port in (("caller.pcap", own), ("callee.pcap", voice.port)):
        equal(tshark(capture, port, "-Y", "_ws.malformed").strip(), "", f"malformed packets of {capture}")


if __name__ == "__main__":
    run_cases()
