"""Raw text to a typed command, in the same way for forms, messages and the command line."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Group, Person, listed
from approvals.policy.rules import Rule
from approvals.policy.team_names import is_alike
from approvals.refusals import Refused
from approvals.text import cleaned
from bot.actions.form import START, Action, FormField, Input
from bot.actions.sentences import clip
from bot.actions.tables import Tables

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

LONGEST_DAYS = 366
_HOURS = time(9), time(18)
"""The working day if the policy has none."""
MOST_AT_ONCE = 10
"""The most requests from one form."""
MOST_TEAMS = 3
"""The most teams of one request."""

Raw = Mapping[str, str | Sequence[str]]
"""{field: text}; several teams as a sequence, or separated by commas."""


class Problems(Exception):
    """All problems of a form; `fields`: {field: sentence with the remedy}."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()))
        self.fields = dict(fields)


def people_in(text: str) -> list[str]:
    """The Slack ids and addresses in the raw text of a person field."""
    return [entry for entry in re.split(r"[\s,;]+", text) if entry]


def each(action: type[Action], raw: Mapping[str, str], same: Callable[[str], str]) -> list[dict[str, str]]:
    """The raw text of one request for each person, and for every three teams. Raises Problems.

    `same`: maps each way of writing a person to one key.
    """
    fields = {asked.kind: name for name, asked in action.form().items()}
    whom, where = fields.get(Input.PERSON, ""), fields.get(Input.TEAMS, "")
    people = list({same(entry): entry for entry in people_in(raw.get(whom, ""))}.values()) or [""]
    teams = [id.strip() for id in raw.get(where, "").split(",")]
    parts = [", ".join(teams[start : start + MOST_TEAMS]) for start in range(0, len(teams), MOST_TEAMS)]
    if len(people) * len(parts) > MOST_AT_ONCE:
        most = f"That makes {len(people) * len(parts)} requests. Send at most {MOST_AT_ONCE} at a time."
        raise Problems({whom if len(people) > 1 else where: most})
    split = ({whom: person, where: part} for person in people for part in parts)
    return [{**raw, **{name: text for name, text in fields.items() if name}} for fields in split]


def fill(action: type[Action], raw: Raw, asker: Person, tables: Tables) -> Action:
    """The command of a filled form. Raises Problems."""
    command, _, problems = _read(action, raw, asker, tables)
    if problems or command is None:
        raise Problems(problems)
    return command


def fill_partly(action: type[Action], raw: Raw, asker: Person, tables: Tables) -> Action:
    """The command of a form with empty fields. Raises Problems about the filled ones."""
    command, values, problems = _read(action, raw, asker, tables)
    if wrong := {name: text for name, text in problems.items() if raw.get(name)}:
        raise Problems(wrong)
    gaps = {name: () for name, info in action.model_fields.items() if info.is_required()}
    return command or action.model_construct(**gaps | values)


