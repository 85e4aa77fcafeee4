"""The base of an action: a form, sentences, and goals in order. Each action is one file below."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from approvals.ids import GroupId, PersonId
from approvals.people import Person, listed
from approvals.policy.team_names import wide
from approvals.request import Scope, Urgency
from bot.miro.accounts import HasAccount
from bot.miro.goals import Goal
from bot.miro.wording import limit


class Input(Enum):
    """The kinds of fields."""

    PERSON = "person"
    TEAM = "team"
    TEAMS = "teams"
    TEXT = "text"
    CHOICE = "choice"
    DAY = "day"
    MOMENT = "moment"
    DAYS = "days"
    """A number of days: typed in a shell or read from a message; a form in Slack shows a day instead."""


@dataclass(frozen=True)
class FormField:
    """One field of a form.

    `after`: the words in front of it in a message ("from", "to"); `choices`: (value, label).
    """

    label: str
    kind: Input
    hint: str = ""
    after: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    leaves: bool = False  # a team that is left, not joined
    own: bool = False  # means the asker if nobody is named, and isn't shown then
    operators_only: bool = False
    names_group: bool = False  # the name that the group of the command gets
    deletes: bool = False  # the group is deleted
    is_address: bool = False  # the e-mail address that the person of the command gets
    by_policy: bool = False  # left out, it has the value that the action's rule has under its name
    only_if: tuple[str, str] = ("", "")  # (another field, its value with which this may be filled in)
    beside_groups: bool = False  # the name of a team, where groups are user groups; needs REST, too
    by_rest: bool = False  # an address to which Miro's REST API is needed
    grave: bool = False  # about rights or an account: never filled in unless chosen or typed

    @property
    def is_team(self) -> bool:
        """Whether it holds group ids."""
        return self.kind in (Input.TEAM, Input.TEAMS)


@dataclass(frozen=True)
class Team:
    """The names of a group for sentences."""

    id: GroupId
    label: str
    security_name: str
    name: str = ""
    """The full display name; the label may be its beginning."""


@dataclass(frozen=True)
class Facts:
    """The data from which an action makes goals and sentences."""

    person: Callable[[PersonId], Person]
    team: Callable[[GroupId], Team]
    account: Callable[[str], Mapping[str, str]]
    known_team: Callable[[GroupId], Team]
    """A group by its last names, also if it isn't in Miro any more. Raises KeyError if never seen."""
    boards_pass: bool = True
    can_be_asked: Callable[..., bool] = lambda name, email="": True
    """Whether an action is in the policy, and may give access to an address."""
    has_rest: bool = False
    """Whether Miro's REST API can be called."""

    def labels(self, teams: Iterable[GroupId]) -> str:
        """'Engineering and Design'."""
        return listed([self.team(id).label for id in teams])

    def places(self, teams: Iterable[GroupId], miro_team: str) -> str:
        """'Engineering and the team Research', '' for none."""
        beside = [f"the team {miro_team}"] if miro_team else []
        return listed([*(self.team(id).label for id in teams), *beside])

    def undone(self, by: str, how: str, *, what: str = "", but: str = "") -> str:
        """'To undo the rights: /miro remove-admin.'; or how in Miro, if that action isn't in the policy."""
        return f"To undo{what}{but}: {how}." if by and self.can_be_asked(by) else self.in_miro(but)

    def in_miro(self, but: str = "") -> str:
        """How to undo it in Miro, if no action does."""
        return f"This can be undone{but} in Miro."

    @property
    def but_boards(self) -> str:
        """What can't be undone for a person who left a team: the boards."""
        return " (all but boards)" if self.boards_pass else ""


def first(person: Person) -> str:
    """The short name for a sentence about somebody."""
    return person.given or person.called.partition(" ")[0].partition("@")[0]


