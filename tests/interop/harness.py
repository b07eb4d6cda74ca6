"""Runs one case of a test program: starts sipvoice and real peers, waits with deadlines, cleans up.

A file of cases imports this, marks functions with @case and ends with run_cases(). ctest calls
`FILE CASE`; CMake learns of the cases by `FILE --list`. Standard library only.
"""
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SIPVOICE_BINARY", str(SOURCE / "build/debug/sipvoice"))
RELEASE_BINARY = os.environ.get("SIPVOICE_RELEASE_BINARY", "")
SAMPLES = SOURCE / "samples" / "audio"
SIPP_CAPTURES = Path("/usr/share/sip-tester")

_cases = {}
_running = []  # everything started, ended by pid when the case is over
_groups = set()  # those of them that lead a process group of their own


class Skip(Exception):
    """This machine lacks what the case needs."""


class Failed(AssertionError):
    pass


def case(timeout=60, serial=False, needs=()):
    def mark(function):
        _cases[function.__name__] = (function, timeout, serial, needs)
        return function
    return mark


def check(condition, message):
    if not condition:
        raise Failed(message)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: expected {wanted!r}, got {got!r}")


def between(got, low, high, what):
    check(got is not None and low <= got <= high, f"{what}: expected {low} to {high}, got {got!r}")


def wait_until(condition, seconds, what):
    """The first true value of condition(), asked for until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def free_port(span=1):
    """The first of so many ports that nobody has, for UDP and TCP; a multiple of `span`.

    Chosen at random below everything else that is handed out here (media, the system's ephemeral
    ports, SIPp's control port at 8888), so that nobody takes it until its program has started.
    """
    while True:
        first = random.randrange(5200, 8800) // span * span
        if all(_is_free(kind, first + n) for n in range(span) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            return first


def _is_free(kind, port):
    with socket.socket(socket.AF_INET, kind) as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def rtp_range():
    """A window of its own for each process, below the ephemeral ports."""
    first = random.randrange(10000, 31000, 2)
    return f"{first}-{first + 1000}"


def start(command, **options):
    """A process that is killed when the case is over, whatever happens."""
    process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, **options)
    _running.append(process)
    return process


def start_group(command, **options):
    """The same for a program that forks: a process group of its own, which ends as a whole."""
    process = start(command, start_new_session=True, **options)
    _groups.add(process.pid)
    return process


def end_group(process, seconds=5):
    """SIGTERM to the group, SIGKILL to what is left of it; the exit code of the first process."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    _groups.discard(process.pid)
    return process.returncode


def run(command, timeout=30, **options):
    """Runs to the end; returns what subprocess.run does, output as text."""
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, timeout=timeout,
                          capture_output=True, text=True, errors="replace", **options)


class Sipvoice:
    """One sipvoice process with its event stream."""

    def __init__(self, *arguments, binary=None, listen=True, events=True, rtp=True):
        command = [binary or BINARY, *arguments]
        if listen:
            command += ["--listen", "udp:127.0.0.1:0"]
        if rtp:
            command += ["--rtp-ip", "127.0.0.1", "--rtp-ports", rtp_range()]
        if events:
            command += ["--events", "-"]
        self._log = tempfile.NamedTemporaryFile("w+", dir=".", prefix="sipvoice-", suffix=".log", delete=False)
        self._events, self._junk, self._lock = [], [], threading.Lock()
        self.process = start(command, stdout=subprocess.PIPE, stderr=self._log, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = None
        if listen and events:
            address = self.wait("listening", 20)["address"]
            self.port = int(address.rsplit(":", 1)[1])

    def _read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
                event["event"], event["time"]
                event["_at"] = time.monotonic()
            except (ValueError, KeyError, TypeError):
                with self._lock:
                    self._junk.append(line)
                continue
            with self._lock:
                self._events.append(event)

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")

    def events(self, name=None, **fields):
        with self._lock:
            return [e for e in self._events
                    if name in (None, e["event"]) and all(e.get(k) == v for k, v in fields.items())]

    def wait(self, name, seconds=10, count=1, **fields):
        """The count-th event of that name and those fields."""
        def found():
            events = self.events(name, **fields)
            if len(events) >= count:
                return events[count - 1]
            if self.process.poll() is not None:
                self._reader.join(2)
                events = self.events(name, **fields)
                if len(events) >= count:
                    return events[count - 1]
                raise Failed(f"sipvoice ended with {self.process.returncode} before '{name}'")
            return None
        return wait_until(found, seconds, lambda: f"event {name} {fields or ''} number {count}; "
                          f"seen: {[e['event'] for e in self.events()]}")

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, seconds=15):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"sipvoice did not end within {seconds} s") from None
        self._reader.join(5)
        return code

    def stop(self, number=signal.SIGINT, expect=0, seconds=20):
        """Ends it as a user does (number None: it is ending by itself); a sanitizer's finding shows in
        the exit code and in the log."""
        if number is not None and self.process.poll() is None:
            self.send_signal(number)
        code = self.wait_exit(seconds)
        check(not self._junk, f"lines that are no events on stdout: {self._junk[:3]}")
        for word in ("AddressSanitizer", "LeakSanitizer", "runtime error:"):
            check(word not in self.log(), f"{word} in the log")
        equal(code, expect, "exit code")

    def last_line(self):
        """What `call` says at its end (on stderr when the events have stdout)."""
        return self.log().splitlines()[-1]

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory_kb(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise Failed("no VmRSS")

    def alive(self):
        return self.process.poll() is None

    def answers_options(self):
        """Asked by sipsak, a program that is not ours."""
        check(self.alive(), f"sipvoice ended with {self.process.poll()}")
        asked = run(["sipsak", "-s", f"sip:ping@127.0.0.1:{self.port}"], timeout=20)
        equal(asked.returncode, 0, f"sipsak's OPTIONS: {asked.stdout}{asked.stderr}")


def tool(name):
    if not shutil.which(name):
        raise Skip(f"{name} is not installed")
    return name


def _clean_up():
    for process in _running:
        if process.pid in _groups:
            end_group(process, seconds=3)
        elif process.poll() is None:
            process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)


def _show_logs(folder):
    for log in sorted(Path(folder).rglob("*.log")):
        text = log.read_text(errors="replace").splitlines()
        print(f"--- {log.name} ({len(text)} lines)")
        print("\n".join(text[-60:]))


def run_cases():
    if sys.argv[1:] == ["--list"]:
        for name, (_, timeout, serial, _needs) in _cases.items():
            print(f"{name}:{timeout}:{'ON' if serial else 'OFF'}")
        return
    function, _, _, needs = _cases[sys.argv[1]]
    folder = tempfile.mkdtemp(prefix="sipvoice-test-")
    os.chdir(folder)
    # ctest ends a case that takes too long: its processes must not outlive it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for program in needs:
            tool(program)
        function()
        print("passed")
    except Skip as why:
        print(f"SIPVOICE-SKIPPED: {why}")
    except BaseException:
        traceback.print_exc()
        _clean_up()
        sys.stdout.flush()
        _show_logs(folder)
        sys.exit(1)
    finally:
        _clean_up()
        os.chdir("/")
        if not os.environ.get("SIPVOICE_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
