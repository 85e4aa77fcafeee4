"""From what a directory says to requests: one for each difference, asked once, held if there are too many.

A word is read, its requests are made and it is marked as asked for in one transaction, so a push that is
repeated, or a process that is killed, asks nothing twice and loses nothing. Several processes may do it.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from hashlib import sha256

from pydantic import ValidationError

from approvals.decide.actor import Actor
from approvals.decide.asking import looked_at
from approvals.decide.clock import withdrawn
from approvals.decide.streams.directories import Control, Hold, decided
from approvals.ids import GroupId, PersonId, stamp
from approvals.people import Person, canonical
from approvals.policy.directories import DirectoryRules
from approvals.policy.entries import NO_CASE, View
from approvals.record.database import Overtaken
from approvals.record.outbox import Note
from approvals.refusals import Outdated, Refused
from approvals.request import Draft, Request
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.actions import Action
from bot.context import Context
from bot.directory.asking import mapping, under_way
from bot.directory.asking.mapping import COMPANY_ADMIN, TAKES, Asked, Wanted
from bot.directory.asking.under_way import holds
from bot.directory.asking.words import Word, Words
from bot.directory.store import Directories, EntryId
from bot.work.ask import LONGEST_REASON, asked_event

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
NOT_BEGUN = (State.CHECKING, State.WAITING, State.APPROVED, State.STOPPED)


@dataclass(frozen=True)
class Push:
    """What one directory wants changed now."""

    context: Context
    name: str
    rules: DirectoryRules
    words: Mapping[EntryId, Wanted]
    rows: Mapping[EntryId, Word]
    teams: frozenset[GroupId]
    """The teams that it manages."""
    is_judged: bool
    """Whether it has the group that means an account: without it nothing follows for anybody."""

    @property
    def title(self) -> str:
        """The directory's name for people."""
        return self.context.policy.titled(self.name)

    @cached_property
    def source(self) -> Person:
        """The requester."""
        return self.context.store.people.source(self.name, self.title)

    @property
    def newer(self) -> Draft:
        """The withdrawal of a request that a newer word has made needless."""
        return withdrawn(Sentence.of("directory-newer", source=self.title))

    def row(self, id: EntryId) -> Word:
        """What was asked for somebody so far."""
        return self.rows.get(id, Word(self.name, id))

    @cached_property
    def _about(self) -> Mapping[str, Sequence[Wanted]]:
        """{row or address of a person: what is said of them}."""
        about = defaultdict[str, list[Wanted]](list)
        for id, word in self.words.items():
            for each in filter(None, (self.row(id).person, word.email)):
                about[each].append(word)
        return about

    def wants(self, request: Request) -> bool:
        """Whether a request of this directory is still wanted, or nothing is said of its person."""
        person = self.context.person(request.subject) if request.subject else None
        keys = (person.id, person.email) if person else ()
        about = [word for each in keys for word in self._about.get(each, ())]
        action, details = request.action, request.details
        return not about or any(not mapping.is_contrary(action, details, word, self.rules) for word in about)

    @cached_property
    def pending(self) -> dict[EntryId, list[Asked]]:
        """What is to be asked of everybody whose word is new, also if that is nothing."""
        return {id: asks for id, asks in self._asks.items() if id not in self.problems}

    @cached_property
    def _asks(self) -> dict[EntryId, list[Asked]]:
        has = holds(self.context) if self.new else {}
        return {
            id: list(mapping.asks(self.row(id).wanted, word, self.rules, self.title, has, self.teams))
            for id, word in self.new.items()
        }

    def afresh(self, id: EntryId) -> list[Asked]:
        """What to ask of somebody against what Miro listed last, as earlier requests were withdrawn."""
        word, last, has = self.words[id], self.row(id).wanted, holds(self.context)
        listed = has.get(last.email) if last else None
        if last and word.standing is mapping.Standing.OPEN:
            standing = mapping.Standing.OUT if listed is None else mapping.Standing.OPEN
            last = replace(last, standing=standing, teams=tuple(map(GroupId, listed or ())), details={})
        return list(mapping.asks(last, word, self.rules, self.title, has, self.teams))

    @cached_property
    def busy(self) -> set[PersonId | None]:
        """People about whom the directory's requests aren't begun yet."""
        store = self.context.store
        return {each.subject for each in store.each(store.numbers(states=NOT_BEGUN, person=self.source.id))}

    @cached_property
    def new(self) -> dict[EntryId, Wanted]:
        """The words that weren't asked for yet."""
        return {id: word for id, word in self.words.items() if self.row(id).said != word.stored}

    @cached_property
    def problems(self) -> dict[EntryId, str]:
        """Why nothing is asked for somebody, in a sentence."""
        open_now = (word for word in self.words.values() if word.standing is mapping.Standing.OPEN)
        shared = Counter(word.email for word in open_now)
        self.context.store.people.expect(entries=[word.email for word in self.new.values() if word.email])
        texts = {id: self._problem(id, word, shared) for id, word in self.new.items()}
        return {id: text for id, text in texts.items() if text}

    def _problem(self, id: EntryId, word: Wanted, shared: Mapping[str, int]) -> str:
        person, people = self.row(id).person, self.context.store.people
        if not word.email:
            return "The directory gives no e-mail address, and Miro knows people by it."
        if not self.context.policy.allows(word.email):
            return f"This address isn't in {', '.join(self.context.policy.domains)}, so nothing is changed."
        if shared[word.email] > 1:
            return "The directory names two people with this address."
        other = people.by_email(word.email)
        if person and other and not other.is_linked(self.context.person(person)):
            return (
                "This address belongs to somebody else here, and a directory links no people. "
                "If they are one person, an operator adds both addresses to [same_person]."
            )
        try:
            for change in self._asks[id]:
                change.about(PersonId(""))
        except ValidationError as error:
            faults = [f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors()]
            text = ", ".join(faults).replace("String should have ", "")
            return f"Miro doesn't take what the directory says ({text})."
        return ""

    @cached_property
    def held(self) -> dict[str, set[EntryId]]:
        """{action: whose changes wait for an operator}."""
        since = self.context.now() - HOUR
        rows = [row for row in self.rows.values() if row.is_recent(since)]
        recent = Counter(action for row in rows for action in row.actions.split())
        unseen = {id: asks for id, asks in self.pending.items() if not self._is_released(id)}
        missing = [id for id in unseen if self.words[id].standing is mapping.Standing.MISSING]
        leaving = self._leaving() if unseen else ()
        return mapping.held(unseen, recent, self.rules, self._admins, leaving, missing)

    def _is_released(self, id: EntryId) -> bool:
        """Whether an operator released the newest word about a person."""
        return self.row(id).passed == self.words[id].digest

    @cached_property
    def _admins(self) -> dict[str, EntryId | None]:
        """{address: entry} of everybody who is Company Admin in Miro."""
        known = {word.email: id for id, word in self.words.items()}
        admins = (each for each in self.context.store.groups.admins()[0] if COMPANY_ADMIN in each.rights)
        return {email: known.get(email) for email in (canonical(each.email) for each in admins)}

    def _leaving(self) -> set[str]:
        """Addresses of Company Admins who lose their rights by what is under way, or let through already."""
        taking = [id for id, asks in self.pending.items() if TAKES & {each.action for each in asks}]
        through = {self.words[id].email for id in taking if self._is_released(id)}
        return through | under_way.leaving(self.context, self.source.id, self._admins, self.wants)

    def is_last_admin(self, id: EntryId) -> bool:
        """Whether nobody else would be Company Admin, by all that is under way by now."""
        email, admins = self.words[id].email, self._admins.keys()
        return not self._is_released(id) and email in admins and admins - self._leaving() <= {email}

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

    def addresses_of(self, person: Person) -> set[str]:
        """Every address by which the directory or the bot knows a human, [same_person] included."""
        names = self.context.policy.names
        mine, ids = names(person.keys), {id: str(self.row(id).person) for id in self.words}
        own = {word.email for id, word in self.words.items() if mine & names((word.email, ids[id]))}
        return {*own, *person.addresses} - {""}

    def concerns(self, person: Person) -> bool:
        """Whether something held is about this human: they neither read of it nor decide it."""
        held = {self.words[id].email for people in self.held.values() for id in people}
        return not held.isdisjoint(self.addresses_of(person))

    @cached_property
    def key(self) -> str:
        """16 hex digits of who is held with which word; '' if nobody is."""
        words = [
            (action, sorted((id, self.words[id].digest) for id in ids)) for action, ids in self.held.items()
        ]
        return sha256(json.dumps(sorted(words)).encode()).hexdigest()[:16] if words else ""


