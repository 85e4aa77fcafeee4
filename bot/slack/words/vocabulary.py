"""The table of words in each language: TOML beside this package, its phrases compiled to patterns once."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de", "fr", "es")
_GAP = r"(?: [^\s.,;:!?]+){0,5}?"
_SIGNS = {"@": r"@\d+", "#": r"#\d+(?:\+\d+)*", "%": r"%\d+", "&": r"&(?: &)*", "$": r"[$&](?: [$&])*"}
_WORD, _STEM = re.compile(r"[^\W\d_]+\b(?!\*)"), re.compile(r"[^\W\d_]{3,}(?=\*)")


def fold(text: str) -> str:
    """The text without case and accents, each character in its place."""
    return "".join(unicodedata.normalize("NFD", sign)[0].casefold()[0] for sign in text)


@cache
def pattern(phrase: str) -> re.Pattern[str]:
    """A phrase of the tables as a pattern; en.toml says what its signs mean."""
    text = fold(phrase).replace(" …", "\1")
    text = re.sub(r" \[([^\]]+)\]", r"(?: (?:\1))?", text)
    text = re.sub(r"\[([^\]]+)\] ?", r"(?:(?:\1) )?", text)
    text = re.sub(r"(?<![\w)])\*(?=\w)", r"\\w*", text)
    text = re.sub(r"(?<=\w)\*(?!\w)", r"[\\w-]*", text).replace("\1", _GAP)
    text = text.replace(" * ", r" \w+ ").removesuffix(" *").replace(" ^", "^")
    for sign, means in _SIGNS.items():
        text = text.replace(sign, f"(?:{means})")
    start = "" if text.startswith("^") else "(?<= )"
    return re.compile(f"{start}(?:{text.rstrip()})(?= )")


def length(phrase: str) -> int:
    """How many words a phrase has, without those that may be missing."""
    return len(re.sub(r"\[[^\]]*\]|…|\(([^)]*)\)", lambda hit: "x" if hit[1] else "", phrase).split())


@dataclass(frozen=True)
class Vocabulary:
    """One language: phrases by what they mean, in the tables of `vocabulary/LANGUAGE.toml`."""

    tables: Mapping[str, Mapping[str, list[str]]]
    common: frozenset[str]
    polite: frozenset[str]
    greetings: tuple[str, ...]
    dates: Mapping[str, Any]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word that stands for something here."""
        return frozenset(_WORD.findall(self._text)) | self.common

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The beginnings of words that do."""
        return tuple(set(_STEM.findall(self._text)))

    @cached_property
    def _text(self) -> str:
        tables = (table for name, table in self.tables.items() if name != "reason")
        phrases = (phrase for table in tables for one in table.values() for phrase in one)
        return fold(" ".join([*phrases, *self.greetings]))

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The words that a misspelt one may be."""
        tables = (self.tables["verbs"], self.tables["inexact"])
        phrases = (phrase for table in tables for one in table.values() for phrase in one)
        return frozenset(re.findall(r"[^\W\d_]{4,}", fold(" ".join(phrases))))


@cache
def vocabulary(language: str) -> Vocabulary:
    """The table of a language."""
    read = tomllib.loads(files("bot.slack").joinpath("vocabulary", f"{language}.toml").read_text("utf-8"))
    common, polite = (frozenset(fold(read.pop(name)).split()) for name in ("common", "polite"))
    return Vocabulary(read, common, polite, tuple(read.pop("greetings")), read.pop("dates"))


@cache
def common_words() -> frozenset[str]:
    """Words that are too common to name a team in any case: those of every day, and verbs."""
    return frozenset[str]().union(*(one.common | one.verbs for one in map(vocabulary, LANGUAGES)))


@lru_cache(10_000)
def is_known(word: str) -> bool:
    """Whether a folded word stands for something in one of the languages."""
    parts = [part for part in re.split("[-']", word) if len(part) > 1]
    if parts != [word]:
        return all(map(is_known, parts))
    return any(word in one.words or word.startswith(one.stems) for one in map(vocabulary, LANGUAGES))


def languages_of(words: Iterable[str]) -> tuple[Vocabulary, ...]:
    """The languages that have most of the words, and English, whose words are everybody's."""
    listed = list(words)
    counts = {one: sum(word in vocabulary(one).words for word in listed) for one in LANGUAGES}
    best = [one for one in LANGUAGES if counts[one] == max(counts.values())]
    return tuple(vocabulary(one) for one in dict.fromkeys([*best, "en"]))


def hits(languages: Iterable[Vocabulary], table: str, name: str, text: str) -> Iterator[re.Match[str]]:
    """Where a text has a phrase of a table."""
    for one in languages:
        for phrase in one.tables[table].get(name, ()):
            yield from pattern(phrase).finditer(text)
