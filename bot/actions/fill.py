"""Raw text to a typed command: the same way from a form, a message and the command line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Directory, Group, Person, listed
from approvals.policy.model import Policy
from approvals.policy.team_names import is_alike, narrow
from approvals.policy.teams import called
from approvals.refusals import Refused
from approvals.text import cleaned
from bot.actions.form import Action, Asked, Facts, Kind, Team

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class Problems(Exception):
    """Everything wrong with a form, each at its field, with the remedy."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()))
        self.fields = dict(fields)


@dataclass(frozen=True)
class Tables:
    """The local tables and the policy, as far as filling in a form needs them."""

    policy: Policy
    all_groups: Callable[[], Sequence[Group]]
    meet: Callable[..., Person]
    people: Directory
    get_group: Callable[[GroupId], Group | None]
    boards_pass: bool = True

    @cached_property
    def groups(self) -> Sequence[Group]:
        """Every group, read when it is first needed: there may be thousands."""
        return self.all_groups()

    def label(self, group: Group) -> str:
        """The name people know: the policy's, else the one under which it was first seen."""
        return self.policy.known_for((*called(group), group.id)) or group.known_name

    def team(self, id: GroupId) -> Team:
        """A group for sentences. Raises KeyError when it isn't in Miro any more."""
        group = self.get_group(id)
        if group is None or group.gone:
            raise KeyError(id)
        return Team(group.id, clip(self.label(group)), group.security_name, self.label(group))

    def person(self, id: PersonId) -> Person:
        """A person for sentences. Raises KeyError."""
        found = self.people.person(id)
        return replace(found, name=clip(found.name, 40, 3))

    def called(self, slack_id: str) -> str:
        """The name behind a Slack account, or ''."""
        person = self.people.by_slack(SlackId(slack_id))
        return person.name if person else ""

    @property
    def facts(self) -> Facts:
        """What actions may know."""
        return Facts(
            self.person,
            self.team,
            lambda email: self.policy.account(email).model_dump(),
            self.boards_pass,
            lambda name: self.policy.rule(name) is not None,
        )

    def managed(self, group: Group) -> str:
        """Where to ask instead of here, or '': what an identity provider manages it would put back."""
        names = (*self.names(group), group.id)
        # One name too many asks elsewhere, one too few asks nobody: what only looks like it is managed, too.
        named = [(self.policy.means(name, names), way) for name, way in self.policy.managed_elsewhere.items()]
        ways = sorted((found is None, way) for found, way in named if found is not False)
        return f"{clip(self.label(group))} is managed elsewhere. Ask there: {ways[0][1]}" if ways else ""

    def strangers(self) -> list[str]:
        """Teams that the policy names and Miro doesn't have: misspelt, they protect and own nothing."""
        return self.policy.missing(self.policy.team_names(), {one.id for one in self.groups})

    def doubts(self) -> list[str]:
        """Names in the policy that nobody can tell from others, each with the teams that may be meant."""
        by_id = {str(one.id): one for one in self.groups}
        return [
            f"“{name}” ({listed([f'{id}: “{by_id[id].security_name}”' for id in ids if id in by_id], 'or')})"
            for name, ids in self.policy.unsure.items()
            if by_id.keys() & set(ids)
        ]

    def names(self, group: Group) -> tuple[str, ...]:
        """Everything that a group is called, here and in Miro."""
        return tuple(dict.fromkeys((self.label(group), *called(group))))

    def is_called(self, name: str, *, but: GroupId) -> bool:
        """Whether a name can't be told from one that another group has, whichever of its names that is."""
        others = (one for one in self.groups if one.id != but)
        return any(is_alike(name, known) for one in others for known in self.names(one))

    def found(self, name: str) -> list[Group]:
        """Groups of this id, known name or security name."""
        # No record keeps a NUL, so no id has one.
        known = None if "\0" in name else self.get_group(GroupId(name.strip()))
        if known:
            return [] if known.gone else [known]
        wanted = narrow(name)
        return [one for one in self.groups if wanted in (narrow(self.label(one)), narrow(one.security_name))]

    def like(self, name: str) -> list[Group]:
        """Groups with a name that can't be told from this one by looking at it."""
        return [one for one in self.groups if any(is_alike(name, known) for known in self.names(one))]


def clip(text: str, longest: int = 30, words: int = 3) -> str:
    """A name as it fits into a sentence on a phone; all of it stands under Details."""
    whole, kept = " ".join(text.split()), " ".join(text.split()[:words])
    if kept == whole and len(kept) <= longest:
        return kept
    return f"{kept[: longest - 1].rstrip()}…"


Raw = Mapping[str, str | Sequence[str]]


def fill(action: type[Action], raw: Raw, asker: Person, tables: Tables) -> Action:
    """The command that a filled form stands for. Raises Problems."""
    values, problems = _values(action, raw, asker, tables)
    command = _command(action, values, problems)
    problems |= taken(command, tables) if command else {}
    if problems or command is None:
        raise Problems(problems)
    return command


def fill_partly(action: type[Action], raw: Raw, asker: Person, tables: Tables) -> Action:
    """The same of a form with gaps, which stay empty. Raises Problems about what is filled in."""
    values, problems = _values(action, raw, asker, tables)
    command = _command(action, values, problems)
    problems |= taken(command, tables) if command else {}
    wrong = {name: text for name, text in problems.items() if raw.get(name)}
    if wrong:
        raise Problems(wrong)
    gaps = {name: () for name, info in action.model_fields.items() if info.is_required()}
    return command or action.model_construct(**gaps | values)


