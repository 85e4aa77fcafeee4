"""The kinds of entries in the policy's lists of people, one class for each.

To add a kind, write one class here and add it to `KINDS`. It says whether a text is an entry of this kind and
valid, whom it means for a request, what has to be looked up for that, and how it is put into words.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from approvals.case import Case
from approvals.ids import PersonId, SlackId
from approvals.people import Directory, Person, canonical, key, listed
from approvals.sentence import NOTHING, Sentence

if TYPE_CHECKING:
    from approvals.policy.model import Policy


class Source(StrEnum):
    """Where the people of an entry are looked up."""

    ACCOUNT = "account"
    USER_GROUP = "user group"
    MANAGER = "manager"


class Need(NamedTuple):
    """One thing to look up. `key`: an address or Slack id; a user group's handle; whose manager, by id."""

    source: Source
    key: str


@dataclass(frozen=True)
class Named:
    """One entry of a list with its person; None if nobody is known by it."""

    entry: str
    person: Person | None
    because: Sentence = NOTHING
    """Completes "You're asked because …"."""
    notified: bool = True


@dataclass(frozen=True)
class View:
    """What entries are resolved with: a policy, a request, and a directory of people."""

    policy: "Policy"
    case: Case
    directory: Directory
    now: datetime

    def named(self, entries: Iterable[str]) -> Iterator[Named]:
        """Everybody whom a list of approvers means, each with a reason and whether they get a message."""
        for entry in entries:
            yield from self.policy.entry(entry).named(self)

    def includes(self, entries: Iterable[str], person: Person) -> bool:
        """Whether a list of people and groups names this person, or everybody."""
        return any(self.policy.entry(entry).includes(self, person) for entry in entries)

    def needs(self, entries: Iterable[str]) -> set[Need]:
        """What has to be looked up to resolve a list."""
        return {need for entry in entries for need in self.policy.entry(entry).needs(self.case)}

    def excludes(self, person: Person) -> bool:
        """Whether a person may never decide it, [same_person] of the policy included."""
        return any(
            self.policy.is_same(person, other) for other in (*self.case.excluded, *self._administrators)
        )

    @cached_property
    def _administrators(self) -> list[Person]:
        """Those who run the directory that asks."""
        directory = self.policy.directory.get(self.case.requester.source)
        named = self.named(directory.administrators) if directory else ()
        return [each.person for each in named if each.person]

    @cached_property
    def find(self) -> Callable[[str], Person | None]:
        """A cached function from an address or account to its person, or None."""
        people = self.directory
        return cache(lambda text: people.by_email(text) if "@" in text else people.by_slack(SlackId(text)))


@dataclass(frozen=True)
class Entry:
    """One entry of a list as written; the base class, which means nobody."""

    text: str
    policy: "Policy"
    word: ClassVar[str] = ""
    """The text of a kind with a fixed text."""
    pattern: ClassVar[str] = ""
    """The pattern of the texts of other kinds."""
    is_asking: ClassVar[bool] = False
    """Whether it is allowed in lists of who may ask."""
    is_deciding: ClassVar[bool] = False
    """Whether it is allowed in lists of who decides."""
    depends_on_ask: ClassVar[bool] = False
    """Whether its people depend on the request."""
    depends_on_teams: ClassVar[bool] = False
    """Whether its people depend on the team."""
    phrase: ClassVar[str] = "{}"
    """Its people in words; {} is replaced by its text."""
    unfilled: ClassVar[str] = ""
    """The problem reported by `policy check` if it can never mean anybody."""

    @classmethod
    def reads(cls, text: str, policy: "Policy") -> bool:
        """Whether a text is an entry of this kind."""
        return bool(re.fullmatch(cls.pattern or cls.word, text))

    def problem(self, *, asking: bool = False) -> str:
        """Why it isn't allowed in a list of who decides or (`asking`) of who may ask; '' if it is."""
        if self.is_asking if asking else self.is_deciding:
            return ""
        problem = f"{self.text!r} isn't an e-mail address, Slack id or group"
        return f"{problem}; correct it or add [groups.{self.text}]"

    def named(self, view: View) -> Iterator[Named]:
        """The people it means."""
        yield Named(self.text, None)

    def includes(self, view: View, person: Person) -> bool:
        """Whether it means this person, by today's data."""
        return any(other.person and other.person.is_(person) for other in self.named(view))

    def needs(self, case: Case) -> Iterable[Need]:
        """What has to be looked up to resolve it."""
        return ()

    def parts(self, *, notified: bool = False) -> "Iterable[Entry]":
        """The entries it consists of; `notified`: only those whose people get a message."""
        return (self,)

    @property
    def label(self) -> str:
        """Its people in words."""
        return self.phrase.format(self.text)

    def missing(self, view: View) -> Iterator[str]:
        """A sentence about each of its people who can't decide, or about there being none."""
        people = list(self.named(view))
        for named in people:
            called = named.person.addressed if named.person else named.entry
            if named.person is None or not named.person.is_colleague:
                yield f"{called} can no longer decide."
            elif view.excludes(named.person):
                yield f"{called} can't decide, because it's by or about them, or gives them teams."
        yield from () if people else self.nobody(view)

    def nobody(self, view: View) -> Iterator[str]:
        """Sentences on why it means nobody."""
        yield from ()


