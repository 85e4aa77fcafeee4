"""What an action is: a form, a sentence, and goals in order; each one is a single file beside this one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from approvals.ids import GroupId, PersonId
from approvals.people import Person
from approvals.request import Scope, Urgency
from bot.miro.goals import Goal, Seen
from bot.miro.rights import OrgRole
from bot.miro.wire import ADMIN
from bot.miro.wording import limit


class Input(Enum):
    """How a field is filled in."""

    PERSON = "person"
    TEAM = "team"
    TEAMS = "teams"
    TEXT = "text"
    CHOICE = "choice"
    DAY = "day"
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
    own: bool = False  # stands for the asker when nobody is named, and isn't shown then
    operators_only: bool = False
    names_group: bool = False  # the name that the group of the command gets
    grave: bool = False  # rights or an account hang on it: never filled in unless it was chosen or typed

    @property
    def is_team(self) -> bool:
        """Whether it holds a group's id, or several."""
        return self.kind in (Input.TEAM, Input.TEAMS)


@dataclass(frozen=True)
class Team:
    """A group as sentences need it."""

    id: GroupId
    label: str
    security_name: str
    name: str = ""
    """The whole name that people know, of which the label may be the beginning."""


@dataclass(frozen=True)
class Facts:
    """What an action may know when it is turned into goals and sentences."""

    person: Callable[[PersonId], Person]
    team: Callable[[GroupId], Team]
    account: Callable[[str], Mapping[str, str]]
    boards_pass: bool = True
    can_be_asked: Callable[[str], bool] = lambda name: True
    """Whether the policy mentions an action, so that somebody can ask for it."""


