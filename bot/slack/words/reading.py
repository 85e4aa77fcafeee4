"""Reads a message as a draft of a form, or as something to answer; nothing here acts.

Admin rights and offboarding need an exact phrase and a named person. A request is for its writer if nobody
else is named; if that isn't certain, the person is left open, and the form asks.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby

from approvals.ids import GroupId, SlackId
from bot.actions import ACTIONS, Action
from bot.actions.form import Input
from bot.actions.tables import Tables
from bot.slack.words.sentence import (
    AND,
    SMALL,
    Kind,
    Named,
    Sentence,
    Token,
    common_words,
    find,
    fold,
    is_known,
    pattern,
    shared,
    shown,
    take_apart,
)

GRAVE = tuple(action for action in ACTIONS.values() if action.CONFIRM and "person" in action.form())
"""Admin rights and offboarding."""
MOST_PEOPLE = 10
MOST_TEAMS = 3
CANT_END = "An end date isn't supported for this yet. Ask again when it should end."
SAY_DAYS = "I can't tell when this should end. Choose the last day in the form, or leave it empty for no end."
SAY_START = "I can't tell when this should start. Choose it in the form, or leave it empty to start at once."
SAY_LATER = "I can't tell when the account should be deleted. Choose it in the form."
NO_BOARD = "I can't tell which team owns the board. Choose the team in the form."
_CLOCK = r" (\d\d?(?::\d\d(?:[ap]m)?|[ap]m|h\d\d)) "
_HOUR = re.compile(r"(\d\d?)(?:[:.h](\d\d))?\s*(?:([ap])m|uhr|h|o'clock)?")
_SKIPPED = frozenset(fold("the a my our l' le la el der die das dem den in to").split())


@dataclass(frozen=True)
class Answer:
    """A message that needs no form: `kind` names the answer's sentence; `about`: the action it explains.

    `teams`, `people`: what the message names, people by Slack id or address.
    """

    kind: str
    about: type[Action] | None = None
    teams: tuple[GroupId, ...] = field(default=(), compare=False)
    people: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Draft:
    """What a message seems to ask for: raw text for the fields, and notes for the writer.

    `others`: further people it is asked for, "" for the writer; `who_open`: the form has to ask whom it is
    for; `until`, `start`: days; `unplaced`: words that fit no field.
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


def read(
    text: str,
    tables: Tables,
    today: date,
    action: type[Action] | None = None,
    writer: str = "",
    *,
    chosen: bool = False,
) -> Draft | Answer:
    """The reading of a text, after `typed`; a command names its `action`.

    `writer`: a Slack id; `chosen`: the action was chosen by hand, whatever the text says.
    """
    sentence = take_apart(text, tables, today)
    answer = _turned(sentence, action) if action else _answer(sentence)
    if chosen and not (action in GRAVE and answer and answer.kind == "turned"):
        answer = None
    if answer and answer.kind in ACTIONS and not tables.boards_pass:
        action, answer = ACTIONS[answer.kind], None
    meant = answer or action or _meant(sentence)
    if isinstance(meant, Answer):
        teams = tuple(dict.fromkeys(team.id for team in sentence.teams))
        return replace(meant, teams=teams, people=tuple(person.raw for person in sentence.people))
    return _fill(meant, sentence, tables, today, writer)


def about_end(action: type[Action], text: str, days: object = None) -> list[str]:
    """Notes for a reason that mentions an end although no days were given."""
    ends = not days and any(when.kind is Kind.UNTIL for when in find(text, date(2026, 1, 1)))
    return [SAY_DAYS if "for_days" in action.form() else CANT_END] if ends else []


# -- what is meant -----------------------------------------------------------------------------------------


