"""A bot as it is run, in a process of its own, between stand-ins that run in this one."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, SECRET, TOKEN, people_of

ROOT = Path(__file__).parents[2]
TEAM = "Engineering"


@dataclass(frozen=True)
class StandIns:
    """Both stand-ins on the real clock, and the environment of a bot between them."""

    slack: Workspace
    team: str
    environ: Mapping[str, str]


@contextmanager
def stand_ins() -> Iterator[StandIns]:
    """Serves both until the block ends."""
    miro, slack = Miro(token=TOKEN), Workspace(signing_secret=SECRET)
    team = miro.add_team(TEAM)
    miro.add_team("Sales")  # which the policy names: without it nobody could ask
    miro.add_user("carol@example.com", "Carol Diaz", teams=[team], admin=True)
    people_of(slack)
    with miro.serve() as miro_url, slack.serve() as slack_url:
        yield StandIns(slack, team, {"MIRO_SCIM_URL": miro_url, "SLACK_API_URL": slack_url})


@dataclass(frozen=True)
class Running:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    url: str
    record: Path

    def count(self, sql: str) -> int:
        """A number out of its record."""
        with closing(sqlite3.connect(self.record, timeout=30)) as record:
            return int(record.execute(sql).fetchone()[0])


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used; 0 where there is no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def process(
    module: Sequence[str], environ: Mapping[str, str], folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    """Runs a module until the block ends; what it says goes into files."""
    with (folder / "said.txt").open("a") as said:
        whole = {**os.environ, **environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", *module]
        running = _started(command, whole, folder, said)
        with running:
            try:
                yield running
            finally:
                running.kill()


def _started(
    command: Sequence[str], environ: Mapping[str, str], folder: Path, said: IO[str]
) -> "subprocess.Popen[str]":
    return subprocess.Popen(command, cwd=folder, env=environ, stdout=said, stderr=said, text=True)


@contextmanager
def bot(folder: Path, environ: Mapping[str, str], port: int, policy: str = POLICY) -> Iterator[Running]:
    """`miro-bot run --http`, on the record in this folder, or on a new one."""
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    mine = {
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_SIGNING_SECRET": SECRET,
        "MIRO_SCIM_TOKEN": TOKEN,
        "MIRO_BOT_DATABASE": str(folder / "record.db"),
        "MIRO_BOT_POLICY": str(folder / "policy.toml"),
    }
    with process(["bot", "run", "--http", f"127.0.0.1:{port}"], {**mine, **environ}, folder) as running:
        yield Running(running, f"http://127.0.0.1:{port}", folder / "record.db")


def wait(until: Callable[[], bool], patience: float = 60.0) -> None:
    """Looks again and again. Raises TimeoutError."""
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            raise TimeoutError("what the benchmark waits for doesn't happen")
        time.sleep(0.005)


def listens(port: int) -> bool:
    """Whether somebody does there."""
    with closing(socket.socket()) as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
