"""The bot as a process of its own: started as README says, read and ended from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

import httpx

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
START_SECONDS = 40.0
READY, METRICS = "Ready.", "let-me-read"
GRACE = 9.5
"""Seconds within which it has to end when told to: Docker kills after ten."""


class BotProcess:
    """One life of `miro-bot`; what it prints goes to a file, so that it never waits for a reader."""

    def __init__(
        self, printed: Path, arguments: tuple[str, ...], environ: Mapping[str, str], module: str = "bot"
    ) -> None:
        self._printed = printed
        # Nothing of the tests' own environment, proxies above all: slack_sdk ignores NO_PROXY.
        plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        with printed.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=printed.parent,
                env={**plain, **environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """Everything it has printed and logged."""
        return self._printed.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it takes what Slack sends, once it has said so."""
        line = next(one for one in self.output.splitlines() if one.startswith("Listening:"))
        return line.split()[1]

    def page(self, path: str) -> httpx.Response:
        """A page for monitoring, as the holder of the token for metrics reads it."""
        url = self.url.replace("/slack/events", path)
        return httpx.get(url, headers={"Authorization": f"Bearer {METRICS}"}, trust_env=False)

    @property
    def pid(self) -> int:
        """The number the system knows it by."""
        return self._process.pid

    def until_says(self, text: str, seconds: float = START_SECONDS) -> str:
        """Waits until it has printed this."""

        def said() -> str | None:
            status, printed = self._process.poll(), self.output
            if status is not None and text not in printed:
                raise AssertionError(f"it ended with {status}, having said: {printed}")
            return printed if text in printed else None

        return until(said, seconds)

    def kill(self) -> None:
        """SIGKILL, and waits until it is gone."""
        self._process.kill()
        self._process.wait()

    def until_gone(self, seconds: float = START_SECONDS) -> int:
        """Waits until it has ended, by itself or by somebody else; the exit status, negative for a signal."""
        return self._process.wait(seconds)

    def end(self, seconds: float = START_SECONDS, by: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to end; its exit status."""
        self._process.send_signal(by)
        return self.until_gone(seconds)


@contextmanager
def launched(printed: Path, arguments: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[BotProcess]:
    """A process that is gone when the block ends."""
    bot = BotProcess(printed, arguments, environ)
    try:
        yield bot
    finally:
        bot.kill()


def until(seen: Callable[[], T | Literal[False] | None], seconds: float = START_SECONDS) -> T:
    """Gives what `seen()` sees as soon as it is true: another process has nobody to notify."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"not seen in {seconds} s")
        time.sleep(0.02)
    return found
