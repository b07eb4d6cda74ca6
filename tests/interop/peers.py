"""SIPp, baresip and tshark, each started as it wants to be."""
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import scenario_text
import sound
from harness import SIPP_CAPTURES, Failed, Skip, check, equal, free_port, run, start, tool, wait_until

SCENARIOS = Path(__file__).resolve().parent / "sipp"
SIPP_ENVIRONMENT = {**os.environ, "TERM": "dumb"}


def raw_sockets():
    """SIPp plays captures through raw sockets."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except PermissionError:
        raise Skip("SIPp plays captures through raw sockets, which need root or CAP_NET_RAW") from None


def sipp_command(port, *arguments, scenario=None, builtin=None, calls=1, seconds=30, own_port=None, host="127.0.0.1"):
    tool("sipp")
    if not Path("pcap").exists():
        os.symlink(SIPP_CAPTURES, "pcap")
    what = ["-sn", builtin] if builtin else ["-sf", written_out(scenario) if isinstance(scenario, str) else scenario]
    return ["sipp", *what, f"{host}:{port}", "-i", host, "-p", own_port or free_port(), "-mp", media_port(),
            "-m", calls, "-nostdin", "-timeout", seconds, "-timeout_error", "-trace_err",
            "-error_file", "sipp-errors.log", *arguments]


def written_out(name):
    """The scenario of that name, its macros replaced."""
    path = Path(name).resolve()
    path.write_text(scenario_text.expand((SCENARIOS / name).read_text()))
    return path


class Called:
    """SIPp waiting for calls on a port of its own, with a scenario of ours."""

    def __init__(self, scenario, *arguments, calls=1, seconds=30, transport="udp"):
        self.port = free_port()
        self.uri = f"sip:sipp@127.0.0.1:{self.port}"
        if transport == "tcp":
            self.uri += ";transport=tcp"
            # The caller closes when its BYE is answered, and SIPp may have a pause left.
            arguments = ("-t", "t1", "-reconnect_close", "false", *arguments)
        self._table = Path(f"/proc/net/{transport}")
        self.process = start_sipp(9, *arguments, scenario=scenario, calls=calls, seconds=seconds, own_port=self.port)
        wait_until(self._bound, 10, "SIPp's port")

    def _bound(self):
        check(self.process.poll() is None, f"sipp ended with {self.process.poll()}")
        return any(f":{self.port:04X} " in line for line in self._table.read_text().splitlines())

    def finish(self, seconds=20):
        """Its verdict on the signalling."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed("sipp waits for something that does not come") from None
        equal(code, 0, "sipp's exit code")


def media_port():
    """SIPp takes this port and the three after it."""
    return free_port(4)


def sipp(port, *arguments, seconds=30, expect=0, **what):
    """Runs it to its end; its exit code speaks for the signalling of all its calls."""
    done = run(sipp_command(port, *arguments, seconds=seconds, **what), timeout=seconds + 20, env=SIPP_ENVIRONMENT)
    if done.returncode != expect:
        errors = Path("sipp-errors.log").read_text(errors="replace") if Path("sipp-errors.log").exists() else ""
        raise Failed(f"sipp ended with {done.returncode}, expected {expect}\n{done.stdout[-1500:]}\n{errors[-3000:]}")


def start_sipp(port, *arguments, **what):
    return start(sipp_command(port, *arguments, **what), env=SIPP_ENVIRONMENT,
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Baresip:
    """A baresip that plays a tone, driven through its control socket."""

    def __init__(self, tone=440, dump=False, codec="pcmu", codec_modules=(), rate=8000, channels=1,
                 rtcp_mux=False):
        tool("baresip")
        self.folder = Path("baresip").resolve()
        self.folder.mkdir()
        sound.write_tone(self.folder / "tone.wav", tone, 60, rate=rate, channels=channels)
        self.control_port = free_port()
        self.uri = f"sip:baresip@127.0.0.1:{free_port(2)}"  # TLS has the port after it
        modules = next((p for p in Path("/usr/lib").glob("**/baresip/modules") if p.is_dir()), None)
        check(modules, "no modules of baresip")
        (self.folder / "config").write_text(
            f"poll_method epoll\nsip_listen {self.uri.partition('@')[2]}\nnet_interface 127.0.0.1\n"
            f"audio_player aubridge,nil\naudio_source aufile,{self.folder}/tone.wav\naudio_alert aubridge,nil\n"
            f"rtcp_mux {'yes' if rtcp_mux else 'no'}\n"
            "audio_buffer 20-160\nrtp_ports 41000-49000\ncall_max_calls 10\n"
            f"ctrl_tcp_listen 127.0.0.1:{self.control_port}\nmodule_path {modules}\n"
            f"{'snd_path ' + str(self.folder) if dump else ''}\n"
            "module g711.so\nmodule aufile.so\nmodule aubridge.so\n"
            + "".join(f"module {name}.so\n" for name in codec_modules) +
            f"{'module sndfile.so' if dump else ''}\n"
            "module_app account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n")
        (self.folder / "accounts").write_text(
            f"<sip:baresip@127.0.0.1>;regint=0;audio_codecs={codec};ptime=20\n")
        self._log = open("baresip.log", "w")
        self.process = start(["baresip", "-f", self.folder], stdout=self._log, stderr=subprocess.STDOUT)
        self._control = None
        wait_until(self._connect, 10, "baresip's control socket")
        self._received = b""
        self.messages = []

    def _connect(self):
        check(self.process.poll() is None, f"baresip ended with {self.process.poll()}")
        try:
            self._control = socket.create_connection(("127.0.0.1", self.control_port), 1)
        except OSError:
            return False
        return True

    def command(self, name, parameters=""):
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._control.sendall(f"{len(text)}:".encode() + text + b",")

    def wait_event(self, kind, seconds=10):
        """The first event of that type since the start."""
        def found():
            self._read()
            return next((m for m in self.messages if m.get("type") == kind), None)
        return wait_until(found, seconds, lambda: f"baresip's {kind}; seen {[m.get('type') for m in self.messages]}")

    def _read(self):
        self._control.settimeout(0.02)
        try:
            self._received += self._control.recv(65536)
        except TimeoutError:
            pass
        while match := re.match(rb"(\d+):", self._received):
            begin, size = match.end(), int(match.group(1))
            if len(self._received) < begin + size + 1:
                return
            self.messages.append(json.loads(self._received[begin:begin + size]))
            self._received = self._received[begin + size + 1:]

    def dial(self, uri):
        self.command("dial", uri)

    def hang_up(self):
        self.command("hangup")

    def heard(self):
        """The file that it wrote of what it heard."""
        files = sorted(self.folder.glob("dump-*-dec.wav"))
        check(files, f"baresip wrote nothing: {sorted(p.name for p in self.folder.iterdir())}")
        return files[0]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


def tshark(capture, port, *arguments):
    """What tshark says of a capture in which SIP runs on that port."""
    tool("tshark")
    sip = [word for kind in ("udp", "tcp") for word in ("-d", f"{kind}.port=={port},sip")]
    done = run(["tshark", "-r", capture, *sip, *arguments], timeout=60)
    equal(done.returncode, 0, f"tshark: {done.stderr[-500:]}")
    return done.stdout


def packets(capture, port, display_filter, *fields):
    """The chosen fields of each packet that passes the filter."""
    wanted = [option for field in fields for option in ("-e", field)]
    text = tshark(capture, port, "-Y", display_filter, "-T", "fields", *wanted)
    return [line.split("\t") for line in text.splitlines() if line]


def pause(seconds):
    """Where only the passing of real time is the point: a tone that is long enough."""
    time.sleep(seconds)