def looked(context: Context, name: str) -> Push:
    """What a directory wants changed now. Raises KeyError for one that isn't in the policy."""
    policy, rules = context.policy, context.policy.directory[name]
    content = Directories(context.store.database, context.now).snapshot(name, deleted=True)
    teams = {team: GroupId(id) for team in rules.teams.values() if (id := policy.id_of(team))}
    known, of_groups = mapping.judged_by(content, rules, teams)
    words = mapping.wanted(content, known, of_groups) if known else {}
    rows = Words(context.store.database).of(name)
    gone, is_admin_gone = {*teams.values()} - {*of_groups.values()}, known is not None and known != rules
    if gone or is_admin_gone:
        before = {id: row.wanted for id, row in rows.items()}
        words = {id: mapping.kept(word, before.get(id), gone, is_admin_gone) for id, word in words.items()}
    return Push(context, name, known or rules, words, rows, frozenset(of_groups.values()), known is not None)


def note_problems(push: Push) -> None:
    """Stores why nothing is asked for some people."""
    texts = {push.row(id): push.problems.get(id, "") for id in push.words}
    changed = [replace(row, problem=text) for row, text in texts.items() if row.problem != text]
    if changed:
        with push.context.store.writing():
            Words(push.context.store.database).keep(changed)


def announce(push: Push, hold: Hold) -> None:
    """Appends that a push is held, and tells operators with one card; or that nothing is held any more."""
    if push.key == hold.key:
        return
    with push.context.store.writing():
        if push.context.store.hold(push.name).version != hold.version:
            return  # another process was faster
        what = Control.HELD if push.counts else Control.RELEASED
        push.context.store.control(push.name, Draft(what, body={"counts": push.counts, "key": push.key}))
        if push.counts:
            for person in push.context.operators():
                if person.account and not push.concerns(person):
                    message = {"text": f"{push.title} is held.", "directory": push.name}
                    push.context.store.outbox.say(Note(person.account.slack_id, message))


