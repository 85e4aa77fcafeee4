"""The buttons of cards: Approve, Deny, Withdraw, Resume, Details; each decides in one transaction."""

import re
from functools import partial

from slack_bolt import App
from slack_sdk import WebClient

from approvals.decide import decide
from approvals.record.database import Overtaken
from approvals.request import Request
from bot.cards.handles import Decision, Handle, place
from bot.cards.named import mark
from bot.slack import answers, forms
from bot.slack.deliver.home import is_home
from bot.slack.lists.pasted import Lists
from bot.slack.reply import Body, Listener
from bot.slack.talk import asking, nudge, reminded, replying
from bot.work.ask import handed, postponed
from bot.work.bulk import control
from bot.work.ending import end_now

FORMS = re.compile("^(deny|question|answer|start|hand-over)$")
"""Buttons that open a form, and the form behind each."""
_DID = {
    "approve": "You approved {id}.",
    "withdraw": "{id} is withdrawn.",
    "keep": "{id} is withdrawn. The account isn't deleted.",
    "resume": "{id} continues with what's left.",
    "take-back": "{id} is back with the operators.",
    "report": "I'm checking in Miro whether {id} is done.",
    "pause": "{id} is paused.",
    "continue": "{id} continues.",
}
"""{button: sentence shown in App Home}, where no card shows the result of a click."""


class Clicks(Listener):
    """The listeners of these buttons, and of the forms behind some."""

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action(re.compile(f"^({'|'.join(_DID)})$"))(self.clicked)
        app.view(FORMS)(self.form_sent)
        app.action(FORMS)(self.form_pressed)
        app.action("remind")(self.remind_pressed)
        app.action("undo")(self.undo_pressed)
        app.action("end-now")(self.end_pressed)
        app.action("details")(self.details_pressed)
        Lists(self.context, self.deliverer).register(app)

    def clicked(self, body: Body) -> None:
        """Approve, Withdraw, Resume, Take Back or I've Done It."""
        handle, action = Handle.pressed(body), body["actions"][0]["action_id"]
        self.decide(body, handle, self._decision(action, handle))
        if is_home(body):
            self.answer(body, _DID[action].format(id=handle.id))

    def _decision(self, action: str, handle: Handle, text: str = "") -> Decision:
        """What a button decides, or the form behind it with its `text`."""
        context, table = self.context, self.context.table
        on_its_request: dict[str, Decision] = {
            "start": lambda request, actor: postponed(context, request, actor, text),
            "hand-over": lambda request, actor: handed(context, request, actor, text),
            "answer": replying(context, handle.question, text),
        }
        on_its_plan: dict[str, Decision] = {
            "approve": lambda request, actor: context.approval(request, actor, handle.revision),
            "deny": lambda request, actor: decide.deny(request, actor, text, table(request)),
            "question": asking(context, text),
            "withdraw": lambda request, actor: decide.withdraw(request, actor, table(request)),
            "keep": lambda request, actor: decide.withdraw(request, actor, table(request)),
            "resume": lambda request, actor: decide.resume(request, actor, table(request)),
            "take-back": lambda request, actor: decide.take_back(request, actor, table(request)),
            "report": lambda request, actor: decide.report(request, actor, table(request)),
            "pause": partial(control.pause, context),
            "continue": partial(control.go_on, context),
        }
        if action in on_its_request:
            return handle.on_its_request(on_its_request[action])
        return handle.on_its_plan(on_its_plan[action])

    def decide(self, body: Body, handle: Handle, decision: Decision) -> None:
        """Decides in one transaction, and redraws what was clicked. Raises Refused, StoreTrouble."""
        self.taken(
            handle, decision, partial(self.decider, body, handle.id), f"click:{body.get('trigger_id')}"
        )
        self.redraw(body)

    def remind_pressed(self, body: Body) -> None:
        """Remind: one more reminder for those who were asked."""
        handle = Handle.pressed(body)
        self.decide(body, handle, partial(nudge, self.context))
        self.answer(body, reminded(self.context, handle.id))

    def undo_pressed(self, body: Body) -> None:
        """Undo: asks for what takes the changes back."""
        request, receipt = self._pressed(body), f"click:{body.get('trigger_id')}"
        text = answers.undone(self.context, request, self.who(body), receipt)
        self.redraw(body)
        self.answer(body, text)

    def end_pressed(self, body: Body) -> None:
        """End Now: access for some days is revoked before its last day."""
        request = self._pressed(body)
        text = f"{request.id} ends now. I'll tell you once it's removed."
        try:
            end_now(self.context, request, self.who(body))
        except Overtaken:
            text = f"{request.id} ends already. Nothing left to do."
        self.redraw(body)
        self.answer(body, text)

    def _pressed(self, body: Body) -> Request:
        """The request that a button was drawn from. Raises Refused."""
        handle = Handle.pressed(body)
        request = self.request_of(handle)
        handle.check(request)
        return request

    def form_pressed(self, body: Body, client: WebClient) -> None:
        """Buttons with a form open it, if what it is for would be taken."""
        handle, action = Handle.pressed(body), body["actions"][0]["action_id"]
        request, actor, trial = self.request_of(handle), self.who(body), "to be said"
        if action == "hand-over":
            handle.check(request)
            decide.check_operated(request, actor, self.context.table(request), "hand over")
        else:
            if request.starts_at:
                trial = str(int(request.starts_at.timestamp()) + 60)
            self._decision(action, handle, trial)(request, actor)
        asked = request.asking.questions[-1:]
        asker = mark(self.context.person(asked[0].by)) if asked else ""
        self.open(body, client, forms.about(action, request, place(body), asker))

    def form_sent(self, body: Body) -> None:
        """One of these forms was submitted; it carries the handle, and the card that was clicked."""
        view = body["view"]
        carried, text = forms.carried(view), forms.reason_of(view)
        handle = Handle.read(carried.get("request"))
        pressed = {**body, "trigger_id": view["id"], "container": carried}
        self.decide(pressed, handle, self._decision(view["callback_id"], handle, text))

    def details_pressed(self, body: Body, client: WebClient) -> None:
        """Details shows what doesn't fit on a card, to those who have the card."""
        handle = Handle.pressed(body)
        request, actor = self.request_of(handle), self.who(body)
        if not handle.is_old:  # reading is safe, so cards of an older program still show details
            handle.check(request)
        answers.may_see(self.context, request, actor)
        self.open(body, client, Lists(self.context, self.deliverer).details(request, actor))
