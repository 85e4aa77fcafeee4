"""The context shared by all parts of the bot: record, policies, clock, and typed requests."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from pydantic import ValidationError

from approvals.case import Case
from approvals.clocks import is_recent
from approvals.decide import decide
from approvals.decide.actor import Actor
from approvals.decide.basis import Table
from approvals.decide.tally import Ground
from approvals.ids import GroupId, PersonId, RequestId, SlackId, stamp
from approvals.people import FRESH, Group, Person
from approvals.policy.model import Policy
from approvals.record.claims import Claim
from approvals.record.database import Overtaken
from approvals.record.index import Sight
from approvals.record.outbox import Note
from approvals.record.store import Store
from approvals.refusals import Refused, Unsure
from approvals.request import Draft, Request, Scope, saying
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.actions import COMMANDS, Action
from bot.actions.form import Facts
from bot.actions.many import Bulk
from bot.actions.tables import Tables
from bot.miro.errors import Troubled
from bot.ops import logs
from bot.policies import Policies, find, operators
from bot.troubles import Troubles

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""How long a worker's claim lasts without renewal; longer than any call."""


CONFIDENTIAL = tuple(name for name, action in COMMANDS.items() if action.CONFIDENTIAL)
"""Actions that stay secret from the person concerned."""


class Unreadable(Refused):
    """A request that this program can't read: unknown action, or details that don't fit its form."""

    def __init__(self, request: Request) -> None:
        why = f"{request.id} was made by another version of this bot and can't be read here."
        super().__init__(f"{why} Nothing has changed. Withdraw it and ask again.")


class SlackAway(Exception):
    """Slack can't be reached right now."""


class BadField(Exception):
    """The policy's profile field can't be used for managers; the text says why."""


class Colleagues(Protocol):
    """Look-ups of people in Slack."""

    def ranked(self, urgency: int) -> "Colleagues":
        """A copy whose look-ups precede those of less urgency."""

    def look(self, person: Person) -> Person:
        """Looks up all accounts of a person again. Raises SlackAway."""

    def find(self, entry: str) -> Person | None:
        """The person with an e-mail or Slack id. Raises SlackAway."""

    def user_group(self, handle: str) -> list[SlackId] | None:
        """The members of a Slack user group; None if there is none with that name. Raises SlackAway."""

    def channel(self, id: str) -> list[SlackId] | None:
        """The members of a channel; None if Slack doesn't show the bot that channel. Raises SlackAway."""

    def manager(self, person: Person, field: str) -> SlackId | None:
        """A person's manager, by a protected field of the Slack profile. Raises SlackAway, BadField."""


class Pushed(Protocol):
    """What directories say of people."""

    @property
    def failed(self) -> dict[str, int]:
        """{directory: how many people or requests came to nothing}, as it was last compared."""

    def manager_of(self, email: str) -> str:
        """The address of somebody's manager, or ''."""

    def differences(self) -> Iterable[tuple[str, str, str]]:
        """(address, fact, sentence) where Miro's lists differ from what directories say."""

    def wants(self, request: Request) -> bool:
        """Whether the directory that asked for this still wants it, or says nothing of its person."""

    def again(self, email: str, fact: str) -> RequestId:
        """Asks again for what a directory says about a fact, as the directory. Raises Refused."""


