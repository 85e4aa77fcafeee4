"""What is said, as the record keeps it: a code, and what is filled in. The sentence is made when it is drawn.

What somebody wrote themselves, Miro's words, and sentences of entries from before there were codes are kept
under the code `verbatim`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

VERBATIM = "verbatim"
SENTENCES = ("text", "remedy")
"""Where the body of an event has the code of a sentence, or a personal word its text."""


@dataclass(frozen=True)
class Sentence:
    """`values`: by the names that the sentence has for them; people by their ids."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **values: Any) -> "Sentence":
        """The sentence of a code."""
        return cls(code, values)

    @classmethod
    def verbatim(cls, text: str) -> "Sentence":
        """A text that is shown as it is."""
        return cls(VERBATIM, {"text": text})

    @classmethod
    def read(cls, stored: Any) -> "Sentence":
        """What `stored` gave, or the text that an older entry has in its place."""
        return cls.verbatim(stored) if isinstance(stored, str) else cls(stored[0], stored[1])

    def form(self, name: str) -> "Sentence":
        """One form of a change: "join.did". A change of an older entry has its texts by their forms."""
        if self.code == VERBATIM:
            return Sentence.verbatim(self.values.get(name, ""))
        return Sentence(f"{self.code}.{name}", self.values)

    @property
    def stored(self) -> Any:
        """As JSON inside a personal word."""
        return [self.code, dict(self.values)]


def body(**sentences: Sentence) -> dict[str, str]:
    """What the chain itself holds of the sentences of an event: their codes."""
    return {key: one.code for key, one in sentences.items() if one.code != VERBATIM}


def words(**sentences: Sentence) -> dict[str, str]:
    """What is personal of them: what is filled in, and texts."""
    texts = {key: one.values["text"] for key, one in sentences.items() if one.code == VERBATIM}
    values = {
        name: value
        for one in sentences.values()
        if one.code != VERBATIM
        for name, value in one.values.items()
    }
    return {**texts, **({"values": json.dumps(values, ensure_ascii=False)} if values else {})}


def lines(said: Mapping[str, Iterable[Sentence]]) -> str:
    """How far a request came, as JSON: what is done, what holds without it, what is left."""
    return json.dumps({name: [one.stored for one in some] for name, some in said.items()}, ensure_ascii=False)


def read(body: Mapping[str, Any], words: Mapping[str, str | None], key: str) -> Sentence | None:
    """The sentence of an event under a key; None where it has none."""
    if key in body:
        return Sentence(body[key], json.loads(words.get("values") or "{}"))
    return Sentence.verbatim(words[key] or "(missing)") if words.get(key, "") != "" else None
