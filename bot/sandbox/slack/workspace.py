"""A Slack workspace to run the bot against: real HTTP both ways, real shapes, visible state."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.sandbox.server import Answer, Call, serving
from bot.sandbox.slack import response_urls, web_api
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.state import SlackState


class Workspace(SlackState):
    """Serves the state over HTTP; people act through `Gestures`."""

    def __init__(
        self,
        *,
        signing_secret: str = "sandbox-secret",
        team_id: str = "T01",
        enterprise_id: str | None = None,
        now: Callable[[], float] = time.time,
        bot_user: str = "U0BOT",
        org_install: bool = False,
        scopes: frozenset[str] | None = None,
        calls_a_minute: int | None = None,
    ):
        """`scopes`: None grants all; `org_install`: the app is installed for a whole Enterprise Grid.

        `calls_a_minute`: the limit of each method, past which it answers 429; None for no limit.
        """
        super().__init__(
            team_id, enterprise_id, bot_user, signing_secret, now, org_install, scopes, calls_a_minute
        )
        self.add_person(bot_user, None, "Miro", is_bot=True)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serves the Web API until the block ends; yields the base URL for the bot's client."""
        with serving(self._answer, port) as self.base:
            yield f"{self.base}/api/"

    def acting(self, bot_url: str, patience: float = 10.0) -> Gestures:
        """People acting on the bot at `bot_url` (the full URL of its `/slack/events`)."""
        return Gestures(self, bot_url, patience=patience)

    def _answer(self, call: Call) -> Answer | None:
        if call.path.startswith("/api/"):
            return web_api.answer(self, call)
        if call.path.startswith("/files-pri/"):
            return web_api.file(self, call)
        if call.path.startswith("/upload/"):
            return web_api.upload(self, call)
        if call.path.startswith("/response/"):
            return response_urls.answer(self, call)
        return Answer(404)
