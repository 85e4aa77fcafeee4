"""What a button or form was drawn from, read and written here alone: a request, its plan, a question of it.

A number isn't enough: once a backup was restored, R-42 is given out again, for another request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from approvals.decide.actor import Actor
from approvals.ids import RequestId
from approvals.refusals import Outdated
from approvals.request import Draft, Request
from bot.cards.blocks import Block, button

Decision = Callable[[Request, Actor], list[Draft]]

OTHER_RECORD = (
    "This card is from before a backup was restored. Nothing has changed. "
    "Use /miro status to see open requests."
)
OTHER_PLAN = "The change is different now, so your click did nothing. Read the updated card."


@dataclass(frozen=True)
class Handle:
    """A request as it was when a button was drawn; `question`: the number of one, counted from 1."""

    id: RequestId
    revision: str = ""
    token: str = ""
    question: str = ""

    @classmethod
    def of(cls, request: Request, question: int | None = None) -> "Handle":
        """The handle of a request as it is now."""
        return cls(request.id, request.plan.revision, request.token, str(question or ""))

    @classmethod
    def read(cls, value: object) -> "Handle":
        """What a button's value says; anything else is the handle of no request."""
        id, revision, token, question, *_ = [*str(value or "").split(":"), "", "", ""]
        return cls(RequestId(id), revision, token, question)

    @classmethod
    def pressed(cls, body: Mapping[str, Any]) -> "Handle":
        """The handle on the button of a verified payload."""
        return cls.read(body["actions"][0].get("value"))

    @property
    def value(self) -> str:
        """As a button carries it: "R-42:c0ffee12:9f86d081"."""
        parts = (self.id, self.revision, self.token, self.question)
        return ":".join(parts if self.question else parts[:3])

    @property
    def is_old(self) -> bool:
        """Whether the program that drew it told requests apart by their numbers alone."""
        return not self.token

    def stranger(self, request: Request) -> str:
        """Why it isn't about this request, as somebody reads it; '' where it is."""
        if (self.id, self.token) == (request.id, request.token):
            return ""
        if not self.is_old:
            return OTHER_RECORD
        return f"This card is out of date, so your click did nothing. Use the newest card of {request.id}."

    def check(self, request: Request) -> None:
        """Refuses what was drawn from another request. Raises Outdated."""
        if why := self.stranger(request):
            raise Outdated(why)

    def on_its_request(self, decision: Decision) -> Decision:
        """The same decision, about the request that was read and no other."""

        def decide(request: Request, actor: Actor) -> list[Draft]:
            if not self.is_old:
                self.check(request)
            # Who may not decide, or comes too late, is told that of a card of the older kind as well.
            drafts = decision(request, actor)
            self.check(request)
            return drafts

        return decide

    def on_its_plan(self, decision: Decision) -> Decision:
        """The same decision, about the changes that were read.

        Where no plan had been drawn yet, nothing that was read has changed.
        """

        def decide(request: Request, actor: Actor) -> list[Draft]:
            drafts = self.on_its_request(decision)(request, actor)
            if self.revision and self.revision != request.plan.revision:
                raise Outdated(OTHER_PLAN)
            return drafts

        return decide


def press(action: str, request: Request, label: str = "", question: int | None = None, **look: Any) -> Block:
    """A button about a request; its label is its action, unless given. `look`: as for `button`."""
    label = label or action.replace("-", " ").title()
    return button(label, action, Handle.of(request, question).value, **look)


def place(body: Mapping[str, Any]) -> dict[str, str]:
    """Where the message stands that was pressed, and the address by which Slack lets it be replaced."""
    box = body.get("container", {})
    fields = {name: box.get(name) for name in ("channel_id", "message_ts", "thread_ts")}
    fields["response_url"] = body.get("response_url")
    return {name: value for name, value in fields.items() if value}
