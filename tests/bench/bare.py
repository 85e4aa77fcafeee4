"""The least a Bolt app can do: commit one row, then ack a form or a click. The bot is measured against it.

Runs as `python -m tests.bench.bare PORT RECORD SECRET`: the same server, adapter and number of threads.
"""

import re
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult

from bot.app import LISTENERS
from bot.slack.door.serving import serving


class Rows:
    """One table; a connection for each thread, and writers one after another."""

    def __init__(self, path: str) -> None:
        self._path, self._mine, self._writing = path, threading.local(), threading.Lock()
        self._connection().execute("PRAGMA journal_mode=WAL")
        self._connection().execute("CREATE TABLE requests (view TEXT, person TEXT)")

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            found.execute("PRAGMA synchronous=FULL")
        return found

    def add(self, view: str, person: str) -> None:
        """Commits one row."""
        connection = self._connection()
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO requests VALUES (?,?)", (view, person))
            connection.execute("COMMIT")


def app(rows: Rows, secret: str) -> App:
    """A Bolt app with a listener for each."""

    def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T01", bot_token="xoxb-sandbox", bot_user_id="U0BOT"
        )

    bolt = App(
        signing_secret=secret,
        authorize=authorize,
        listener_executor=ThreadPoolExecutor(LISTENERS),
    )

    def sent(ack: Ack, body: dict[str, Any]) -> None:
        rows.add(body["view"]["id"], body["user"]["id"])
        ack()

    def clicked(ack: Ack, body: dict[str, Any]) -> None:
        rows.add(body["trigger_id"], body["user"]["id"])
        ack()

    bolt.view(re.compile("^ask:"))(sent)
    bolt.action("approve")(clicked)
    return bolt


def main() -> None:
    """Serves until it is killed."""
    port, record, secret = sys.argv[1:]
    door = SlackRequestHandler(app(Rows(record), secret), path="/slack/events")
    with serving(door, "127.0.0.1", int(port), LISTENERS):
        threading.Event().wait()


if __name__ == "__main__":
    main()
