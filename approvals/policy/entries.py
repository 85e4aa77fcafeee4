"""The kinds of entries in the policy's lists of people: one class each, and everything else asks the class.

A new kind is one class here and its place in `KINDS`. It says whether a text is one of its own, whether that
can be used, whom it means for an ask, what has to be looked up to know that, and how it is put into words.
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

if TYPE_CHECKING:
    from approvals.policy.model import Policy


class Source(StrEnum):
    """Where it is looked up whom an entry means."""

    ACCOUNT = "account"
    USER_GROUP = "user group"
    MANAGER = "manager"


class Need(NamedTuple):
    """One thing to look up. `key`: an address or Slack id; a user group's handle; whose manager, by id."""

    source: Source
    key: str


@dataclass(frozen=True)
class Named:
    """One entry of a list, and whom it means; None where nobody is known by it."""

    entry: str
    person: Person | None
    because: str = ""
    """Completes "You're asked because …"."""
    notified: bool = True


@dataclass(frozen=True)
class View:
    """What lists are read by: one policy, one ask, and the people as a directory knows them now."""

    policy: "Policy"
    case: Case
    directory: Directory
    now: datetime

    def named(self, entries: Iterable[str]) -> Iterator[Named]:
        """Everybody whom a list of approvers means, with why and whether they get a message."""
        for entry in entries:
            yield from self.policy.entry(entry).named(self)

    def includes(self, entries: Iterable[str], person: Person) -> bool:
        """Whether a list of people and groups names this person, or everybody."""
        return any(self.policy.entry(entry).includes(self, person) for entry in entries)

    def needs(self, entries: Iterable[str]) -> set[Need]:
        """What has to be looked up to know whom a list means."""
        return {need for entry in entries for need in self.policy.entry(entry).needs(self.case)}

    def excludes(self, person: Person) -> bool:
        """Whether somebody may never decide it, also by what the policy says of who is the same person."""
        return any(self.policy.is_same(person, other) for other in self.case.excluded)

    @cached_property
    def find(self) -> Callable[[str], Person | None]:
        """The person of an address or account; each is looked up once, however many lists have it."""
        people = self.directory
        return cache(lambda text: people.by_email(text) if "@" in text else people.by_slack(SlackId(text)))


@dataclass(frozen=True)
class Entry:
    """One entry of a list, as it is written; by itself, one that means nobody."""

    text: str
    policy: "Policy"
    word: ClassVar[str] = ""
    """The text of a kind that is always written the same."""
    pattern: ClassVar[str] = ""
    """What the texts of any other kind look like."""
    is_asking: ClassVar[bool] = False
    """Whether it may stand where it says who may ask."""
    is_deciding: ClassVar[bool] = False
    """The same of who decides."""
    depends_on_ask: ClassVar[bool] = False
    """Whether it means others for every ask."""
    depends_on_teams: ClassVar[bool] = False
    """Whether it means others for every team."""
    phrase: ClassVar[str] = "{}"
    """Whom it means, in words; {} stands for its text."""
    unfilled: ClassVar[str] = ""
    """What `policy check` says where it can never mean anybody."""

    @classmethod
    def reads(cls, text: str, policy: "Policy") -> bool:
        """Whether a text is an entry of this kind."""
        return bool(re.fullmatch(cls.pattern or cls.word, text))

    def problem(self, *, asking: bool = False) -> str:
        """Why it can't be used in a list of who decides or (`asking`) of who may ask; '' where it can."""
        is_known = self.is_asking if asking else self.is_deciding
        return "" if is_known else f"{self.text!r} is no e-mail, Slack id or group; add [groups.{self.text}]"

    def named(self, view: View) -> Iterator[Named]:
        """Everybody whom it means."""
        yield Named(self.text, None)

    def includes(self, view: View, person: Person) -> bool:
        """Whether it means this person, as they are today."""
        return any(other.person and other.person.is_(person) for other in self.named(view))

    def needs(self, case: Case) -> Iterable[Need]:
        """What has to be looked up to know whom it means."""
        return ()

    def parts(self, *, notified: bool = False) -> "Iterable[Entry]":
        """The entries of which it is made; `notified`: those only whose people get a message."""
        return (self,)

    @property
    def label(self) -> str:
        """Whom it means, in words."""
        return self.phrase.format(self.text)

    def missing(self, view: View) -> Iterator[str]:
        """A sentence for everybody whom it names and who can't decide; or for there being nobody."""
        people = list(self.named(view))
        for named in people:
            called = named.person.addressed if named.person else named.entry
            if named.person is None or not named.person.is_colleague:
                yield f"{called} can't decide any more."
            elif view.excludes(named.person):
                yield f"{called} asks for it or is concerned, so can't decide it."
        yield from () if people else self.nobody(view)

    def nobody(self, view: View) -> Iterator[str]:
        """Sentences that say why it means nobody."""
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
            yield replace(named, because=group.because or named.because, notified=is_notified)

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
            yield Named(slack_id, view.find(slack_id), f"you're in {self.text}")

    def includes(self, view: View, person: Person) -> bool:
        members = set(view.directory.members(self.text, view.now))
        return any(account.slack_id in members for account in person.accounts)

    def needs(self, case: Case) -> Iterable[Need]:
        return (Need(Source.USER_GROUP, self.text),)

    def nobody(self, view: View) -> Iterator[str]:
        yield f"The record knows nobody in {self.text}."


