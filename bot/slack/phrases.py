"""A message in plain words to a filled form; it is shown to its writer and never acts by itself."""

import re
from dataclasses import dataclass, field

from approvals.people import Group
from bot.lifecycle import ACTIONS, Action
from bot.lifecycle.action import Asked, Kind
from bot.lifecycle.fill import Tables
from bot.slack.marks import MENTION, by_name

_PERSON = re.compile(rf"{MENTION}|(\w[\w.!#$%&'*+/=?^`{{|}}~-]*@[\w-]+(?:\.[\w-]+)+)")
_SPAN = r"for (?:\d+|an?|one|two|three) (?:hour|day|week|month)s?"
_DAYS = r"by (?:mon|tues|wednes|thurs|fri|satur|sun)day"
_WHEN = (
    r"(?:the end of|\d|mon|tues|wednes|thurs|fri|satur|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
)
_ENDING = (
    rf"(?:ending|ends|expir\w+|through|up to|only for) {_WHEN}\w*|for the (?:summer|winter|week|month|year)"
)
_END = re.compile(rf"\b(until|till|temporar\w+|{_SPAN}|{_DAYS}|{_ENDING})\b", re.I)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|next (?:week|month|\w+day)"
_START = re.compile(rf"\b(?:(?:from|on|starting|as of) (?:{_DAY})|tomorrow|next (?:week|month))\b", re.I)
_REASON = re.compile(r"\b(?:because|reason:|since)\s+(.+)$", re.I | re.S)
# An apostrophe inside a word quotes nothing.
_QUOTED = re.compile(r"(?<!\w)[\"“”'‘]([^\"“”]+?)[\"“”'’](?!\w)")

_AND = re.compile(r"\band ([A-Z][\w-]+)")
_RIGHTS = re.compile(r"\bas an? (?:company |content |user |security )?admin\b|\bas \w+ admin\b", re.I)

CANT_END = "I can't end access by myself yet, so there will be no end date. Ask again when it should end."
CANT_WAIT = "I can't wait for a day yet: I begin as soon as it's approved."
NO_RIGHTS = "This gives no admin rights; those are asked for by themselves: /miro-admin."
ONE_PERSON = "I take one person at a time. Ask again for the others."


def wants_an_end(text: str) -> bool:
    """Whether somebody writes of an end date, which the bot can't keep: said aloud, never dropped."""
    return bool(_END.search(text))


@dataclass(frozen=True)
class Draft:
    """What a message seems to ask for: raw text for the fields, and what has to be said aloud."""

    action: type[Action]
    raw: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()


def read(text: str, tables: Tables, action: type[Action] | None = None) -> Draft | None:
    """The draft of a typed text; None when no action is meant. A slash command names its action itself."""
    said = _REASON.search(text)
    reason = by_name(said[1], tables.called).strip().strip(".") if said else ""
    rest = text[: said.start()] if said else text
    meant = action or _meant(_without_names(rest, tables))
    if meant is None:
        return None
    notes = [CANT_END] if wants_an_end(text) else []
    notes += [CANT_WAIT] if _START.search(rest) else []
    notes += [NO_RIGHTS] if not meant.ADMINS and not meant.CONFIRM and _RIGHTS.search(rest) else []
    notes += [ONE_PERSON] if len({hit[1] or hit[3] for hit in _PERSON.finditer(rest)}) > 1 else []
    raw: dict[str, str] = {}
    rest = _fill_person(meant, rest, raw)
    rest = _fill_text(meant, rest, raw, tables)
    rest, left_out = _fill_teams(meant, rest, raw, tables)
    _fill_choice(meant, rest, raw)
    notes += left_out + _unknown(rest)
    return Draft(meant, raw, reason, tuple(notes))


def _without_names(text: str, tables: Tables) -> str:
    """The text without its people and teams: joining "IT Administration" makes nobody an admin."""
    for start, end, _ in _mentioned(text, tables):
        text = text[:start] + "\0" * (end - start) + text[end:]
    return _PERSON.sub(" ", text)


