"""From what a directory says to requests: one for each difference, asked once, held if there are too many.

A word is read, its requests are made and it is marked as asked for in one transaction, so a push that is
repeated, or a process that is killed, asks nothing twice and loses nothing. Several processes may do it.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from pydantic import ValidationError

from approvals.decide.actor import Who
from approvals.decide.asking import looked_at
from approvals.decide.clock import withdrawn
from approvals.decide.directories import Control, Hold, decided
from approvals.ids import GroupId, stamp
from approvals.people import Person, canonical
from approvals.policy.directories import DirectoryRules
from approvals.policy.entries import NO_CASE, View
from approvals.record.database import Overtaken
from approvals.record.outbox import Note
from approvals.request import Draft, Request
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.context import Desk
from bot.directory import mapping
from bot.directory.mapping import COMPANY_ADMIN, Asked, Wanted
from bot.directory.store import Directories, EntryId
from bot.directory.words import Word, Words
from bot.work.ask import LONGEST_REASON, asked_event

log = logging.getLogger(__name__)

QUIET, LONGEST_PUSH = timedelta(seconds=20), timedelta(minutes=5)
"""A push is judged as a whole: once nothing has come for so long, or at the latest after so long."""
HOUR = timedelta(hours=1)
AGAIN = timedelta(minutes=1)
"""When words are compared again though nothing was said: a team may be there by now."""
AT_ONCE = 12
"""Requests of one directory in work at a time: what people ask meanwhile comes next, not after thousands."""
NOT_BEGUN = (State.CHECKING, State.WAITING, State.APPROVED, State.STOPPED)


@dataclass(frozen=True)
class Push:
    """What one directory wants changed now."""

    desk: Desk
    name: str
    rules: DirectoryRules
    words: Mapping[EntryId, Wanted]
    rows: Mapping[EntryId, Word]
    teams: Mapping[str, GroupId]
    """{team of the policy: its id in Miro}, of those that Miro has."""

    @property
    def title(self) -> str:
        """The directory's name for people."""
        return self.desk.policy.titled(self.name)

    @cached_property
    def source(self) -> Person:
        """The requester."""
        return self.desk.store.people.source(self.name, self.title)

    def row(self, id: EntryId) -> Word:
        """What was asked for somebody so far."""
        return self.rows.get(id, Word(self.name, id))

    @cached_property
    def pending(self) -> dict[EntryId, list[Asked]]:
        """What is to be asked of everybody whose word is new, also if that is nothing."""
        has = holds(self.desk)
        return {
            id: list(mapping.asks(self.row(id).wanted, word, self.rules, self.title, has))
            for id, word in self.words.items()
            if self.row(id).said != word.stored and id not in self.problems
        }

    @cached_property
    def problems(self) -> dict[EntryId, str]:
        """Why nothing is asked for somebody, in a sentence."""
        new = {id: word for id, word in self.words.items() if self.row(id).said != word.stored}
        open_now = (word for word in self.words.values() if word.standing is mapping.Standing.OPEN)
        shared = Counter(word.email for word in open_now)
        self.desk.store.people.expect(entries=[word.email for word in new.values() if word.email])
        texts = {id: self._problem(id, word, shared) for id, word in new.items()}
        return {id: text for id, text in texts.items() if text}

    def _problem(self, id: EntryId, word: Wanted, shared: Mapping[str, int]) -> str:
        person, people = self.row(id).person, self.desk.store.people
        if not word.email:
            return "The directory gives no e-mail address, and Miro knows people by it."
        if not self.desk.policy.allows(word.email):
            return f"{word.email} isn't in {', '.join(self.desk.policy.domains)}, so nothing is changed."
        if shared[word.email] > 1:
            return f"The directory names two people with the address {word.email}."
        other = people.by_email(word.email)
        if person and other and not other.is_linked(self.desk.person(person)):
            return (
                f"{word.email} belongs to somebody else here, and a directory links no people. "
                "If they are one person, an operator adds both addresses to [same_person]."
            )
        return ""

    @cached_property
    def held(self) -> dict[str, set[EntryId]]:
        """{action: whose changes wait for an operator}."""
        since = self.desk.now() - HOUR
        recent = Counter(
            action for row in self.rows.values() if row.is_recent(since) for action in row.actions.split()
        )
        unseen = {
            id: asks for id, asks in self.pending.items() if self.row(id).passed != self.words[id].digest
        }
        return mapping.held(unseen, recent, self.rules, self._all_admins())

    def _all_admins(self) -> set[EntryId]:
        """Everybody who is Company Admin in Miro, if this directory knows them all; else nobody."""
        admins, _ = self.desk.store.groups.admins()
        emails = {canonical(each.email) for each in admins if COMPANY_ADMIN in each.rights}
        known = {word.email: id for id, word in self.words.items()}
        return {known[email] for email in emails} if emails and emails <= known.keys() else set()

    @property
    def to_ask(self) -> list[EntryId]:
        """Everybody pending who isn't held; who leaves comes first."""
        waiting = set[EntryId]().union(*self.held.values())
        free = (id for id in self.pending if id not in waiting)
        return sorted(free, key=lambda id: self.words[id].standing is mapping.Standing.OPEN)

    @property
    def counts(self) -> dict[str, int]:
        """{action: people} of what is held."""
        return {action: len(people) for action, people in sorted(self.held.items())}


