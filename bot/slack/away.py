"""Away: somebody names who decides in their place, by /miro away or by its form, and both are told."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.decide.actor import Actor
from approvals.decide.delegates import delegated, returned
from approvals.people import Delegation, Person, Standing
from approvals.record.outbox import Note
from approvals.refusals import Outdated, Refused
from approvals.request import Draft
from bot.actions.fill import Problems
from bot.cards.blocks import Block, Message, message
from bot.cards.home import NOBODY, span
from bot.cards.named import mark
from bot.context import Context
from bot.slack import forms
from bot.slack.reply import Body, Listener
from bot.slack.words.sentence import MENTION

HOW = "Write /miro away until 2026-12-04 @colleague."
_DAY = r"(\d{4}-\d\d?-\d\d?)"
_SINCE = re.compile(rf"\b(?:from|since)\s+{_DAY}", re.I)
_UNTIL = re.compile(rf"\b(?:until|till|to|through)\s+{_DAY}", re.I)
_PERSON = re.compile(rf"{MENTION}|([^\s<>|@]+@[\w.-]+\.\w+)")


OTHER_DELEGATION = (
    "Your delegate or the dates have changed since this page was drawn. Nothing was done. "
    "This page now shows the current delegate."
)
OTHER_SINCE_OPENED = (
    "Your delegate or the dates have changed since this form was opened. Nothing was saved. "
    "Close it and open it again."
)


def key(delegation: Delegation | None) -> str:
    """The key of a delegation carried by the buttons drawn from it."""
    return delegation.key if delegation else NOBODY


def away(context: Context, actor: Actor, text: str) -> Message:
    """/miro away: sets or ends a delegation, or shows it; returns the answer. Raises Refused."""
    if not text:
        current = context.store.people.named_delegate(actor.person.id, context.now())
        return message(_standing(context, current, actor.person) if current else f"No delegate set. {HOW}")
    if text.casefold() in ("off", "end", "back"):
        return message(end(context, actor))
    since, until, person = (pattern.search(text) for pattern in (_SINCE, _UNTIL, _PERSON))
    if until is None:
        raise Refused(f"Until which day? {HOW}")
    if person is None:
        raise Refused(f"Who stands in for you? {HOW}")
    other = able(context, actor, person[1] or person[3])
    return message(name(context, actor, other, since[1] if since else "", until[1]))


def _standing(context: Context, current: Delegation, whose: Person) -> str:
    named = context.person(current.delegate).addressed
    return f"{named} stands in for you {span(current, whose)}. To end this: /miro away off."


def name(
    context: Context, actor: Actor, other: Person, since: str, until: str, drawn: str | None = None
) -> str:
    """Sets a delegate for whole days in the person's time zone, and notifies them. Raises Refused.

    `drawn`: the `key` of the delegation shown in the form; a newer one isn't replaced.
    """
    zone = actor.person.zone
    first = _day(since) if since else context.now().astimezone(zone).date()
    days = first, _day(until) + timedelta(days=1)
    begin, over = (datetime.combine(day, time(), zone).astimezone(UTC) for day in days)
    draft = delegated(actor, other, begin, over, context.now())
    new = Delegation(actor.person.id, other.id, begin, over)
    _replace(context, actor, new, lambda _: draft, drawn, OTHER_SINCE_OPENED)
    return _standing(context, new, actor.person)


def end(context: Context, actor: Actor, drawn: str | None = None) -> str:
    """Ends a delegation early and notifies the delegate. Raises Refused.

    `drawn`: the `key` of the delegation shown beside the button; a newer one isn't ended.
    """
    before = _replace(
        context, actor, None, lambda old: returned(actor, old, context.now()), drawn, OTHER_DELEGATION
    )
    assert before  # else it was refused
    return f"You're back: {context.person(before.delegate).addressed} no longer stands in for you."


def _replace(
    context: Context,
    actor: Actor,
    new: Delegation | None,
    draft: Callable[[Delegation | None], Draft],
    drawn: str | None,
    outdated: str,
) -> Delegation | None:
    """Replaces or ends a delegation and notifies both delegates; returns the one before."""
    with context.store.writing():
        before = context.store.people.named_delegate(actor.person.id, context.now())
        if new and before == new:
            return before
        if (before or new) and drawn not in (None, key(before)):
            raise Outdated(outdated)
        context.store.delegate(draft(before))
        me, again = mark(actor.person), mark(actor.person, brief=True)
        notices = {}
        if before:
            notices[before.delegate] = f"You no longer stand in for {me}."
        if new:
            days = span(new, actor.person)
            notices[new.delegate] = f"{me} is away {days}. You stand in: requests to {again} come to you."
        for id, text in notices.items():
            if account := context.person(id).account:
                context.store.outbox.say(Note(account.slack_id, message(text)))
    context.people_changed = True  # approvers of what waits are asked anew soon
    context.wake()
    return before


def able(context: Context, actor: Actor, entry: str) -> Person:
    """The named person, if they can be a delegate. Raises Refused; queues a look-up if unknown."""
    person, now = context.find(entry), context.now()
    if not (person and person.account and person.account.standing is not Standing.UNKNOWN):
        if "@" in entry and not context.policy.allows(entry):
            domains = ", ".join(context.policy.domains)
            raise Refused(f"Only people of {domains} can stand in. Choose a colleague.")
        context.unknown.add(entry)
        called = entry if "@" in entry else "this colleague"
        raise Refused(f"I don't know {called} yet. I'm checking Slack. Please try again in a minute.")
    delegated(actor, person, now, now + timedelta(days=1), now)
    return person


def _day(text: str) -> date:
    with suppress(ValueError):
        day = date(*map(int, text.split("-")))
        if 2000 <= day.year < 2200:
            return day
    raise Refused(f"I can't read the date {text}. Write it like 2026-12-04.")


_NEEDED = {"delegate": "Choose who stands in for you.", "until": "Choose the last day."}


class Away(Listener):
    """The listeners of Name a Delegate, its form, and I'm Back."""

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action("away")(self.pressed)
        app.action("away-off")(self.end_pressed)
        app.view("away")(self.sent)

    def pressed(self, body: Body, client: WebClient) -> None:
        """Name a Delegate opens the form, filled with the current delegation."""
        self.open(body, client, self._form(self.who(body), _drawn(body)))

    def _form(self, actor: Actor, drawn: str) -> Block:
        """The form, carrying the current delegation. Raises Outdated if the button was drawn from another."""
        zone, now = actor.person.zone, self.context.now()
        current = self.context.store.people.named_delegate(actor.person.id, now)
        if drawn != key(current):
            raise Outdated(OTHER_DELEGATION)
        if current is None:
            return forms.away_form(drawn, f"{now.astimezone(zone):%Y-%m-%d}")
        account = self.context.person(current.delegate).account
        last = current.until.astimezone(zone) - timedelta(minutes=1)
        since = f"{current.since.astimezone(zone):%Y-%m-%d}"
        return forms.away_form(drawn, since, f"{last:%Y-%m-%d}", account.slack_id if account else "")

    def sent(self, ack: Ack, body: Body) -> None:
        """The form was submitted: errors are shown at their fields."""
        values, drawn = forms.read(body["view"]), forms.carried(body["view"]).get("delegation", "")
        if missing := {field: text for field, text in _NEEDED.items() if not values.get(field)}:
            raise Problems(missing)
        actor = self.who(body)
        try:
            other = able(self.context, actor, values["delegate"])
        except Refused as error:
            raise Problems({"delegate": str(error)}) from error
        text = name(self.context, actor, other, values.get("since", ""), values["until"], drawn)
        ack(response_action="update", view=forms.notice("Name a Delegate", text))

    def end_pressed(self, body: Body) -> None:
        """I'm Back, before the last day."""
        self.answer(body, end(self.context, self.who(body), _drawn(body)))


def _drawn(body: Body) -> str:
    """The delegation that a pressed button was drawn from."""
    return str(body["actions"][0].get("value"))
