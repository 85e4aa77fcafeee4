"""The best reading of a message: a draft of a form that shows itself, or a short answer; nothing here acts.

Admin rights and offboarding need an exact phrase and a named person. A wish is for its writer where nobody
else is named; where that can't be told for sure, it is left open, and the form asks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.actions import ACTIONS, Action
from bot.actions.tables import Tables
from bot.slack.words import filling
from bot.slack.words.dates import Kind, find
from bot.slack.words.filling import CANT_END, SAY_DAYS, Draft
from bot.slack.words.sentence import Sentence
from bot.slack.words.sentence import read as taken_apart
from bot.slack.words.vocabulary import is_known, length, pattern

GRAVE = tuple(action for action in ACTIONS.values() if action.CONFIRM)
"""Admin rights and offboarding."""
_ANY_DAY = date(2026, 1, 1)
_QUESTIONS = ("who-is-admin", "who-decides", "who-has", "my-teams", "my-requests", "help")
_NOT_OURS = ("guest", "password", "create-team", "board", "license", "trouble")
_TOLD = re.compile(r" (?:is|are|was|were|ist|est|esta) ")


@dataclass(frozen=True)
class Answer:
    """A message that asks for no form: `kind` names its sentence; `about` is what it tells how to ask for."""

    kind: str
    about: type[Action] | None = None


@dataclass(frozen=True)
class _Verb:
    """A phrase of an action in a text; `weight`: more words first, and taking before giving."""

    action: type[Action]
    weight: tuple[int, bool, int]


def read(
    text: str,
    tables: Tables,
    today: date,
    action: type[Action] | None = None,
    writer: str = "",
    *,
    chosen: bool = False,
) -> Draft | Answer:
    """What a text asks for, `typed` undone; a command names its `action` itself.

    `writer`: a Slack id; `chosen`: the action was chosen by hand, whatever the text says.
    """
    sentence = taken_apart(text, tables, today)
    answer = _answer(sentence, action)
    if chosen and not (action in GRAVE and answer and answer.kind == "turned"):
        answer = None
    found = answer or action or _meant(sentence)
    return found if isinstance(found, Answer) else filling.fill(found, sentence, tables, today, writer)


def about_end(action: type[Action], text: str, days: object = None) -> list[str]:
    """What to say where a reason speaks of an end and no days were given: said aloud, never dropped."""
    ends = not days and any(when.kind is Kind.UNTIL for when in find(text, _ANY_DAY))
    return [SAY_DAYS if "for_days" in action.form() else CANT_END] if ends else []


def _answer(sentence: Sentence, command: type[Action] | None) -> Answer | None:
    """Thanks, questions, what isn't ours, what is turned round, and a grave act that isn't named exactly."""
    whole = _ungreeted(sentence, sentence.marked(" ".join(token.word for token in sentence.tokens)))
    if command:
        return _turned(sentence, command) if whole.strip() else None
    if not whole.strip(" .,!?~"):
        return Answer("help")
    if sentence.has("negation", "always", whole):
        return Answer("negation")
    return _asked(sentence, whole) or _not_ours(sentence) or _negated(sentence) or _question(sentence, whole)


def _asked(sentence: Sentence, whole: str) -> Answer | None:
    """Thanks, and questions that are known."""
    verbs = {verb.action.NAME for verb in _verbs(sentence, sentence.unknown)} - {"reactivate"}
    is_about = sentence.teams or sentence.people or verbs or sentence.has("inexact", "admin")
    is_thanks = sentence.has("asks", "thanks", whole) and not is_about
    if is_thanks or sentence.has("asks", "thanks_for", whole):
        return Answer("thanks")
    kinds = _QUESTIONS[:-1] if sentence.teams and verbs and "?" not in whole else _QUESTIONS
    found = next((kind for kind in kinds if sentence.has("asks", kind, whole)), "")
    return Answer(found) if found else None


def _question(sentence: Sentence, whole: str) -> Answer | None:
    """Any other question."""
    asks = sentence.has("asks", "questions", whole) and not sentence.has("asks", "no-question", whole)
    return Answer("question") if asks else None


def _not_ours(sentence: Sentence) -> Answer | None:
    """What only sounds like something of ours: with a team beside it, some of it is no more than a word."""
    if sentence.has("not_ours", "team-admin"):
        return Answer("team-admin")
    for kind in _NOT_OURS:
        if sentence.has("not_ours", kind) and not (kind in ("license", "board") and sentence.teams):
            return Answer(kind)
    words = {token.word for token in sentence.tokens}
    has_place = sentence.teams or sentence.board
    return Answer("tool") if not has_place and words & filling.tools(sentence) else None


def _ungreeted(sentence: Sentence, text: str) -> str:
    """A text without the greeting it begins with."""
    after = r"(?: (?:there|team|all|zusammen|@\d+|~|&))*(?: [,.!:;])*"
    before = ""
    while before != text:
        before = text
        for phrase in (phrase for one in sentence.languages for phrase in one.greetings):
            greeting = pattern(phrase).pattern.removeprefix("(?<= )")
            text = f" {re.sub(rf'^ {greeting}{after}', '', text).strip()} "
        text = re.sub(r"^ (?:[.,!?:;~-] )+", " ", text)
    return text


def _negated(sentence: Sentence) -> Answer | None:
    """A wish that is turned round: a word for "not" in the clause of a verb, a person or a team."""
    text = _ungreeted(sentence, sentence.unknown)
    grave = [(table, name) for table in ("exact", "inexact") for name in sentence.languages[0].tables[table]]
    for table, name in (*grave, ("negation", "exempt")):
        for hit in list(sentence.hits(table, name, text)) if name not in ("taking", "giving") else ():
            text = text.replace(hit[0], re.sub(r"(?<!\S)[^@#%\s]\S*", "·", hit[0]))
    clauses = [f" {one.strip()} " for one in re.split(r" (?:[.,;:!?()]|but|aber|mais|pero|sondern) ", text)]
    clauses = [one for one in clauses if one.strip()]
    for clause in clauses:
        is_wish = re.search(r"[@#]\d|·", clause) or len(clause.split()) < 3 or any(_verbs(sentence, clause))
        if (is_wish or len(clauses) == 1) and sentence.has("negation", "words", clause):
            verbs = {verb.action.NAME for verb in _verbs(sentence, sentence.unknown)}
            is_end = not verbs or "request-access" in verbs
            return Answer("negation", about=ACTIONS["leave-team"] if is_end else None)
    return None


def _turned(sentence: Sentence, command: type[Action]) -> Answer | None:
    """What to answer to a command whose text asks for the opposite: no form that wasn't named opens."""
    if command in GRAVE and sentence.has("not_ours", "team-admin"):
        return Answer("team-admin")
    if command.OPPOSITE:
        has_team = bool(sentence.teams) and command in GRAVE
        takes = sentence.has("inexact", "taking") or sentence.has("inexact", "offboard")
        takes = takes or (sentence.has("verbs", "leave-team") and not has_team)
        is_turned = takes or sentence.has("negation", "always") or bool(_negated(sentence))
        return Answer("turned", about=ACTIONS[command.OPPOSITE]) if is_turned else None
    giving = next((action for action in GRAVE if action.OPPOSITE == command.NAME), None)
    if giving and sentence.has("inexact", "giving"):
        return Answer("turned", about=giving)
    return _negated(sentence)


