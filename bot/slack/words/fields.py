"""What a sentence says about the fields of a form: each part that was read is struck out, its places kept."""

import re
from collections.abc import Iterator
from unicodedata import normalize

from approvals.people import Group, canonical, listed
from approvals.policy.team_names import narrow
from bot.actions import Action
from bot.actions.form import FormField, Input
from bot.actions.tables import Tables
from bot.slack.words.dates import days_in
from bot.slack.words.marks import MENTION, by_name
from bot.slack.words.meaning import NEAR

PERSON = re.compile(rf"{MENTION}|(\w[\w.!#$%&'*+/=?^`{{|}}~-]*@[\w-]+(?:\.[\w-]+)+)")
# An apostrophe inside a word quotes nothing.
_QUOTED = re.compile(r"(?<!\w)[\"“”'‘]([^\"“”]+?)[\"“”'’](?!\w)")
_AND = re.compile(r"\band ([A-Z][\w-]+)")
# A name is followed by no word that it could be the first of: "for Marketing", not "for Q3 planning".
_NAME = (
    r"(?:(?i:the|team|group)\s+)*([A-Z][\w&-]{0,40}(?: (?!Thank|Please)[A-Z][\w&-]{0,40}){0,3})"
    r"(?=\s*(?:$|[.,;:!?)\n]|(?i:and|or|teams?|to|for|from|as|with|until|till|please|thanks?)\b))"
)
_NO_TEAM = re.compile(
    r"(?:miro|i|(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan\w*|feb\w*|march|april|may|june|july|aug\w*"
    r"|sep\w*|oct\w*|nov\w*|dec\w*)(?: \w+)?",
    re.I,
)
_SMALL = (
    r"(?:\s+(?:the|my|our|teams?|in|to|for))*(?:\s*\0+\s*(?:,|and|or|nor))*(?:\s+(?:the|my|our|teams?))*"
    r"[\s\"“'‘]*$"
)
# Who isn't in a team wants to be.
_BUT_NOT = re.compile(
    r"(?:(?<!am )(?<!['’]m )(?<!is )(?<!['’]s )(?<!are )(?<!['’]re )\bnot|\bdo(?:es)?n['’]t|\bno longer"
    rf"|\binstead of|\brather than|\bexcept|\bwithout){_SMALL}",
    re.I,
)
_NEEDLESS = re.compile(rf"\b(?:not|do(?:es)?n['’]t|no longer) (?:need|want|use)s?{_SMALL}", re.I)
# Right behind another team: "Engineering for Design" is a move.
_TOWARDS = re.compile(r"\0\s*(?:for|to|into)(?:\s+(?:the|my|our|teams?))*[\s\"“'‘]*$", re.I)
# "from Company Admin" isn't what is given, "to User Admin" not what is taken.
_HAS, _KEEPS = (re.compile(rf"\b(?:{word}|like|than)(?: an?| the)? $", re.I) for word in ("from", "to|into"))
_AWAY = re.compile(rf"\b(?:from|out of|leav\w+){_SMALL}", re.I)


def fill(
    action: type[Action], text: str, raw: dict[str, str], tables: Tables, operator: bool
) -> tuple[str, list[str]]:
    """Fills in what the text names: what of it is left, and a sentence for each thing that found no field."""
    text, notes = _fill_lines(action, text, raw, tables if operator else None)
    text = _fill_days(action, text, raw)
    text = _fill_person(action, text, raw)
    text = _fill_text(action, text, raw, tables)
    text, left_out = _fill_teams(action, text, raw, tables)
    notes += left_out + _fill_choice(action, text, raw)
    text, strangers = _unknown(action, text, raw)
    return text, notes + strangers


def people(action: type[Action], text: str) -> set[str]:
    """Everybody whom a text names, but for what stands in the lines that operators fill in."""
    return {canonical(hit[1] or hit[3]) for hit in PERSON.finditer(without_lines(action, text))}


def without_lines(action: type[Action], text: str) -> str:
    """The text without the lines that operators fill in."""
    return _fill_lines(action, text, {}, None)[0]


