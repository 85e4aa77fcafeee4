"""Away: somebody names who decides in their place, by /miro away or by its form, and both are told."""

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
    """/miro away: names a delegate, ends it, or says what is set. Raises Refused."""
    if not text:
        return standing(desk, who)
    if text.casefold() in ("off", "end", "back"):
        return end(desk, who)
    since, until, person = (found.search(text) for found in (_SINCE, _UNTIL, _PERSON))
    if until is None:
        raise Refused(f"Until which day? {HOW}")
    if person is None:
        raise Refused(f"Who stands in for you? {HOW}")
    named = person[1] or person[3]
    return name(desk, who, named, since[1] if since else "", until[1])


def standing(desk: Desk, who: Who) -> str:
    """What is set now."""
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
    """What a button carries of the delegation it was drawn from."""
    return delegation.key if delegation else NOBODY


class WrongPerson(Refused):
    """Whoever was named can't stand in."""


# -- set and ended ---------------------------------------------------------------------------------------


def name(desk: Desk, who: Who, entry: str, since: str, until: str, drawn: str | None = None) -> str:
    """Names a delegate for whole days of somebody's own clock, and tells them. Raises Refused.

    `drawn`: the delegation that a form was opened on (`key`); another one isn't replaced by it.
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
    """Back before the last day; whoever stood in is told. Raises Refused.

    `drawn`: the delegation that a button was drawn from (`key`); another one isn't ended by it.
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
    """One message to whoever stands in from now on, and to whoever doesn't any more."""
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
    """Whoever waits for a decision is asked anew soon, not only at the next look."""
    desk.people_changed = True
    desk.wake()


def _able(desk: Desk, who: Who, entry: str) -> Person:
    """The person that is meant, if they could stand in for a day at all. Raises WrongPerson."""
    try:
        other, now = _colleague(desk, entry), desk.now()
        delegated(who, other, now, now + timedelta(days=1), now)
    except Refused as error:
        raise WrongPerson(str(error)) from error
    return other


def _colleague(desk: Desk, entry: str) -> Person:
    """The person that is meant. Raises Refused where it isn't known who that is, and has it looked up."""
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


def span(one: Delegation, whose: Person) -> str:
    """'from Tuesday, 1 December until Friday, 4 December 2026': whole days of whoever is away."""
    zone = _zone(whose)
    first, last = one.since.astimezone(zone), (one.until - timedelta(minutes=1)).astimezone(zone)
    return f"from {first:%A}, {first.day} {first:%B} until {last:%A}, {last.day} {last:%B %Y}"


# -- the form --------------------------------------------------------------------------------------------


_NEEDED = {"delegate": "Choose who stands in for you.", "until": "Choose the last day."}


class Away:
    """What Bolt calls for Name a Delegate, its form, and I'm Back."""

    def __init__(self, desk: Desk, reply: "Reply") -> None:
        self.desk, self._reply = desk, reply

    def register(self, app: App) -> None:
        """Hands every listener to Bolt."""
        app.action("away")(self.pressed)
        app.action("away-off")(self.end_pressed)
        app.view("away")(self.sent)

    def pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Name a Delegate opens a form, filled in with what is set."""
        ack()
        self._reply.open(body, client, lambda: self._form(self._reply.who(body), _drawn(body)))

    def _form(self, who: Who, drawn: str) -> Block:
        """Carries the delegation it is opened on. Raises Outdated where the button was drawn from another."""
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
        """The form was sent: what is wrong stands at its field."""
        said, drawn = forms.read(body["view"]), forms.carried(body["view"]).get("delegation", "")
        missing = {field: text for field, text in _NEEDED.items() if not said.get(field)}
        if missing:
            ack(response_action="errors", errors=missing)
            return
        try:
            days = said.get("since", ""), said["until"]
            text = name(self.desk, self._reply.who(body), said["delegate"], *days, drawn)
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
    """The delegation that a pressed button was drawn from."""
    return str(body["actions"][0].get("value"))