class Action(BaseModel):
    """One thing people can ask for. Its fields are the form; an instance is the typed command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    """Heading of the form and label of the button: at most 24 characters, Slack's limit for a modal."""
    ABOUT: ClassVar[str]
    """What it does, for lists of commands."""
    EXAMPLE: ClassVar[str]
    """An example of a message that asks for it."""
    NOTE: ClassVar[str] = ""
    """A note above its form."""
    OPPOSITE: ClassVar[str] = ""
    """The action that undoes it."""
    UNDONE_BY: ClassVar[tuple[str, str]] = ("", "")
    """An action that undoes all of it, and how it is asked for."""
    RANK: ClassVar[int] = 9
    """Its position in lists: frequent ones first."""
    SLASH: ClassVar[str] = ""
    """Its own slash command, or ''; `/miro NAME` always works."""
    CONFIRM: ClassVar[str] = ""
    """The button's label in a confirmation before Approve; '' for no confirmation."""
    CONFIDENTIAL: ClassVar[bool] = False
    """Whether only requester, approvers and operators see it, never the person concerned."""
    TOGETHER: ClassVar[bool] = True
    """Whether several may be approved at once, unless they are grave for another reason."""
    ADMINS: ClassVar[bool] = False
    """Whether it may remove a Company Admin: such requests are worked on one at a time."""

    NOT_FOR_TEAMS: ClassVar[str] = ""
    """What to do instead where groups are teams, which SCIM neither creates nor deletes; '' if it works."""

    SHOWS_USAGE: ClassVar[bool] = False
    """Whether approvers read license and last activity, which takes a call for each."""

    FOR_LEAVERS: ClassVar[bool] = False
    """Whether it makes sense for a person who has left; other requests end when their person leaves."""
    URGENCY: ClassVar[Urgency] = Urgency.ORDINARY
    """How soon it is worked on: taking rights away precedes giving them."""
    CLOSES: ClassVar[bool] = False
    """Whether the account is closed by it: other requests about the person end then."""

    @classmethod
    @cache
    def form(cls) -> dict[str, FormField]:
        """The fields in order."""
        known = ((name, data) for name, info in cls.model_fields.items() for data in info.metadata)
        return {name: data for name, data in known if isinstance(data, FormField)}

    def phrase(self, facts: Facts) -> str:
        """The request as a verb phrase: "make Alex Smith a Company Admin of Miro"."""
        raise NotImplementedError

    def outcome(self, facts: Facts) -> str:
        """The outcome as a sentence. `{who}` becomes the name or "you", `{is}` "is" or "are"."""
        raise NotImplementedError

    @property
    def confirm(self) -> str:
        """The label of the button that confirms this command."""
        return self.CONFIRM

    def warning(self, facts: Facts) -> str:
        """The sentence of the confirmation."""
        return ""

    def undo(self, facts: Facts) -> str:
        """How it can be undone, in a few words: "To undo: /miro remove-admin."; or that it can't be."""
        return facts.undone(*self.UNDONE_BY)

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        """The goals, in the order of their calls: `changes` of an account that has to be there."""
        assert self.subject
        person = facts.person(self.subject)
        return (HasAccount(first(person), person.email, create=False), *self.changes(first(person), facts))

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        """What changes about a person; `who`: their short name."""
        raise NotImplementedError

    @property
    def lead(self) -> "Action":
        """The command whose rule of the policy decides it."""
        return self

    @property
    def subject(self) -> PersonId | None:
        """The person that it changes, or None."""
        return getattr(self, "person", None)

    @property
    def subjects(self) -> Collection[PersonId]:
        """Everybody that it changes."""
        return (self.subject,) if self.subject else ()

    @property
    def heir_address(self) -> str:
        """Whom teams are handed on to, of which the person is the only admin; '' for nobody."""
        return ""

    @property
    def team_beside(self) -> str:
        """The name of a Miro team to join besides groups; '' for none."""
        return ""

    def handing_on(self, teams: Mapping[str, str], heir: str) -> Mapping[str, Any]:
        """{field: value} for handing on {id: label}; `heir`: the Miro id of who becomes their admin."""
        return {}

    @property
    def group(self) -> GroupId | None:
        """The group that it changes (not its members), or None."""
        return None

    @property
    def new_group(self) -> str:
        """The name of the group that it creates, or ''."""
        return ""

    @property
    def teams_named(self) -> tuple[tuple[str, GroupId], ...]:
        """(field, group) of every group in it."""
        values = {name: getattr(self, name) for name, asked in self.form().items() if asked.is_team}
        named = ((name, value if isinstance(value, tuple) else (value,)) for name, value in values.items())
        return tuple((name, id) for name, ids in named for id in ids if id)

    @property
    def days(self) -> int | None:
        """The days of access, counted from the ask; None: no end."""
        return getattr(self, "for_days", None)

    @property
    def limit(self) -> str:
        """The time limit in words: "until Fri 4 Dec", "for 7 days"; '' for no end."""
        return limit(self.days, self.last_day)

    @property
    def last_day(self) -> str:
        """The last day of access, as 2026-12-20; '' if asked by days, or without an end."""
        return str(getattr(self, "until", None) or "")

    def ending(self, given: Collection[str]) -> "Action | None":
        """The action that revokes the changes with these goal keys at the end; None if there are none."""
        return None

    @property
    def is_final(self) -> bool:
        """Whether nothing can undo it."""
        return False

    @property
    def then(self) -> "tuple[Action, int] | None":
        """(what follows by itself, so many days after it is done); None for nothing."""
        return None

    def back(self, given: Collection[str], facts: Facts) -> str:
        """That revocation in words: "I take Engineering back; the account stays"; '' for none."""
        return ""

    @classmethod
    @cache
    def conditions(cls) -> dict[str, tuple[str, ...]]:
        """{field that a rule of the policy may look at: its choices; () for any value}."""
        form = cls.form()
        sides = {"leaving" if asked.leaves else "team" for asked in form.values() if asked.is_team}
        choices = {name: asked.choices for name, asked in form.items() if asked.kind is Input.CHOICE}
        chosen = {name: tuple(value for value, _ in own) for name, own in choices.items()}
        return dict.fromkeys(sorted(sides), ()) | chosen | ({"max_days": ()} if "for_days" in form else {})

    def scope(self, facts: Facts) -> Scope:
        """The values that a rule of the policy looks at."""
        form = self.form()
        teams = [(form[field].leaves, _names(id, facts)) for field, id in self.teams_named]
        named = {name: getattr(self, name) for name in self.conditions() if name in form}
        joined, left = (tuple(names for leaves, names in teams if leaves is side) for side in (False, True))
        facts_chosen = {name: (str(value),) for name, value in named.items() if value}
        return Scope(joined, left, facts_chosen, self.days)

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes: keys that no other request may be working on at the same time."""
        keys = [f"person:{self.subject}"] if self.subject else []
        keys += [f"group:{self.group}"] if self.group else []
        keys += [f"name:{wide(self.new_group)}"] if self.new_group else []
        return (*keys, *(("admins",) if self.ADMINS else ()))


def _names(id: GroupId, facts: Facts) -> tuple[str, ...]:
    """All names of a team, with the id last; only the id if it isn't in Miro any more."""
    try:
        team = facts.team(id)
    except KeyError:
        return (id,)
    # A group may be named like another one's id: the last must be its own.
    names = dict.fromkeys((team.name or team.label, team.security_name))
    return (*(name for name in names if name != id), id)


