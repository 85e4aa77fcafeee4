"""Open Review, its form, and Keep All."""

import re
from collections.abc import Sequence

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.decide.streams.reviews import Step
from approvals.record.database import StoreTrouble
from approvals.refusals import Refused
from bot.cards.blocks import Block
from bot.cards.named import mark
from bot.slack import forms
from bot.slack.reply import Body, Listener
from bot.slack.review import view
from bot.work.reviewing import reviews


class Reviews(Listener):
    """The listeners of access reviews."""

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action(re.compile("^(review-open|keep-all)$"))(self.pressed)
        app.view("access-review")(self.sent)

    def pressed(self, body: Body, client: WebClient) -> None:
        """Open Review; or Keep All, which keeps what is left and isn't marked End."""
        key, problems, ended = body["actions"][0]["value"], list[str](), _ended(body)
        if body["actions"][0]["action_id"] == "keep-all":
            left = reviews.find(self.context, key).having()
            kept = [access.number for access in left if access.number not in ended]
            problems = reviews.decide(self.context, key, self.who(body), kept, ())
        self.open(body, client, self._form(body, key, problems))

    def sent(self, ack: Ack, body: Body) -> None:
        """Saves what is marked on this page, and shows the next."""
        carried, values = forms.carried(body["view"]), forms.read(body["view"])
        key, keeps = carried["review"], (values.get("reason", ""), values.get("until", ""))
        marked = _marked(body, Step.KEPT), _marked(body, Step.ENDED)
        try:
            problems = reviews.decide(self.context, key, self.who(body), *marked, *keeps)
            drawn = self._form(body, key, problems, int(carried["after"]))
        except (Refused, StoreTrouble) as error:
            drawn = forms.notice("Access Review", str(error))
        ack(response_action="update", view=drawn)

    def _form(self, body: Body, key: str, problems: Sequence[str], after: int = -1) -> Block:
        """A page for the reader. Raises Refused."""
        review, actor = reviews.find(self.context, key), self.who(body)
        reviews.check(self.context, review, actor, reads=True)
        own = {each.number for each in review.having() if reviews.is_own(self.context, each, actor.person)}
        return view.form(
            review, lambda id: mark(self.context.person(id), brief=True), own, after, problems, _ended(body)
        )


def _ended(body: Body) -> set[int]:
    """The numbers marked End, also on earlier pages: an end may have been refused there."""
    carried = forms.carried(body.get("view") or {}).get("ended", "")
    return {*map(int, carried.split()), *_marked(body, Step.ENDED)}


def _marked(body: Body, what: Step) -> list[int]:
    """The numbers of the accesses with this choice on the page."""
    return [int(number) for number, choice in forms.read(body.get("view") or {}).items() if choice == what]