def _answer(sentence: Sentence) -> Answer | None:
    """The answer to thanks, questions, foreign topics and negated requests, or None."""
    has, whole = sentence.has, _ungreeted(sentence, sentence.marked(sentence.words))
    verbs = {action.NAME for _, action in _verbs(sentence, sentence.unknown)}
    is_about = sentence.teams or "@" in sentence.body or verbs - {"reactivate"} or has("inexact", "admin")
    skipped: dict[str, object] = {
        "help": sentence.teams and verbs,
        "license": sentence.teams or "change-license" in verbs,
        "board": sentence.teams or has("inexact", "admin"),
        "tool": sentence.teams or sentence.board,
    }

    def first(table: str, text: str) -> Answer | None:
        names = [name for name in sentence.languages[0].tables[table] if not skipped.get(name)]
        return next((Answer(name) for name in names if has(table, name, text)), None)

    if not whole.strip(" .,!?~"):
        return Answer("help")
    if has("negation", "always", whole):
        return Answer("negation")
    if has("thanks", "for", whole) or (has("thanks", "words", whole) and not is_about):
        return Answer("thanks")
    # In a quotation somebody else asks.
    is_own = sentence.author is not None
    asks = is_own and has("question", "words", whole) and not has("question", "exempt", whole)
    others = () if " miro " in sentence.words else sentence.hits("elsewhere", "words", sentence.words)
    if any("#" not in sentence.words[: hit.start()] for hit in others):
        return Answer("elsewhere")
    answer = first("asks", whole) or first("not_ours", sentence.unknown) or _negated(sentence)
    return answer or (Answer("question") if asks else None)


def _ungreeted(sentence: Sentence, text: str) -> str:
    """A text without the greeting at its beginning."""
    phrases = (phrase for language in sentence.languages for phrase in language.greetings)
    greetings = [pattern(phrase).pattern.removeprefix("(?<= )") for phrase in phrases]
    after = r"(?: (?:there|team|all|zusammen|@\d+|~|&))*(?: [,.!:;])*"
    return re.sub(rf"^ (?:(?:(?:{'|'.join(greetings)})(?= ){after}|[.,!?¿¡:;~-]) )+", " ", text)


def _negated(sentence: Sentence) -> Answer | None:
    """The answer to a negated request: "not" in the clause of a verb, a person or a team; or None."""
    text = _ungreeted(sentence, sentence.unknown)
    masks = [(table, action.NAME) for table in ("exact", "inexact") for action in GRAVE]
    masks += [("inexact", "admin"), ("negation", "exempt")]
    for hit in sorted((hit[0] for mask in masks for hit in sentence.hits(*mask, text)), key=len)[::-1]:
        text = text.replace(hit, re.sub(r"(?<!\S)[^@#%\s]\S*", "·", hit))
    clauses = [f" {clause.strip()} " for clause in re.split(shared("clause"), text) if clause.strip()]
    leaves = [sentence.has("verbs", "leave-team", clause) for clause in clauses]
    for clause, does_leave in zip(clauses, leaves, strict=True):
        if any(leaves) and not does_leave:
            continue  # "I don't work with Sales any more, remove me"
        is_wish = re.search(r"[@#]\d|·", clause) or len(clause.split()) < 3 or any(_verbs(sentence, clause))
        if (is_wish or len(clauses) == 1) and sentence.has("negation", "words", clause):
            verbs = {action.NAME for _, action in _verbs(sentence, sentence.unknown)}
            is_end = not verbs or "request-access" in verbs
            return Answer("negation", about=ACTIONS["leave-team"] if is_end else None)
    return None


def _turned(sentence: Sentence, command: type[Action]) -> Answer | None:
    """The answer to a command whose text asks for the opposite; no form that wasn't named opens."""
    if command in GRAVE and sentence.has("not_ours", "team-admin"):
        return Answer("team-admin")
    if command.OPPOSITE:
        takes = sentence.has("inexact", "taking") or sentence.has("inexact", "offboard")
        leaves = sentence.has("verbs", "leave-team") and not (sentence.teams and command in GRAVE)
        is_turned = takes or leaves or sentence.has("negation", "always") or _negated(sentence)
        return Answer("turned", about=ACTIONS[command.OPPOSITE]) if is_turned else None
    giving = next((action for action in GRAVE if action.OPPOSITE == command.NAME), None)
    return Answer("turned", giving) if giving and sentence.has("inexact", "giving") else _negated(sentence)


