"""A message in plain words to a filled form; it is shown to its writer and never acts by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.lifecycle import ACTIONS, Action
from bot.lifecycle.fill import Tables
from bot.slack import whom
from bot.slack.fields import PERSON, choices, fill, mentioned, struck
from bot.slack.marks import by_name
from bot.slack.meaning import Meaning, doubtful, meant, opposite, plain, said_instead

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
_REASON = re.compile(r"\b(?:(?:because(?! of\b)|reason:|since)\s+(.+)|(because of .+))$", re.I | re.S)

CANT_END = "I can't end this by myself, so there will be no end date. Ask again when it should end."
SAY_DAYS = "I can't read an end date. Say for how many days it is, and I take it back; else it has no end."
CANT_WAIT = "I can't wait for a day yet: I begin as soon as it's approved."


def about_end(action: type[Action], text: str, days: object = None) -> list[str]:
    """What to say where somebody writes of an end and gives no days: said aloud, never dropped."""
    if days or not _END.search(text):
        return []
    return [SAY_DAYS if "for_days" in action.form() else CANT_END]


@dataclass(frozen=True)
class Draft:
    """What a message seems to ask for: raw text for the fields, and what has to be said aloud."""

    action: type[Action]
    raw: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Advice:
    """What there is to say to a message that asks for what no form can: a sentence with what helps."""

    text: str


def read(
    text: str, tables: Tables, action: type[Action] | None = None, operator: bool = False
) -> Draft | Advice | None:
    """What a typed text asks for; None when no action is meant. A slash command names its action itself."""
    said = _REASON.search(text)
    reason = by_name(said[1] or said[2], tables.called).strip().strip(".") if said else ""
    rest = re.sub(r"[^\S\n]+", " ", text[: said.start()] if said else text)
    nameless = _without_names(rest, tables)
    words = plain(nameless)
    meaning = _meaning(words, action)
    if meaning is None:
        return None
    if meaning.negated or meaning.unclear or doubtful(meaning.action, words):
        return Advice(_unclear(meaning))
    notes, raw = _besides(rest, meaning), dict[str, str]()
    notes += fill(meaning.action, rest, raw, tables, operator)
    if _is_for_the_writer(meaning.action, raw):
        if whom.names_somebody(nameless, is_command=action is not None):
            return Advice(whom.SAY_WHO)
        notes += [whom.FOR_YOU] if not notes and whom.may_name_somebody(nameless) else []
    notes = about_end(meaning.action, text, raw.get("for_days")) + notes
    instead = said_instead(meaning.action, f"{_word(action)}{words}")
    if instead and not any(name in raw for name in choices(meaning.action)):
        return Advice(instead)
    if meaning.action.BARE and meaning.action is not action and not raw.keys() - {"person"}:
        return Advice(meaning.action.BARE)
    return Draft(meaning.action, raw, reason, tuple(filter(None, (instead, *notes))))


def _is_for_the_writer(action: type[Action], raw: Mapping[str, str]) -> bool:
    """Whether the form would stand for its writer, because nobody is named in a way that Slack knows."""
    own = [name for name, asked in action.form().items() if asked.own]
    return bool(own) and not any(name in raw for name in own)


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
    """What a plain text means; a command is turned into its opposite, and into nothing else."""
    found = meant(f"{words.rstrip()}{_word(action)} ")
    if action is None or found is None:
        return found
    if found.action is action and action.OPPOSITE and (found.negated or doubtful(action, words)):
        return Meaning(ACTIONS[action.OPPOSITE], turned=True)
    if found.action is action or found.action.NAME == action.OPPOSITE:
        return replace(found, unclear=False, turned=found.action is not action)
    others = (found.action, *found.besides)
    return Meaning(action, besides=tuple(one for one in others if one is not action and one.RANK > 1))


def _besides(rest: str, meaning: Meaning) -> list[str]:
    """What is asked for and no field is for."""
    meant = meaning.action
    notes = [CANT_WAIT] if _START.search(rest) else []
    if meaning.turned:
        notes.append(f"I read this as a wish to {meant.ABOUT}; this form is for that, and for nothing else.")
    return notes + [f"I take one thing at a time. Ask again to {one.ABOUT}." for one in meaning.besides]


def _without_names(text: str, tables: Tables) -> str:
    """The text without its people and teams: joining "IT Administration" makes nobody an admin."""
    for start, end, _ in mentioned(text, tables):
        text = struck(text, start, end)
    return PERSON.sub(" ", text)