def _meant(text: str) -> type[Action] | None:
    """The action with the longest verb in the text: "remove admin" beats "admin".

    The commonest one comes last all the same: "delete the account" isn't asking for an account.
    """
    # Without people: "remove @alex as admin" is one verb with somebody in the middle.
    low = " ".join(_PERSON.sub(" ", text).casefold().split())
    found = [
        (action.RANK > 1, len(verb), action)
        for action in ACTIONS.values()
        for verb in (*action.VERBS, action.NAME)
        if re.search(rf"\b{re.escape(verb)}\w{{0,3}}\b", low)
    ]
    return max(found, key=lambda one: one[:2])[2] if found else None


def _fill_person(action: type[Action], text: str, raw: dict[str, str]) -> str:
    name = next((name for name, asked in action.form().items() if asked.kind is Kind.PERSON), None)
    found = _PERSON.search(text)
    if name and found:
        raw[name] = found[1] or found[3]
    return _PERSON.sub(" ", text)


def _fill_teams(
    action: type[Action], text: str, raw: dict[str, str], tables: Tables
) -> tuple[str, list[str]]:
    """The text without the teams that found a field, and a sentence for each that found none."""
    left_out = []
    fields = {n: a for n, a in action.form().items() if a.kind in (Kind.TEAM, Kind.TEAMS)}
    for start, end, group in sorted(_mentioned(text, tables), key=lambda one: one[0]):
        before = text[:start].rstrip(" \"“'").casefold()
        name = _field_for(before, fields, raw)
        if name:
            raw[name] = ", ".join(filter(None, (raw.get(name, ""), group.id)))
        else:
            left_out.append(f"I left out {tables.label(group)}: there is no place for it in this form.")
        text = text[:start] + "\0" * (end - start) + text[end:]
    return text, left_out


def _mentioned(text: str, tables: Tables) -> list[tuple[int, int, Group]]:
    """Where the text names a group: the longest name first, no letter used twice."""
    found: list[tuple[int, int, Group]] = []
    names = {name: one for one in tables.groups for name in (one.security_name, tables.label(one)) if name}
    for name in sorted(names, key=len, reverse=True):
        for hit in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I):
            if not any(start < hit.end() and hit.start() < end for start, end, _ in found):
                found.append((hit.start(), hit.end(), names[name]))
    return found


def _field_for(before: str, fields: dict[str, Asked], raw: dict[str, str]) -> str | None:
    """The field whose word stands nearest in front; failing that, the first that has room."""
    nearest = max(
        (
            (before.rfind(f" {word}") if word in before else -1, name)
            for name, asked in fields.items()
            for word in asked.after
        ),
        default=(-1, ""),
    )
    if nearest[0] >= 0 and (nearest[1] not in raw or fields[nearest[1]].kind is Kind.TEAMS):
        return nearest[1]
    return next((n for n, a in fields.items() if n not in raw or a.kind is Kind.TEAMS), None)


def _fill_choice(action: type[Action], text: str, raw: dict[str, str]) -> None:
    for name, asked in action.form().items():
        for value, _ in asked.choices:
            if re.search(rf"\b{re.escape(value)}", text, re.I):
                raw[name] = value


def _fill_text(action: type[Action], text: str, raw: dict[str, str], tables: Tables) -> str:
    """The last quotation goes to the one free text field, unless it is the only name of a team."""
    name = next((n for n, a in action.form().items() if a.kind is Kind.TEXT and not a.operators_only), None)
    quoted = list(_QUOTED.finditer(text))
    if not name or not quoted or not quoted[-1][1].strip():
        return text
    start, end = quoted[-1].span()
    without = text[:start] + "\0" * (end - start) + text[end:]
    if _mentioned(quoted[-1][1], tables) and not _mentioned(without, tables):
        return text
    raw[name] = quoted[-1][1]
    return without


def _unknown(text: str) -> list[str]:
    """What is still quoted, or follows "and" with a capital, was meant as a team."""
    quoted = _QUOTED.search(text.replace("\0", "")) or _AND.search(text)
    if not quoted or not quoted[1].strip():
        return []
    name = quoted[1][:40]
    return [
        f"I don't know a team called {name}. If it's new, create it in Miro; I'll find it within 10 minutes."
    ]