def _fill_lines(
    action: type[Action], text: str, raw: dict[str, str], tables: Tables | None
) -> tuple[str, list[str]]:
    """What stands behind the name of a line that operators fill in: "with department Research"."""
    notes = []
    lines = {name: asked for name, asked in action.form().items() if asked.operators_only}
    stop = "|".join(word for asked in lines.values() for word in asked.after)
    for name, asked in lines.items():
        found = re.search(_line(asked.after, stop), text, re.I)
        if found and tables:
            raw[name] = by_name(found[1], tables.called).strip(" \"“”'‘’")
        elif found:
            notes.append(f"I left out the {asked.label.lower()}: only operators fill that in.")
        text = struck(text, *found.span(1)) if found else text
    return text, notes


def _line(words: tuple[str, ...], stop: str) -> str:
    """The name of a line, and what it holds: up to a comma, a preposition or the name of another."""
    return (
        rf"(?:^|[,;:]|\b(?:with|and|in|has))\s+(?:the |an? )?(?:{'|'.join(words)})\b[\s:=]*(?:is )?"
        rf"([^,;\n]+?)(?=\s*(?:[,;\n]|\.?\s*$|\.\s|\b(?:and (?:the )?(?:{stop})|for|to|into|from)\b))"
    )


def _fill_days(action: type[Action], text: str, raw: dict[str, str]) -> str:
    """For how many days; the same words also mean no end date, where there is no such field."""
    found = days_in(text) if "for_days" in action.form() else None
    if not found:
        return text
    days, (start, end) = found
    raw["for_days"] = str(days)
    # Not struck out: one of these signs means a team.
    return text[:start] + " " * (end - start) + text[end:]


def _fill_person(action: type[Action], text: str, raw: dict[str, str]) -> str:
    name = next((name for name, asked in action.form().items() if asked.kind is Input.PERSON), None)
    found = PERSON.search(text)
    if name and found:
        raw[name] = found[1] or found[3]
    return PERSON.sub(" ", text)


def _fill_teams(
    action: type[Action], text: str, raw: dict[str, str], tables: Tables
) -> tuple[str, list[str]]:
    """The text without the teams that found a field, and a sentence for each that found none."""
    left_out = []
    fields = {n: a for n, a in action.form().items() if a.is_team}
    for start, end, group in sorted(mentioned(text, tables), key=lambda one: one[0]):
        name, why = _place(action, text[:start], fields, raw)
        if name and len(tables.matching(text[start:end])) > 1:
            left_out.append(f"Several teams are called {tables.label(group)}: choose the one you mean.")
        elif name:
            raw[name] = ", ".join(filter(None, (raw.get(name, ""), group.id)))
        else:
            left_out.append(f"I left out {tables.label(group)}: {why}.")
        text = struck(text, start, end)
    return text, left_out


def mentioned(text: str, tables: Tables) -> list[tuple[int, int, Group]]:
    """Where the text names a group: the longest name first, no letter used twice."""
    found: list[tuple[int, int, Group]] = []
    both = ((one, name) for one in tables.groups for name in (one.security_name, tables.label(one)))
    names = {normalize("NFC", name.strip()): one for one, name in both if name.strip()}
    # Of thousands few stand in it, and a pattern for each takes longer than Slack waits.
    low = narrow(text)
    there = [name for name in names if narrow(name) in low]
    for name in sorted(there, key=len, reverse=True):
        for hit in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I):
            if not any(start < hit.end() and hit.start() < end for start, end, _ in found):
                found.append((hit.start(), hit.end(), names[name]))
    return found


def _place(
    action: type[Action], before: str, fields: dict[str, FormField], raw: dict[str, str]
) -> tuple[str | None, str]:
    """The field for a team by the words in front of it; failing that, why there is none."""
    near = before[-NEAR:]
    sides = {asked.leaves for asked in fields.values()}
    if _BUT_NOT.search(near) or (sides != {True} and _NEEDLESS.search(near)):
        return None, "I read that it isn't meant"
    if sides == {True} and _TOWARDS.search(near):
        return None, "this form joins no team; /miro-move goes from one to another"
    if sides == {False} and _AWAY.search(near):
        return None, "this form leaves no team; /miro-move goes from one to another"
    return _field_for(action, before.rstrip(" \"“'").casefold(), fields, raw), (
        "there is no place for it in this form"
    )


