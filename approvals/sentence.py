"""A sentence as stored: a code and the values to fill in. Its text is made when it is drawn.

Texts that people wrote, Miro's messages, and sentences of entries from before there were codes have the code
`verbatim`.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

VERBATIM = "verbatim"
SENTENCES = ("text", "remedy")
"""Keys of sentences: of the code in an event's body, or of the text among its words."""


@dataclass(frozen=True)
class Sentence:
    """`values`: {placeholder: value}; people are ids."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return self.code != VERBATIM or any(self.values.values())

    @classmethod
    def of(cls, code: str, **values: Any) -> "Sentence":
        """The sentence with a code and its values."""
        return cls(code, values)

    @classmethod
    def verbatim(cls, text: str) -> "Sentence":
        """A text that is shown unchanged."""
        return cls(VERBATIM, {"text": text})

    @classmethod
    def read(cls, stored: Any) -> "Sentence":
        """The sentence from its stored form; an older entry has a text there."""
        return cls.verbatim(stored) if isinstance(stored, str) else cls(stored[0], stored[1])

    def form(self, name: str) -> "Sentence":
        """One form of a change, like "join.did"; an older entry holds the text of each form."""
        if self.code == VERBATIM:
            return Sentence.verbatim(self.values.get(name, ""))
        return Sentence(f"{self.code}.{name}", self.values)

    @property
    def stored(self) -> Any:
        """The form for JSON inside a personal word."""
        return [self.code, dict(self.values)]


NOTHING = Sentence.verbatim("")
"""Says nothing."""


def body(**sentences: Sentence) -> dict[str, str]:
    """{key: code} of sentences, for the chained body of an event."""
    return {key: sentence.code for key, sentence in sentences.items() if sentence.code != VERBATIM}


def words(**sentences: Sentence) -> dict[str, str]:
    """The personal words of sentences: their values, and verbatim texts by key."""
    texts, values = dict[str, str](), dict[str, Any]()
    for key, sentence in sentences.items():
        if sentence.code == VERBATIM:
            texts[key] = sentence.values["text"]
        else:
            values |= sentence.values
    return {**texts, **({"values": as_json(values)} if values else {})}


def as_json(value: Any) -> str:
    """A value as JSON, with all that is `stored` in a form of its own in it."""
    return json.dumps(value, default=attrgetter("stored"), ensure_ascii=False)


def lines(parts: Mapping[str, Collection[Sentence]]) -> str:
    """The progress of a request as JSON: {"done" | "others" | "left": its sentences}."""
    return as_json(parts)


def read(body: Mapping[str, Any], words: Mapping[str, str | None], key: str) -> Sentence | None:
    """The sentence of an event under a key; None if there is none."""
    if key in body:
        return Sentence(body[key], json.loads(words.get("values") or "{}"))
    return Sentence.verbatim(words[key] or "(missing)") if words.get(key, "") != "" else None
