"""From the rows of a list to the lines of a bulk, and what is wrong with the others; saves the bulk."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.decide.asking import looked_at
from approvals.refusals import Refused
from approvals.request import Draft
from approvals.text import cleaned
from bot.actions import Action
from bot.actions.fill import Problems, fill, is_address, team_id
from bot.actions.many import Bulk, Line
from bot.actions.sentences import clip
from bot.actions.tables import Tables
from bot.context import Context
from bot.miro.goals import Goal
from bot.miro.plan import LivePlan
from bot.work.ask import LONGEST_REASON, asked_event, check_open, scheduled
from bot.work.bulk.table import Row, meant, rows

MOST_SAID = 5
"""Faults that are named in one answer."""
_CLOSED, _OPEN = ("deactivate", "delete"), ("create", "reactivate", "grant", "join", "set")


@dataclass
class Reading:
    """What a list says: its good lines, and {line number: why it can't be taken, with the remedy}."""

    lines: list[Line] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    plans: dict[int, LivePlan] = field(default_factory=dict)

    def leave_out(self, problems: Mapping[int, str]) -> None:
        """Takes lines with problems out."""
        self.problems |= problems
        self.lines = [line for line in self.lines if line.number not in problems]

    @property
    def faults(self) -> list[str]:
        """A sentence for each line that can't be taken, in order."""
        return named(self.problems)


def read(context: Context, actor: Actor, data: bytes) -> Reading:
    """Reads a list as far as that goes without Miro. Raises Refused for what isn't such a list."""
    reading, tables = Reading(), context.tables()
    teams, wanted = _teams(tables), dict[tuple[str, str], tuple[object, int]]()
    first = dict[str, int]()
    """{a line as text: its number}: typed commands of thousands of lines take a lot of memory."""
    for row in rows(data):
        try:
            command = _command(row, actor, tables, teams)
            text = f"{command.NAME} {command.model_dump_json(exclude_defaults=True)}"
            if text in first:
                raise Refused(f"It repeats line {first[text]}. Leave one of them out.")
            for key, value in _facts(command, context).items():
                before, line = wanted.setdefault(key, (value, row.line))
                if before != value:
                    raise Refused(f"It contradicts line {line} about the same person. Keep one of them.")
            first[text] = row.line
        except Refused as error:
            reading.problems[row.line] = str(error)
            continue
        details = command.model_dump(mode="json", exclude_defaults=True)
        reading.lines.append(Line(number=row.line, action=command.NAME, details=details))
    return reading


def _command(row: Row, actor: Actor, tables: Tables, teams: Callable[[str], str]) -> Action:
    """The command of a row. Raises Refused with everything that is wrong with it."""
    if row.problem:
        raise Refused(row.problem)
    action, raw = meant(row)
    form = action.form()
    if hidden := [
        name for name in raw if form[name].operators_only and not is_operator(tables.policy, actor.person)
    ]:
        raise Refused(f"Only operators can fill in {', '.join(hidden)}. Leave it empty.")
    try:
        known = {name: teams(text) if form[name].is_team else text for name, text in raw.items()}
        return fill(action, known, actor.person, tables)
    except ValueError as error:
        raise Refused(str(error)) from error
    except Problems as error:
        problems, email = dict(error.fields), raw["person"]
        texts = list[str]()
        if "person" in problems and not is_address(email.strip()):  # a list has no colleagues to choose
            problems.pop("person")
            texts = [f"email: {clip(email, 60, 9)!r} isn't an e-mail address. Use one like ada@example.com."]
        texts += (f"{form[name].label}: {text}" if name in form else text for name, text in problems.items())
        raise Refused(" ".join(texts)) from error


def _teams(tables: Tables) -> Callable[[str], str]:
    """Maps the teams of a cell to their ids; each name is looked for once. Raises ValueError."""

    @cache
    def known(name: str) -> str | ValueError:
        try:
            return team_id(name, tables)
        except ValueError as error:
            return error

    def team(name: str) -> str:
        if isinstance(id := known(name), ValueError):
            raise ValueError(str(id))
        return id

    def of_cell(text: str) -> str:
        try:
            return team(text)  # a team may have a comma in its name
        except ValueError:
            parts = [part for part in re.split(r"\s*[,;|]\s*", text) if part]
            return ", ".join(map(team, parts)) if len(parts) > 1 else team(text)

    return of_cell


def _facts(command: Action, context: Context) -> dict[tuple[str, str], object]:
    """{(person, fact): what the command wants it to be}: two lines may not want different things."""
    person, facts = str(command.subject), dict[tuple[str, str], object]()
    try:
        goals: tuple[Goal, ...] = command.goals(context.facts)
    except KeyError as error:
        raise Refused("The team isn't in Miro anymore. Name another one.") from error
    for goal in goals:
        code, values = goal.change.code, goal.change.values
        if code in (*_CLOSED, *_OPEN):
            facts[person, "account"] = code if code in _CLOSED else "open"
        if code == "set":
            facts |= {(person, name): value for name, value in values["attributes"].items()}
        elif code in ("join", "leave", "leave-boards"):
            facts[person, goal.key.split()[1]] = code == "join"
        elif code in ("grant", "take"):
            facts[person, str(values["rights"])] = code == "grant"
    return facts


class WrongLines(Refused):
    """A list is refused for its lines. `problems`: as in Reading, all of them; the text names the first."""

    def __init__(self, lead: str, problems: Mapping[int, str]) -> None:
        count = f"Lines with a problem, all under Details: {len(problems):,}."
        super().__init__(f"{lead} {count} {first_of(named(problems))}")
        self.problems = problems


def named(problems: Mapping[int, str]) -> list[str]:
    """A sentence for each line with a problem, in order."""
    return [f"Line {number}: {text}" for number, text in sorted(problems.items())]


def first_of(faults: Sequence[str]) -> str:
    """The first faults of a list, and how many more there are."""
    more = f" And {len(faults) - MOST_SAID} more." if len(faults) > MOST_SAID else ""
    return " ".join(faults[:MOST_SAID]) + more


def prepared(
    context: Context,
    actor: Actor,
    lines: Sequence[Line],
    reason: str,
    receipt: str = "",
    start: str = "",
    **more: str,
) -> tuple[Draft, str, *tuple[Draft, ...]]:
    """What `Store.ask` takes to save a bulk; the worker then checks it as a whole. Raises Problems, Refused.

    `start`: as somebody typed it; `more`: other fields of the bulk.
    """
    reason = cleaned(reason).strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Problems(
            {"reason": f"Give a reason, in at most {LONGEST_REASON} characters. The approver reads it."}
        )
    bulk = Bulk(lines=tuple(lines), **more)
    if not (lines or bulk.file):
        raise Refused("No line is left, so nothing was requested.")
    if actor.account:
        check_standing(actor, context.now())
    check_open(context, actor, receipt)
    words = {"case": looked_at(bulk.scope(context.facts)), "reason": reason, **actor.signed}
    event = asked_event(
        context, bulk, actor.person.id, words, practice=context.practice, because_of=bulk.undoes
    )
    return event, receipt, *scheduled(context, Bulk, start, actor)
