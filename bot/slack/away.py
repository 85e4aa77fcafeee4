"""Delegation: a person names who decides in their place, by /miro away or its form; both are notified."""

import logging
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.decide.actor import Who
from approvals.decide.delegates import delegated, returned
from approvals.people import Delegation, Person, Standing
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Outdated, Refused
from bot.cards.blocks import Block, message
from bot.cards.home import NOBODY
from bot.cards.named import mark
from bot.context import Desk
from bot.slack import forms
from bot.slack.words.sentence import MENTION

if TYPE_CHECKING:
    from bot.slack.reply import Reply

log = logging.getLogger(__name__)

Body = dict[str, Any]

HOW = "Write /miro away until 2026-12-04 @colleague."
_DAY = r"(\d{4}-\d\d?-\d\d?)"
_SINCE = re.compile(rf"\b(?:from|since)\s+{_DAY}", re.I)
_UNTIL = re.compile(rf"\b(?:until|till|to|through)\s+{_DAY}", re.I)
_PERSON = re.compile(rf"{MENTION}|([^\s<>|@]+@[\w.-]+\.\w+)")


# -- typed -----------------------------------------------------------------------------------------------


def away(desk: Desk, who: Who, text: str) -> str:
    """/miro away: sets or ends a delegation, or shows it; returns the answer. Raises Refused."""
    if not text:
        return standing(desk, who)
    if text.casefold() in ("off", "end", "back"):
        return end(desk, who)
    since, until, person = (pattern.search(text) for pattern in (_SINCE, _UNTIL, _PERSON))
    if until is None:
        raise Refused(f"Until which day? {HOW}")
    if person is None:
        raise Refused(f"Who stands in for you? {HOW}")
    named = person[1] or person[3]
    return name(desk, who, named, since[1] if since else "", until[1])


def standing(desk: Desk, who: Who) -> str:
    """The sentence about the current delegation."""
    current = desk.store.people.named_delegate(who.person.id, desk.now())
    if current is None:
        return f"No delegate set. {HOW}"
    named = desk.person(current.delegate).addressed
    return f"{named} stands in for you {span(current, who.person)}. To end this: /miro away off."


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


class WrongPerson(Refused):
    """The named person can't be a delegate."""


# -- set and ended ---------------------------------------------------------------------------------------


def name(desk: Desk, who: Who, entry: str, since: str, until: str, drawn: str | None = None) -> str:
    """Sets a delegate for whole days in the person's time zone, and notifies them. Raises Refused.

    `drawn`: the `key` of the delegation shown in the form; a newer one isn't replaced.
    """
    other, zone = _able(desk, who, entry), _zone(who.person)
    today = desk.now().astimezone(zone).date()
    first = _midnight(_day(since) if since else today, zone)
    last = _midnight(_day(until) + timedelta(days=1), zone)
    draft = delegated(who, other, first, last, desk.now())
    new = Delegation(who.person.id, other.id, first, last)
    with desk.store.writing():
        before = desk.store.people.named_delegate(who.person.id, desk.now())
        if before != new:
            if drawn not in (None, key(before)):
                raise Outdated(OTHER_SINCE_OPENED)
            desk.store.delegate(draft)
            _tell(desk, who, before, new)
    _review(desk)
    return f"{other.addressed} stands in for you {span(new, who.person)}. To end this: /miro away off."


def end(desk: Desk, who: Who, drawn: str | None = None) -> str:
    """Ends a delegation early and notifies the delegate. Raises Refused.

    `drawn`: the `key` of the delegation behind the button; a newer one isn't ended.
    """
    with desk.store.writing():
        before = desk.store.people.named_delegate(who.person.id, desk.now())
        if before and drawn not in (None, key(before)):
            raise Outdated(OTHER_DELEGATION)
        desk.store.delegate(returned(who, before, desk.now()))
        _tell(desk, who, before, None)
    _review(desk)
    assert before  # else it was refused
    return f"You're back: {desk.person(before.delegate).addressed} no longer stands in for you."


def _tell(desk: Desk, who: Who, before: Delegation | None, new: Delegation | None) -> None:
    """Notifies the new delegate, and the one who was replaced."""
    me, again = mark(who.person), mark(who.person, brief=True)
    if before and (new is None or before.delegate != new.delegate):
        _say(desk, desk.person(before.delegate), f"You no longer stand in for {me}.")
    if new:
        other = desk.person(new.delegate)
        days = span(new, who.person)
        text = f"{me} is away {days}. You stand in: requests to {again} come to you."
        _say(desk, other, text)


def _say(desk: Desk, person: Person, text: str) -> None:
    if person.account:
        desk.store.outbox.say(Note(person.account.slack_id, message(text)))