def _values(
    action: type[Action], raw: Raw, asker: Person, tables: Tables
) -> tuple[dict[str, Any], dict[str, str]]:
    """What is in a form, and what can't be read of it."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, asked in action.form().items():
        typed = raw.get(name, "")
        given = cleaned(typed) if isinstance(typed, str) else [*map(cleaned, typed)]
        if asked.own and not given:
            values[name] = asker.id
        elif given:
            try:
                values[name] = _read(asked, given, tables)
            except ValueError as error:
                problems[name] = str(error)
    return values, problems


def taken(command: Action, tables: Tables) -> dict[str, str]:
    """Names that another group has, by their fields: nobody here could tell the two apart."""
    names = {name: getattr(command, name) for name, asked in command.form().items() if asked.names_group}
    return {
        field: f"Another group is called {clip(name, 60, 9)} already. Choose another name."
        for field, name in names.items()
        if command.group and tables.is_called(name, but=command.group)
    }


def _command(action: type[Action], values: Mapping[str, Any], problems: dict[str, str]) -> Action | None:
    try:
        return action.model_validate(dict(values))
    except ValidationError as error:
        for one in error.errors():
            name, text = _told(action, one["loc"], one["msg"], one["type"])
            problems.setdefault(name, text)
    return None


def _told(action: type[Action], place: tuple[Any, ...], message: str, kind: str) -> tuple[str, str]:
    said = message.removeprefix("Value error, ")
    if not place:
        name, _, text = said.partition(": ")
        return name, text
    asked = action.form()[str(place[0])]
    if kind == "literal_error" or (kind == "missing" and asked.choices):
        return str(place[0]), f"Choose one of: {', '.join(value for value, _ in asked.choices)}."
    if kind in ("missing", "too_short", "string_too_short"):
        return str(place[0]), f"Fill this in: {asked.label.lower()}."
    if kind == "too_long":
        return str(place[0]), "Name three at most; ask again for more."
    return str(place[0]), said.replace("String should have at most", "Write at most").rstrip(".") + "."


def _read(asked: Asked, given: str | Sequence[str], tables: Tables) -> Any:
    one = given if isinstance(given, str) else ", ".join(given)
    if asked.kind is Kind.PERSON:
        return _person(one.strip(), tables)
    if asked.kind is Kind.TEAM:
        return team_id(one, tables)
    if asked.kind is Kind.TEAMS:
        parts = given
        if isinstance(given, str):
            # A team may have a comma in its name.
            parts = [given] if tables.found(given) else re.split(r"\s*,\s*", given)
        return tuple(dict.fromkeys(team_id(part, tables) for part in parts if part))
    if asked.kind is Kind.DAYS:
        return _days(one.strip())
    return one.strip() if asked.kind is Kind.TEXT else one


def _days(given: str) -> int:
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 366:
        raise ValueError("Write a whole number of days from 1 to 366, like 7; or leave it empty for no end.")
    return int(given)


def _person(given: str, tables: Tables) -> PersonId:
    if " " in given:
        raise ValueError("Choose a colleague or write an e-mail address, not both.")
    if "@" not in given:
        if not re.fullmatch(r"[A-Z0-9]{2,}", given):
            raise ValueError("Choose a colleague, or write an e-mail address.")
        return tables.meet(slack_id=SlackId(given)).id
    if not _EMAIL.fullmatch(given):
        raise ValueError("This isn't an e-mail address I can use. Write one like ada@example.com.")
    if not tables.policy.allows(given):
        allowed = ", ".join(tables.policy.domains)
        raise ValueError(f"I only give access to addresses of {allowed}. Ask your IT team about others.")
    return tables.meet(email=given).id


def team_id(given: str, tables: Tables) -> GroupId:
    """The team that a name or id means. Raises ValueError."""
    found = tables.found(given)
    if len(found) == 1:
        if problem := tables.managed(found[0]):
            raise ValueError(problem)
        return found[0].id
    if found:
        names = ", ".join(_offered(one, given, tables) for one in found)
        raise ValueError(f"Several teams are called {given}: write one of {names}.")
    if like := tables.like(given):
        names = listed([f"{clip(tables.label(one))} ({one.id})" for one in like[:3]], "or")
        raise ValueError(f"No team is called exactly so. Did you mean {names}? Write the id in brackets.")
    raise ValueError(
        f"I don't know a team called {given[:60]}. If it's new, create it in Miro; "
        "I'll find it within 10 minutes."
    )


def _offered(group: Group, given: str, tables: Tables) -> str:
    """What leads to this team alone: its security name, else its id, with what else it is called."""
    if len(tables.found(group.security_name)) == 1:
        return group.security_name
    known = (group.security_name, tables.label(group), group.known_name)
    other = next((name for name in known if not is_alike(name, given)), "")
    return f"{group.id} ({clip(other)})" if other else group.id


def with_person(command: Action, person: PersonId) -> Action:
    """The same command about the same human under another id."""
    return command.model_copy(update={"person": person}) if command.subject else command


def operators_form(action: type[Action], operator: bool) -> dict[str, Asked]:
    """The fields that somebody is shown."""
    form = action.form()
    return {name: replace(one) for name, one in form.items() if operator or not one.operators_only}


def check_shown(action: type[Action], raw: Raw, operator: bool) -> None:
    """Refuses fields that somebody isn't shown."""
    shown = operators_form(action, operator)
    hidden = sorted(name for name, value in raw.items() if value and name not in shown)
    if hidden:
        raise Refused(f"Only operators can fill in {', '.join(hidden)}. Leave it out.")
