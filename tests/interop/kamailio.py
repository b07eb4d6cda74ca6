"""Kamailio with the configurations of samples/kamailio, as a user would start it."""
import os
import socket
import subprocess
from pathlib import Path

from harness import SOURCE, check, end_group, free_port, run, start_group, tool, wait_until

CONFIGURATIONS = SOURCE / "samples" / "kamailio"
_made = 0


def certificate(name="kamailio"):
    """A certificate for 127.0.0.1 and its key, signed by a root of ours: (root, certificate, key)."""
    tool("openssl")
    root, key, cert = (Path(f"{n}.pem").resolve() for n in ("root", f"{name}-key", f"{name}-cert"))
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2"]
    done = run([*make, "-keyout", "root-key.pem", "-out", root, "-subj", "/CN=a root of the tests"])
    check(done.returncode == 0, done.stderr)
    done = run([*make, "-keyout", key, "-out", cert, "-subj", f"/CN={name}", "-CA", root, "-CAkey", "root-key.pem",
                "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
    if done.returncode != 0:  # OpenSSL 1.1 has no -CA here
        raise AssertionError(done.stderr)
    return root, cert, key


class Kamailio:
    """One Kamailio; ends with its children by the process group that it leads."""

    def __init__(self, configuration, *defines, port=None):
        global _made
        tool("kamailio")
        _made += 1
        self.port = port or free_port()
        self._folder = Path(f"kamailio-{_made}").resolve()
        self._folder.mkdir()
        self._pid_file = self._folder / "pid"
        command = ["kamailio", "-f", CONFIGURATIONS / configuration, "-DD", "-E", "-w", self._folder,
                   "-Y", self._folder, "-P", self._pid_file, "-m", "64", "-M", "8"]
        for define in defines:
            command += ["-A", define]
        self.log = Path(f"kamailio-{_made}.log")
        self.process = start_group(command, stdout=open(self.log, "w"), stderr=subprocess.STDOUT)
        wait_until(self._answers, 15, lambda: f"Kamailio answers\n{self.log.read_text()[-2000:]}")

    def _answers(self):
        check(self.process.poll() is None, f"Kamailio ended with {self.process.poll()}: {self.log.read_text()[-2000:]}")
        if not self._pid_file.exists():
            return False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.2)
            s.connect(("127.0.0.1", self.port))
            mine = s.getsockname()[1]
            s.send(f"OPTIONS sip:127.0.0.1:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{mine};rport;"
                   f"branch=z9hG4bK{mine}{os.getpid()}\r\nFrom: <sip:t@t>;tag={mine}\r\nTo: <sip:t@t>\r\n"
                   f"Call-ID: {mine}@t\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n".encode())
            try:
                return b" 200 " in s.recv(4096)
            except OSError:
                return False

    def stop(self):
        end_group(self.process)


def front(sipvoice_port, tenant="acme", port=None):
    """samples/kamailio/front.cfg before that sipvoice (or another proxy)."""
    port = port or free_port()
    return Kamailio("front.cfg", f"LISTEN=udp:127.0.0.1:{port}", f'SIPVOICE="sip:127.0.0.1:{sipvoice_port}"',
                    f'TENANT="{tenant}"', port=port)


def registrar(*defines, tls=False):
    """samples/kamailio/registrar.cfg; with TLS the port is in tls_port and the root in root."""
    port = free_port()
    extra, tls_port, root = [], free_port(), None
    if tls:
        root, cert, key = certificate()
        extra = ["WITH_TLS", f"TLS_ADDRESS=127.0.0.1:{tls_port}", f'CERTIFICATE="{cert}"', f'KEY="{key}"']
    made = Kamailio("registrar.cfg", f"ADDRESS=127.0.0.1:{port}", *extra, *defines, port=port)
    made.tls_port, made.root = tls_port, root
    return made