def ask(push: Push, id: EntryId) -> None:
    """Withdraws what one person's new word has made needless, and asks for what it changes."""
    context, word, row = push.context, push.words[id], push.row(id)
    words = Words(context.store.database)
    try:
        with context.store.writing():
            if words.get(push.name, id) != row:
                return  # another process has it
            person = context.person(row.person) if row.person else context.store.people.meet(email=word.email)
            changes = push.afresh(id) if _withdrawn(push, person, word) else push.pending[id]
            if TAKES & {change.action for change in changes} and push.is_last_admin(id):
                # Another push came in between. Nothing is withdrawn; compared again in a minute, and held.
                raise Overtaken("the last Company Admin would go")
            for change in changes:
                request_of(push, person, change)
            words.keep([asked_word(push, id, person.id, stamp(context.now()))])
    except Overtaken as error:
        log.info("%s: %s", push.title, error)  # a worker had a request of theirs; compared again in a minute


def asked_word(push: Push, id: EntryId, person: PersonId, at: str) -> Word:
    """The row of somebody whose word has been asked for."""
    word, row = push.words[id], push.row(id)
    passed = row.passed if row.passed == word.digest else ""
    before = row.actions.split() if row.is_recent(push.context.now() - HOUR) else []  # as the hold counts
    actions = " ".join(sorted({*before, *(change.action for change in push.pending[id])}))
    return Word(push.name, id, person, word.stored, passed, "", actions, at)


