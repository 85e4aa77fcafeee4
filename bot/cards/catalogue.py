"""All sentences with a code in the record; pure.

Raise the version when a sentence changes: each decision stores it with the digest of the text read.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from string import Formatter
from typing import Any

from approvals.people import listed
from approvals.plan import PlannedStep
from approvals.sentence import VERBATIM, Sentence
from bot.miro.wording import HAZARDS, WORDINGS, words_of
from bot.troubles import SENTENCES as TROUBLES

VERSION = 4

_TEXTS: dict[str, dict[str, str]] = tomllib.loads(
    files("bot.cards").joinpath("catalogue.toml").read_text("utf-8")
)
_LEFT, _CONTINUES = _TEXTS["left"], "{request} is saved and continues by itself."
RESUME = "then press Resume. I'll only do what's left."
SENTENCES = {
    **_TEXTS["sentences"],
    **HAZARDS,
    **{f"trouble-{kind}": f"{text} {_CONTINUES}" for kind, text in TROUBLES.items()},
    **{code: f"{text}. The request is closed." for code, text in _LEFT.items()},
    **{f"{code}-halfway": f"{text} after the changes had begun." for code, text in _LEFT.items()},
    **{f"remedy-{code}": f"{text}, {RESUME}" for code, text in _TEXTS["remedies"].items()},
}
"""{code: sentence}, from catalogue.toml."""
MOST_NAMES = 3

Named = Callable[[Any], str]


class _Writer(Formatter):
    """Fills sentences in. The format names the kind of a value: `person`, `people` (ids), `were` ("was" for
    one), `said` (another sentence), `team` (may be missing), or `ended` (gets a full stop)."""

    def __init__(self, named: Named) -> None:
        self._named = named

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))  # deleted values are missing

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "team":
            return str(value or "the team")
        if value is None:
            return "(missing)"
        if format_spec == "ended":
            return f"{value}{'' if str(value)[-1:] in '.!?…' else '.'}"
        if format_spec == "said":
            return written(Sentence.read(value), self._named)
        if format_spec == "person":
            return self._named(value)
        if format_spec == "people":
            return listed([self._named(id) for id in value][:MOST_NAMES])
        if format_spec == "were":
            return "was" if [self._named(id) for id in value] != ["you"] and len(value) == 1 else "were"
        return str(value)


def written(sentence: Sentence | None, named: Named) -> str:
    """The text of a sentence, '' for None; `named`: maps the id of a person to a name or mark."""
    if sentence is None:
        return ""
    code, _, form = sentence.code.partition(".")
    if code not in (WORDINGS if form else SENTENCES):
        return f"({sentence.code}: this version has no text for it)"
    if form:
        return words_of(Sentence(code, sentence.values)).form(form)
    text = _Writer(named).vformat(SENTENCES[sentence.code], (), sentence.values)
    is_part = sentence.code == VERBATIM or sentence.code.startswith("because-")
    is_address = "@" in text.partition(" ")[0]
    return text if is_part or is_address else text[:1].upper() + text[1:]


def texts(sentences: Iterable[Sentence]) -> list[str]:
    """The texts of sentences without ids of people."""
    return [written(each, str) for each in sentences]


def line(step: PlannedStep, *, is_later: bool = False) -> str:
    """'Leave Engineering. ⚠ Alex's boards there go to a team admin for good.': a change and its hazards.

    `is_later`: it waits for its start.
    """
    if is_later and step.change.code == "deactivate":
        step = replace(step, change=Sentence("deactivate", {**step.change.values, "later": True}))
    todo, *hazards = texts(step.lines)
    risks = " ".join(f"⚠ {hazard}" for hazard in hazards if hazard)
    return f"{todo}. {risks}" if risks else todo
