"""Look, Let Through, Hold, and Pause This Source."""

from slack_bolt import App
from slack_sdk import WebClient

from approvals.decide.actor import is_operator
from approvals.decide.streams.directories import Control
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Refused
from bot.cards.blocks import Block
from bot.directory.asking.requests import control, looked
from bot.slack.directory import view
from bot.slack.reply import Body, Listener

_ANSWERS = {
    Control.RELEASED: "{0} continues: {1}.",
    Control.KEPT: "It stays on hold. To continue, press Let Through, or run `miro-bot directory held {2}`.",
    Control.PAUSED: "{0} is paused. Its changes are kept, and nothing is requested until you resume it.",
    Control.RESUMED: "{0} continues.",
}


class Sources(Listener):
    """The listeners of directories."""

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action("directory-look")(self.look)
        for what in _ANSWERS:
            app.action(what.value)(self.pressed)

    def look(self, body: Body, client: WebClient) -> None:
        """What it is about."""
        self.open(body, client, self._look(body))

    def _look(self, body: Body) -> Block:
        name, reader = body["actions"][0]["value"], self.who(body).person
        if not is_operator(self.context.policy, reader):
            raise Refused("Only operators can see a directory's changes.")
        if name not in self.context.policy.directory:
            raise Refused(f"The policy has no directory {name} any more.")
        return view.look(self.context, looked(self.context, name), reader)

    def pressed(self, body: Body) -> None:
        """Decides, answers, and takes the buttons off a card that is settled."""
        action, (name, _, key) = body["actions"][0]["action_id"], body["actions"][0]["value"].partition(":")
        what, before = Control(action), self.context.store.hold(name)
        try:
            control(self.context, name, what, self.who(body), key)
            title = self.context.policy.titled(name)
            text = _ANSWERS[what].format(title, view.changes(before), name)
        except (Refused, StoreTrouble) as error:
            text = str(error)
        if body.get("response_url") and not self.context.store.hold(name).counts:
            self.say(Note(body["response_url"], view.message(self.context, name)))
        self.answer(body, text)
