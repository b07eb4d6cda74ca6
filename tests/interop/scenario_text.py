"""SIPp scenarios without their repetitions: the macros of tests/interop/sipp/*.xml written out.

A line of the form @word arguments@ is replaced; everything else is SIPp's own XML.

    @hear INVITE@            the first INVITE, its headers kept for the answers (as callee)
    @hear METHOD@            another request          @hear STATUS@   an answer; a number after it: seconds to wait
    @maybe METHOD|STATUS@    one that may come
    @has HEADER REGEX@       in place of the next two: the message heard must carry that
    @invite [CSEQ]@          the first INVITE (as caller)
    @answer STATUS@          an answer to the first INVITE, with our tag (@answer2 STATUS@: with another one)
    @reply STATUS@           an answer to what was heard last
    @request METHOD CSEQ@    a request in the dialog, as caller; @demand METHOD CSEQ@: as callee
    @refused CSEQ@           the ACK of a refusal; @cancel CSEQ@ the CANCEL, both as caller
    @denied CSEQ@            the ACK of a refusal of a re-INVITE of ours; as callee: @demand-denied CSEQ@
    @keep METHOD@            a request in the dialog that is answered later, by @later STATUS@
    @sdp [key=value ...]@    in these: the body (direction, formats, port, address, version)
    @end@                    ends the message that one of them began
"""
import re

BRANCH = "z9hG4bK-[pid]-[call_number]"
CONTACT = "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>"
CALLER = "From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]sipp[call_number]"
CALLEE = "To: <sip:[service]@[remote_ip]:[remote_port]>"
FORMATS = {"0": "PCMU/8000", "8": "PCMA/8000", "101": "telephone-event/8000", "18": "G729/8000"}
KEPT = {"via": "Via:", "from": "From:", "to": "To:", "cseq": "CSeq:"}
LATER = {"later_" + name: header for name, header in KEPT.items()}


def _request(method, target, branch, cseq, parties):
    return [f"{method} {target} SIP/2.0", f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}", *parties,
            "Call-ID: [call_id]", f"CSeq: {cseq} {method}", "Max-Forwards: 70", CONTACT]


def _as_caller(method, cseq, target="[next_url]", branch=None, routes=True, tag="[peer_tag_param]"):
    return _request(method, target, branch or f"{BRANCH}-{method}-{cseq}", cseq,
                    (["[routes]"] if routes else []) + [CALLER, CALLEE + tag])


def _as_callee(method, cseq, branch=None):
    return _request(method, "[next_url]", branch or f"{BRANCH}-{method}-{cseq}", cseq,
                    ["[routes]", "From:[$to];tag=[pid]callee[call_number]", "To:[$from]"])


def _open(word, arguments):
    """The first lines of a message."""
    first = "sip:[service]@[remote_ip]:[remote_port]"
    if word == "invite":
        cseq = arguments or "1"
        return _as_caller("INVITE", cseq, target=first, routes=False, tag="")
    if word in ("refused", "cancel"):
        method = "ACK" if word == "refused" else "CANCEL"
        return _as_caller(method, arguments, target=first, branch=f"{BRANCH}-INVITE-{arguments}", routes=False,
                          tag="[peer_tag_param]" if word == "refused" else "")
    if word == "request":
        return _as_caller(*arguments.split())
    if word == "denied":
        return _as_caller("ACK", arguments, branch=f"{BRANCH}-INVITE-{arguments}")
    if word == "demand":
        return _as_callee(*arguments.split())
    if word == "demand-denied":
        return _as_callee("ACK", arguments, branch=f"{BRANCH}-INVITE-{arguments}")
    if word == "later":
        return [f"SIP/2.0 {arguments}", "Via:[$later_via]", "From:[$later_from]", "To:[$later_to]",
                "Call-ID: [call_id]", "CSeq:[$later_cseq]", CONTACT]
    if word in ("answer", "answer2"):
        tag = "callee" if word == "answer" else "other"
        return [f"SIP/2.0 {arguments}", "Via:[$via]", "[last_Record-Route:]", "From:[$from]",
                f"To:[$to];tag=[pid]{tag}[call_number]", "Call-ID: [call_id]", "CSeq:[$cseq]", CONTACT]
    assert word == "reply", word
    return [f"SIP/2.0 {arguments}", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]", CONTACT]


def _sdp(arguments):
    given = dict(item.split("=", 1) for item in arguments.split())
    formats = given.get("formats", "0,101").split(",")
    version = given.get("version", "1")
    address = given.get("address", "[media_ip]")
    body = ["v=0", f"o=sipp 53655765 {version} IN IP[local_ip_type] [local_ip]", "s=-",
            f"c=IN IP[media_ip_type] {address}", "t=0 0",
            f"m=audio {given.get('port', '[media_port]')} RTP/AVP {' '.join(formats)}"]
    body += [f"a=rtpmap:{n} {FORMATS[n]}" for n in formats]
    return body + [f"a={given.get('direction', 'sendrecv')}"]


def _checks(wanted):
    """Actions that end the call badly when a header is not as it should be."""
    return [f'<ereg regexp="{regex}" search_in="hdr" header="{header}:" check_it="true" assign_to="checked"/>'
            for header, regex in wanted]


def _hear(arguments, optional, wanted, kept, later=False):
    what, seconds = (arguments.split() + ["15"])[:2]
    kind = "response" if re.fullmatch(r"\d+", what) else "request"
    extra = ' optional="true"' if optional else ""
    names = LATER if later else KEPT if what == "INVITE" and "via" not in kept else {}
    kept.update(names)
    actions = [f'<ereg regexp=".*" search_in="hdr" header="{h}" assign_to="{n}"/>' for n, h in names.items()]
    # The target and the routes are those of the answer or the request that made the dialog.
    extra += ' rrs="true"' if what in ("INVITE", "200", "183") and not optional else ""
    actions += _checks(wanted)
    inside = f"<action>{''.join(actions)}</action>" if actions else ""
    return f'<recv {kind}="{what}"{extra} timeout="{seconds}000">{inside}</recv>'


def expand(text):
    # SIPp finds no scenario behind a second declaration and says no more than that.
    assert "<?xml" not in text, "the XML declaration is written here, not in the scenario"
    out, message, body, wanted, kept, checked = [], None, [], [], {}, False
    for line in text.splitlines():
        macro = re.fullmatch(r"\s*@([\w-]+) ?(.*)@\s*", line)
        if not macro:
            if message is not None:
                message.append(line.strip())
            else:
                out.append(line)
            continue
        word, arguments = macro.groups()
        if word in ("hear", "maybe", "keep"):
            out.append(_hear(arguments, word == "maybe", wanted, kept, later=word == "keep"))
            wanted = []
        elif word == "has":
            wanted.append(arguments.split(" ", 1))
            checked = True
        elif word == "sdp":
            body = _sdp(arguments)
        elif word == "end":
            if sum(line.startswith("Contact:") for line in message) > 1:  # one of its own
                message.remove(CONTACT)
            message += ["Content-Type: application/sdp"] if body else []
            message += ["Content-Length: [len]", ""] + body
            out.append("<send><![CDATA[\n" + "\n".join(message) + "\n\n]]></send>")
            message, body = None, []
        else:
            message = _open(word, arguments)
    assert message is None, "a message without @end@"
    names = [*kept, *(["checked"] if checked else [])]
    if names:
        out.insert(len(out) - 1, f'<Reference variables="{",".join(names)}"/>')
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(out) + "\n"
