"""Stands between a bot and both stand-ins, and looks at Miro and the record at the moment of each call."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from approvals.ids import RequestId
from approvals.record.database import Location
from approvals.record.store import Store
from approvals.states import ACTIVE, EventType
from bot.sandbox.miro.service import Miro
from bot.sandbox.server import Answer, Call, serving
from bot.sandbox.slack import web_api
from bot.sandbox.slack.workspace import Workspace

_DONE = re.compile(r"\bDone\b|\b(\d+) of \1 lines done")


@dataclass(frozen=True)
class Told:
    """A message that says that it is done, and what Miro held at that moment."""

    text: str
    held: dict[str, Any]


CarryOut = Callable[[], Answer | None]


def carried_out(call: Call, carry_out: CarryOut) -> Answer | None:
    """The usual line to Miro: what is sent is carried out."""
    return carry_out()


@dataclass
class Watch:
    """What a bot did, as it was seen from outside."""

    miro: Miro
    slack: Workspace
    record: Location
    request: RequestId
    line: Callable[[Call, CarryOut], Answer | None] = carried_out
    writes: list[str] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    unannounced: list[str] = field(default_factory=list)
    """Writes that the record didn't hold as *trying* when they arrived."""

    def forget(self) -> None:
        """Begins anew."""
        for seen in (self.writes, self.looks, self.posted, self.told, self.unannounced):
            seen.clear()

    @contextmanager
    def serve(self) -> Iterator[dict[str, str]]:
        """Yields the environment of a bot that is watched."""
        with serving(self.at_miro) as miro, serving(self.at_slack) as slack:
            urls = {"MIRO_SCIM_URL": f"{miro}/api/v1/scim", "MIRO_REST_URL": miro}
            yield urls | {"SLACK_API_URL": f"{slack}/api/"}

    def at_miro(self, call: Call) -> Answer | None:
        """Answers as Miro does."""
        said = f"{call.method} {call.path.removeprefix('/api/v1/scim')}"
        if call.method == "GET":
            self.looks.append(said)
        else:
            self.writes.append(f"{said} {call.body.decode()}")
            if not self._announced(said, max(1, call.body.count(b'{"value":'))):
                self.unannounced.append(said)
        return self.line(call, lambda: self.miro.answer(call))

    def _announced(self, said: str, people: int) -> bool:
        """Whether the newest entry of so many requests is that this very call is tried."""
        with closing(Store(self.record)) as store:
            newest = [[*store.events(id)][-1] for id in store.numbers(states=ACTIVE)]
        trying = [event.body.get("call") for event in newest if event.type == EventType.TRYING]
        calls = [re.sub(r"\\{(user|org)\\}", r"\\d+", re.escape(str(call))) for call in trying]
        return sum(re.fullmatch(call, said) is not None for call in calls) >= people

    def at_slack(self, call: Call) -> Answer | None:
        """Answers as Slack does."""
        method = call.path.removeprefix("/api/")
        if method in ("chat.postMessage", "chat.update"):
            params = web_api.parameters(call)
            text = json.dumps([params.get("text"), params.get("blocks")], ensure_ascii=False)
            if method == "chat.postMessage":
                self.posted.append(f"{params['channel']} {text}")
            if _DONE.search(text):
                self.told.append(Told(text, self.miro.snapshot()))
        return web_api.answer(self.slack, call)