def _verbs(sentence: Sentence, text: str) -> Iterator[tuple[tuple[int, bool, int], type[Action]]]:
    """(weight, action) of each phrase of an action in a text: more words first, taking before giving.

    Weak phrases count only if there is no other.
    """
    for language in sentence.languages:
        for table in ("verbs", "weak"):
            for name, phrases in language.tables[table].items():
                for phrase in phrases:
                    may_miss = re.sub(r"\[[^\]]*\]|…|\(([^)]*)\)", lambda hit: "x" if hit[1] else "", phrase)
                    words = len(may_miss.split()) if table == "verbs" else 0
                    for hit in pattern(phrase).finditer(text):
                        yield (words, name != "request-access", len(hit[0])), ACTIONS[name]
    for action in ACTIONS.values():
        if action not in GRAVE and re.search(rf" {action.NAME.replace('-', '[ -]*')} ", text):
            yield (9, True, 0), action


def _meant(sentence: Sentence) -> type[Action] | Answer:
    """The action with the longest phrase; a grave one only if its phrase is exact."""
    undated = re.sub(r" %\d+", "", sentence.body)
    for action in GRAVE:
        for hit in sentence.hits("exact", action.NAME, undated):
            if _is_exact(sentence, action, hit):
                return action
    verbs = list(_verbs(sentence, sentence.unknown))
    if sentence.has("inexact", "admin"):
        takes = sentence.has("inexact", "taking") or sentence.has("verbs", "leave-team")
        return Answer("exact", about=ACTIONS["remove-admin" if takes else "make-admin"])
    named = {action.NAME for _, action in verbs}
    is_more = (sentence.teams and verbs) or named & {"reactivate", "rename-group"}
    is_named = sentence.has("exact", "offboard", undated) and "leave-team" not in named
    if is_named or (not is_more and sentence.has("inexact", "offboard")):
        return Answer("exact", about=ACTIONS["offboard"])
    if verbs:
        return max(verbs, key=lambda verb: verb[0])[1]
    is_bare = sentence.teams and not re.search(rf" [&$] |{shared('told')}", sentence.unknown)
    return ACTIONS["request-access"] if sentence.board or sentence.like or is_bare else Answer("unclear")


def _is_exact(sentence: Sentence, action: type[Action], hit: re.Match[str]) -> bool:
    """Whether a grave phrase includes all people in the message, with only polite words before it."""
    everybody = set(re.findall(r"@\d+", sentence.body))
    if set(re.findall(r"@\d+", hit[0])) != everybody or (action.CLOSES and "#" in sentence.body):
        return False
    # In "offboard @kim, @jo knows" the second only stands beside.
    rest = re.split(" [.!?;]", hit.string[hit.end() :])[0].split()
    unusual = set(filter(str.isalpha, rest)) - set(shared("after_people").split())
    if unusual and re.search(r"@\d+ .*@\d+$", hit[0]):
        return False
    before = re.split(r"[.!?;] ", hit.string[: hit.start()])[-1].split()
    after = re.split(r" [.,;!?(]", hit.string[hit.end() :])[0].split()
    polite = frozenset[str]().union(*(language.polite for language in sentence.languages))
    odd = [word for word in before if word.isalpha() and word not in polite]
    strange = [word for word in after if word.isalpha() and not is_known(word)]
    return not odd and len(strange) < 3 and after[:1] != ["'s"] and not sentence.has("people", "conditional")


# -- the form ----------------------------------------------------------------------------------------------


def _fill(action: type[Action], sentence: Sentence, tables: Tables, today: date, writer: str) -> Draft:
    """The draft of an action, filled with everything named in a message."""
    people, who_open = _people(action, sentence, tables, writer)
    more = len(people) - MOST_PEOPLE
    raw = {"person": people[0]} if people and people[0] else {}
    notes = [*sentence.notes, *([f"I left out {more} people: {MOST_PEOPLE} at a time."] if more > 0 else [])]
    notes += [*_fill_teams(action, sentence, tables, raw), *_fill_choices(action, sentence, raw)]
    _fill_name(action, sentence, raw)
    until, start, about_days = _fill_days(action, sentence, today, raw)
    reason, unplaced = _rest(sentence, raw)
    notes += [*about_days, *([f"I couldn't place: {', '.join(unplaced)}."] if unplaced else [])]
    others, reason = tuple(people[1:MOST_PEOPLE]), sentence.reason or reason
    return Draft(action, raw, reason, tuple(notes), others, who_open, until, start, unplaced)