def _field_for(
    action: type[Action], before: str, fields: dict[str, FormField], raw: dict[str, str]
) -> str | None:
    """The field whose word stands nearest in front; failing that, the first that has room and is needed."""
    nearest = max(
        (
            (before.rfind(f" {word}") if word in before else -1, name)
            for name, asked in fields.items()
            for word in asked.after
        ),
        default=(-1, ""),
    )
    if nearest[0] >= 0 and (nearest[1] not in raw or fields[nearest[1]].kind is Input.TEAMS):
        return nearest[1]
    free = [n for n, a in fields.items() if n not in raw or a.kind is Input.TEAMS]
    return next((n for n in free if action.model_fields[n].is_required()), None)


def choices(action: type[Action]) -> dict[str, FormField]:
    return {name: asked for name, asked in action.form().items() if asked.kind is Input.CHOICE}


def _fill_choice(action: type[Action], text: str, raw: dict[str, str]) -> list[str]:
    """The only choice that is named and not denied; a sentence where several are: none is filled in."""
    notes = []
    for name, asked in choices(action).items():
        aside = _KEEPS if action.ADMINS and not action.CLOSES else _HAS
        found = sorted(_chosen(asked, text))
        named = list(dict.fromkeys(value for _, value in found))
        if len(named) == 1 and not all(aside.search(text[max(at - NEAR, 0) : at]) for at, _ in found):
            raw[name] = named[0]
        elif len(named) > 1:
            notes.append(f"One at a time: choose {listed(named, 'or')}.")
    return notes


def _chosen(asked: FormField, text: str) -> Iterator[tuple[int, str]]:
    """Where each choice is named: "company and user admin" names two."""
    values = [value for value, _ in asked.choices]
    heads = "|".join(re.escape(value.partition(" ")[0]) for value in values)
    for value in values:
        head, _, tail = value.partition(" ")
        rest = rf"(?:(?:,|/|&|\s+and|\s+or)\s*(?:{heads}))*\s+{tail}" if tail else ""
        for hit in re.finditer(rf"\b{re.escape(head)}{rest}", text, re.I):
            if not _BUT_NOT.search(text[max(hit.start() - NEAR, 0) : hit.start()]):
                yield hit.start(), value


def _fill_text(action: type[Action], text: str, raw: dict[str, str], tables: Tables) -> str:
    """The last quotation goes to the one free text field, unless it is the only name of a team."""
    name = next((n for n, a in action.form().items() if a.kind is Input.TEXT and not a.operators_only), None)
    quoted = list(_QUOTED.finditer(text))
    if not name or not quoted or not quoted[-1][1].strip():
        return text
    without = struck(text, *quoted[-1].span())
    if mentioned(quoted[-1][1], tables) and not mentioned(without, tables):
        return text
    raw[name] = quoted[-1][1]
    return without


def _unknown(action: type[Action], text: str, raw: dict[str, str]) -> tuple[str, list[str]]:
    """What was meant as a team: still quoted, or with a capital after "and" or the word of an empty field.

    The text comes back without it.
    """
    quoted = _QUOTED.search(text.replace("\0", ""))
    named = [quoted[1]] if quoted else [*_called(action, text, raw), *_AND.findall(text)[:1]]
    names = list(dict.fromkeys(name[:40] for name in named if name.strip()))
    if not names:
        return text, []
    for name in names:
        text = text.replace(name, " ")
    return text, [
        f"I don't know a team called {' or '.join(names)}. "
        "If it's new, create it in Miro; I'll find it within 10 minutes."
    ]


def _called(action: type[Action], text: str, raw: dict[str, str]) -> Iterator[str]:
    """Names after the words of team fields that are empty; "in" isn't looked at: it may be a place."""
    values = [value for asked in choices(action).values() for value, _ in asked.choices]
    for name, asked in action.form().items():
        if asked.kind not in (Input.TEAM, Input.TEAMS) or name in raw:
            continue
        words = [word for word in asked.after if word != "in"] + ([] if asked.leaves else ["join"])
        found = re.search(rf"\b(?i:{'|'.join(words)})\s+{_NAME}", text)
        if found and not _NO_TEAM.fullmatch(found[1]) and not any(found[1] in value for value in values):
            yield found[1]


def struck(text: str, start: int, end: int) -> str:
    """The text with a part that was read, its places kept."""
    return text[:start] + "\0" * (end - start) + text[end:]
