"""Run the bot, play the demo, serve the sandbox."""

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from bot import app as composition
from bot.app import Bot
from bot.cli.common import open_bot, sentences
from bot.slack import web

JOINING_SECONDS, LEAVING_SECONDS = 10.0, 2.0


@click.command()
@click.option("--practice", is_flag=True, help="Real Slack, real looks at Miro; every write is refused.")
@click.option(
    "--http", "address", metavar="HOST:PORT", help="Serve /slack/events here instead of Socket Mode."
)
def run(practice: bool, address: str | None) -> None:
    """Run the bot until it is told to stop (SIGTERM, Ctrl-C)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # httpx logs whole addresses, and those hold people's e-mails.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # waitress warns for each request that waits for a thread, which in a burst is every one.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    ending = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ending.set())
    with open_bot(practice=practice) as bot:
        secret = "SLACK_SIGNING_SECRET" if address else "SLACK_APP_TOKEN"
        bot.settings.require("SLACK_BOT_TOKEN", secret, "MIRO_SCIM_TOKEN")
        _announce(bot, practice, address)
        bot.people.home()  # a wrong token is said now, not at the first click
        serve = serving_http(bot, address) if address else serving_socket(bot)
        with serve:
            bot.start()  # whoever can't listen doesn't begin to work either
            click.echo("Ready.")
            ending.wait()
        click.echo("Stopping; what is left is taken up at the next start.")


def _announce(bot: Bot, practice: bool, address: str | None) -> None:
    mode = "practice: nothing will change in Miro" if practice else "for real"
    click.echo(f"Mode:        {mode}, {'HTTP on ' + address if address else 'Socket Mode'}")
    click.echo(f"Miro:        {bot.settings.miro_url}, group model {bot.settings.group_model}")
    click.echo(f"Policy:      {bot.settings.policy}")
    click.echo(f"Record:      {bot.settings.database} ({'new' if bot.store.is_new else 'continued'})")


@contextmanager
def serving_http(bot: Bot, address: str) -> Iterator[None]:
    """Takes what Slack sends over HTTP, until the block ends."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise click.UsageError("--http takes HOST:PORT, for example 127.0.0.1:3000")
    with ExitStack() as open_:
        try:
            url = open_.enter_context(
                web.serving(bot.door(), host or "127.0.0.1", int(port), composition.LISTENERS)
            )
        except OSError as error:
            raise click.ClickException(f"Can't listen on {address}: {error.strerror}.") from error
        click.echo(f"Listening:   {url}/slack/events")
        yield


@contextmanager
def serving_socket(bot: Bot) -> Iterator[None]:
    """Takes what Slack sends over Socket Mode, until the block ends."""
    from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
    from slack_sdk import WebClient

    token = bot.settings.secret("SLACK_APP_TOKEN")
    # The handler opens its connection with the app token, at the address that the other calls use too.
    handler = SocketModeHandler(
        bot.app, token, web_client=WebClient(token, bot.settings.slack_url), concurrency=composition.LISTENERS
    )
    joined = threading.Event()
    handler.client.on_message_listeners.append(lambda *_: joined.set())
    try:
        handler.connect()  # type: ignore[no-untyped-call]
        # It returns before the line is there; Slack's first word is hello, and what people do before is lost.
        if not joined.wait(JOINING_SECONDS):
            click.echo("Slack hasn't opened the line yet; I go on trying.")
        yield
    finally:
        # Its reader may sleep ten seconds before it sees that the line is closed; nobody needs it by then.
        closing = threading.Thread(target=handler.close, name="closing", daemon=True)
        closing.start()
        closing.join(LEAVING_SECONDS)


@click.command()
@click.option("--web", is_flag=True, help="A clickable workspace in the browser (local-slack).")
@click.option("--port", default=3310, show_default=True, help="Port of that workspace.")
def demo(web: bool, port: int) -> None:
    """Play Miro's article against the sandbox; needs no account and no token."""
    from bot.sandbox import story

    with sentences():
        sys.exit(story.web(port) if web else story.play())


@click.group()
def sandbox() -> None:
    """Stand-ins for trying things out."""


@sandbox.command("miro")
@click.option("--port", default=8042, show_default=True)
@click.option("--token", required=True, help="The token callers must send.")
@click.option("--group-model", type=click.Choice(["team", "user-group"]), default="team", show_default=True)
def sandbox_miro(port: int, token: str, group_model: Any) -> None:
    """Serve a Miro SCIM service as it is documented, with nothing in it but one admin."""
    from bot.sandbox.miro import Miro

    miro = Miro(token=token, group_model=group_model)
    miro.add_user("admin@example.com", "Sandbox Admin", teams=[miro.add_team("Engineering")], admin=True)
    with miro.serve(port) as url:
        click.echo(f"MIRO_SCIM_URL={url} (Ctrl-C ends it)")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            click.echo("Ended.")