def _review(desk: Desk) -> None:
    """Makes the clock reroute waiting requests soon, not only in its next round."""
    desk.people_changed = True
    desk.wake()


def _able(desk: Desk, who: Who, entry: str) -> Person:
    """The named person, if they can be a delegate. Raises WrongPerson."""
    try:
        other, now = _colleague(desk, entry), desk.now()
        delegated(who, other, now, now + timedelta(days=1), now)
    except Refused as error:
        raise WrongPerson(str(error)) from error
    return other


def _colleague(desk: Desk, entry: str) -> Person:
    """The named person. Raises Refused if unknown, after queueing a look-up."""
    person = desk.find(entry)
    if person and person.account and person.account.standing is not Standing.UNKNOWN:
        return person
    if "@" in entry and not desk.policy.allows(entry):
        raise Refused(f"Only people of {', '.join(desk.policy.domains)} can stand in. Choose a colleague.")
    desk.unknown.add(entry)
    called = entry if "@" in entry else "this colleague"
    raise Refused(f"I don't know {called} yet. I'm checking Slack. Please try again in a minute.")


# -- days ------------------------------------------------------------------------------------------------


def _zone(person: Person) -> ZoneInfo:
    try:
        return ZoneInfo(person.account.zone if person.account and person.account.zone else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _day(text: str) -> date:
    try:
        year, month, day = map(int, text.split("-"))
        if 2000 <= year < 2200:
            return date(year, month, day)
    except ValueError:
        pass
    raise Refused(f"I can't read the date {text}. Write it like 2026-12-04.")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def span(delegation: Delegation, whose: Person) -> str:
    """'from Tuesday, 1 December until Friday, 4 December 2026': days in the absent person's time zone."""
    zone = _zone(whose)
    first, last = (
        day.astimezone(zone) for day in (delegation.since, delegation.until - timedelta(minutes=1))
    )
    return f"from {first:%A}, {first.day} {first:%B} until {last:%A}, {last.day} {last:%B %Y}"


# -- the form --------------------------------------------------------------------------------------------


_NEEDED = {"delegate": "Choose who stands in for you.", "until": "Choose the last day."}


class Away:
    """The listeners of Name a Delegate, its form, and I'm Back."""

    def __init__(self, desk: Desk, reply: "Reply") -> None:
        self.desk, self._reply = desk, reply

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action("away")(self.pressed)
        app.action("away-off")(self.end_pressed)
        app.view("away")(self.sent)

    def pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Name a Delegate opens the form, filled with the current delegation."""
        ack()
        self._reply.open(body, client, lambda: self._form(self._reply.who(body), _drawn(body)))

    def _form(self, who: Who, drawn: str) -> Block:
        """The form, carrying the current delegation. Raises Outdated if the button was drawn from another."""
        zone, now = _zone(who.person), self.desk.now()
        current = self.desk.store.people.named_delegate(who.person.id, now)
        if drawn != key(current):
            raise Outdated(OTHER_DELEGATION)
        if current is None:
            return forms.away_form(drawn, f"{now.astimezone(zone):%Y-%m-%d}")
        account = self.desk.person(current.delegate).account
        last = current.until.astimezone(zone) - timedelta(minutes=1)
        since = f"{current.since.astimezone(zone):%Y-%m-%d}"
        return forms.away_form(drawn, since, f"{last:%Y-%m-%d}", account.slack_id if account else "")

    def sent(self, ack: Ack, body: Body) -> None:
        """The form was submitted: errors are shown at their fields."""
        values, drawn = forms.read(body["view"]), forms.carried(body["view"]).get("delegation", "")
        missing = {field: text for field, text in _NEEDED.items() if not values.get(field)}
        if missing:
            ack(response_action="errors", errors=missing)
            return
        try:
            days = values.get("since", ""), values["until"]
            text = name(self.desk, self._reply.who(body), values["delegate"], *days, drawn)
        except (Refused, StoreTrouble) as error:
            place = "delegate" if isinstance(error, WrongPerson) else "until"
            ack(response_action="errors", errors={place: str(error)})
        else:
            ack(response_action="update", view=forms.notice("Name a Delegate", text))

    def end_pressed(self, ack: Ack, body: Body) -> None:
        """I'm Back, before the last day."""
        ack()
        try:
            text = end(self.desk, self._reply.who(body), _drawn(body))
        except (Refused, StoreTrouble) as error:
            text = str(error)
        self._reply.answer(body, text)


def _drawn(body: Body) -> str:
    """The key of the delegation that a pressed button was drawn from."""
    return str(body["actions"][0].get("value"))