def text(
    label: str, hint: str = "", *, longest: int = 120, also: tuple[str, ...] | None = (), **more: Any
) -> Any:
    """The type of a text field. `also`: other words for its label in a message, None if it isn't found there;
    `more`: of `FormField`."""
    after = () if also is None else (label.casefold(), *also)
    asked = FormField(label, Input.TEXT, hint, after, **{"operators_only": True, **more})
    return Annotated[str, Field(max_length=longest), asked]


DETAILS = {
    **{name: name for name in ("department", "division", "organization", "manager")},
    **{"cost_centre": "costCenter", "employee_number": "employeeNumber"},
}
"""{field: SCIM's name of the enterprise attribute} (RFC 7643 section 4.3)."""

Days = Annotated[
    int | None,
    Field(ge=1, le=366),
    FormField("For how many days", Input.DAYS, "Leave empty for no end date."),
]
"""The field `for_days` of actions with a time limit."""

Until = Annotated[date | None, FormField("Last day", Input.DAY, "Leave empty for no end date.")]
"""The field `until`: the last day of access, in the asker's time zone. It also sets `for_days`."""

START = FormField("Start", Input.MOMENT, "Leave empty to start as soon as it's approved.")
"""The field `start` of every form. It is part of the request, not of the command."""

Teams = Annotated[tuple[GroupId, ...], Field(min_length=1, max_length=3)]
"""One to three groups."""

Subject = Annotated[PersonId, FormField("Who", Input.PERSON, "A colleague in Slack, or an e-mail address.")]
OwnSubject = Annotated[
    PersonId, FormField("For whom", Input.PERSON, "A colleague in Slack, or an e-mail address.", own=True)
]