class Group(Entry):
    """A group of the policy."""

    is_asking = is_deciding = True

    @classmethod
    def reads(cls, text: str, policy: "Policy") -> bool:
        return text in policy.groups

    def parts(self, *, notified: bool = False) -> Iterable[Entry]:
        group = self.policy.groups[self.text]
        texts = group.told if notified and group.told else group.entries
        return [
            kind(text, self.policy) for text in texts for kind in MEMBERS if kind.reads(text, self.policy)
        ]

    def named(self, view: View) -> Iterator[Named]:
        group = self.policy.groups[self.text]
        for named in (named for part in self.parts() for named in part.named(view)):
            is_notified = not group.told or named.entry in group.told
            if named.person and not is_notified:
                is_notified = view.includes(group.told, named.person)
            yield replace(
                named, because=Sentence.verbatim(group.because) or named.because, notified=is_notified
            )

    def includes(self, view: View, person: Person) -> bool:
        return any(part.includes(view, person) for part in self.parts())

    def needs(self, case: Case) -> Iterable[Need]:
        return [need for part in self.parts() for need in part.needs(case)]

    def missing(self, view: View) -> Iterator[str]:
        for part in self.parts():
            yield from part.missing(view)


class OnePerson(Entry):
    """An e-mail address or a Slack id."""

    pattern = r"(?s:.+@.*)|[A-Z0-9]{6,}"
    is_asking = is_deciding = True

    def named(self, view: View) -> Iterator[Named]:
        yield Named(self.text, view.find(self.text))

    def includes(self, view: View, person: Person) -> bool:
        return key(self.text) in person.today

    def needs(self, case: Case) -> Iterable[Need]:
        return (Need(Source.ACCOUNT, self.text),)


class UserGroup(Entry):
    """The handle of a Slack user group, "@designers"."""

    pattern, phrase = r"@[^@\s]+", "the members of {}"
    is_asking = is_deciding = True

    def named(self, view: View) -> Iterator[Named]:
        for slack_id in view.directory.members(self.text, view.now):
            yield Named(slack_id, view.find(slack_id), Sentence.of("because-member", group=self.text))

    def includes(self, view: View, person: Person) -> bool:
        members = set(view.directory.members(self.text, view.now))
        return any(account.slack_id in members for account in person.accounts)

    def needs(self, case: Case) -> Iterable[Need]:
        return (Need(Source.USER_GROUP, self.text),)

    def nobody(self, view: View) -> Iterator[str]:
        yield f"Nobody is known to be in {self.text}."


