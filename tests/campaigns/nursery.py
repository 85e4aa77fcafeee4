"""Where bots are brought up in processes of their own, to be killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

ROOT = Path(__file__).parents[2]
KILLED = -9


@dataclass
class Nursery:
    """One process that forks a bot for each life; lives are lived one after another."""

    _jobs: IO[str]
    _said: IO[str]
    _born: SimpleQueue[int] = field(default_factory=SimpleQueue)

    def live(self, job: Mapping[str, Any]) -> int:
        """A whole life; its exit status, or KILLED. `mortal.live` says what a job is."""
        self._born = SimpleQueue()
        self._jobs.write(json.dumps(job) + "\n")
        self._jobs.flush()
        self._born.put(json.loads(self._said.readline())["pid"])
        return int(json.loads(self._said.readline())["status"])

    def kill(self) -> None:
        """Kills the bot that lives now; for another thread than the one that waits for its end."""
        os.kill(self._born.get(), signal.SIGKILL)


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """A nursery; `folder` is an empty one."""
    # The bots speak plain HTTP: loading the certificates of the web would take half of a short life.
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SSL_CERT_DIR": str(folder)}
    environ.pop("SSL_CERT_FILE", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.campaigns.mortal"],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    with process:
        yield Nursery(process.stdin, process.stdout)
        process.stdin.close()
