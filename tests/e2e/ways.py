"""The ways by which the bot process joins a Slack: local-slack by socket and by HTTP, our own by HTTP."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox.slack.local_slack import (
    VARIABLE,
    LocalSlack,
    Place,
    Somebody,
    configuration,
    package,
    program,
    running,
)
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import CHANNEL, PEOPLE, SECRET, people_of
from tests.e2e.hands import Hands, InLocalSlack, InOurWorkspace
from tests.e2e.process import until
from tests.e2e.scene import Scene, scene
from tests.local_slack import People

EVERYBODY = [Somebody(id, email, name) for id, (email, name) in PEOPLE.items()]
PLACES = [Place(CHANNEL, "miro-access")]

Joined = tuple[Scene, Hands]


def need_local_slack() -> None:
    """Skips the test where local-slack isn't installed."""
    if program() is None:
        pytest.skip(
            f"NOT TESTED, local-slack is missing: `npm install --no-save {package()}@0.1.8`, "
            f"or name the program in {VARIABLE}"
        )


@contextmanager
def by_socket(folder: Path) -> Iterator[Joined]:
    """local-slack, which the bot joins in Socket Mode."""
    need_local_slack()
    with running(folder / "slack", EVERYBODY, PLACES) as slack, scene(folder, in_socket_mode(slack)) as s:
        yield s, InLocalSlack(People(slack))


def in_socket_mode(slack: LocalSlack) -> dict[str, str]:
    """What README's table says the bot needs for Socket Mode."""
    return {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
    }


@contextmanager
def by_http(folder: Path) -> Iterator[Joined]:
    """local-slack, which sends signed HTTP requests for all that its control API and its page can do."""
    need_local_slack()
    with _reserved_port() as port, _sending(folder / "slack", port) as slack:
        environ = over_http(folder, slack.api_url, slack.bot_token, slack.signing_secret)
        with scene(folder, environ, "--http", f"127.0.0.1:{port}") as s:
            yield s, InLocalSlack(People(slack))


@contextmanager
def by_our_http(folder: Path) -> Iterator[Joined]:
    """The sandbox's workspace, which sends signed HTTP requests, and is always there."""
    slack = Workspace(signing_secret=SECRET)
    people_of(slack)
    with slack.serve() as url:
        environ = over_http(folder, url, "xoxb-sandbox", SECRET)
        with scene(folder, environ, "--http", "127.0.0.1:0") as s:
            yield s, InOurWorkspace(slack)


def over_http(folder: Path, url: str, token: str, secret: str) -> dict[str, str]:
    """What README's table says the bot needs over HTTP; the secret is in a file, as editors save one."""
    kept = folder / "signing-secret"
    kept.write_text(f"{secret}\n")
    kept.chmod(0o600)  # `run` warns of a secret that others may read
    return {"SLACK_API_URL": url, "SLACK_BOT_TOKEN": token, "SLACK_SIGNING_SECRET_FILE": str(kept)}


@contextmanager
def _reserved_port() -> Iterator[int]:
    """A port that nobody else is given, and on which a server that reuses addresses may listen."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def _sending(folder: Path, port: int) -> Iterator[LocalSlack]:
    """local-slack in the mode in which it sends everything to a URL, known before the bot starts."""
    folder.mkdir()
    config, printed = folder / "local-slack.json", folder / "printed.txt"
    config.write_text(json.dumps(_with_http(configuration(EVERYBODY, PLACES), port)))
    command = [str(program()), "--config", str(config), "--port", "0", "--base-host", "127.0.0.1"]
    command += ["--files-dir", str(folder / "files")]
    with printed.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = until(lambda: re.search(r"Control API:\s+(http://\S+?)/_control", printed.read_text()))
        yield replace(LocalSlack(""), url=address[1])
    finally:
        process.kill()
        process.wait()


def _with_http(known: Mapping[str, object], port: int) -> dict[str, object]:
    app = known["app"]
    assert isinstance(app, dict)
    return {**known, "app": {**app, "mode": "events", "requestUrl": f"http://127.0.0.1:{port}/slack/events"}}


WAYS = {
    "local-slack in Socket Mode": by_socket,
    "local-slack over HTTP": by_http,
    "our workspace over HTTP": by_our_http,
}