class Manager(Entry):
    """The manager of the person concerned: by the policy's table, else by Slack or Miro."""

    word, phrase = "manager", "the manager"
    is_asking = is_deciding = depends_on_ask = True
    unfilled = "no managers are known; fill in [managers], or set manager_field or manager_from_miro"

    def managed(self, case: Case) -> Person:
        """The person whose manager it means."""
        return case.concerned

    def parts(self, *, notified: bool = False) -> Iterable[Entry]:
        return (self,) if self.policy.looks_up_managers or self.policy.bosses else ()

    def named(self, view: View) -> Iterator[Named]:
        person = self.managed(view.case)
        because = Sentence.of("because-manager", who=person.given or person.called.partition("@")[0])
        if in_table := self.policy.manager_of(person.email):
            yield Named(in_table, view.find(in_table), because)
        elif manager := view.directory.manager(person.id, view.now):
            yield Named(manager.email or str(manager.id), manager, because)

    def includes(self, view: View, person: Person) -> bool:
        """Whether they manage the person concerned; without a subject, whether they may be a manager."""
        if view.case.subject:
            return super().includes(view, person)
        policy = view.policy
        return policy.looks_up_managers or not policy.names(person.today).isdisjoint(policy.bosses)

    def needs(self, case: Case) -> Iterable[Need]:
        return (Need(Source.MANAGER, self.managed(case).id),)

    def nobody(self, view: View) -> Iterator[str]:
        yield f"No manager is known for {self.managed(view.case).addressed}."


class RequestersManager(Manager):
    """The requester's manager, if the request is for somebody else."""

    word, phrase = "requester-manager", "the requester's manager"
    is_asking = False

    def managed(self, case: Case) -> Person:
        return case.requester


class Owners(Entry):
    """The owners, by the table `[owners]`, of every team that is joined or changed."""

    word, phrase = "owners", "the team's owners"
    is_deciding = depends_on_ask = depends_on_teams = True

    def problem(self, *, asking: bool = False) -> str:
        if not asking and not self.policy.owners:
            return '\'owners\' needs a table [owners]: "Design" = ["lena@example.com"]'
        return super().problem(asking=asking)

    def _of(self, team: Collection[str]) -> Iterator[str]:
        return (text for text in self.policy.owners_of([*team]) if not Owners.reads(text, self.policy))

    def named(self, view: View) -> Iterator[Named]:
        """The people who own all teams: the owner of one has no say about another."""
        first, *rest = [list(view.named(self._of(team))) for team in view.case.owned] or [[]]
        because = Sentence.of("because-owner", teams=listed(team[0] for team in view.case.owned))
        for named in first:
            if all(any(_is_one(named, other) for other in owners) for owners in rest):
                yield replace(named, because=because)

    def needs(self, case: Case) -> Iterable[Need]:
        texts = [text for team in case.owned for text in self._of(team)]
        return [need for text in texts for need in self.policy.entry(text).needs(case)]

    def nobody(self, view: View) -> Iterator[str]:
        teams = view.case.owned
        without = [team[0] for team in teams if not self.policy.owners_of(team)]
        if without:
            yield f"The policy names no owner for {listed(without, 'or')}."
        elif len(teams) > 1:
            yield f"Nobody owns all of {listed(team[0] for team in teams)}."
        for text in (text for team in teams for text in self._of(team)):
            yield from self.policy.entry(text).missing(view)


def _is_one(named: Named, other: Named) -> bool:
    if named.person and other.person:
        return named.person.is_(other.person)
    return canonical(named.entry) == canonical(other.entry)


class Anyone(Entry):
    """Every colleague; only in lists of who may ask."""

    word = "anyone"
    is_asking = True

    def includes(self, view: View, person: Person) -> bool:
        return True


def is_person(entry: str) -> bool:
    """Whether an entry is written as an e-mail address or a Slack id."""
    return bool(re.fullmatch(OnePerson.pattern, entry))


MEMBERS: tuple[type[Entry], ...] = (OnePerson, UserGroup)
"""The kinds of entries that a group may contain."""
KINDS: tuple[type[Entry], ...] = (Group, *MEMBERS, Manager, RequestersManager, Owners, Anyone)
"""All kinds; an entry is of the first kind that reads its text."""
RESERVED = {kind.word for kind in KINDS} - {"", Owners.word}
"""Names that no group can have. "owners" is allowed: it was, before there was a table of owners."""
NO_CASE = Case("", Person(PersonId("P-0")))
"""A request without a person, for what doesn't depend on the requester."""
