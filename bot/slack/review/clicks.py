"""Open Review, its form, and Keep All."""

from collections.abc import Sequence
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.decide.streams.reviews import Step
from approvals.record.database import StoreTrouble
from approvals.refusals import Refused
from bot.actions.fill import Problems
from bot.cards.blocks import Block
from bot.cards.named import mark
from bot.context import Desk
from bot.slack import forms
from bot.slack.reply import Reply
from bot.slack.review import view
from bot.work.reviewing import reviews

Body = dict[str, Any]


class Reviews:
    """The listeners of access reviews."""

    def __init__(self, desk: Desk, reply: Reply) -> None:
        self.desk, self._reply = desk, reply

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action("review-open")(self.pressed)
        app.action("keep-all")(self.pressed)
        app.view("access-review")(self.sent)

    def pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Open Review; or Keep All, which keeps what is left and isn't marked End."""
        ack()
        key, action = body["actions"][0]["value"], body["actions"][0]["action_id"]
        keep = self._keep_all if action == "keep-all" else lambda body, key: []
        self._reply.open(body, client, lambda: self._form(body, key, keep(body, key)))

    def _keep_all(self, body: Body, key: str) -> list[str]:
        ended = _ended(body)
        kept = [
            access.number for access in reviews.find(self.desk, key).having() if access.number not in ended
        ]
        return reviews.decide(self.desk, key, self._reply.who(body), kept, ())

    def sent(self, ack: Ack, body: Body) -> None:
        """Saves what is marked on this page, and shows the next."""
        carried = forms.carried(body["view"])
        key, kept, ended = carried["review"], _marked(body, Step.KEPT), _marked(body, Step.ENDED)
        try:
            values = forms.read(body["view"])
            keeps = values.get("reason", ""), values.get("until", "")
            problems = reviews.decide(self.desk, key, self._reply.who(body), kept, ended, *keeps)
            drawn = self._form(body, key, problems, int(carried["after"]))
        except Problems as error:
            ack(response_action="errors", errors=forms.at_fields(error, body["view"]))
            return
        except (Refused, StoreTrouble) as error:
            drawn = forms.notice("Access Review", str(error))
        ack(response_action="update", view=drawn)

    def _form(self, body: Body, key: str, problems: Sequence[str], after: int = -1) -> Block:
        """A page for the reader. Raises Refused."""
        review, who = reviews.find(self.desk, key), self._reply.who(body)
        reviews.check(self.desk, review, who, reads=True)
        own = {each.number for each in review.having() if reviews.is_own(self.desk, each, who.person)}
        return view.form(
            review, lambda id: mark(self.desk.person(id), brief=True), own, after, problems, _ended(body)
        )


def _ended(body: Body) -> set[int]:
    """The numbers marked End, also on earlier pages: an end may have been refused there."""
    carried = forms.carried(body.get("view") or {}).get("ended", "")
    return {*map(int, carried.split()), *_marked(body, Step.ENDED)}


def _marked(body: Body, what: Step) -> list[int]:
    """The numbers of the accesses with this choice on the page."""
    return [int(number) for number, choice in forms.read(body.get("view") or {}).items() if choice == what]
