"""Starts local-slack, a third-party Slack workspace in one program, with a web page to click in.

It comes from https://github.com/parvalabs/local-slack (MIT), on npm as `local-slack-linux-x64` and the like.
It keeps everything in memory and takes any token, so it listens on loopback alone unless told otherwise.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).parents[3]
VARIABLE = "MIRO_BOT_LOCAL_SLACK"
BOT_USER = "U0BOT"
START_SECONDS, LOOK_SECONDS = 20.0, 0.1
LOOPBACK = "127.0.0.1"
_ON_HOST = "const serve = Bun.serve; Bun.serve = (options) => serve({...options, hostname: %s});"
"""JavaScript run before the program, which has no option for its address (https://bun.sh/docs/runtime)."""


class NotThere(Exception):
    """local-slack isn't on this machine, or doesn't start; the text says how to mend that."""


class Ended(Exception):
    """The program was ended before the workspace had started."""


@dataclass(frozen=True)
class Somebody:
    """A person of the workspace."""

    id: str
    email: str
    real_name: str
    tz: str = "Europe/Berlin"

    @property
    def name(self) -> str:
        return self.email.partition("@")[0]


@dataclass(frozen=True)
class Place:
    """A channel of the workspace, with the bot as a member."""

    id: str
    name: str


@dataclass(frozen=True)
class LocalSlack:
    """A running local-slack, and what a bot needs to join it."""

    url: str
    bot_token: str = "xoxb-local-slack"
    app_token: str = "xapp-local-slack"
    signing_secret: str = "local-slack"

    @property
    def api_url(self) -> str:
        """The bot's SLACK_API_URL."""
        return f"{self.url}/api/"


def package() -> str:
    """The npm package that holds the program for this machine."""
    machine = platform.machine().lower()
    known = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}
    return f"local-slack-{platform.system().lower()}-{known.get(machine, machine)}"


def program(root: Path | None = None) -> Path | None:
    """The program: named by MIRO_BOT_LOCAL_SLACK, installed by npm in the project, or on the PATH."""
    if named := os.environ.get(VARIABLE):
        return Path(named) if os.access(named, os.X_OK) else None
    for folder in [root] if root else [Path.cwd(), PROJECT]:
        installed = folder / "node_modules" / package() / "bin" / "local-slack"
        if os.access(installed, os.X_OK):
            return installed
    on_path = shutil.which("local-slack")
    return Path(on_path) if on_path else None


@contextmanager
def running(
    folder: Path,
    people: Sequence[Somebody],
    places: Sequence[Place] = (),
    port: int = 0,
    ended: Callable[[], bool] = lambda: False,
    host: str = LOOPBACK,
) -> Iterator[LocalSlack]:
    """Runs local-slack with these people until the block ends; it writes only to `folder`.

    Raises NotThere, and Ended once `ended()` is true while it starts.
    """
    executable = program()
    if executable is None:
        raise NotThere(f"No local-slack: `npm install {package()}`, or name the program in {VARIABLE}.")
    folder.mkdir(parents=True, exist_ok=True)
    config, preload = folder / "local-slack.json", folder / "host.js"
    preload.write_text(_ON_HOST % json.dumps(host))
    config.write_text(json.dumps(configuration(people, places), indent=2))
    command = [str(executable), "--config", str(config), "--port", str(port), "--base-host", host]
    command += ["--files-dir", str(folder / "files")]
    environ = os.environ | {"BUN_OPTIONS": f"--preload={preload}"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
    )
    output = _Output(process)
    try:
        yield LocalSlack(output.url(port, ended))
    finally:
        # It has nothing to save, and would take 2 s to terminate gracefully.
        process.kill()
        process.wait()
        output.end()


def configuration(people: Sequence[Somebody], places: Sequence[Place] = ()) -> Mapping[str, object]:
    """local-slack's configuration of the workspace."""
    everybody = [person.id for person in people]
    joined = LocalSlack("")
    return {
        "workspace": {"name": "Example", "domain": "example", "teamId": "T01"},
        "app": {
            "appId": "A01BOT",
            "botUserId": BOT_USER,
            "botName": "miro",
            "botToken": joined.bot_token,
            "appToken": joined.app_token,
            "signingSecret": joined.signing_secret,
            "mode": "socket",
        },
        "users": [
            {
                "name": each.name,
                "tz": each.tz,
                "real_name": each.real_name,
                "id": each.id,
                "email": each.email,
            }
            for each in people
        ],
        "channels": [
            {"id": place.id, "name": place.name, "members": [*everybody, BOT_USER]} for place in places
        ],
    }


class _Output:
    """Reads all output of the program, so that a full pipe never blocks it."""

    def __init__(self, process: "subprocess.Popen[str]"):
        self._lines: list[str] = []
        self._found: str | None = None
        self._known = threading.Event()
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def url(self, port: int, ended: Callable[[], bool]) -> str:
        """The URL of its page; with port 0 it chooses a port and prints it."""
        deadline = time.monotonic() + START_SECONDS
        while not self._known.wait(LOOK_SECONDS) and time.monotonic() < deadline:
            if ended():
                raise Ended
        if self._found is not None:
            return self._found
        if any("EADDRINUSE" in line for line in self._lines):
            raise NotThere(f"Port {port} is taken. Choose another with --port; 0 takes any that is free.")
        raise NotThere(f"local-slack didn't start: {self._fault()}. `miro-bot demo` needs none.")

    def _fault(self) -> str:
        """The line that names the error, without the source code and stack trace around it."""
        out = [line.strip() for line in self._lines if line.strip()]
        named = [line for line in out if line.casefold().startswith("error:")] or out or ["it says nothing"]
        return re.sub(r"(?i)^error:\s*", "", named[-1])[:200].rstrip(".")

    def end(self) -> None:
        self._reader.join()

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._lines.append(line)
                if address := re.search(r"Control API:\s+(http://\S+?)/_control", line):
                    self._found = address[1]
                    self._known.set()
        self._known.set()