def _people(action: type[Action], sentence: Sentence, tables: Tables, writer: str) -> tuple[list[str], bool]:
    """(the people it is for, "" for the writer; whether that is left open)."""
    person = action.form().get("person")
    if person is None:
        return [], False
    body, has = sentence.body, sentence.has
    mine = sentence.author or ("" if person.own else writer)
    with_me = has("people", "both", body)
    if has("people", "me") and not with_me:
        return [mine] if mine else [], sentence.author is None
    marks = [int(mark) for mark in re.findall(r"@(\d+)", body)]
    if has("people", "own", body) and not with_me and marks:
        hits = [hit[0] for hit in sentence.hits("people", "receiver", body)]
        marks = [mark for mark in marks if str(mark) in re.findall(r"@(\d+)", " ".join(hits))]
        if not marks:
            return [], True
    named = [sentence.people[mark] for mark in marks]
    table = tables.people
    known = {entry.raw: table.by_email(entry.raw) or table.by_slack(SlackId(entry.raw)) for entry in named}
    # Each once, however they are named.
    people = list({(person.id if person else raw): raw for raw, person in known.items()}.values())
    if people:
        return [*people, *([mine] if with_me else [])], False
    rest = body if re.match(r" ~ [^,:]", body) else _ungreeted(sentence, body)
    beside = "~" in re.sub(shared("thanked"), "", rest) and not sentence.like
    is_about_others = beside and not has("people", "own", body)
    if sentence.is_excepted or sentence.author is None or has("people", "others") or is_about_others:
        return [], True
    is_mine = mine and (has("people", "own", body) or sentence.author) and not action.CONFIRM
    return [mine] if is_mine else [], False


def _fill_teams(action: type[Action], sentence: Sentence, tables: Tables, raw: dict[str, str]) -> list[str]:
    """Puts each team into the field of the word before it; returns notes on teams without a field."""
    fields = {name: asked for name, asked in action.form().items() if asked.is_team}
    if not fields:
        return []
    sides: dict[str, list[int]] = {"from": [], "to": [], "": [], "not": []}
    side, end = "", 0
    for hit in re.finditer(r"#(\d+)", sentence.body):
        is_listed = end and re.fullmatch(f" {AND}{SMALL}", sentence.body[end : hit.start()])
        side = _side(sentence, hit.string[: hit.start()].split()) or (side if is_listed else "")
        end = hit.end()
        if len(fields) == 2 and side == "to" and not (is_listed or sides["from"]):
            sides["from"], sides["to"] = sides["to"], []  # "everyone in # to #"
        sides[side].append(int(hit[1]))
    if len(fields) == 2 and not sides["from"]:
        loose = "not" if sides["not"] or not sides["to"] else ""
        sides["from"], sides[loose] = sides[loose], []
    if len(fields) == 1:
        # If one field takes all teams, only those on the other side are left out.
        main, other = ("from", "to") if next(iter(fields.values())).leaves else ("to", "from")
        is_seen = "~" in sentence.body and not sentence.like
        not_yet = sides["not"] if is_seen else []  # "I see Sales but not Legal"
        sides[main] = sorted(sides[main] + sides[""]) or sides[other] or not_yet
        sides[other] = [number for number in sides[other] if number not in sides[main]]
    else:
        sides["to"] += sides[""]
    notes, twins = [], set[str]()
    for team in (team for team in sentence.teams if len(tables.matching(tables.label(team))) > 1):
        twins.add(team.id)  # a name of several teams means none of them
        notes.append(f"Several teams are called {tables.label(team)}: choose the one you mean.")
    for name, asked in fields.items():
        numbers = sides["from" if asked.leaves else "to"]
        most = len(numbers) if asked.kind is Input.TEAMS else 1
        ids = dict.fromkeys(sentence.teams[number].id for number in numbers[:most])
        raw |= {name: ", ".join(id for id in ids if id not in twins)} if ids.keys() - twins else {}
        del numbers[:most]
    if len(fields) == 2 and raw.get("from_team") == raw.get("to_team"):
        raw.pop("to_team", None)
    left = [sentence.teams[number] for name in ("from", "to", "not") for number in sides[name]]
    labels = dict.fromkeys(tables.label(team) for team in left if team.id not in raw.values())
    notes += [f"I left out {label}." for label in labels] if "name" not in action.form() else []
    if sentence.like and fields.keys() == {"teams"} and not raw.get("teams"):
        notes += _fill_like(sentence.like, tables, raw, {team.id for team in left})
    return [*notes, *([NO_BOARD] if sentence.board and not raw.get("teams") else [])]


