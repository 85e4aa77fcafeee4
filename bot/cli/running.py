"""Run the bot, play the demo, serve the sandbox."""

import errno
import fcntl
import gc
import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from importlib import import_module
from itertools import combinations
from types import ModuleType
from typing import Any
from wsgiref.types import WSGIApplication

import click

from approvals.record.database import Location, Server
from approvals.record.opening import OWNER_ONLY, beside
from approvals.record.outbox import WORKSPACE
from bot import app as composition
from bot.app import Bot
from bot.cli.common import check_folder, failed, open_bot, say, sentences, settings
from bot.cli.exposure import exposed_record, exposures
from bot.directory.webhook import Webhook
from bot.ops import logs
from bot.policies import usable
from bot.settings import EVENT_SECRET, BadSettings, Settings
from bot.slack.door.serving import Limits, serving

log = logging.getLogger(__name__)

PORT = click.IntRange(0, 65535)
HEALTH_THREADS = 2
EVERYWHERE = frozenset({"0.0.0.0", "[::]", "::"})  # noqa: S104
HERE = "127.0.0.1"
LOOPBACK = frozenset({HERE, "::1", "[::1]", "localhost"})
NO_TLS = (
    "--directory listens beyond this machine, without TLS: tokens and people's data can be read on the way. "
    "Listen on 127.0.0.1, behind a proxy that ends TLS."
)
DIRECTORY_THREADS = 4
DIRECTORY_LIMITS = Limits(body=5_000_000, connections=30)
"""A list of 20,000 members has about 4 MB."""


def _address(_: click.Context, option: click.Parameter, text: str | None) -> str | None:
    port = re.fullmatch(r".*:([0-9]{1,5})", text) if text else None
    if text is not None and (port is None or int(port[1]) > 65535):
        like = "HOST:PORT with a port up to 65535, like 127.0.0.1:3000"
        raise click.UsageError(f"{option.opts[0]} takes {like}, not {text!r}.")
    return text


def _at(option: str, help: str, name: str = "") -> Callable[[Any], Any]:
    return click.option(option, name or option[2:], metavar="HOST:PORT", callback=_address, help=help)


@click.command()
@click.option(
    "--practice", is_flag=True, help="Change nothing in Miro: Slack and reads are real, writes are refused."
)
@_at("--http", "Serve /slack/events, /healthz, /readyz and /metrics here instead of Socket Mode.", "address")
@_at("--health", "Serve /healthz, /readyz and /metrics here, beside Socket Mode or --http.")
@_at(
    "--directory",
    "Serve /scim/v2 here, for identity providers (extra `directory`); behind a proxy that ends TLS.",
)
@click.option("--log", "log_style", type=click.Choice(logs.STYLES), default="text", show_default=True)
def run(
    practice: bool, address: str | None, health: str | None, directory: str | None, log_style: str
) -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    _check_apart({"--http": address, "--health": health, "--directory": directory})
    logs.set_up(log_style)
    ending = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ending.set())
    with sentences():
        # Everything missing is reported first: a failed start leaves no record behind.
        known = settings()
        usable(known.policy)
        secret = "SLACK_SIGNING_SECRET" if address else "SLACK_APP_TOKEN"
        known.require("SLACK_BOT_TOKEN", secret, "MIRO_SCIM_TOKEN")
        _check_closed(known)
        if directory:
            scim_service()
    with sentences(), alone(known.database), open_bot(practice=practice) as bot:
        _announce(bot, practice, address)
        bot.people.home()  # reports a wrong token now, not at the first click
        bot.store.database.keep(WORKSPACE, bot.people.workspace)
        serve = serving_http(bot, address) if address else serving_socket(bot)
        with serving_health(bot, health), serving_directory(bot, directory), serve:
            gc.freeze()  # what was loaded stays, and needn't be looked through again for 50 ms at a time
            bot.start()  # after the server listens: otherwise no work is begun
            say("Ready.")
            ending.wait()
        say("Stopping. Open work continues at the next start.")


