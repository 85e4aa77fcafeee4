"""A message in plain words to a filled form; it is shown to its writer and never acts by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from unicodedata import normalize

from bot.actions import ACTIONS, Action
from bot.actions.form import Input
from bot.actions.tables import Tables
from bot.slack.words import whom
from bot.slack.words.dates import about_end, about_start, without_absence
from bot.slack.words.fields import PERSON, choices, fill, mentioned, people, struck, without_lines
from bot.slack.words.fillers import denies, refuses, unknown, unsure
from bot.slack.words.marks import by_name
from bot.slack.words.meaning import TEAM, Meaning, doubtful, meant, opposite, plain, said_instead

_REASON = re.compile(r"\b(?:(?:because(?! of\b)|reason:|since)\s+(.+)|(because of .+))$", re.I | re.S)

# As Slack sends the small pictures.
_EMOJI = re.compile(r":[a-z0-9_+'-]{1,100}:")
_TAKING_BACK = re.compile(
    r"\b(?:withdraw|cancel|take back|retract|revoke|undo|drop|call off)\w* (?:[^\s.,;:!?]+ ){0,4}?requests?\b"
)

ONE_PERSON = (
    "I take one person at a time, and can't tell whom you mean. Write a message for each, with nobody else "
    "in it."
)
TAKE_BACK = "To take a request back: /miro withdraw R-42, or press Withdraw on its card."


@dataclass(frozen=True)
class Draft:
    """What a message seems to ask for: raw text for the fields, and what has to be said aloud."""

    action: type[Action]
    raw: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Advice:
    """What there is to say to a message that asks for what no form can: a sentence with what helps.

    `about`: the action that it tells how to ask for, if it is about another than the command's.
    """

    text: str
    about: type[Action] | None = None


def read(
    text: str, tables: Tables, action: type[Action] | None = None, operator: bool = False
) -> Draft | Advice | None:
    """What a typed text asks for; None when no action is meant. A slash command names its action itself."""
    text = normalize("NFC", text)  # a Mac may send é as two signs
    said = _REASON.search(text)
    reason = by_name(said[1] or said[2], tables.called).strip().strip(".") if said else ""
    rest = re.sub(r"[^\S\n]+", " ", _EMOJI.sub(" ", text[: said.start()] if said else text))
    words = plain(without_absence(_without_names(rest, tables, " ")))
    if _TAKING_BACK.search(words):
        return Advice(TAKE_BACK)
    meaning = _meaning(words, action)
    if meaning is None:
        return None
    if asked := _about_meaning(meaning, rest, words):
        return Advice(asked)
    if action and meaning.turned:
        bare = "" if TEAM in words else meaning.action.BARE
        return Advice(bare or _turned(action, meaning.action), meaning.action)
    notes, raw = _besides(meaning), dict[str, str]()
    left, more = fill(meaning.action, rest, raw, tables, operator)
    spoken = _without_names(without_lines(meaning.action, rest), tables, "@")
    if asked := _about_whom(meaning.action, raw, spoken, is_command=action is not None):
        return Advice(asked)
    instead = said_instead(meaning.action, f"{_word(action)}{words}")
    bare = meaning.action.BARE if meaning.action is not action and not raw.keys() - {"person"} else ""
    if bare or (instead and not any(name in raw for name in choices(meaning.action))):
        return Advice(instead or bare)
    strange = unknown(f"{left} {_word(action)} ", meaning, _names(meaning.action, raw))
    if asked := _about_words(meaning.action, raw, spoken, strange, is_command=action is not None):
        return Advice(asked)
    times = about_end(meaning.action, text, raw.get("for_days")) + about_start(rest)
    for_you = _for_you(meaning.action, raw, spoken) if not (times or notes or more) else []
    return Draft(meaning.action, raw, reason, tuple(filter(None, (instead, *times, *notes, *more, *for_you))))


def _names(action: type[Action], raw: Mapping[str, str]) -> bool:
    """Whether somebody is named in a way that Slack knows."""
    return any(asked.kind is Input.PERSON and name in raw for name, asked in action.form().items())


def _is_own(action: type[Action]) -> bool:
    """Whether its form would stand for the writer, where nobody is named."""
    return any(asked.own for asked in action.form().values())


def _about_meaning(meaning: Meaning, rest: str, words: str) -> str:
    """What to ask back where several people are named, or a wish may be its opposite; or ''."""
    if len(people(meaning.action, rest)) > 1:
        return ONE_PERSON
    is_clear = not (meaning.negated or meaning.unclear or doubtful(meaning.action, words))
    return "" if is_clear else _unclear(meaning)


def _about_whom(action: type[Action], raw: Mapping[str, str], spoken: str, is_command: bool) -> str:
    """What to ask back where it isn't clear whom a sentence is about, or that it is a wish; or ''."""
    if whom.is_question(spoken) and (action.RANK > 1 or _names(action, raw)):
        return unsure(action)
    if not _names(action, raw):
        return whom.SAY_WHO if _is_own(action) and whom.names_somebody(spoken, is_command) else ""
    if _is_own(action):
        return whom.SAY_WHO if whom.is_beside(spoken, is_command) else ""
    return unsure(action) if whom.is_addressed(spoken) else ""