def _read(
    action: type[Action], raw: Raw, asker: Person, tables: Tables
) -> tuple[Action | None, dict[str, Any], dict[str, str]]:
    """(the command, None if it can't be read; the valid values; {field: problem})."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, asked in action.form().items():
        typed = raw.get(name, proposal(asked, name, tables.policy.rule(action.NAME), raw))
        given = cleaned(typed) if isinstance(typed, str) else [*map(cleaned, typed)]
        if asked.own and not given:
            values[name] = asker.id
        elif not given and asked.kind is Input.TEAMS and raw.get("miro_team"):
            values[name] = ()  # a Miro team by itself
        elif given and not _goes(asked, raw):
            needed = dict(action.form()[asked.only_if[0]].choices)[asked.only_if[1]].partition(":")[0]
            problems[name] = f"This goes with {needed} only. Choose {needed}, or leave it empty."
        elif given:
            try:
                values[name] = _value(asked, given, tables, anywhere=action.CLOSES)
            except ValueError as error:
                problems[name] = str(error)
    begins = tables.now
    try:
        begins = start_of(action, str(raw.get("start", "")), asker, tables) or begins
    except ValueError as error:
        problems["start"] = str(error)
    if last := values.get("until"):
        _read_end(last, begins.astimezone(asker.zone).date(), values, problems)
    try:
        command = action.model_validate(dict(values))
    except ValidationError as error:
        for fault in error.errors():
            if problems and not fault["loc"]:
                continue  # the form as a whole is judged once each field is valid
            name, text = _problem(action, fault["loc"], fault["msg"], fault["type"])
            problems.setdefault(name, text)
        return None, values, problems
    return command, values, problems | taken(command, tables)


def unfilled(command: Action, asker: PersonId, tables: Tables) -> dict[str, str]:
    """The form of a command as somebody fills it in to ask for the same again."""
    raw: dict[str, str] = {}
    for name, asked in command.form().items():
        value = getattr(command, name)
        if value and asked.kind is Input.PERSON and value != asker:
            raw[name] = tables.person(value).email
        elif value and asked.kind not in (Input.PERSON, Input.DAY):  # its days count from today again
            raw[name] = ", ".join(value) if isinstance(value, tuple) else str(value)
    return raw


def proposal(asked: FormField, name: str, rule: Rule | None, raw: Raw) -> str:
    """What the policy proposes for a field that is left out; '' for nothing."""
    return str(getattr(rule, name, None) or "") if asked.by_policy and _goes(asked, raw) else ""


def _goes(asked: FormField, raw: Raw) -> bool:
    """Whether a field may be filled in beside the others."""
    name, needed = asked.only_if
    return raw.get(name) in (None, "", needed)


def taken(command: Action, tables: Tables) -> dict[str, str]:
    """{field: problem} of names that another group has, or looks like, of others' addresses, and of groups to
    delete that the policy names."""
    values = dict(command)
    judged = {name: _refused(asked, values[name], command, tables) for name, asked in command.form().items()}
    return {name: problem for name, problem in judged.items() if problem}


def _refused(asked: FormField, value: Any, command: Action, tables: Tables) -> str:
    """Why a value can't be had beside what there is, with the remedy; '' if it can."""
    if not value:
        return ""
    if asked.names_group and tables.is_taken(value, but=command.group):
        return f"Another group already has the name {clip(value, 60, 9)}. Choose a different name."
    if asked.beside_groups and tables.boards_pass:
        return "Choose it as a team instead."
    if asked.beside_groups and not tables.has_rest:
        return "I can't do that here. Do it in Miro: Team settings > Users."
    if asked.names_group or asked.beside_groups:
        return tables.managed(Group(GroupId(""), value, value))
    group = tables.get_group(value) if asked.deletes else None
    if group and tables.is_in_policy(group):
        return f"The policy names {clip(tables.label(group))}. Ask your IT team to take it out first."
    if asked.by_rest and not tables.has_rest:
        return "I can't do that without MIRO_OAUTH_TOKEN. Do it in Miro first: Team settings > Users."
    owner = tables.people.by_email(value) if asked.is_address or asked.by_rest else None
    is_own = owner and command.subject and owner.is_linked(tables.person(command.subject))
    if asked.by_rest and is_own:
        return "This is the person who leaves. Enter somebody else's address."
    if asked.is_address and owner and not is_own:
        return "Somebody else has this address. Enter the one that this person has now."
    if not asked.by_rest:
        return ""
    try:
        _address(value, tables)
    except ValueError as error:
        return str(error)
    if tables.is_unlisted(value) and not (owner and owner.miro_id):
        lack = f"I see no Miro account for {value}; a new one shows within an hour."
        return f"{lack} Enter somebody who has one."
    return ""


def _problem(action: type[Action], place: tuple[Any, ...], message: str, kind: str) -> tuple[str, str]:
    """(field, sentence) of an error of pydantic; a validator of a whole form names its field."""
    text = message.removeprefix("Value error, ")
    if not place:
        name, _, text = text.partition(": ")
        return name, text
    name = str(place[0])
    asked = action.form()[name]
    if kind == "literal_error" or (kind == "missing" and asked.choices):
        return name, f"Choose one of: {', '.join(value for value, _ in asked.choices)}."
    if kind in ("missing", "too_short", "string_too_short"):
        return name, f"Fill this in: {asked.label.lower()}."
    if kind == "too_long":
        return name, "Choose up to three. Send another request for more."
    return name, text.replace("String should have at most", "Write at most").rstrip(".") + "."


def _value(asked: FormField, given: str | Sequence[str], tables: Tables, anywhere: bool) -> Any:
    """The typed value of a field. Raises ValueError with the remedy.

    `anywhere`: a person may have an address outside the policy's domains.
    """
    if asked.kind is Input.TEAMS:
        parts = given
        if isinstance(given, str):
            # A team may have a comma in its name.
            parts = [given] if tables.matching(given) else re.split(r"\s*,\s*", given)
        teams = tuple(dict.fromkeys(team_id(part, tables) for part in parts if part))
        if not teams:
            raise ValueError(f"Fill this in: {asked.label.lower()}.")
        return teams
    text = given if isinstance(given, str) else ", ".join(given)
    if asked.kind is Input.TEAM:
        return team_id(text, tables)
    if asked.kind is Input.PERSON:
        return _person(text.strip(), tables, anywhere)
    if asked.is_address:
        return _address(text.strip(), tables)
    if asked.kind in (Input.TEXT, Input.CHOICE):
        return text.strip() if asked.kind is Input.TEXT else text
    days = text.strip()
    if asked.kind is Input.DAY:
        return _day(days)
    if asked.by_policy and days == "never":
        return None
    if not days.isascii() or not days.isdigit() or not 1 <= int(days) <= 366:
        other = "Or “never”." if asked.by_policy else "Or leave it empty."
        raise ValueError(f"Enter a whole number of days from 1 to 366, like 7. {other}")
    return int(days)