def _check_apart(given: Mapping[str, str | None]) -> None:
    """Raises UsageError where two of the addresses, by option, can't both be listened on."""
    own = [(option, *address.rpartition(":")[::2]) for option, address in given.items() if address]
    for (option, host, port), (other, its_host, its_port) in combinations(own, 2):
        if port == its_port != "0" and (host == its_host or {host, its_host} & EVERYWHERE):
            raise click.UsageError(f"{other} needs another port than {port}, where {option} listens.")


def _check_closed(known: Settings) -> None:
    """Refuses a record that others may read or write, and warns of what else is open to them."""
    if problem := exposed_record(known.database):
        raise BadSettings(problem)
    for line in exposures(known):
        log.warning("%s", line)


def _announce(bot: Bot, practice: bool, address: str | None) -> None:
    mode = "practice: nothing will change in Miro" if practice else "live"
    say(f"Mode:        {mode}, {'HTTP on ' + address if address else 'Socket Mode'}")
    say(f"Miro:        {bot.settings.miro_url}, group model {bot.settings.group_model}")
    say(f"Policy:      {bot.settings.policy}")
    say(f"Record:      {bot.settings.database} ({'new' if bot.store.is_new else 'continued'})")


def _private(path: str, flags: int) -> int:
    """Opens a file and makes it readable only by its owner, which older versions didn't."""
    file = os.open(path, flags, OWNER_ONLY)
    with suppress(OSError):  # of another user; it only holds a number
        os.fchmod(file, OWNER_ONLY)
    return file


