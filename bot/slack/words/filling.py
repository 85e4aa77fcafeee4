"""A form filled in with everything that a message names, and what has to be said aloud beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from approvals.ids import SlackId
from bot.actions import Action
from bot.actions.form import FormField, Input
from bot.actions.tables import Tables
from bot.slack.words.dates import Kind
from bot.slack.words.sentence import AND, Named, Sentence, Token
from bot.slack.words.vocabulary import common_words, fold, is_known

MOST_PEOPLE = 10
CANT_END = "An end date isn't supported for this yet. Ask again when it should end."
CANT_WAIT = "Start dates aren't supported for this yet. It happens as soon as it's approved."
SAY_DAYS = "I can't tell when this should end. Give the number of days in the form; otherwise it has no end."
NO_BOARD = "I can't tell which team owns the board. Choose the team in the form."
_NOT = ("not", "nicht", "pas", "no")
_SKIPPED = frozenset(fold("the a my our l' le la el der die das dem den in to").split())


@dataclass(frozen=True)
class Draft:
    """What a message seems to ask for: raw text for the fields, and what has to be said aloud.

    `others`: people for each of whom the same is asked, "" for the writer; `who_open`: the form has to ask
    whom it is for; `until`, `start`: days; `unplaced`: words that found no place.
    """

    action: type[Action]
    raw: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    who_open: bool = False
    until: date | None = None
    start: date | None = None
    unplaced: tuple[str, ...] = ()


def fill(action: type[Action], sentence: Sentence, tables: Tables, today: date, writer: str) -> Draft:
    """The form of an action, filled in as far as the message goes."""
    people, who_open = _people(action, sentence, tables, writer)
    more = len(people) - MOST_PEOPLE
    too_many = [f"I left out {more} people: {MOST_PEOPLE} at a time."] if more > 0 else []
    people = people[:MOST_PEOPLE]
    raw = {"person": people[0]} if people and people[0] else {}
    notes = [
        *sentence.notes,
        *too_many,
        *_fill_teams(action, sentence, tables, raw),
        *_fill_choices(action, sentence, raw),
    ]
    _fill_name(action, sentence, raw)
    until, start, told = _fill_days(action, sentence, today, raw)
    reason, unplaced = _rest(sentence, raw)
    if unplaced:
        told.append(f"I couldn't place: {', '.join(unplaced)}.")
    why, others = sentence.reason or reason, tuple(people[1:])
    return Draft(action, raw, why, (*notes, *told), others, who_open, until, start, unplaced)


def tools(sentence: Sentence) -> set[str]:
    """The names of other tools."""
    return {word for one in sentence.languages for word in one.tables["not_ours"]["tool"]}


def _people(action: type[Action], sentence: Sentence, tables: Tables, writer: str) -> tuple[list[str], bool]:
    """Whom it is for, "" for the writer, and whether that is left open."""
    person = action.form().get("person")
    if person is None:
        return [], False
    body = sentence.body
    mine = sentence.author or ("" if person.own else writer)
    marks = [int(one) for one in re.findall(r"@(\d+)", body)]
    receivers = {
        int(one) for hit in sentence.hits("people", "receiver", body) for one in re.findall(r"@(\d+)", hit[0])
    }
    with_me = sentence.has("people", "both", body)
    if sentence.has("people", "me") and not with_me:
        return [mine] if mine else [], False
    is_own = sentence.has("people", "own", body)
    if marks and is_own and not receivers and not with_me:
        return [], True
    chosen = [one for one in marks if one in receivers] if is_own and receivers and not with_me else marks
    named = [sentence.people[one] for mark in chosen for one in sentence.people_of.get(mark, [mark])]
    found = list({_key(one, tables): one.raw for one in named}.values())
    if found:
        return [*found, *([mine] if with_me else [])], False
    if sentence.is_excepted or sentence.has("people", "others"):
        return [], True
    return [mine] if mine and (is_own or sentence.author) and not action.CONFIRM else [], False


def _key(named: Named, tables: Tables) -> str:
    """What tells somebody apart, however they are named."""
    find = tables.people.by_email if "@" in named.raw else lambda raw: tables.people.by_slack(SlackId(raw))
    person = find(named.raw)
    return str(person.id) if person else named.raw


def _fill_teams(action: type[Action], sentence: Sentence, tables: Tables, raw: dict[str, str]) -> list[str]:
    """Puts each team into the field that the word in front of it belongs to; says what found none."""
    fields = {name: asked for name, asked in action.form().items() if asked.is_team}
    sides: dict[str, list[int]] = {"from": [], "to": [], "": [], "not": []}
    for hit in re.finditer(r"#([\d+]+)", sentence.body):
        sides[_side(sentence, hit.string[: hit.start()].split())] += map(int, hit[1].split("+"))
    if len(fields) == 2 and not sides["from"]:
        loose = "not" if sides["not"] or not sides["to"] else ""
        sides["from"], sides[loose] = sides[loose], []
    if len(fields) == 1:
        # Where one field takes all teams, only the other side of a wish for access is told apart.
        main = "from" if next(iter(fields.values())).leaves else "to"
        other = "from" if main == "to" else "to"
        sides[main] = sorted(sides[main] + sides[""]) or sides[other]
        sides[other] = [one for one in sides[other] if one not in sides[main]]
    elif fields:
        sides["to"] += sides[""]
    for name, asked in fields.items():
        side = sides["from" if asked.leaves else "to"]
        most = len(side) if asked.kind is Input.TEAMS else 1
        raw |= _ids(name, [sentence.teams[one].id for one in side[:most]])
        del side[:most]
    left = [sentence.teams[one] for side in ("from", "to", "not") for one in sides[side]] if fields else []
    labels = dict.fromkeys(tables.label(team) for team in left if team.id not in raw.values())
    notes = [f"I left out {label}." for label in labels] if "name" not in action.form() else []
    if sentence.like and fields.keys() == {"teams"} and not raw.get("teams"):
        notes += _fill_like(sentence.like, tables, raw)
    if sentence.board and not raw.get("teams"):
        notes.append(NO_BOARD)
    return notes + _ambiguous(fields, tables, raw)


def _ids(name: str, ids: list[str]) -> dict[str, str]:
    return {name: ", ".join(dict.fromkeys(ids))} if ids else {}


def _ambiguous(fields: Mapping[str, FormField], tables: Tables, raw: dict[str, str]) -> list[str]:
    """Takes out teams that share their name with others: nobody is put into one of several."""
    notes = []
    for name in fields.keys() & raw.keys():
        teams = [team for team in tables.groups if team.id in raw[name].split(", ")]
        alike = [team for team in teams if len(tables.matching(tables.label(team))) > 1]
        notes += [
            f"Several teams are called {tables.label(team)}: choose the one you mean." for team in alike
        ]
        if alike:
            raw |= _ids(name, [team.id for team in teams if team not in alike]) or {name: ""}
    for name in [name for name in raw if not raw[name]]:
        del raw[name]
    return notes


def _side(sentence: Sentence, before: list[str]) -> str:
    """'from', 'to', 'not' or '' by the words in front of a team."""
    for one in sentence.languages:
        words, skipped = before, _SKIPPED | set(map(fold, one.tables["teams"]["word"]))
        while words:
            tail = f" {' '.join(words[-3:])}"
            for name in ("not", "from", "to"):
                if any(tail.endswith(f" {fold(phrase)}") for phrase in one.tables["teams"][name]):
                    return "not" if name == "to" and _is_denied(words) else name
            if words[-1] not in skipped:
                break
            words = words[:-1]
    return ""


def _is_denied(words: list[str]) -> bool:
    """Whether "not" stands in front of the last word; who isn't in a team wants to be."""
    return words[-2:-1] in ([one] for one in _NOT) and words[-3:-2] not in (
        [one] for one in ("am", "is", "are", "bin", "noch", "suis", "i")
    )