def _about_words(
    action: type[Action], raw: Mapping[str, str], spoken: str, strange: list[str], is_command: bool
) -> str:
    """What to ask back where words are left that nothing accounts for; or ''.

    Access is given: who surely asks for it, and for whom, may tell a story beside it.
    """
    if not strange:
        return ""
    if _is_own(action) and not _names(action, raw):
        if not whom.is_writers(spoken):
            return whom.SAY_WHO
        return "" if action.RANK == 1 and not refuses(strange) else unsure(action)
    story = action.RANK == 1 and whom.is_receiver(spoken, is_command) and not denies(strange)
    return "" if story else unsure(action)


def _for_you(action: type[Action], raw: Mapping[str, str], spoken: str) -> list[str]:
    own = _is_own(action) and not _names(action, raw)
    return [whom.FOR_YOU] if own and whom.may_name_somebody(spoken) else []


def _unclear(meaning: Meaning) -> str:
    """What to answer where a wish may be its opposite."""
    action, other = meaning.action, opposite(meaning.action)
    if other and (action.OPPOSITE or not meaning.negated):
        return f"I can't tell which is meant. Write it like “{action.EXAMPLE}”, or like “{other.EXAMPLE}”."
    return (
        "I read that this shouldn't be, so I ask for nothing. Write what should change, like "
        f"“{action.EXAMPLE}”. To take a request back: /miro withdraw R-42."
    )


def _word(action: type[Action] | None) -> str:
    """What a command says by being typed: its own name is a word of the sentence."""
    return f" {(action.SLASH or action.NAME).removeprefix('miro-')}" if action else ""


def _meaning(words: str, action: type[Action] | None) -> Meaning | None:
    """What a plain text means; in a command it is that action, or its opposite, and nothing else."""
    found = meant(f"{words.rstrip()}{_word(action)} ")
    if action is None or found is None:
        return found
    other = opposite(action)
    if found.action is action and action.OPPOSITE and (found.negated or doubtful(action, words)):
        return Meaning(ACTIONS[action.OPPOSITE], turned=True)
    if found.action is other:
        return replace(found, unclear=False, turned=True)
    if found.action is action:
        is_grave = any(asked.grave for asked in action.form().values())
        return replace(found, unclear=found.unclear and is_grave)
    others = (found.action, *found.besides)
    return Meaning(action, besides=tuple(one for one in others if one is not action and one.RANK > 1))


def _besides(meaning: Meaning) -> list[str]:
    """What is asked for and no field is for."""
    return [f"I take one thing at a time. Ask again to {one.ABOUT}." for one in meaning.besides]


def _turned(command: type[Action], other: type[Action]) -> str:
    """What to answer to a command whose text asks for the opposite: no form that wasn't named opens."""
    ours, theirs = (f"/{one.SLASH}" if one.SLASH else f"/miro {one.NAME}" for one in (command, other))
    return f"I read this as a wish to {other.ABOUT}. {ours} isn't for that: type {theirs} instead."


def _without_names(text: str, tables: Tables, person: str) -> str:
    """The text without its people and teams: joining "IT Administration" makes nobody an admin."""
    for start, end, _ in mentioned(text, tables):
        text = struck(text, start, end)
    return PERSON.sub(person, text)
