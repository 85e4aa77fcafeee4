"""`POST /events/SOURCE`: one person of a source without SCIM, signed much as Slack signs its requests."""

import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication

from pydantic import ValidationError

from approvals.record.database import StoreTrouble
from approvals.record.store import EVENT
from approvals.refusals import Refused
from bot.context import Context
from bot.directory.lists import Line, faults, is_signed, secret_of, take
from bot.directory.store import Directories, Moved, Taken
from bot.ops import metrics
from bot.ops.watch import Environ, say

log = logging.getLogger(__name__)

LONGEST = 100_000
"""Bytes of an event."""


@dataclass(frozen=True)
class Webhook:
    """A WSGI application in front of that of SCIM; without a secret all events are refused."""

    scim: WSGIApplication
    context: Context
    secret: str

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        path = re.fullmatch("/events/([a-z][a-z0-9-]*)", environ.get("PATH_INFO", ""))
        if path is None:
            return self.scim(environ, start)
        status, answer = self._take(environ, path[1])
        metrics.PUSHED.labels("event", status.partition(" ")[0]).inc()
        return say(start, status, answer)

    def _take(self, environ: Environ, source: str) -> tuple[str, dict[str, str]]:
        """(status, body) of the answer; a success is answered when it is committed."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if environ.get("REQUEST_METHOD") != "POST" or not length.isdigit() or int(length) > LONGEST:
            return "400 Bad Request", {"error": f"send POST with at most {LONGEST} bytes"}
        body = environ["wsgi.input"].read(int(length))
        stamp, signature = (environ.get(f"HTTP_X_MIRO_BOT_{name}", "") for name in ("TIMESTAMP", "SIGNATURE"))
        now = self.context.now().timestamp()
        if not self.secret or not is_signed(secret_of(self.secret, source), stamp, body, signature, now):
            log.warning("an event of %s isn't signed with the secret of this source, or is too old", source)
            return "401 Unauthorized", {"error": "not signed, or too old"}
        if source not in self.context.policy.directory:
            return "404 Not Found", {"error": f"the policy has no directory {source}"}
        try:
            line = Line.model_validate(json.loads(body))
            store = self.context.store
            with store.writing():
                if store.once(f"{EVENT}{int(stamp)} {signature}"):  # replayed, it could undo a newer one
                    take(Directories(store.database, self.context.now), source, [line])
        except (ValidationError, ValueError, RecursionError) as error:
            if not isinstance(error, ValidationError):
                return "400 Bad Request", {"error": "not JSON"}
            known = ", ".join(Line.model_fields)
            return "400 Bad Request", {"error": f"{'; '.join(faults(error))}. The fields are {known}."}
        except Refused as error:
            return "400 Bad Request", {"error": str(error)}
        except (Taken, Moved):
            return "409 Conflict", {"error": "somebody else of this source has the address"}
        except StoreTrouble as error:
            log.warning("the record takes no event: %s", error)
            return "503 Service Unavailable", {"error": "try again"}
        self.context.wake()
        return "200 OK", {"ok": "saved"}
