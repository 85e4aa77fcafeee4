"""What every part of the bot shares: the record, the policies, the clock, and how to read a request."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from pydantic import ValidationError

from approvals.case import Case
from approvals.clocks import is_recent
from approvals.decide import decide
from approvals.decide.actor import Who
from approvals.decide.basis import Table
from approvals.decide.tally import Ground
from approvals.ids import GroupId, PersonId, RequestId, SlackId, stamp
from approvals.people import FRESH, Group, Person
from approvals.policy.entries import NO_CASE, Source
from approvals.policy.model import Policy
from approvals.record.claims import Claim
from approvals.record.database import Overtaken
from approvals.record.index import Sight
from approvals.record.outbox import Note
from approvals.record.store import Store
from approvals.refusals import Refused, Unsure
from approvals.request import Draft, Request, Scope
from approvals.sentence import Sentence, body, words
from approvals.states import EventType, State
from bot.actions import ACTIONS, Action
from bot.actions.form import Facts
from bot.actions.tables import Tables
from bot.miro.errors import Troubled
from bot.ops import logs
from bot.policies import Policies, find, operators
from bot.troubles import Troubles

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""How long a worker has a request without a sign of life; longer than one call can take."""


CONFIDENTIAL = tuple(name for name, action in ACTIONS.items() if action.CONFIDENTIAL)
"""Actions of which the person concerned never hears."""


class Unreadable(Refused):
    """A request that this program can't read: it has no such action, or the details don't fit its form."""

    def __init__(self, request: Request) -> None:
        super().__init__(
            f"{request.id} was made by another version of this bot and can't be read here. "
            "Nothing has changed. Withdraw it and ask again."
        )


class SlackAway(Exception):
    """Slack can't be asked right now."""


class BadField(Exception):
    """The profile field that the policy names can't tell who manages somebody; the text says why."""


class Colleagues(Protocol):
    """Where the bot asks Slack who somebody is."""

    def ranked(self, urgency: int) -> "Colleagues":
        """The same, for work on a request of this urgency: it is asked about before what is less urgent."""

    def look(self, person: Person) -> Person:
        """Looks a person's accounts up again. Raises SlackAway."""

    def find(self, entry: str) -> Person | None:
        """The person behind an e-mail or Slack id. Raises SlackAway."""

    def user_group(self, handle: str) -> list[SlackId] | None:
        """Who is in a Slack user group; None where Slack knows none of that name. Raises SlackAway."""

    def channel(self, id: str) -> list[SlackId] | None:
        """Who is in a channel; None where Slack doesn't show the bot any of that id. Raises SlackAway."""

    def manager(self, person: Person, field: str) -> SlackId | None:
        """Who manages somebody, by a protected field of the Slack profile. Raises SlackAway, BadField."""


