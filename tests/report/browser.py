"""A headless Chromium, driven through the pipes of its DevTools protocol: pages opened, clicked, photographed.

Standard library only. What a page says on its console and what it asks the network for is kept.
"""
import base64
import json
import os
import select
import time
from pathlib import Path

from harness import Failed, check, start_group


class Browser:
    def __init__(self, width=1280, height=900, dark=False):
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()

        def take_pipes():
            # Chromium reads commands from 3 and writes answers to 4; the copies lie above both.
            high = [os.dup2(to_read, 200), os.dup2(to_write, 201)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)
        self.process = start_group(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
             f"--user-data-dir={Path('profile').resolve()}", "about:blank"],
            stdout=open("chromium.out", "w"), stderr=open("chromium.err", "w"), preexec_fn=take_pipes, close_fds=False)
        os.close(to_read)
        os.close(to_write)
        self._bytes, self._number, self._session = b"", 0, None
        self.console, self.requests = [], []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self.resize(width, height)
        self.prefer(dark)

    def _message(self, deadline):
        while b"\0" not in self._bytes:
            if not select.select([self._read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failed("Chromium says nothing: " + Path("chromium.err").read_text(errors="replace")[-2000:])
            got = os.read(self._read, 1 << 20)
            check(got, "Chromium has ended: " + Path("chromium.err").read_text(errors="replace")[-2000:])
            self._bytes += got
        one, self._bytes = self._bytes.split(b"\0", 1)
        return json.loads(one)

    def _take(self, message):
        what, with_ = message.get("method"), message.get("params", {})
        if what == "Runtime.consoleAPICalled":
            self.console.append(str([a.get("value", a.get("description")) for a in with_["args"]]))
        elif what == "Runtime.exceptionThrown":
            self.console.append(str(with_["exceptionDetails"]))
        elif what == "Log.entryAdded":
            self.console.append(with_["entry"]["text"])
        elif what == "Network.requestWillBeSent":
            self.requests.append(with_["request"]["url"])
        return what

    def _call(self, method, **parameters):
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data):]
        deadline = time.monotonic() + 150
        while True:
            message = self._message(deadline)
            if message.get("id") == self._number:
                check("error" not in message, f"{method}: {message.get('error')}")
                return message["result"]
            self._take(message)

    def resize(self, width, height, touch=False):
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)

    def prefer(self, dark):
        self._call("Emulation.setEmulatedMedia",
                   features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def scripts(self, run):
        self._call("Emulation.setScriptExecutionDisabled", value=not run)

    def open(self, path, hash="", ready=True):
        """Until its script has run to the end."""
        self._call("Page.navigate", url="about:blank")
        self._call("Page.navigate", url=Path(path).resolve().as_uri() + hash)
        if ready:
            self.until("document.documentElement?.dataset.ready === 'yes'")

    def evaluate(self, expression):
        done = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        check("exceptionDetails" not in done, f"{expression}: {done.get('exceptionDetails')}")
        return done["result"].get("value")

    def until(self, expression, seconds=120):
        deadline = time.monotonic() + seconds
        while not self.evaluate(expression):
            check(time.monotonic() < deadline, f"not within {seconds} s: {expression}")
            time.sleep(0.05)

    def click(self, selector):
        """As a mouse does, in the middle of what the selector names."""
        box = self.evaluate(f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
                            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
                            "return [b.left + b.width / 2, b.top + b.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def press(self, key):
        code = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                       **(text if kind == "keyDown" else {}))

    def photograph(self, path, whole=True):
        """The whole page (of a long one its beginning), or what is seen of it."""
        options = {}
        if whole:
            size = self._call("Page.getLayoutMetrics")["cssContentSize"]
            options = {"captureBeyondViewport": True, "clip": {
                "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12000), "scale": 1}}
        picture = self._call("Page.captureScreenshot", **options)["data"]
        Path(path).write_bytes(base64.b64decode(picture))
