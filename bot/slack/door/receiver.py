"""Passes Slack's payloads to the listeners, the same way for HTTP and Socket Mode."""

import logging
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from slack_bolt import App, BoltRequest, BoltResponse

from bot.slack.door.inbound import Malformed, Payload

log = logging.getLogger(__name__)


PATIENCE = 1.5
"""Seconds that a listener may wait for the record. Slack waits 3 s; within that time a form is opened, or
the person is told that nothing could be saved."""


class Receiver:
    """Passes checked payloads to Bolt; `patience` limits the seconds a listener waits for the record."""

    def __init__(self, app: App, patience: Callable[[float], AbstractContextManager[None]]) -> None:
        self._app, self._patience = app, patience

    def take(self, payload: Payload, headers: Mapping[str, str]) -> BoltResponse:
        """The answer for Slack. Raises Malformed if Bolt can't read the payload, or it has no listener."""
        try:
            # In this mode Bolt takes a parsed payload; it makes no other difference.
            request = BoltRequest(body=payload, headers={**headers}, mode="socket_mode")
            with self._patience(PATIENCE):
                response = self._app.dispatch(request)
        except Exception as error:
            # Bolt looks for ids in places that no listener reads and that may have any type.
            frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
            if str(frames[-1].f_globals.get("__name__")).startswith("slack_bolt"):
                raise Malformed(f"Bolt can't read it ({type(error).__name__})") from None
            raise
        if response.status != 404:
            return response
        if payload.get("type") in ("event_callback", "view_closed", "app_rate_limited"):
            # Acknowledged, because Slack would send it again.
            log.info("Slack sent something that nothing here listens to")
            return BoltResponse(status=200)
        raise Malformed("nothing here listens to it")
