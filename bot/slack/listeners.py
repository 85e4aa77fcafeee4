"""What the bot does with a command, a form, a message or App Home: check, one transaction, ack.

`views.open`, and `views.publish` when App Home is opened, are the only Slack calls made here; everything
else is stored, and the deliverer brings it.
"""

import re
from collections.abc import Callable, Sequence

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.ids import SlackId
from approvals.people import listed
from approvals.refusals import Refused
from approvals.request import Request
from bot.actions import ACTIONS, Action, many
from bot.actions.fill import Problems, people_in
from bot.cards.handles import place
from bot.slack import answers, forms, opening, team_options
from bot.slack.away import Away, away
from bot.slack.bulk import Bulk
from bot.slack.clicks import Clicks
from bot.slack.directory.clicks import Sources
from bot.slack.lines import Lines
from bot.slack.lists.pasted import Lists
from bot.slack.reply import Body, Listener
from bot.slack.review.clicks import Reviews
from bot.slack.shortcuts import Shortcuts
from bot.slack.words import drafts, replies
from bot.slack.words.reading import Answer, about_end, read
from bot.slack.words.sentence import by_name, typed
from bot.work.ask import asked_each

ONLY_YOU = {"response_type": "ephemeral"}
"""local-slack shows an answer to a command without it to everybody; Slack only to the one who typed."""


def _acknowledge(ack: Ack, next: Callable[[], None]) -> None:
    """Everything is acknowledged, unless a listener acknowledges it with an answer of its own."""
    ack()
    next()


class Listeners(Listener):
    """Everything Bolt calls."""

    def register(self, app: App) -> None:
        """Hands every listener to Bolt, those that most people wait for first."""
        app.middleware(_acknowledge)
        app.view(re.compile("^ask:"))(self.submitted)
        Clicks(self.context, self.deliverer).register(app)
        app.action(re.compile("^(open:.*|again|review)$"))(self.open_pressed)
        app.action(re.compile("^(visit|value|cancel)$"))(self.ignored)
        app.options("value")(self.suggested)
        for room in (Shortcuts, Away, Bulk, Reviews, Sources, Lines):
            room(self.context, self.deliverer).register(app)
        app.command("/miro")(self.miro)
        for action in ACTIONS.values():
            if action.SLASH:
                app.command(f"/{action.SLASH}")(self.command)
        app.event("app_home_opened")(self.home)
        app.error(self.failed)

    # -- asking ----------------------------------------------------------------------------------------

    def submitted(self, ack: Ack, body: Body) -> None:
        """A form was sent: every problem at its field, or the request is saved."""
        view = body["view"]
        action = ACTIONS.get(view["callback_id"].removeprefix("ask:"))
        if action is None:
            raise Refused("I don't know this form anymore. Please ask again: /miro help.")
        raw, carried = forms.read(view), forms.carried(view)
        if carried.get("who_open") and not raw.get("person"):
            raise Problems({"person": "Choose whom this is for. It may be you."})
        with self.context.store.writing():
            actor, reason = self.who(body), raw.pop("reason", "")
            requests = asked_each(self.context, action, raw, reason, actor, f"view:{view['id']}")
            self.take_over(carried, requests[0], _sent(requests))
        self.context.wake()
        ack(response_action="update", view=forms.notice("Sent", _sent(requests)))

    def command(self, ack: Ack, body: Body, client: WebClient) -> None:
        """/miro-access and its like: opens the form, filled in as far as the text says."""
        action = next(action for action in ACTIONS.values() if f"/{action.SLASH}" == body["command"])
        self._meant(ack, typed(body.get("text", "")), body, client, action)

    def _meant(
        self, ack: Ack, text: str, body: Body, client: WebClient, action: type[Action] | None = None
    ) -> None:
        """Opens the form that a text asks for, or answers. Raises Refused."""
        actor, tables = self.who(body), self.context.tables()
        reading = read(text, tables, self.context.now().date(), action, body["user_id"])
        if isinstance(reading, Answer):
            answer = replies.reply(self.context, actor, reading, by_name(text, tables.called), action)
            ack(answer | ONLY_YOU)
            return
        try:
            self.open(body, client, opening.form(self.context, actor, reading))
        except Refused as refusal:
            if action is reading.action:
                raise
            raise Refused(f"{answers.read_as(reading.action)} {refusal}") from None

    def miro(self, ack: Ack, body: Body, client: WebClient) -> None:
        """/miro: help, whoami, status, withdraw, or an action in plain words."""
        text = typed(body.get("text", "")).strip()
        text = f"show {text}" if re.fullmatch(r"R-[0-9]{1,18}", text, re.I) else text
        word, _, rest = text.partition(" ")
        word, rest = word.casefold(), rest.strip()
        if word == "away":
            ack(away(self.context, self.who(body), rest) | ONLY_YOU)
        elif word in answers.VERBS:
            # They say again what was typed, and so name people.
            rest = by_name(rest, self.context.tables().called)
            ack(answers.VERBS[word](self.context, self.who(body), rest) | ONLY_YOU)
        elif word == many.Bulk.NAME and not rest:
            Lists(self.context, self.deliverer).command(body, client)
        elif word in ACTIONS:
            self._meant(ack, rest, body, client, ACTIONS[word])
        else:
            self._meant(ack, text, body, client)

    def open_pressed(self, body: Body, client: WebClient) -> None:
        """A button that opens a form: of the help, of a reviewed message, or Ask Again."""
        pressed, actor = body["actions"][0], self.who(body)
        draft = drafts.draft_of(self.context, actor, pressed)
        if draft is None:
            raise Refused("That was too long ago. Please ask again.")
        box = place(body) if pressed["action_id"] == "review" else {}
        self.open(body, client, opening.form(self.context, actor, draft, **box))

    def suggested(self, ack: Ack, payload: Body) -> None:
        """Teams while somebody types, where there are more than a select can hold."""
        view, field = payload.get("view", {}), str(payload.get("block_id"))
        action = ACTIONS.get(str(view.get("callback_id")).removeprefix("ask:"))
        asked = action.form().get(field) if action else None
        people = people_in(forms.read(view).get("person", "")) or [str(payload["user"]["id"])]
        whose = people[0] if asked and asked.leaves else ""
        ack(options=team_options.suggestions(payload.get("value") or "", self.context.tables(), whose))

    def ignored(self) -> None:
        """A button that does nothing here: a link, or one of an older drawing."""

    def home(self, event: Body, client: WebClient) -> None:
        """App Home is opened: drawn at once, the one other call of Slack that a listener makes."""
        if event.get("tab", "home") == "home":
            actor = self.who({"user_id": event["user"]})
            self.deliverer.pages.opened(client, actor, SlackId(event["user"]))


NEXT = "I'm checking what would change and who decides. I'll write to you, and you don't have to do anything."
"""Who decides isn't known before Miro was looked at: it may be so already, or be refused."""


def _sent(requests: Sequence[Request]) -> str:
    """What a form turns into."""
    first = requests[0]
    lead = "Practice: nothing will change. " if first.practice else ""
    notes = about_end(ACTIONS[first.action], first.reason, first.scope.days)
    end = "".join(f" {note}" for note in notes)
    return f"{lead}Sent: {listed([request.id for request in requests])}. {NEXT}{end}"