class Manager(Entry):
    """Whoever manages the person concerned: by the policy's table, else as Slack or Miro says."""

    word, phrase = "manager", "the manager"
    is_asking = is_deciding = depends_on_ask = True
    unfilled = "nobody has a manager here; fill [managers], or write manager_field or manager_from_miro"

    def managed(self, case: Case) -> Person:
        """Whose manager it is."""
        return case.concerned

    def named(self, view: View) -> Iterator[Named]:
        person = self.managed(view.case)
        because = f"you manage {person.given or person.called.partition('@')[0]}"
        if in_table := self.policy.manager_of(person.email):
            yield Named(in_table, view.find(in_table), because)
        elif manager := view.directory.manager(person.id, view.now):
            yield Named(manager.email or str(manager.id), manager, because)

    def includes(self, view: View, person: Person) -> bool:
        """Whether they manage the person concerned; anybody, as long as nobody is named."""
        if view.case.subject:
            return super().includes(view, person)
        policy = view.policy
        return policy.looks_up_managers or not policy.names(person.today).isdisjoint(policy.bosses)

    def needs(self, case: Case) -> Iterable[Need]:
        return (Need(Source.MANAGER, self.managed(case).id),)

    def nobody(self, view: View) -> Iterator[str]:
        yield f"I know no manager of {self.managed(view.case).addressed}."


class RequestersManager(Manager):
    """Whoever manages the one who asks, where that is somebody else."""

    word, phrase = "requester-manager", "the requester's manager"
    is_asking = False

    def managed(self, case: Case) -> Person:
        return case.requester


class Owners(Entry):
    """Whoever the table `[owners]` names for every team that is joined or changed."""

    word, phrase = "owners", "the team's owners"
    is_deciding = depends_on_ask = depends_on_teams = True

    def problem(self, *, asking: bool = False) -> str:
        if not asking and not self.policy.owners:
            return '\'owners\' needs a table [owners]: "Design" = ["lena@example.com"]'
        return super().problem(asking=asking)

    def _of(self, team: Collection[str]) -> Iterator[str]:
        return (text for text in self.policy.owners_of([*team]) if not Owners.reads(text, self.policy))

    def named(self, view: View) -> Iterator[Named]:
        """Owning one of several teams gives no say about another."""
        first, *rest = [list(view.named(self._of(team))) for team in view.case.owned] or [[]]
        because = f"you own {listed(team[0] for team in view.case.owned)}"
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
            yield f"The policy names no owner of {listed(without, 'or')}."
        elif len(teams) > 1:
            yield f"Nobody owns all of {listed(team[0] for team in teams)}."
        for text in (text for team in teams for text in self._of(team)):
            yield from self.policy.entry(text).missing(view)


def _is_one(named: Named, other: Named) -> bool:
    if named.person and other.person:
        return named.person.is_(other.person)
    return canonical(named.entry) == canonical(other.entry)


class Anyone(Entry):
    """Every colleague; as somebody who may ask."""

    word = "anyone"
    is_asking = True

    def includes(self, view: View, person: Person) -> bool:
        return True


def is_person(entry: str) -> bool:
    """Whether an entry is written as an e-mail address or a Slack id."""
    return bool(re.fullmatch(OnePerson.pattern, entry))


MEMBERS: tuple[type[Entry], ...] = (OnePerson, UserGroup)
"""What a group may be made of."""
KINDS: tuple[type[Entry], ...] = (Group, *MEMBERS, Manager, RequestersManager, Owners, Anyone)
"""Every kind; the first that takes a text for its own reads it."""
RESERVED = {kind.word for kind in KINDS} - {"", Owners.word}
"""Names that no group can have. A group called "owners" was possible before there was a table of owners."""
NO_CASE = Case("", Person(PersonId("P-0")))
"""An ask of nobody, for what holds whoever asks."""