def holds(desk: Desk) -> dict[str, set[str]]:
    """What Miro listed last, by address."""
    holds = dict[str, set[str]]()
    for group, _, email, _ in desk.store.groups.memberships():
        holds.setdefault(email, set()).add(group)
    for admin in desk.store.groups.admins()[0]:
        holds.setdefault(canonical(admin.email), set()).update(admin.rights.split(", "))
    return holds


def looked(desk: Desk, name: str) -> Push:
    """What a directory wants changed now. Raises KeyError for one that isn't in the policy."""
    policy = desk.policy
    rules, content = policy.directory[name], Directories(desk.store.database, desk.now).changed(name, 0)
    teams = {team: GroupId(id) for team in rules.teams.values() if (id := policy.id_of(team))}
    words = mapping.wanted(content, rules, teams)
    return Push(desk, name, rules, words, Words(desk.store.database).of(name), teams)


@dataclass
class Feeder:
    """Makes the requests of all directories, a few at a time. One for each process."""

    desk: Desk
    _looked: dict[str, tuple[object, datetime]] = field(default_factory=dict)
    """{directory: (what its push was compared with, when)}."""
    _queue: dict[str, tuple[Push, list[EntryId]]] = field(default_factory=dict)
    _since: dict[str, datetime] = field(default_factory=dict)
    """{directory: when it began what isn't compared yet}."""

    def step(self) -> bool:
        """Asks for some people; returns whether there was anybody."""
        if self.desk.practice or self.desk.store.groups.members_seen_at() is None:
            return False  # a request made in practice would stay practice, and the word be lost
        with self.desk.store.unit():
            return any([self._step(name) for name in self.desk.policy.directory])

    def _step(self, name: str) -> bool:
        hold = self.desk.store.hold(name)
        if hold.is_paused:
            return False
        if self._is_due(name, hold):
            push = looked(self.desk, name)
            _note_problems(push)
            _announce(push, hold)
            self._queue[name] = push, push.to_ask[::-1]
        queued = self._queue.get(name)
        if not (queued and queued[1]):
            return False
        push, left = queued
        room = AT_ONCE - self.desk.store.figures.active_of(push.source.id)
        for id in [left.pop() for _ in range(min(room, len(left)))]:
            _ask(push, id)
        self.desk.wake()
        return room > 0

    def _is_due(self, name: str, hold: Hold) -> bool:
        """Whether a push is over, or something else changed what it means."""
        now, content = self.desk.now(), Directories(self.desk.store.database, self.desk.now)
        basis = (content.sequence(), self.desk.policies.hash, hold.version)
        before, at = self._looked.get(name, (None, now - AGAIN))
        if before == basis and (bool(self._queue.get(name, (None, []))[1]) or now - at < AGAIN):
            return False
        since = self._since.setdefault(name, now)
        newest = content.heard_at(name)
        if newest and now - newest < QUIET and now - since < LONGEST_PUSH:
            return False
        self._since.pop(name)
        self._looked[name] = basis, now
        return True


