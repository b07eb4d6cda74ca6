"""SIP on a stream, written and read byte by byte; certificates for TLS."""
import socket
import subprocess
import time

from harness import SAMPLES, Sipvoice, check, wait_until


def listener(transport, *options):
    return Sipvoice("answer", "--play", str(SAMPLES / "welcome.wav"), "--listen", f"{transport}:127.0.0.1:0",
                    *options, listen=False)


def port_of(voice):
    event = wait_until(lambda: voice.events("listening"), 10, "'listening'")[0]
    return int(event["address"].rsplit(":", 1)[1])


def request(method, port, call, extra="", body=""):
    return (f"{method} sip:x@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{call}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag={call}\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: {call}\r\n"
            f"CSeq: 1 {method}\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}").encode()


def read_until(connection, wanted, seconds=5):
    connection.settimeout(0.2)
    seen, deadline = b"", time.monotonic() + seconds
    while wanted not in seen:
        check(time.monotonic() < deadline, f"{wanted!r} did not come; seen {seen!r}")
        try:
            data = connection.recv(65536)
        except TimeoutError:
            continue
        check(data, f"closed before {wanted!r}; seen {seen!r}")
        seen += data
    return seen


def is_closed(connection, seconds=5):
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
        return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def authority(address="127.0.0.1"):
    """A root, and a certificate of that address by it."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "2",
            "-subj", "/CN=root of a test")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out", "own.csr", "-subj", f"/CN={address}")
    with open("own.ext", "w") as f:
        f.write(f"subjectAltName=IP:{address}\n")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2",
            "-out", "own.pem", "-extfile", "own.ext")