class Action(BaseModel):
    """One thing people can ask for. Its fields are the form; an instance is the typed command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    """Heading of the form and label of the button: at most 24 characters, Slack's limit for a modal."""
    ABOUT: ClassVar[str]
    """What it does, for lists of commands."""
    EXAMPLE: ClassVar[str]
    """The same, as somebody would write it."""
    NOTE: ClassVar[str] = ""
    """What has to be known before its form is filled in."""
    OPPOSITE: ClassVar[str] = ""
    """The action that takes back what this one gives."""
    RANK: ClassVar[int] = 9
    """Where it stands among the others in lists: what is asked for most comes first."""
    SLASH: ClassVar[str] = ""
    """Its own slash command, if it has one; `/miro NAME` works always."""
    CONFIRM: ClassVar[str] = ""
    """The button's label in a confirmation before Approve; '' asks for none."""
    CONFIDENTIAL: ClassVar[bool] = False
    """Nobody but requester, approvers and operators hears of it; the person concerned never does."""
    ADMINS: ClassVar[bool] = False
    """Whether it may take Company Admin away: such requests work one after another."""

    FOR_LEAVERS: ClassVar[bool] = False
    """Whether it is of use for somebody who has left; other requests end when their person leaves."""
    URGENCY: ClassVar[Urgency] = Urgency.ORDINARY
    """How soon it is worked on: what takes something away goes before what gives it."""
    CLOSES: ClassVar[bool] = False
    """Whether the person has no account to work with afterwards: what else is asked about them ends."""

    @classmethod
    @cache
    def form(cls) -> dict[str, FormField]:
        """The fields in order."""
        return {
            name: next(data for data in info.metadata if isinstance(data, FormField))
            for name, info in cls.model_fields.items()
        }

    def phrase(self, facts: Facts) -> str:
        """What is asked for, as a verb phrase: "make Alex Smith a Company Admin of Miro"."""
        raise NotImplementedError

    def outcome(self, facts: Facts) -> str:
        """The same when it is so. `{who}` becomes the name or "you", `{is}` "is" or "are"."""
        raise NotImplementedError

    @property
    def confirm(self) -> str:
        """The label of the button that confirms this very command."""
        return self.CONFIRM

    def warning(self, facts: Facts) -> str:
        """The sentence of the confirmation."""
        return ""

    def undo(self, facts: Facts) -> str:
        """How it can be undone, in a few words: "To undo: /miro remove-admin."; or that it can't be."""
        raise NotImplementedError

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        """What has to hold, in the order in which it is brought about."""
        raise NotImplementedError

    @property
    def subject(self) -> PersonId | None:
        """The person whom it changes."""
        return getattr(self, "person", None)

    @property
    def group(self) -> GroupId | None:
        """The group that it changes itself, not its members."""
        return None

    @property
    def teams_named(self) -> tuple[tuple[str, GroupId], ...]:
        """Every group in it, with the field it stands in."""
        values = {name: getattr(self, name) for name, asked in self.form().items() if asked.is_team}
        return tuple(
            (name, id)
            for name, value in values.items()
            for id in (value if isinstance(value, tuple) else (value,))
            if id
        )

    @property
    def days(self) -> int | None:
        """For how many days it is asked, counted from the ask; None for no end."""
        return getattr(self, "for_days", None)

    @property
    def limit(self) -> str:
        """The same in a few words: "until Fri 4 Dec", "for 7 days"; '' for no end."""
        return limit(self.days, self.last_day)

    @property
    def last_day(self) -> str:
        """The last day of access, as 2026-12-20; '' where it was asked for by days, or without an end."""
        return str(getattr(self, "until", None) or "")

    def ending(self, given: Collection[str]) -> "Action | None":
        """What takes back, when the days are over, what was given: goals by their keys; None for nothing."""
        return None

    def back(self, given: Collection[str], facts: Facts) -> str:
        """The same in a few words: "I take Engineering back; the account stays"; '' for nothing."""
        return ""

    @classmethod
    def conditions(cls) -> dict[str, tuple[str, ...]]:
        """What of its form a rule of the policy may look at, with what is chosen there; () for anything."""
        form = cls.form()
        sides = {"leaving" if asked.leaves else "team" for asked in form.values() if asked.is_team}
        chosen = {
            name: tuple(value for value, _ in asked.choices)
            for name, asked in form.items()
            if asked.kind is Input.CHOICE
        }
        return dict.fromkeys(sorted(sides), ()) | chosen | ({"max_days": ()} if "for_days" in form else {})

    def scope(self, facts: Facts) -> Scope:
        """What a rule of the policy may look at."""
        form = self.form()
        teams = [(form[field].leaves, _names(id, facts)) for field, id in self.teams_named]
        named = {name: getattr(self, name) for name in self.conditions() if name in form}
        return Scope(
            tuple(names for leaves, names in teams if not leaves),
            tuple(names for leaves, names in teams if leaves),
            {name: (str(value),) for name, value in named.items() if value},
            self.days,
        )

    @property
    def lanes(self) -> tuple[str, ...]:
        """What nobody else may be working on at the same time."""
        keys = [f"person:{self.subject}"] if self.subject else []
        keys += [f"group:{self.group}"] if self.group else []
        return (*keys, *(("admins",) if self.ADMINS else ()))

    def needs(self, facts: Facts) -> str:
        """What its looks must ask for beside what every look does."""
        return ",".join(goal.needs for goal in self.goals(facts) if goal.needs)

    def demotes(self, facts: Facts, seen: Seen) -> bool:
        """Whether, by what was seen, a Company Admin would become one no more."""
        down = [goal for goal in self.goals(facts) if isinstance(goal, OrgRole) and goal.role != ADMIN]
        return any(not goal.holds(seen) for goal in down)


def _names(id: GroupId, facts: Facts) -> tuple[str, ...]:
    """Every name of a team, its id last; the id alone, where it isn't in Miro any more."""
    try:
        team = facts.team(id)
    except KeyError:
        return (id,)
    # A group may be called like the id of another one: the last must be its own in any case.
    names = dict.fromkeys((team.name or team.label, team.security_name))
    return (*(name for name in names if name != id), id)


def text(
    label: str, hint: str = "", *, longest: int = 120, operators_only: bool = True, also: tuple[str, ...] = ()
) -> Any:
    """The type of a line of text in a form; `also`: what its label may read like in a message."""
    after = (label.casefold(), *also)
    asked = FormField(label, Input.TEXT, hint, after, operators_only=operators_only)
    return Annotated[str, Field(max_length=longest), asked]


Days = Annotated[
    int | None,
    Field(ge=1, le=366),
    FormField("For how many days", Input.DAYS, "Leave empty for no end date."),
]
"""The field of an action that can end by itself; always called `for_days`."""

Until = Annotated[date | None, FormField("Last day", Input.DAY, "Leave empty for no end date.")]
"""The last day of access, in the asker's time zone; always called `until`. It sets `for_days` as well."""

Teams = Annotated[tuple[GroupId, ...], Field(min_length=1, max_length=3)]
"""One to three groups."""

Subject = Annotated[PersonId, FormField("Who", Input.PERSON, "A colleague in Slack, or an e-mail address.")]
OwnSubject = Annotated[
    PersonId, FormField("For whom", Input.PERSON, "A colleague in Slack, or an e-mail address.", own=True)
]
