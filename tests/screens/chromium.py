"""A headless Chromium, driven over its DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websocket import WebSocket, create_connection

JSON = dict[str, Any]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--no-proxy-server", "--no-first-run", "--disable-gpu",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
    "--font-render-hinting=none", "--lang=en-GB",
    "--remote-debugging-port=0",
)  # fmt: skip
"""Nothing that would leave the machine, and letters that look the same each time."""
START_SECONDS = 30.0
SECONDS = 30.0


class NoChromium(Exception):
    """There is no Chromium on this machine, or it doesn't start."""


class PageTrouble(Exception):
    """The page, or the browser, didn't do what it was told."""


@dataclass(frozen=True)
class Box:
    """A part of the page, in its own pixels."""

    x: float
    y: float
    width: float
    height: float


class Tab:
    """One tab: what is called here is done when the call returns."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket, self._number = socket, 0

    def call(self, method: str, **params: Any) -> JSON:
        """Calls a method of the protocol. Raises PageTrouble."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                break
        if "error" in answer:
            raise PageTrouble(f"{method}: {answer['error'].get('message')}")
        return dict(answer["result"])

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page. Raises PageTrouble with what the page threw."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {})
            raise PageTrouble(str(thrown.get("description", answer["exceptionDetails"]["text"])))
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        """Goes to an address; returns when everything is loaded."""
        self.call("Page.navigate", url=url)
        _until(lambda: self.evaluate("document.readyState") == "complete", "the page didn't load")

    def type(self, text: str) -> None:
        """Types where the cursor is."""
        self.call("Input.insertText", text=text)

    def screen(self, width: int, height: int, scale: float) -> None:
        """Gives the tab a screen of so many pixels, each drawn with `scale` by `scale` dots."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def picture(self, box: Box) -> bytes:
        """A part of the page as PNG."""
        clip = {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", clip=clip)["data"])


def program() -> str:
    """The browser's program. Raises NoChromium."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise NoChromium("No Chromium: install the Debian package `chromium`, or put it on the PATH.")
    return found


@contextmanager
def browsing(folder: Path) -> Iterator[Tab]:
    """A browser with one tab, until the block ends; everything it keeps is in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    command = [program(), *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
    with (folder / "printed.txt").open("w") as output:
        process = subprocess.Popen(
            command, env=plain, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        socket = create_connection(_address(folder), timeout=SECONDS, suppress_origin=True)
        try:
            yield Tab(socket)
        finally:
            # Asked politely, it takes its other processes along.
            Tab(socket).call("Browser.close")
            socket.close()
            process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()


def _address(folder: Path) -> str:
    """Where the tab listens, once the browser has written down its port."""
    known = folder / "DevToolsActivePort"
    try:
        _until(lambda: known.exists() and known.read_text().count("\n"), "it doesn't start")
    except PageTrouble as error:
        printed = (folder / "printed.txt").read_text(errors="replace").strip()[-300:]
        raise NoChromium(f"Chromium doesn't start here; it says: {printed or 'nothing'}") from error
    port = known.read_text().splitlines()[0]
    tabs = httpx.get(f"http://127.0.0.1:{port}/json/list", trust_env=False).json()
    return next(str(tab["webSocketDebuggerUrl"]) for tab in tabs if tab["type"] == "page")


def _until(seen: Callable[[], object], otherwise: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not seen():
        if time.monotonic() >= deadline:
            raise PageTrouble(otherwise)
        time.sleep(0.05)