def _verbs(sentence: Sentence, text: str) -> Iterator[_Verb]:
    """Each phrase of an action in a text; those that say little count only where there is no other."""
    for one in sentence.languages:
        for table in ("verbs", "weak"):
            for name, phrases in one.tables[table].items():
                for phrase in phrases:
                    words = length(phrase) if table == "verbs" else 0
                    for hit in pattern(phrase).finditer(text):
                        yield _Verb(ACTIONS[name], (words, name != "request-access", len(hit[0])))
    for action in ACTIONS.values():
        named = action.NAME.replace("-", "[ -]*")
        if action not in GRAVE and re.search(rf" {named} ", text):
            yield _Verb(action, (9, True, 0))


def _meant(sentence: Sentence) -> type[Action] | Answer:
    """The action whose phrase is the longest; a grave one only if it is named exactly."""
    for action in GRAVE:
        for hit in sentence.hits("exact", action.NAME, sentence.body):
            if _is_exact(sentence, action, hit):
                return action
    verbs = list(_verbs(sentence, sentence.unknown))
    if sentence.has("inexact", "admin"):
        takes = sentence.has("inexact", "taking") or sentence.has("verbs", "leave-team")
        return Answer("exact", about=ACTIONS["remove-admin" if takes else "make-admin"])
    named = {verb.action.NAME for verb in verbs}
    is_more = (sentence.teams and verbs) or named & {"reactivate", "rename-group"}
    is_named = sentence.has("exact", "offboard", sentence.body) and "leave-team" not in named
    if is_named or (not is_more and sentence.has("inexact", "offboard")):
        return Answer("exact", about=ACTIONS["offboard"])
    if verbs:
        return max(verbs, key=lambda verb: verb.weight).action
    is_bare = (
        sentence.teams and not re.search(r" [&$] ", sentence.unknown) and not _TOLD.search(sentence.unknown)
    )
    return ACTIONS["request-access"] if sentence.board or sentence.like or is_bare else Answer("unclear")


def _is_exact(sentence: Sentence, action: type[Action], hit: re.Match[str]) -> bool:
    """Whether a grave phrase names everybody who is named, with nothing but politeness in front of it."""
    everybody = set(re.findall(r"@\d+", sentence.body))
    if set(re.findall(r"@\d+", hit[0])) != everybody or (action.CLOSES and "#" in sentence.body):
        return False
    before = re.split(r"[.!?;] ", hit.string[: hit.start()])[-1].split()
    after = re.split(r" [.,;!?(]", hit.string[hit.end() :])[0].split()
    polite = frozenset[str]().union(*(one.polite for one in sentence.languages))
    odd = [word for word in before if word.isalpha() and word not in polite]
    strange = [word for word in after if word.isalpha() and not is_known(word)]
    is_thing = after[:1] == ["'s"]
    return not odd and len(strange) < 3 and not is_thing and not sentence.has("people", "conditional")