@dataclass
class Context:
    """Shared by listeners, worker and deliverer of one process."""

    store: Store
    policies: Policies
    now: Callable[[], datetime]
    boards_pass: bool = True
    practice: bool = False
    has_rest: bool = False
    # Wakes worker and deliverer when there may be something to do or send.
    wake: Callable[[], object] = lambda: None
    people_changed: bool = False
    """Whether delegations changed since requests were last rerouted."""
    unknown: set[str] = field(default_factory=set)
    """Entries of unknown people, whom the worker looks up in Slack."""
    fetch: Callable[[str], bytes] = lambda _: b""
    """The content of a file in Slack. Raises Refused if Slack doesn't show it, SlackAway."""
    pushed: "Pushed | None" = None
    """What directories say, beside the requests they make."""
    troubles: Troubles = field(init=False)
    """The troubles with Miro that hold up requests."""

    def __post_init__(self) -> None:
        self.troubles = Troubles(self.tell_operators, self.now)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.policies.in_force

    def tables(self) -> Tables:
        """The current local tables."""
        people, groups = self.store.people, self.store.groups
        return Tables(
            self.policy, groups.all, people.meet, people, cache(groups.get), self.now(),
            self.boards_pass, people.named, self.teams_of, self.has_rest, self._is_unlisted,
        )  # fmt: skip

    def teams_of(self, entry: str) -> Sequence[Group] | None:
        """The teams of a Slack id or address, as Miro listed them within a day; None if not known."""
        person, groups = self.find(entry), self.store.groups
        if person is None or not person.email or not is_recent(groups.seen_at("members"), self.now(), FRESH):
            return None
        return groups.of(person)

    def _is_unlisted(self, email: str) -> bool:
        groups = self.store.groups
        return is_recent(groups.seen_at("members"), self.now(), FRESH) and not groups.lists(email)

    @property
    def facts(self) -> Facts:
        """The facts for actions."""
        return self.tables().facts

    def check_model(self, action: type[Action]) -> None:
        """Raises Refused for an action that Miro's SCIM service doesn't have where groups are teams."""
        if self.boards_pass and action.NOT_FOR_TEAMS:
            raise Refused(action.NOT_FOR_TEAMS)

    def readable(self, request: Request) -> bool:
        """Whether this program knows the action, and none of its details were deleted."""
        try:
            return bool(self.command(request).NAME)
        except Unreadable:
            return False

    def command(self, request: Request) -> Action:
        """The typed command of a request. Raises Unreadable."""
        try:
            return COMMANDS[request.action].model_validate(request.details)
        except (KeyError, ValidationError) as error:
            raise Unreadable(request) from error

    def deletes(self, request: Request) -> bool:
        """Whether a request deletes an account: once it is done, the account is gone, by whomever."""
        return self.readable(request) and self.command(request).is_final

    def approval(self, request: Request, actor: Actor, revision: str) -> list[Draft]:
        """The events of an approver's vote. Raises Refused, also if the request can't be read."""
        self.command(request)
        return decide.approve(request, actor, revision, self.table(request))

    def table(self, request: Request) -> Table:
        """The basis of a decision about a request, by the policy that the record names now."""
        policy, hash, since = self.policies.deciding()
        followers = tuple(self.store.followers(request.id).values())
        self.store.people.expect(followers, policy.accounts_deciding(request.action))
        lanes = (lane.partition(":") for lane in request.lanes)
        self.store.groups.expect(GroupId(id) for kind, _, id in lanes if kind == "group")
        action = COMMANDS.get(request.action)
        for_leavers = action is None or action.FOR_LEAVERS
        lead = self.command(request).lead if action is Bulk else None
        return Table(
            policy, hash, since, self.store.people, self.now(), followers, for_leavers,
            self._scope(request), (lead.NAME, lead.subject) if lead else None, request.action in CONFIDENTIAL,
            heirs=tuple(heir.id for heir in self._heirs(request.details.get("heir"))),
        )  # fmt: skip

    def decide(
        self, id: RequestId, decision: Callable[[Request], list[Draft]], receipt: str = ""
    ) -> Request | None:
        """Decides a request and returns it; None if a decision with this receipt was already taken.

        Everything is read before the record is locked. If request or policy have changed by then, it is
        decided again. Raises what `decision` raises, KeyError and StoreTrouble.
        """
        while True:
            with logs.about(id):
                try:
                    with self.store.alone():
                        policy, request = self.policies.hash, self.store.request(id)
                        # So that they are read together with who decides.
                        self.store.people.expect(entries=self.policy.accounts_deciding(request.action))
                        drafts = decision(request)
                except Refused:
                    if receipt and self.store.has(receipt):
                        return None  # refused because it was already taken
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
        """The scope of a request with the current names of its teams; None if unknown."""
        try:
            today = self.command(request).scope(self.facts)
        except (KeyError, Unreadable):
            return None
        return replace(request.scope, teams=today.teams, left=today.left)

    def ground(self, command: Action, asker: Person) -> Ground:
        """The policy in force, applied to a command."""
        policy, _, _ = self.policies.deciding()
        command = command.lead
        subject = self.person(command.subject) if command.subject else None
        heirs = self._heirs(command.heir_address)
        case = Case(command.NAME, asker, subject, command.scope(self.facts), heirs)
        return Ground(policy, case, self.store.people, self.now())

    def _heirs(self, address: str | None) -> tuple[Person, ...]:
        """Whom a request hands teams on to, if known: then they can't decide it."""
        heir = self.store.people.by_email(address or "")
        return (heir,) if heir else ()

    def person(self, id: PersonId) -> Person:
        """The person with this id, or a nameless one if their data was deleted."""
        try:
            return self.store.people.person(id)
        except KeyError:
            return Person(id, name="Somebody")

    def operators(self) -> list[Person]:
        """The operators."""
        return operators(self.store, self.policy)

    def find(self, entry: str) -> Person | None:
        """The person of an entry of the policy, or None if unknown."""
        return find(self.store, entry)

    def is_secret_from(self, person: Person, request: Request) -> bool:
        """Whether a request is secret from a person, as an offboarding is from the leaver."""
        action = COMMANDS.get(request.action)
        if action is None or not action.CONFIDENTIAL or not (request.subject or action is Bulk):
            return False
        if self.policy.acts_as(person, self.person(request.requester)):
            return False
        command = None if request.subject else self.command(request)
        if isinstance(command, Bulk) and command.file and not command.lines:
            return True  # nobody knows yet whom its file is about, nor ever if it was refused
        # Of a bulk only those with a common row are compared: it may be about thousands.
        about = (
            {*person.rows, person.id} & {*command.subjects} if command else filter(None, [request.subject])
        )
        return any(self.policy.is_same(person, self.person(id)) for id in about)

    def sight(self, person: Person) -> Sight:
        """The requests visible to a person; those secret from any of their rows are hidden."""

        def is_secret(bulk: Request) -> bool:
            return self.readable(bulk) and self.is_secret_from(person, bulk)

        return self.store.finding.seen_by(person.id, CONFIDENTIAL, person.rows, is_secret)

    def tell_operators(self, text: str) -> None:
        """Queues a message to each operator."""
        for person in self.operators():
            if person.account:
                self.store.outbox.say(Note(person.account.slack_id, {"text": text}))

    def wait(self, request: Request, error: SlackAway | Unsure | Troubled, claim: Claim) -> Request:
        """Holds a request because of an error; trouble with Miro is also noted for operators and /healthz."""
        if isinstance(error, Troubled):
            sentence = Sentence.of(f"trouble-{error.kind}", request=request.id)
            request = self.held(request, sentence, claim, error.wait)
            self.troubles.note(error, request.id)
            return request
        log.warning("%s waits: %s", request.id, error)
        code = "slack-away" if isinstance(error, SlackAway) else "waits"
        code = code if request.state is State.CHECKING else f"{code}-approved"
        return self.held(request, Sentence.of(code, reason=str(error), request=request.id), claim)

    def held(self, request: Request, sentence: Sentence, claim: Claim, named: float = 0.0) -> Request:
        """Holds a request because Slack or Miro is away; retries after 30 s, then later, at most 15 min.

        Urgent requests are retried every minute. `named`: seconds that the server asked for, used alone for
        the first retry.
        """
        wait = timedelta(seconds=30) * 2 ** min(request.progress.holds, 1 if request.urgency else 6)
        if named:
            wait = max(wait if request.progress.holds else timedelta(), timedelta(seconds=named))
        return self.hold(request, sentence, self.now() + min(wait, timedelta(minutes=15)), claim)

    def hold(
        self, request: Request, sentence: Sentence, until: datetime, claim: Claim | None = None
    ) -> Request:
        """Holds a request until a time."""
        return self.store.append(request, [saying(EventType.HELD, sentence, next_try_at=stamp(until))], claim)


def numbered(text: str) -> RequestId:
    """'R-42', 'r-42' or '42' as an id. Raises ValueError."""
    # Not `isdigit`, which accepts "²"; at most as long as a number in the record.
    number = re.fullmatch("(?:R-)?([0-9]{1,18})", text.strip().upper())
    if number is None:
        raise ValueError(f"{text!r} isn't a request. Use a number like R-42.")
    return RequestId(f"R-{int(number[1])}")
