"""A headless browser, controlled over two pipes in the protocol of its developer tools."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
needed = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--no-first-run", "--disable-extensions", "--disable-background-networking"),
    *("--remote-debugging-pipe", "about:blank"),
)

PATIENCE = 120
"""Seconds after which a browser that does not answer counts as failed."""


class Browser:
    """A browser with one page. `said`: its console output and errors; `asked`: the addresses that it requested."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        theirs, self.out = os.pipe()
        self.into, answers = os.pipe()
        command = f'exec "$0" "$@" 3<&{theirs} 4>&{answers}'
        words = ["bash", "-c", command, CHROMIUM, f"--user-data-dir={self.folder}", *OPTIONS]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(words, pass_fds=(theirs, answers), **quiet)
        os.close(theirs)
        os.close(answers)
        self.buffer, self.number, self.session, self.said, self.asked, self.loaded = b"", 0, None, [], [], False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def close(self):
        """End the browser."""
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, **parameters):
        """Send a command and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        message |= {"sessionId": self.session} if self.session else {}
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while (answer := self.hear()).get("id") != self.number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def hear(self):
        """Read and record the next message."""
        while b"\0" not in self.buffer:
            assert select.select([self.into], [], [], PATIENCE)[0], "the browser does not answer"
            more = os.read(self.into, 1 << 16)
            assert more, "the browser ended"
            self.buffer += more
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        method, told = message.get("method"), message.get("params")
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.said.append(told)
        if method == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
        self.loaded = self.loaded or method == "Page.loadEventFired"
        return message

    def show(self, file, width=900, scheme="light", script=True):
        """Show a file at this width, light or dark, with or without scripts."""
        self.loaded = False
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self.ask("Page.navigate", url=file.as_uri())
        while not self.loaded:
            self.hear()

    def value(self, expression):
        """The value of an expression in the page."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(self):
        """The whole page as PNG."""
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(found["data"])