def _side(sentence: Sentence, before: list[str]) -> str:
    """'from', 'to', 'not' or '' by the words in front of a team."""
    for language in sentence.languages:
        words, skipped = before, _SKIPPED | set(map(fold, language.tables["teams"]["word"]))
        while words:
            text = f" {' '.join(words)}"
            for name in ("not", "from", "to"):
                if any(text.endswith(f" {fold(phrase)}") for phrase in language.tables["teams"][name]):
                    # A person who isn't in a team wants to join it.
                    is_denied = re.search(shared("denied"), text) and not re.search(shared("still_out"), text)
                    return "not" if name == "to" and is_denied else name
            if words[-1] not in skipped:
                break
            words = words[:-1]
    return ""


def _fill_like(like: Named, tables: Tables, raw: dict[str, str], out: Collection[str]) -> list[str]:
    """Fills in the teams of a person whose access is asked for, but not their rights; returns notes.

    `out`: teams that stay out.
    """
    name = like.text.removeprefix("@")
    known = tables.teams_of(like.raw)
    teams = [team for team in known or () if not tables.managed(team) and team.id not in out]
    if not teams:
        seen = f"see no team of {name}'s that you can ask for"
        seen = f"don't know {name}'s teams yet" if known is None else seen
        return [f"I {seen}. Choose the teams in the form."]
    raw |= {"teams": ", ".join(team.id for team in teams[:MOST_TEAMS])}
    more = f" I left out {len(teams) - MOST_TEAMS} more." if len(teams) > MOST_TEAMS else ""
    return [f"These are {name}'s teams. Admin rights aren't included.{more}"]


def _fill_days(
    action: type[Action], sentence: Sentence, today: date, raw: dict[str, str]
) -> tuple[date | None, date | None, list[str]]:
    """Fills in the days of a message; returns (last day, first day, notes on what isn't possible)."""
    dates = [sentence.dates[int(word[1:])] for word in sentence.body.split() if word[0] == "%"]
    ends = list(dict.fromkeys(when.day for when in dates if when.kind is Kind.UNTIL))
    then = [when for when in dates if when.kind is Kind.ON and sentence.has("open", "then")]
    ends += [when.day for when in then]
    is_open = bool(ends) or sentence.has("open", "end", sentence.body)
    until = ends[-1] if len(ends) == 1 or (ends and sentence.has("open", "extend")) else None
    starts = [when for when in dates if when.kind is not Kind.UNTIL and when not in then]
    starts = [when for when in starts if when.day and when.day >= today + timedelta(not when.clock)]
    clocks = [when.clock for when in sentence.dates if when.clock] + re.findall(_CLOCK, sentence.words)
    notes: list[str] = []
    if is_open and "for_days" not in action.form():
        notes = [] if action.CLOSES else [CANT_END]
    elif until and 1 <= (until - today).days <= 366:
        raw["for_days"] = str((until - today).days)
    elif is_open:
        until, notes = None, [SAY_DAYS]
    # "Access by Friday", or "for the workshop on Friday", doesn't mean that it must not start earlier.
    is_sure = action.URGENCY or all(when.kind is Kind.START for when in starts)
    if is_sure and len({when.day for when in starts}) == 1:
        clock = starts[0].clock or ("" if ends else "".join(clocks[:1]))
        raw["start"] = f"{starts[0].day} {_hour(clock)}".strip()
        clocks = [other for other in clocks if other != clock]
    elif starts or sentence.has("open", "start", sentence.body):
        notes.append(SAY_START)
    notes += [f"I left out the time {clock}." for clock in clocks]
    return until, starts[0].day if starts else None, notes


def _hour(clock: str) -> str:
    """A time of day as 18:00, from "6 pm", "18h00" or the like; '' for none."""
    if not (hit := _HOUR.fullmatch(clock)):
        return ""
    hour = int(hit[1]) % 12 + 12 * (hit[3] == "p") if hit[3] else int(hit[1])
    return f"{hour:02}:{hit[2] or '00'}"


