"""From what Slack sent to the listeners: the same way over HTTP and Socket Mode."""

import logging
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from slack_bolt import App, BoltRequest, BoltResponse

from bot.slack.door.inbound import Malformed, Payload

log = logging.getLogger(__name__)


PATIENCE = 1.5
"""Seconds that a listener may wait for the record. Slack waits 3 s, a form is opened in between, and what
can't be saved has to be said in that time."""


class Receiver:
    """Hands checked payloads to Bolt; `patience` bounds how long a listener waits for the record."""

    def __init__(self, app: App, patience: Callable[[float], AbstractContextManager[None]]) -> None:
        self._app, self._patience = app, patience

    def take(self, payload: Payload, headers: Mapping[str, str]) -> BoltResponse:
        """What to answer Slack. Raises Malformed for what Bolt can't read and what nobody listens to."""
        try:
            # The mode in which Bolt takes a payload that is parsed already; it makes no other difference.
            request = BoltRequest(body=payload, headers={**headers}, mode="socket_mode")
            with self._patience(PATIENCE):
                response = self._app.dispatch(request)
        except Exception as error:
            # Bolt looks for ids in places that no listener reads: there any type may stand.
            if _is_raised_in_bolt(error):
                raise Malformed(f"Bolt can't read it ({type(error).__name__})") from None
            raise
        if response.status != 404:
            return response
        if payload.get("type") in ("event_callback", "view_closed", "app_rate_limited"):
            # Slack sends again what isn't acknowledged, and there is nothing to do.
            log.info("Slack sent something that nothing here listens to")
            return BoltResponse(status=200)
        raise Malformed("nothing here listens to it")


def _is_raised_in_bolt(error: Exception) -> bool:
    """Whether Bolt itself failed, and not a listener."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and str(frames[-1].f_globals.get("__name__")).startswith("slack_bolt")