@dataclass
class Desk:
    """Shared by listeners, worker and deliverer of one process."""

    store: Store
    policies: Policies
    now: Callable[[], datetime]
    boards_pass: bool = True
    practice: bool = False
    # Called when there may be something to do or to send: wakes worker and deliverer.
    wake: Callable[[], None] = lambda: None
    people_changed: bool = False
    """Whether somebody named a delegate, or came back, since it was last looked who is to be asked."""
    unknown: set[str] = field(default_factory=set)
    """Whom somebody named and nobody knows yet: the worker asks Slack."""
    troubles: Troubles = field(init=False)
    """What keeps requests from going on with Miro."""

    def __post_init__(self) -> None:
        self.troubles = Troubles(self.tell_operators, self.now)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.policies.in_force

    def tables(self) -> Tables:
        """The local tables as they are now."""
        people, groups = self.store.people, self.store.groups
        return Tables(
            self.policy, groups.all, people.meet, people, cache(groups.get), self.now(),
            self.boards_pass, people.named, self.teams_of,
        )  # fmt: skip

    def teams_of(self, entry: str) -> Sequence[Group] | None:
        """The teams of a Slack id or address, as Miro listed them within a day; None if not known."""
        person, groups = self.find(entry), self.store.groups
        if person is None or not person.email or not is_recent(groups.members_seen_at(), self.now(), FRESH):
            return None
        return groups.of(person)

    @property
    def facts(self) -> Facts:
        """What actions may know."""
        return self.tables().facts

    def readable(self, request: Request) -> bool:
        """Whether this program knows the action, and nothing of its details was forgotten."""
        try:
            return bool(self.command(request).NAME)
        except Unreadable:
            return False

    def command(self, request: Request) -> Action:
        """What was asked for, typed. Raises Unreadable."""
        try:
            return ACTIONS[request.action].model_validate(request.details)
        except (KeyError, ValidationError) as error:
            raise Unreadable(request) from error

    def approval(self, request: Request, who: Who, revision: str) -> list[Draft]:
        """The vote of one approver. Raises Refused, also for what nobody can read."""
        secret = self.command(request).CONFIDENTIAL
        return decide.approve(request, who, revision, self.table(request), secret)

    def table(self, request: Request) -> Table:
        """What a decision about a request rests on: the policy that the record names at this moment."""
        policy, hash, since = self.policies.deciding()
        texts = {text for rule in policy.rules(request.action) for text in rule.everybody()}
        needs = [need for text in (*texts, *policy.fallback) for need in policy.entry(text).needs(NO_CASE)]
        followers = tuple(self.store.followers(request.id).values())
        self.store.people.expect(followers, (need.key for need in needs if need.source is Source.ACCOUNT))
        lanes = (lane.partition(":") for lane in request.lanes)
        self.store.groups.expect(GroupId(id) for kind, _, id in lanes if kind == "group")
        action = ACTIONS.get(request.action)
        for_leavers = action is None or action.FOR_LEAVERS
        return Table(
            policy, hash, since, self.store.people, self.now(), followers, for_leavers,
            self._scope(request), request.action in CONFIDENTIAL,
        )  # fmt: skip

    def decide(
        self, id: RequestId, decision: Callable[[Request], list[Draft]], receipt: str = ""
    ) -> Request | None:
        """Takes a decision about a request; None for one that was taken already, by its receipt.

        All that it rests on is read before the record is locked. Inside the lock request and policy have to
        be the same still, else it is decided anew. Raises what `decision` raises, KeyError and StoreTrouble.
        """
        with logs.about(id):
            return self._decided(id, decision, receipt)

    def _decided(
        self, id: RequestId, decision: Callable[[Request], list[Draft]], receipt: str
    ) -> Request | None:
        while True:
            policy, request = self.policies.hash, self.store.request(id)
            try:
                drafts = decision(request)
            except Refused:
                if receipt and self.store.has(receipt):
                    return None  # refused because it was taken
                raise
            try:
                with self.store.writing():
                    if receipt and not self.store.once(receipt):
                        return None
                    return self.store.append(request, drafts, policy=policy)
            except Overtaken as error:
                log.info("%s", error)
                self.store.forget()
                self.policies.follow()

    def _scope(self, request: Request) -> Scope | None:
        """What a policy sees of it, by the names its teams have today; None where they can't be told."""
        try:
            today = self.command(request).scope(self.facts)
        except (KeyError, Unreadable):
            return None
        return replace(request.scope, teams=today.teams, left=today.left)

    def ground(self, command: Action, asker: Person) -> Ground:
        """What the policy in force says of an ask."""
        policy, _, _ = self.policies.deciding()
        subject = self.person(command.subject) if command.subject else None
        case = Case(command.NAME, asker, subject, command.scope(self.facts))
        return Ground(policy, case, self.store.people, self.now())

    def person(self, id: PersonId) -> Person:
        """A person, or a nameless stand-in for one who is gone."""
        try:
            return self.store.people.person(id)
        except KeyError:
            return Person(id, name="Somebody")

    def operators(self) -> list[Person]:
        """Those who look after stopped requests."""
        return operators(self.store, self.policy)

    def find(self, entry: str) -> Person | None:
        """The person whom an entry of the policy names, if they were met."""
        return find(self.store, entry)

    def is_secret_from(self, person: Person, request: Request) -> bool:
        """Whether somebody mustn't hear of a request at all: a leaver of the own offboarding."""
        action = ACTIONS.get(request.action)
        if action is None or not action.CONFIDENTIAL or request.subject is None:
            return False
        asked_it = self.policy.acts_as(person, self.person(request.requester))
        return self.policy.is_same(person, self.person(request.subject)) and not asked_it

    def sight(self, person: Person) -> Sight:
        """The requests that somebody may see; what isn't for them under any of their addresses is hidden."""
        return self.store.finding.seen_by(person.id, CONFIDENTIAL, person.rows)

    def tell_operators(self, text: str) -> None:
        """Puts one message to each operator on its way."""
        for person in self.operators():
            if person.account:
                self.store.outbox.say(Note(person.account.slack_id, {"text": text}))

    def wait(self, request: Request, error: SlackAway | Unsure | Troubled, claim: Claim) -> Request:
        """Writes what a request waits for; trouble with Miro is noted for operators and health as well."""
        if isinstance(error, Troubled):
            said = Sentence.of(f"trouble-{error.kind}", request=request.id)
            request = self.held(request, said, claim, error.wait)
            self.troubles.note(error, request.id)
            return request
        log.warning("%s waits: %s", request.id, error)
        code = "slack-away" if isinstance(error, SlackAway) else "waits"
        code = code if request.state is State.CHECKING else f"{code}-approved"
        return self.held(request, Sentence.of(code, reason=str(error), request=request.id), claim)

    def held(self, request: Request, said: Sentence, claim: Claim, named: float = 0.0) -> Request:
        """Writes that the outside world is away, and when to try again: 30 s, then longer, at most 15 min.

        What is urgent is tried every minute. `named`: seconds that the other side asked for; for the first
        try they are enough.
        """
        wait = timedelta(seconds=30) * 2 ** min(request.progress.holds, 1 if request.urgency else 6)
        if named:
            wait = max(wait if request.progress.holds else timedelta(), timedelta(seconds=named))
        return self.hold(request, said, self.now() + min(wait, timedelta(minutes=15)), claim)

    def hold(self, request: Request, said: Sentence, until: datetime, claim: Claim) -> Request:
        """Writes that a request has to wait until a time."""
        values = {"next_try_at": stamp(until), **body(text=said)}
        draft = Draft(EventType.HELD, body=values, words=words(text=said))
        return self.store.append(request, [draft], claim)


def numbered(text: str) -> RequestId:
    """'R-42', 'r-42' or '42' as an id. Raises ValueError."""
    # Not `isdigit`, to which "²" is one; and no longer than a number of the record can be.
    number = re.fullmatch("(?:R-)?([0-9]{1,18})", text.strip().upper())
    if number is None:
        raise ValueError(f"{text!r} isn't a request. Use a number like R-42.")
    return RequestId(f"R-{int(number[1])}")