def _day(given: str) -> date:
    """A day from a date picker or a shell (2026-12-20). Raises ValueError."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
            return date.fromisoformat(given)
    except ValueError:
        pass
    raise ValueError("Enter a date like 2026-12-20.")


def start_of(action: type[Action], typed: str, asker: Person, tables: Tables) -> datetime | None:
    """The start of a request in UTC; None: as soon as it is approved. Raises ValueError with the remedy.

    `typed`: seconds since 1970 (Slack's datetimepicker), or "2026-12-04 18:00" in the asker's time zone.
    A day alone means the working day of the policy: its end if access is taken away, else its beginning.
    """
    if not typed.strip():
        return None
    day, _, clock = typed.strip().replace("T", " ").partition(" ")
    hours, zone = tables.policy.hours or _HOURS, ZoneInfo(tables.policy.zone)
    try:
        if re.fullmatch(r"[0-9]{9,11}", day):
            start = datetime.fromtimestamp(int(day), UTC)
        else:
            at = time.fromisoformat(clock) if clock else hours[bool(action.URGENCY)]
            start = datetime.combine(_day(day), at, asker.zone if clock else zone).astimezone(UTC)
    except ValueError:
        raise ValueError("Enter a start like 2026-12-04 or 2026-12-04 18:00.") from None
    if start <= tables.now:
        raise ValueError("This start has passed. Choose a later one, or leave it empty to start at once.")
    if start > tables.now + timedelta(days=LONGEST_DAYS):
        raise ValueError(f"Choose a start within the next {LONGEST_DAYS} days.")
    return start


def _read_end(last: date, first: date, values: dict[str, Any], problems: dict[str, str]) -> None:
    """Turns a last day into days from the first, or adds a problem."""
    days = (last - first).days
    if "for_days" in values:
        problems["until"] = "Give either a last day or a number of days, not both."
    elif days < 0:
        problems["until"] = "This day has passed, or is before the start. Choose a later one."
    elif days > LONGEST_DAYS:
        problems["until"] = f"Choose a day within the next {LONGEST_DAYS} days, or leave it empty."
    else:
        values["for_days"] = max(days, 1)


def _person(given: str, tables: Tables, anywhere: bool) -> PersonId:
    if " " in given:
        raise ValueError("Choose a colleague or enter an e-mail address, not both.")
    if "@" not in given:
        if not re.fullmatch(r"[A-Z0-9]{2,255}", given):
            raise ValueError("Choose a colleague or enter an e-mail address.")
        return tables.meet(slack_id=SlackId(given)).id
    return tables.meet(email=_address(given, tables, anywhere)).id


def is_address(text: str) -> bool:
    """Whether it is an e-mail address of a form that Miro takes."""
    return bool(_EMAIL.fullmatch(text))


def _address(given: str, tables: Tables, anywhere: bool = False) -> str:
    """An address, of the policy's domains unless `anywhere`. Raises ValueError."""
    if not is_address(given):
        raise ValueError("This e-mail address isn't valid. Use one like ada@example.com.")
    if not anywhere and not tables.policy.allows(given):
        allowed = ", ".join(tables.policy.domains)
        raise ValueError(f"I can only change accounts of {allowed}. Ask your IT team about others.")
    return given


def team_id(given: str, tables: Tables) -> GroupId:
    """The team with a name or id. Raises ValueError."""
    teams = tables.matching(given)
    if len(teams) == 1:
        if problem := tables.managed(teams[0]):
            raise ValueError(problem)
        return teams[0].id
    if teams:
        names = ", ".join(_unambiguous(team, given, tables) for team in teams)
        raise ValueError(f"Several teams are called {given}. Use one of these: {names}.")
    if similar := tables.similar(given):
        names = listed([f"{clip(tables.label(team))} ({team.id})" for team in similar[:3]], "or")
        raise ValueError(f"No team has exactly this name. Did you mean {names}? Use the id in brackets.")
    if close := tables.close(given):
        raise ValueError(f"There's no team {given[:60]}. Did you mean {clip(tables.label(close))}?")
    raise ValueError(
        f"There's no team {given[:60]}. If it's new, create it in Miro. I'll pick it up within 10 minutes."
    )


def _unambiguous(group: Group, given: str, tables: Tables) -> str:
    """Identifies a team for people: its security name, else its id, with its other name."""
    if len(tables.matching(group.security_name)) == 1:
        return group.security_name
    known = (group.security_name, tables.label(group), group.known_name)
    other = next((name for name in known if not is_alike(name, given)), "")
    return f"{group.id} ({clip(other)})" if other else group.id


def with_person(command: Action, person: PersonId) -> Action:
    """A copy of the command about another row of the same human."""
    return command.model_copy(update={"person": person}) if command.subject else command


def operators_form(action: type[Action], operator: bool) -> dict[str, FormField]:
    """The fields shown to operators, or to others; the start last."""
    form = {name: asked for name, asked in action.form().items() if operator or not asked.operators_only}
    return form | {"start": START}


def check_shown(action: type[Action], raw: Raw, operator: bool) -> None:
    """Raises Refused if a field is filled in that isn't shown to this person."""
    shown = operators_form(action, operator)
    hidden = sorted(name for name, value in raw.items() if value and name not in shown)
    if hidden:
        raise Refused(f"Only operators can fill in {', '.join(hidden)}. Leave it out.")