def _fill_like(like: Named, tables: Tables, raw: dict[str, str]) -> list[str]:
    """The teams of somebody whose access is asked for as well; their rights never."""
    name = like.text.removeprefix("@")
    teams = tables.teams_of(like.raw)
    if teams is None:
        return [f"I don't know {name}'s teams yet. Choose them in the form."]
    raw |= _ids("teams", [team.id for team in teams[:3]])
    more = f" I left out {len(teams) - 3} more." if len(teams) > 3 else ""
    return [f"These are {name}'s teams; admin rights aren't included.{more}"]


def _fill_days(
    action: type[Action], sentence: Sentence, today: date, raw: dict[str, str]
) -> tuple[date | None, date | None, list[str]]:
    """The days in the message, as far as the form has a place for them, and what can't be honoured."""
    found = [sentence.dates[int(word[1:])] for word in sentence.body.split() if word[0] == "%"]
    ends = {when.day for when in found if when.kind is Kind.UNTIL}
    until = next(iter(ends)) if len(ends) == 1 else None
    start = next(
        (one.day for one in found if one.kind is not Kind.UNTIL and one.day and one.day > today), None
    )
    notes = []
    if (ends or sentence.has("open", "end", sentence.body)) and "for_days" not in action.form():
        notes.append(CANT_END)
    elif until and 1 <= (until - today).days <= 366:
        raw["for_days"] = str((until - today).days)
    elif ends or sentence.has("open", "end", sentence.body):
        until = None
        notes.append(SAY_DAYS)
    if start or sentence.has("open", "start", sentence.body):
        notes.append(CANT_WAIT)
    return until, start, notes