def _fill_choices(action: type[Action], sentence: Sentence, raw: dict[str, str]) -> list[str]:
    """Fills in the only choice that is named; returns a note if several are."""
    aside = "to|into" if action.ADMINS and not action.CLOSES else "from"
    for name, asked in action.form().items():
        named = [value for value, _ in asked.choices if _is_named(fold(value), sentence.body)]
        if len(named) > 1:
            return [f"One at a time: choose {' or '.join(named)}."]
        if action.CLOSES and named and re.search(shared("later"), sentence.body):
            return [SAY_LATER]
        remains = rf" (?:{aside}|not|like|than)(?: an?| the)? {fold(named[0])}\b" if named else ""
        if named and not re.search(remains, sentence.body):
            raw[name] = named[0]
    return []


def _is_named(value: str, body: str) -> bool:
    """Whether a choice is named, with or without the word that it shares with others."""
    first, _, last = value.partition(" ")
    shapes = [rf" {value}\b"]
    if last:
        shapes += [rf" {first}(?: {AND}\w+)+ {last}\b", rf" {last}(?: {AND}\w+)* {AND}{first}\b"]
    return any(re.search(shape, body.replace("/", " , ")) for shape in shapes)


def _fill_name(action: type[Action], sentence: Sentence, raw: dict[str, str]) -> None:
    """Fills in the name that a team gets: the last quoted text, or the text after the team and a word."""
    name = next((name for name, asked in action.form().items() if asked.names_group), "")
    team = next((token.text for token in sentence.tokens if token.word == "#0"), None)
    is_new = not any(asked.is_team for asked in action.form().values())
    if not name or (team is None and not is_new):
        return
    words, marks = sentence.any("teams", "word"), sentence.any("teams", "name")
    ends = r"(?= (?:[.,;?!]|please|from|%\d+) |$)"
    before = rf"(?:{words}) " if is_new else "#0 (?:.*? )??"
    hit = re.search(rf" {before}(?:{marks}) (.*?){ends}", sentence.words.rstrip())
    if sentence.quoted and (is_new or len(sentence.teams) > 1 or sentence.quoted != team):
        raw[name] = sentence.quoted
    elif hit and hit[1]:
        start = len(hit.string[: hit.start(1)].split())
        raw[name] = shown(sentence.tokens[start : start + len(hit[1].split())])


def _rest(sentence: Sentence, raw: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """(a reason without an introducing word, the words that fit no field)."""
    reasons = list[str]()
    unplaced = [sentence.further] if sentence.further else []
    unplaced += [hit[0].strip() for hit in sentence.hits("open", "start", sentence.body)]
    for is_sign, group in groupby(sentence.tokens, lambda token: token.word in ".,;:!?()-"):
        clause = [] if is_sign else list(group)
        text = f" {' '.join(token.word for token in clause)} "
        strange = any(token.word.isalpha() and not is_known(token.word) for token in clause)
        has_verb = sentence.has("verbs", "request-access", text) or sentence.has("verbs", "leave-team", text)
        implied = next(sentence.hits("reason", "implicit", text), None)
        kept = clause[len(text[: implied.start()].split()) :] if implied else []
        if sentence.has("people", "conditional", text) and not has_verb:
            unplaced.append(shown(clause))
        elif kept and not any(token.word[0] in "@#" or token.word.startswith("admin") for token in kept):
            reasons.append(shown(token for token in kept if token.word[0] != "%"))
        elif strange and not has_verb and len(clause) > 2 and not re.search(r"[@#]\d", text):
            reasons.append(shown(clause))
        else:
            unplaced += (run for run in _strange(sentence, clause) if run not in raw.get("name", ""))
    return ". ".join(reasons)[:500], tuple(dict.fromkeys(unplaced))


def _strange(sentence: Sentence, clause: list[Token]) -> Iterator[str]:
    """Sequences of unknown words or names of other tools, with the words after them."""
    common, tools = common_words(), sentence.languages[-1].tables["not_ours"]["tool"]
    run: list[Token] = []
    for token in (*clause, Token(".", ".")):
        is_strange = not is_known(token.word) or token.word in tools
        goes_on = run and (token.word not in common or token.text[0].isupper())
        if token.word[0].isalpha() and len(token.word.strip("'")) > 1 and (is_strange or goes_on):
            run.append(token)
        elif run:
            yield shown(run)
            run = []