@contextmanager
def alone(record: Location) -> Iterator[None]:
    """Allows one `run` for each file. The system releases the lock when the process ends; its file stays.

    On a server any number of processes may run.
    """
    if isinstance(record, Server):
        yield
        return
    check_folder(record)
    with open(beside(record, ".lock"), "a+", encoding="utf-8", opener=_private) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise BadSettings(
                f"Process {file.read()} already runs the bot on {record}. Stop it first, "
                "or set MIRO_BOT_DATABASE to another record."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def runs(record: Location) -> bool:
    """Whether a bot runs on a file; on a server that can't be seen, and counts as yes."""
    with suppress(BadSettings), alone(record):
        return isinstance(record, Server)
    return True


@contextmanager
def listening(server: AbstractContextManager[str], option: str, address: str) -> Iterator[str]:
    """Yields the URL of a running server; a port that is taken becomes one sentence with the option."""
    with ExitStack() as open_:
        try:
            url = open_.enter_context(server)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            if getattr(error, "errno", 0) == errno.EADDRINUSE:
                why = "another program uses it"
            text = f"Can't listen on {address} ({option}): {why.rstrip('.')}. Choose another address or port."
            raise failed(text) from error
        yield url


@contextmanager
def serving_at(
    address: str, option: str, path: str, app: WSGIApplication, threads: int, **how: Any
) -> Iterator[None]:
    """Serves an application at an option's address until the block ends."""
    host, _, port = address.rpartition(":")
    with listening(serving(app, host or HERE, int(port), threads, **how), option, address) as url:
        label = {"--http": "Listening", "--health": "Health", "--directory": "Directory"}[option]
        say(f"{label + ':':<13}{url}{path}")
        yield


def serving_http(bot: Bot, address: str) -> AbstractContextManager[None]:
    """Receives Slack's requests over HTTP until the block ends."""
    door = bot.door(is_public=True)
    return serving_at(
        address, "--http", "/slack/events", door, composition.LISTENERS, refused=door.counts.add
    )


@contextmanager
def serving_socket(bot: Bot) -> Iterator[None]:
    """Receives Slack's requests over Socket Mode until the block ends."""
    with bot.on_socket() as is_joined:
        if not is_joined:
            say("Slack hasn't connected yet. I keep trying.")
        yield


def serving_health(bot: Bot, address: str | None) -> AbstractContextManager[None]:
    """Serves the monitoring pages at their own address, if one is given, until the block ends."""
    if address is None:
        return nullcontext()
    return serving_at(address, "--health", "/healthz", bot.watch, HEALTH_THREADS)


def scim_service() -> ModuleType:
    """The module that serves SCIM. Raises BadSettings without its extra."""
    try:
        return import_module("bot.directory.service")
    except ModuleNotFoundError as error:
        raise BadSettings(
            f"Serving SCIM needs {error.name}, which isn't installed: "
            "pip install --require-hashes -r constraints.txt -r docs/deploy/directory.txt"
        ) from error


@contextmanager
def serving_directory(bot: Bot, address: str | None) -> Iterator[None]:
    """Serves SCIM to identity providers, if an address is given, until the block ends.

    It has threads and connections of its own: a push of thousands takes none from Slack.
    """
    if address is None:
        yield
        return
    scim = scim_service()
    app = Webhook(scim.application(bot.context), bot.context, bot.settings.secret(EVENT_SECRET))
    how = {"limits": DIRECTORY_LIMITS, "refused": bot.watch.counts.add, "explain": scim.refusal}
    with serving_at(address, "--directory", "/scim/v2", app, DIRECTORY_THREADS, **how):
        if (address.rpartition(":")[0] or HERE) not in LOOPBACK:
            log.warning("%s", NO_TLS)
        yield


@click.command()
@click.option("--web", is_flag=True, help="Click through it yourself in a browser (needs local-slack).")
@click.option("--port", type=PORT, default=3310, show_default=True, help="Port for --web.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address for --web. Anyone who can reach it can act as anyone in the sandbox.",
)
def demo(web: bool, port: int, host: str) -> None:
    """Play Miro's article \"User lifecycle management\" against a sandbox. Needs no account or token."""
    from bot.sandbox import story
    from bot.sandbox.slack.local_slack import NotThere

    with sentences():
        try:
            sys.exit(story.web(port, host) if web else story.play())
        except NotThere as error:
            raise failed(str(error)) from error


@click.group()
def sandbox() -> None:
    """Sandboxes to try things out."""


@sandbox.command("miro")
@click.option("--port", type=PORT, default=8042, show_default=True)
@click.option("--token", required=True, help="Token that callers must send, like sandbox-token-1.")
@click.option("--group-model", type=click.Choice(["team", "user-group"]), default="team", show_default=True)
@click.option("--team", "more", metavar="NAME", multiple=True, help="Another team; may be repeated.")
@click.option("--default-team", metavar="NAME", help="Team that every new account joins.")
def sandbox_miro(
    port: int, token: str, group_model: Any, more: tuple[str, ...], default_team: str | None
) -> None:
    """Serve a sandbox of Miro's SCIM API, with one admin, in the team Engineering.

    To try `run` with a real Slack and no Miro: set MIRO_SCIM_URL to the address it prints, MIRO_SCIM_TOKEN to
    the same token, and MIRO_BOT_DATABASE to a new file. The sandbox forgets everything when it ends.
    With the other two settings that it prints, and MIRO_OAUTH_TOKEN with the same token, Miro's REST API is
    used, too.
    """
    from bot.sandbox.miro.rest import ORG
    from bot.sandbox.miro.service import Miro

    if not token or not all("!" <= sign <= "~" for sign in token):
        raise click.UsageError("--token takes ASCII letters, digits and punctuation, without spaces.")
    if default_team is not None and not default_team.strip():
        raise click.UsageError("--default-team takes a team's name. Leave it out for none.")
    if not all(name.strip() for name in more):
        raise click.UsageError("--team takes a team's name. Leave it out for Engineering alone.")
    miro = Miro(token=token, group_model=group_model, oauth_token=token)
    names = filter(None, ("Engineering", *more, default_team))
    teams = {name: miro.add_team(name) for name in dict.fromkeys(names)}
    miro.add_user("admin@example.com", "Sandbox Admin", teams=[teams["Engineering"]], admin=True)
    miro.default_team = teams.get(default_team or "")
    with listening(miro.serve(port), "--port", f"127.0.0.1:{port}") as url:
        say(f"MIRO_SCIM_URL={url} (Ctrl-C to stop)")
        say(f"MIRO_REST_URL={url.removesuffix('/api/v1/scim')} MIRO_ORG_ID={ORG}")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            say("Stopped.")