def _fill_choices(action: type[Action], sentence: Sentence, raw: dict[str, str]) -> list[str]:
    """The one choice that is named, and isn't what remains; a sentence where several are."""
    aside = "to|into" if action.ADMINS and not action.CLOSES else "from"
    for name, asked in action.form().items():
        named = [value for value, _ in asked.choices if _is_named(fold(value), sentence.body)]
        if len(named) > 1:
            return [f"One at a time: choose {' or '.join(named)}."]
        remains = rf" (?:{aside}|not|like|than)(?: an?| the)? {fold(named[0])}\b" if named else ""
        if named and not re.search(remains, sentence.body):
            raw[name] = named[0]
    return []


def _is_named(value: str, body: str) -> bool:
    """Whether a choice is named, also without the word that it shares with others of a list."""
    first, _, last = value.partition(" ")
    listed = (rf" {first}(?: {AND}\w+)+ {last}\b", rf" {last}(?: {AND}\w+)* {AND}{first}\b") if last else ()
    text = body.replace("/", " , ")
    return any(re.search(pattern, text) for pattern in (rf" {value}\b", *listed))


def _fill_name(action: type[Action], sentence: Sentence, raw: dict[str, str]) -> None:
    """The new name of a team: what is quoted last, or stands behind the team and a word for it."""
    name = next((name for name, asked in action.form().items() if asked.names_group), "")
    words = [token.word for token in sentence.tokens]
    if not name or "#0" not in words:
        return
    team = next(token.text for token in sentence.tokens if token.word == "#0")
    if sentence.quoted and (len(sentence.teams) > 1 or sentence.quoted != team):
        raw[name] = sentence.quoted
        return
    marks = {fold(word) for one in sentence.languages for word in one.tables["teams"]["name"]}
    start = next((at + 1 for at in range(words.index("#0"), len(words)) if words[at] in marks), len(words))
    ends = (".", ",", ";", "please", "from", "?", "!")
    end = next(
        (at for at in range(start, len(words)) if words[at] in ends or words[at][0] == "%"), len(words)
    )
    if start < end:
        raw[name] = sentence.shown(sentence.tokens[start:end])


def _rest(sentence: Sentence, raw: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """A reason that no word introduces, and what found no place."""
    reasons = list[str]()
    unplaced = [sentence.further] if sentence.further else []
    unplaced += [hit[0].strip() for hit in sentence.hits("open", "start", sentence.body)]
    unplaced += [when.clock for when in sentence.dates if when.clock]
    for clause in _clauses(sentence):
        text = f" {' '.join(token.word for token in clause)} "
        strange = [token for token in clause if token.word.isalpha() and not is_known(token.word)]
        has_verb = sentence.has("verbs", "request-access", text) or sentence.has("verbs", "leave-team", text)
        implied = next(sentence.hits("reason", "implicit", text), None)
        kept = clause[len(text[: implied.start()].split()) :] if implied else []
        if sentence.has("people", "conditional", text) and not has_verb:
            unplaced.append(sentence.shown(clause))
        elif kept and not any(token.word[0] in "@#" for token in kept):
            reasons.append(sentence.shown([token for token in kept if token.word[0] != "%"]))
        elif strange and not has_verb and len(clause) > 2 and not re.search(r"[@#]\d", text):
            reasons.append(sentence.shown(clause))
        else:
            unplaced += (run for run in _runs(sentence, clause) if run not in raw.get("name", ""))
    return ". ".join(reasons)[:500], tuple(dict.fromkeys(unplaced))


def _clauses(sentence: Sentence) -> Iterator[list[Token]]:
    """The tokens between signs."""
    clause: list[Token] = []
    for token in (*sentence.tokens, Token(".", ".")):
        if token.word in ".,;:!?()-":
            yield from [clause] if clause else ()
            clause = []
        else:
            clause.append(token)


def _runs(sentence: Sentence, clause: list[Token]) -> Iterator[str]:
    """Words in a row that nothing here knows, or names of other tools, with what goes on behind them."""
    others, common = tools(sentence), common_words()
    run: list[Token] = []
    for token in (*clause, Token(".", ".")):
        is_strange = not is_known(token.word) or token.word in others
        goes_on = run and (token.word not in common or token.text[0].isupper())
        if token.word[0].isalpha() and len(token.word.strip("'")) > 1 and (is_strange or goes_on):
            run.append(token)
        elif run:
            yield sentence.shown(run)
            run = []