def _note_problems(push: Push) -> None:
    """Stores why nothing is asked for some people."""
    words = Words(push.desk.store.database)
    changed = [
        replace(push.row(id), problem=push.problems.get(id, ""))
        for id in push.words
        if push.row(id).problem != push.problems.get(id, "")
    ]
    with push.desk.store.writing():
        words.keep(changed)


def _announce(push: Push, hold: Hold) -> None:
    """Appends that a push is held, and tells operators with one card; or that nothing is held any more."""
    if bool(push.counts) == bool(hold.counts):
        return
    with push.desk.store.writing():
        if push.desk.store.hold(push.name).version != hold.version:
            return  # another process was faster
        what = Control.HELD if push.counts else Control.RELEASED
        push.desk.store.control(push.name, Draft(what, body={"counts": push.counts}))
        if push.counts:
            for person in push.desk.operators():
                if person.account:
                    message = {"text": f"{push.title} is held.", "directory": push.name}
                    push.desk.store.outbox.say(Note(person.account.slack_id, message))


def _ask(push: Push, id: EntryId) -> None:
    """Withdraws what one person's new word has made needless, and asks for what it changes."""
    desk, word, row = push.desk, push.words[id], push.row(id)
    words = Words(desk.store.database)
    try:
        with desk.store.writing():
            if words.get(push.name, id) != row:
                return  # another process has it
            person = desk.person(row.person) if row.person else desk.store.people.meet(email=word.email)
            _withdraw(push, person, word)
            for change in push.pending[id]:
                request_of(push, person, change)
            passed = row.passed if row.passed == word.digest else ""
            actions = " ".join(sorted({change.action for change in push.pending[id]}))
            at = stamp(desk.now())
            words.keep([Word(push.name, id, person.id, word.stored, passed, "", actions, at)])
    except Overtaken as error:
        log.info("%s: %s", push.title, error)  # a worker had a request of theirs; compared again in a minute
    except ValidationError as error:
        texts = [f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors() if fault["loc"]]
        problem = f"Miro doesn't take what the directory says. {'; '.join(texts)}."
        with desk.store.writing():
            words.keep([replace(row, problem=problem)])


def _withdraw(push: Push, person: Person, word: Wanted) -> None:
    for request in push.desk.store.requests(person=person.id, states=NOT_BEGUN):
        mine = request.requester == push.source.id and request.subject in person.rows
        is_needless = mine and not mapping.is_still_wanted(request.action, request.details, word, push.rules)
        if is_needless and not request.untouchable:
            sentence = Sentence.of("directory-newer", source=push.title)
            push.desk.store.append(request, [withdrawn(sentence)])


def request_of(push: Push, person: Person, change: Asked) -> Request:
    """Makes one request of a directory."""
    desk, command, who = push.desk, change.about(person.id), Who(push.source)
    reason = change.reason[:LONGEST_REASON]
    words = {"case": looked_at(command.scope(desk.facts)), "reason": reason, **who.signed}
    event = asked_event(desk, command, push.source.id, words, exact=True)
    start = {"start_at": stamp(desk.now() + change.wait)}
    later = [Draft(EventType.SCHEDULED, push.source.id, start)] if change.wait else []
    return desk.store.ask(event, "", *later)


# -- operators -------------------------------------------------------------------------------------------


def control(desk: Desk, name: str, what: Control, who: Who) -> Push | None:
    """Pauses or resumes a directory, or lets through what is held; returns what was let through.

    Raises Refused.
    """
    push = looked(desk, name) if name in desk.policy.directory else None
    case = replace(NO_CASE, requester=push.source) if push else NO_CASE
    view = View(desk.policy, case, desk.store.people, desk.now())
    with desk.store.writing():
        draft = decided(what, name, desk.store.hold(name), who, view)
        if push and what is Control.RELEASED:
            people = set[EntryId]().union(*push.held.values())
            passed = [replace(push.row(id), passed=push.words[id].digest) for id in people]
            Words(desk.store.database).keep(passed)
            draft = replace(draft, body={"counts": push.counts})
        desk.store.control(name, draft)
    desk.wake()
    return push