_PARTS = ("request-access", "leave-team", "update-details")


def _withdrawn(push: Push, person: Person, word: Wanted) -> bool:
    """Withdraws the directory's requests about somebody that aren't in line with a newer word.

    Returns whether that leaves out something that is still wanted. A request for access, teams or details has
    several parts: if one of them isn't wanted any more, all of these requests go, to be asked for afresh.
    """
    mine = [
        request
        for request in push.context.store.requests(person=person.id, states=NOT_BEGUN)
        if request.requester == push.source.id and request.subject in person.rows and not request.untouchable
    ]
    is_wanted = partial(mapping.is_still_wanted, word=word, rules=push.rules)
    needless = [request for request in mine if not is_wanted(request.action, request.details)]
    is_partly = any(request.action in _PARTS for request in needless)
    for request in mine:
        if request in needless or (is_partly and request.action in _PARTS):
            push.context.store.append(request, [push.newer])
    return is_partly


def take_back(push: Push) -> None:
    """Withdraws closures that no newer word wants, also if that word is held: nobody loses anything by it."""
    store = push.context.store
    open_now = store.numbers(states=NOT_BEGUN, actions=("offboard", "remove-admin"), person=push.source.id)
    for request in store.each(open_now):
        if not (request.untouchable or push.wants(request)):
            try:
                store.append(request, [push.newer])
            except Overtaken as error:
                log.info("%s: %s", push.title, error)  # a worker has it, and looks before its first change


def request_of(push: Push, person: Person, change: Asked) -> Request:
    """Makes one request of a directory."""
    start = {"start_at": stamp(push.context.now() + change.wait)}
    later = [Draft(EventType.SCHEDULED, push.source.id, start)] if change.wait else []
    return request_by(push, change.about(person.id), change.reason, *later)


def request_by(push: Push, command: Action, reason: str, *later: Draft) -> Request:
    """Makes a request of a typed command."""
    case, actor = looked_at(command.scope(push.context.facts)), Actor(push.source)
    words = {"case": case, "reason": reason[:LONGEST_REASON], **actor.signed}
    return push.context.store.ask(
        asked_event(push.context, command, actor.person.id, words, exact=True), "", *later
    )


# -- operators -------------------------------------------------------------------------------------------


_OTHERS = (
    "This was decided already, or is about other changes now. Nothing was done. Look at what is on hold."
)


def control(context: Context, name: str, what: Control, actor: Actor, shown: str = "") -> None:
    """Pauses or resumes a directory, or decides about what is held. `shown`: the key of what was read.

    Raises Refused.
    """
    with context.store.writing():
        draft, push = _decided(context, name, what, actor)
        if push and push.key != shown:
            raise Outdated(_OTHERS)
        if push and what is Control.RELEASED:
            people = set[EntryId]().union(*push.held.values())
            passed = [replace(push.row(id), passed=push.words[id].digest) for id in people]
            Words(context.store.database).keep(passed)
            draft = replace(draft, body={"counts": push.counts})
        context.store.control(name, draft)
    context.wake()


def may(context: Context, name: str, what: Control, actor: Actor) -> bool:
    """Whether somebody may do this with a directory now."""
    try:
        _decided(context, name, what, actor)
    except Refused:
        return False
    return True


def _decided(context: Context, name: str, what: Control, actor: Actor) -> tuple[Draft, Push | None]:
    """(the entry of a decision, what is held if it is about that). Raises Refused."""
    policy, people = context.policy, context.store.people
    title = policy.titled(name)
    case = replace(NO_CASE, requester=people.source(name, title)) if name in policy.directory else NO_CASE
    draft = decided(what, name, context.store.hold(name), actor, View(policy, case, people, context.now()))
    push = looked(context, name) if what in (Control.RELEASED, Control.KEPT) else None
    if push and push.concerns(actor.person):
        raise Refused(f"Another operator decides this for {title}. Nothing has changed.")
    return draft, push
