"""Parses a message: people, teams, dates and links become marks, with words between them.

Slack escapes `& < >` and marks people and links in messages, mentions, commands and message shortcuts; not
in the fields of a form. A person picked from its list is distinguished from a typed mark by two
noncharacters around it, which `cleaned` removes from typed text.
"""

import re
import tomllib
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from approvals.people import Group, canonical
from approvals.text import cleaned
from bot.actions.tables import Tables

LANGUAGES = ("en", "de", "fr", "es")
LONGEST = 3000
"""The most characters that are read, as in a field of a form; a message may have 40,000."""
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
MENTION = rf"{_OPEN}([^|{_CLOSE}]*)\|([^{_CLOSE}]*){_CLOSE}"
"""A picked person: the id, and the name from Slack."""
QUOTES = "\"“”'‘’«»"
_PERSON = re.compile(rf"{MENTION}|(\w[\w.!#$%&'*+/=?^`{{|}}~-]*@[\w-]+(?:\.[\w-]+)+)")
_TOKEN = re.compile(r"[@#%]\d+|[^\W\d_](?:[\w'&/+.-]*\w)?'?|\d[\w./:-]*|'s|[^\s\w]|_")
AND = r"(?:(?:,|and|or|und|oder|et|ou|y|&|\+|sowie|plus|e) )+"
"""One or more words between the parts of a list."""
SMALL = r"(?:(?:the|team|an|a|au|al|zum|l'|le|la|el|dem|das|also|auch|for|fur|pour|para|equipo|equipe) )*"
_ARTICLE = r"(?:(?:the|our|my|team|group|der|die|das|den|dem|le|la|l'|el|equipe|equipo) )*"
_SIGNS = {
    "@": rf"@\d+(?: {AND}{SMALL}@\d+)*",
    "#": rf"{_ARTICLE}#\d+(?: {AND}{SMALL}#\d+)*",
    "%": r"%\d+",
    "&": r"&(?: &)*",
    "$": r"[$&](?: [$&])*",
}
"""{sign in a phrase: its pattern}; a list of people or teams counts like a single one."""

Mark = tuple[int, int, str, Any]
"""(start in a text, end, sign, meaning)."""


def typed(text: str, bot: str = "") -> str:
    """Slack's text as typed, at most `LONGEST` characters; the mark of a picked person isn't cut in two.

    `bot`: the bot's Slack id, whose mention means nobody.
    """

    def words(mark: re.Match[str]) -> str:
        target, _, label = mark[1].partition("|")
        kind, rest = target[:1], target[1:]
        if kind == "@":
            return f"{_OPEN}{rest}|{label}{_CLOSE}" if rest != bot else ""
        if kind == "#":
            return f"#{label or 'a channel'}"
        if target.startswith("mailto:"):
            return label if "@" in label else target.removeprefix("mailto:")
        group = "a user group" if target.startswith("!subteam") else f"@{rest}"
        return label or (group if kind == "!" else target)

    plain = re.sub("<([^<>]+)>", words, cleaned(text))
    # Last the ampersand: "&amp;lt;" is somebody who typed "&lt;".
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    start = plain.rfind(_OPEN, 0, LONGEST)
    return plain[:LONGEST] if plain.rfind(_CLOSE, 0, LONGEST) >= start else plain[:start]


def by_name(text: str, called: Callable[[str], str]) -> str:
    """A typed text for readers: people by name."""
    return re.sub(MENTION, lambda hit: f"@{called(hit[1]) or hit[2] or 'somebody'}", text)


# -- the vocabulary ----------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """The text without case and accents, with the same length."""
    return "".join(unicodedata.normalize("NFD", sign)[0].casefold()[0] for sign in text)


@cache
def pattern(phrase: str) -> re.Pattern[str]:
    """The pattern of a phrase in the tables; en.toml explains its signs."""
    text = fold(phrase).replace(" …", "\1")
    text = re.sub(r" \[([^\]]+)\]", r"(?: (?:\1))?", text)
    text = re.sub(r"\[([^\]]+)\] ?", r"(?:(?:\1) )?", text)
    text = re.sub(r"(?<![\w)])\*(?=\w)", r"\\w*", text)
    text = re.sub(r"(?<=[\w)])\*(?!\w)", r"[\\w-]*", text).replace("\1", r"(?: [^\s.,;:!?]+){0,5}?")
    text = text.replace(" * ", r" \w+ ").removesuffix(" *").replace(" ^", "^")
    for sign, means in _SIGNS.items():
        text = text.replace(sign, f"(?:{means})")
    return re.compile(f"{'' if text.startswith('^') else '(?<= )'}(?:{text.rstrip()})(?= )")


class Vocabulary:
    """The vocabulary of one language: phrases by meaning, from `vocabulary/LANGUAGE.toml`.

    `words`, `stems`: all known words, and beginnings of known words; `verbs`: words that a misspelt one may
    be.
    """

    def __init__(self, language: str) -> None:
        read = _toml(language)
        self.dates: dict[str, Any] = read.pop("dates")
        self.common, self.polite = (frozenset(fold(read.pop(name)).split()) for name in ("common", "polite"))
        self.greetings: list[str] = read.pop("greetings")
        self.tables: dict[str, dict[str, list[str]]] = read
        phrases = self._phrases(*(read.keys() - {"reason", "elsewhere"}))
        whole = " ".join([*phrases, *map(fold, self.greetings)])
        self.words = frozenset(re.findall(r"[^\W\d_]+\b(?!\*)", whole)) | self.common
        self.stems = tuple(set(re.findall(r"[^\W\d_]{3,}(?=\*)", whole)))
        self.verbs = frozenset(re.findall(r"[^\W\d_]{4,}", " ".join(self._phrases("verbs", "inexact"))))

    def has(self, word: str) -> bool:
        """Whether a folded word is known in this language."""
        return word in self.words or word.startswith(self.stems)

    def _phrases(self, *tables: str) -> Iterator[str]:
        lists = (phrases for name in tables for phrases in self.tables[name].values())
        return (fold(phrase) for phrases in lists for phrase in phrases)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(files("bot.slack").joinpath("vocabulary", f"{name}.toml").read_text("utf-8"))


vocabulary = cache(Vocabulary)


@cache
def shared(name: str, file: str = "shared") -> Any:
    """A value shared by all languages, by its name in `vocabulary/shared.toml` or another file."""
    return _toml(file)[name]


@cache
def common_words() -> frozenset[str]:
    """Words too common to name a team: everyday words, and verbs."""
    return frozenset[str]().union(*(each.common | each.verbs for each in map(vocabulary, LANGUAGES)))


@lru_cache(10_000)
def is_known(word: str) -> bool:
    """Whether a folded word is known in any language."""
    parts = [part for part in re.split("[-']", word) if len(part) > 1]
    if parts != [word]:
        return all(map(is_known, parts))
    return any(vocabulary(language).has(word) for language in LANGUAGES)


def _languages(text: str) -> list[Vocabulary]:
    """The languages that know most words of a text, and English, which everybody mixes in."""
    words = re.findall(r"[^\W\d_]+", fold(text))
    counts = {name: sum(map(vocabulary(name).has, words)) for name in LANGUAGES}
    best = [name for name in LANGUAGES if counts[name] == max(counts.values())]
    return [vocabulary(name) for name in dict.fromkeys([*best, "en"])]


# -- a message ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """A person in a text: the Slack id or address for a form, and the text that names them."""

    raw: str
    text: str


@dataclass(frozen=True)
class Token:
    """A word, sign or mark (`@0`, `#0`, `%0`), folded, and as written."""

    word: str
    text: str


@dataclass
class Sentence:
    """A parsed message, without the reason that a word introduces.

    words: its tokens, a blank between any two and around them; body: the same, a list of people or teams as
    one mark, and who or what only stands beside as `~`; unknown: the same with `&` for each name that nobody
    knows, and `$` for each other such word. author: who wrote what is forwarded, None where that isn't known;
    quoted: the last words in quotation marks; like: whose access is asked for as well; is_excepted: whether
    somebody is named whom it isn't for; further: what is asked for somebody else beside.
    """

    languages: list[Vocabulary]
    tokens: list[Token]
    people: list[Named]
    teams: list[Group]
    dates: list["When"]
    author: str | None
    board: bool
    notes: list[str]
    reason: str
    quoted: str
    like: Named | None = None
    is_excepted: bool = False
    further: str = ""

    def __post_init__(self) -> None:
        self._written = {token.word: token.text for token in self.tokens}
        self.words = f" {' '.join(token.word for token in self.tokens)} "
        body = self._without_bystanders(self.words)
        # Of "@kim to # and @jo to #" what is about the first: the other is a request of its own.
        # The same the other way round: "# for @kim, # for @jo".
        whom = r"(?:for|fur|pour|para) (?:@\d+|me|mich|moi|mi)"
        who = rf"(?:@\d+|me|mich|moi|{whom})"
        two = re.match(rf"( .*?{who} .*?#\d+) {AND}({who} (?:\S+ ){{0,3}}#\d+) ", body) or re.match(
            rf"( .*?#\d+ {whom}) {AND}(#\d+ (?:{AND}#\d+ )*{whom}) ", body
        )
        parts = two.groups() if two and not self._is_one_wish(*two.groups()) else self._opposites(body)
        self.further = " ".join(self._written.get(word, word) for word in parts[1].split()) if parts else ""
        self.body = f"{parts[0]} " if parts else body
        self.unknown = self.marked(self.body)

    def hits(self, table: str, name: str, text: str) -> Iterator[re.Match[str]]:
        """The matches of phrases in a text of this message, in all its languages."""
        for language in self.languages:
            for phrase in language.tables[table].get(name, ()):
                yield from pattern(phrase).finditer(text)

    def any(self, table: str, name: str) -> str:
        """Words in all its languages, as a pattern."""
        return "|".join(fold(word) for each in self.languages for word in each.tables[table][name])

    def has(self, table: str, name: str, text: str = "") -> bool:
        """Whether it has one; without a text, the message."""
        return next(self.hits(table, name, text or self.unknown), None) is not None

    def marked(self, text: str) -> str:
        """A text with signs for the words that nothing here knows."""

        def sign(word: str) -> str:
            if is_known(word) or not word.isalpha():
                return "and" if word == "&" else word  # in a phrase & is a name
            return "&" if self._written.get(word, word)[0].isupper() else "$"

        return f" {' '.join(map(sign, text.split()))} "

    def _whom(self, part: str) -> set[str]:
        """Whom a part of the message names, "" for the writer."""
        marks = re.findall(r"(?<= )(?:@(\d+)|me|mich|moi|mi)(?= )", f" {part} ")
        return {self.people[int(mark)].raw if mark else "" for mark in marks}

    def _is_one_wish(self, first: str, second: str) -> bool:
        """Whether two parts are for the same person, or ask the same for several."""

        def teams(part: str) -> list[tuple[bool, str]]:
            runs = re.findall(r"(.*?)#(\d+)", part)
            return [(bool(re.search(leaving, f"{run} ")), self.teams[int(at)].id) for run, at in runs]

        leaving = rf" (?:{self.any('teams', 'from')}) "
        is_same = "@" in first and "@" in second and teams(first) == teams(second)
        return is_same or self._whom(first) == self._whom(second)

    def _opposites(self, body: str) -> tuple[str, str] | None:
        """Of "remove @kim from # and add @jo" the two wishes, or None."""
        for hit in re.finditer(rf"(?<= ){AND}", body):
            parts = body[: hit.start() - 1], body[hit.end() : -1]
            leaves, joins = (
                [self.has("verbs", name, self.marked(part)) for part in parts]
                for name in ("leave-team", "request-access")
            )
            whom = [self._whom(part) for part in parts]
            are_two = "#" in parts[0] and all(whom) and not whom[0] & whom[1]
            if are_two and leaves[0] != leaves[1] and leaves == joins[::-1]:
                return parts
        return None

    def _without_bystanders(self, body: str) -> str:
        """The words without people who are greeted, quoted, in copy, a pattern, or excepted."""
        body = re.sub(r"\b(?:cc|fyi) (?:: )?@\d+(?: (?:(?:,|and|&) )*@\d+)*", "~", body)
        body = re.sub(shared("not_me"), " ~ ", body) if "@" in body else body
        for name in ("same", "beside", "not") * 2:
            for hit in list(self.hits("people", name, self.marked(body))):
                for number in re.findall(r"@(\d+)", hit[0]):
                    self.is_excepted |= name == "not"
                    self.like = self.people[int(number)] if name == "same" else self.like
                    body = re.sub(rf"@{number}(?!\d)", "~", body)
        for hit in list(self.hits("teams", "beside", self.marked(body))):
            # "Kim is in Design and needs Sales": where somebody is isn't what they want.
            number = re.findall(r"#(\d+)", hit[0])[-1]
            others = set(re.findall(r"#(\d+)", body)) - {number}
            body = re.sub(rf"#{number}(?!\d)", "~", body) if others else body
        return body


def shown(tokens: Iterable[Token]) -> str:
    """Tokens as they were written."""
    text = re.sub(r" ([.,;:!?)])|(\() ", r"\1\2", " ".join(token.text for token in tokens))
    return text.strip(f" .,;:!?-(){QUOTES}")


def take_apart(text: str, tables: Tables, today: date) -> Sentence:
    """The text of a message, with `typed` undone, taken apart."""
    marked: dict[str, str] = shared("marks")
    text = unicodedata.normalize("NFC", re.sub(marked["emoji"], " ", re.sub(marked["thumb"], "thanks", text)))
    # A forwarded e-mail without its head; there "me" is its author.
    headers = re.findall(marked["header"], text, re.I | re.M)
    senders = [_PERSON.search(rest) for name, rest in headers if name.casefold() in ("from", "von", "de")]
    authors = [hit[1] or canonical(hit[3]) for hit in senders if hit]
    text = re.sub(marked["header"], " ", text, flags=re.I | re.M) if authors else text
    is_quoted = bool(re.search(r"^ *>", text, re.M))
    text = re.sub(r"^[> ]+", "", text, flags=re.M)
    languages = _languages(text)
    closing = rf"\b(?:{marked['closing']})\b{marked['closing_name']}"
    text, reason = _without_reason(re.sub(closing, " ", text, flags=re.I), languages, today)
    quoted = re.findall(rf"(?<!\w)[{QUOTES}]([^{QUOTES}\n]+)[{QUOTES}](?!\w)", text)
    for short, long in shared("spelt"):
        text = re.sub(short, long, text, flags=re.I)
    has_board = bool(re.search(marked["board"], text, re.I))
    text = re.sub(r"https?://\S+", " ", re.sub(marked["board"], " ", text, flags=re.I))
    notes: list[str] = []
    marks: list[Mark] = [
        (*hit.span(), "@", Named(hit[1] or canonical(hit[3]), by_name(hit[0], tables.called)))
        for hit in _PERSON.finditer(text)
    ]
    marks += list(_names(_blank(text, marks), tables))
    marks += list(_teams(_blank(text, marks), tables, notes))
    marks += [(when.start, when.end, "%", when) for when in find(_blank(text, marks, "x"), today)]
    tokens, values = _tokens(text, sorted(marks, key=lambda mark: mark[0]), tables)
    verbs = sorted(frozenset[str]().union(*(language.verbs for language in languages)))
    tokens = [Token(_spelt(token.word, verbs), token.text) for token in tokens if token.word not in QUOTES]
    author = authors[-1] if authors else None if is_quoted else ""
    placed, reason = (values["@"], values["#"], values["%"]), by_name(reason, tables.called)
    last = quoted[-1].strip() if quoted else ""
    return Sentence(languages, tokens, *placed, author, has_board, notes, reason, last)


def _without_reason(text: str, languages: list[Vocabulary], today: date) -> tuple[str, str]:
    """A text without why somebody wants it: up to the end, or to a comma where it comes first. And that."""
    marks = "|".join(fold(phrase) for each in languages for phrase in each.tables["reason"]["explicit"])
    hit = re.search(rf"(?<!\w)(?:{marks})(?!\w)[\s:]*", fold(text))
    if hit is None:
        return text, ""
    start, end = hit.span()
    is_first = not text[:start].strip() or text[:start].rstrip()[-1] in ".!?\n"
    stop = re.search(r"[,.](?=\s)", text[end:]) if is_first else None
    last = end + stop.start() if stop else len(text)
    reason = text[end:last]
    dates = " ".join(reason[when.start : when.end] for when in find(reason, today) if when.kind is Kind.UNTIL)
    return f"{text[:start]} {dates} {text[last:]}", reason.strip().removesuffix(".")


def _blank(text: str, marks: list[Mark], sign: str = "\0") -> str:
    for start, end, *_ in marks:
        text = text[:start] + sign * (end - start) + text[end:]
    return text


def _names(text: str, tables: Tables) -> Iterator[Mark]:
    """Full names that one person in the record has."""
    words = list(re.finditer(r"[^\W\d_][\w'-]+", text))
    runs = [words[at : at + size] for size in (3, 2) for at in range(len(words) - size + 1)]
    spans = {(run[0].start(), run[-1].end()): " ".join(word[0] for word in run).casefold() for run in runs}
    known = tables.named(set(spans.values())) if spans else {}
    done = 0
    for (start, end), name in sorted(spans.items()):
        people = known.get(name, ()) if re.fullmatch(r"[\w' -]+", text[start:end]) else ()
        if start >= done and len(people) == 1:
            done, account = end, people[0].account
            yield start, end, "@", Named(account.slack_id if account else people[0].email, text[start:end])


def _teams(text: str, tables: Tables, notes: list[str]) -> Iterator[Mark]:
    """Where the text names a group, the longest name first; then what is only misspelt."""
    both = ((name, team) for team in tables.groups for name in (team.security_name, tables.label(team)))
    names = {unicodedata.normalize("NFC", name.strip()): team for name, team in both if name.strip()}
    low, done = text.lower(), list[tuple[int, int]]()

    def is_free(start: int, end: int) -> bool:
        return not any(start < other_end and other < end for other, other_end in done)

    for name in sorted((name for name in names if name.lower() in low), key=len, reverse=True):
        for hit in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I):
            if is_free(*hit.span()) and _is_meant(name, hit):
                done.append(hit.span())
                yield *hit.span(), "#", names[name]
    labels = {fold(name): (name, group) for name, group in names.items() if len(name) >= 5}
    words = list(re.finditer(r"[^\W_][\w-]*", text))
    for run in (words[at : at + size] for size in (3, 2, 1) for at in range(len(words) - size + 1)):
        start, end = run[0].start(), run[-1].end()
        word = fold(text[start:end])
        if len(word) < 5 or not is_free(start, end) or (len(run) == 1 and is_known(word)):
            continue
        near = _nearest(word, list(labels))
        if len(near) > 1:
            notes.append(f"Did you mean {' or '.join(sorted(labels[label][0] for label in near[:3]))}?")
        elif near:
            name, group = labels[near[0]]
            done.append((start, end))
            notes.append(f"I read “{text[start:end]}” as {name}.")
            yield start, end, "#", group


def _nearest(word: str, labels: list[str]) -> list[str]:
    """The names that a word is misspelt from: one slip in a short one, two in a long one."""
    for part in dict.fromkeys((word, word.removesuffix("team").rstrip("- "))):
        similar = extract(part, labels, scorer=OSA.distance, score_cutoff=2, limit=5) if len(part) > 3 else []
        near = [(score, label) for label, score, _ in similar if score <= (1 if len(label) < 8 else 2)]
        if near:
            return [label for score, label in near if score == min(near)[0]]
    return []


def _is_meant(name: str, hit: re.Match[str]) -> bool:
    """Whether a common word (IT, All, US) is the team of that name: in its case, quoted, or beside "team"."""
    before, after = hit.string[: hit.start()].rstrip(), hit.string[hit.end() :]
    is_start = not before or before[-1] in ".!?\n:¿¡"
    if fold(name) not in common_words():
        return True
    return not re.search(shared("marks")["greeting"], before, re.I) and (
        bool(re.search(shared("marks")["before_team"], before, re.I))
        or (hit[0] == name and not hit.string.isupper() and not (is_start and name.istitle()))
        or after.lower().startswith(" team")
    )


def _tokens(text: str, marks: list[Mark], tables: Tables) -> tuple[list[Token], dict[str, list[Any]]]:
    """The tokens of a text, its marks numbered in order by their kinds, and what they mean."""
    marked: dict[str, list[Any]] = {"@": [], "#": [], "%": []}
    texts: dict[str, str] = {}
    masked, at = "", 0
    for start, end, sign, value in marks:
        name = f"{sign}{len(marked[sign])}"
        marked[sign].append(value)
        texts[name] = by_name(text[start:end], tables.called)
        # Signs that were typed are no marks.
        masked += f"{re.sub('[@#%]', ' ', text[at:start])} {name} "
        at = end
    masked = re.sub(r"\n\s*\n", " . ", masked + re.sub("[@#%]", " ", text[at:]))
    return [Token(fold(hit[0]), texts.get(hit[0], hit[0])) for hit in _TOKEN.finditer(masked)], marked


def _spelt(word: str, verbs: list[str]) -> str:
    """The word, or the verb that it is misspelt from; of four letters two may only have changed places."""
    if len(word) < 4 or not word.isalpha() or is_known(word):
        return word
    similar = extract(word, verbs, scorer=OSA.distance, score_cutoff=2 if len(word) > 8 else 1, limit=3)
    near = [verb for verb, _, _ in similar if len(word) > 4 or sorted(verb) == sorted(word)]
    return near[0] if near else word


# -- dates -------------------------------------------------------------------------------------------------
# A closed grammar over the words of all languages: it read 19 of 19 phrases from messages, dateparser 12;
# and dateparser costs 21 MB and 0.7 s at its first use.


class Kind(Enum):
    """What a date is to a wish."""

    UNTIL = "until"
    START = "start"
    ON = "on"


@dataclass(frozen=True)
class When:
    """A date in a text, from `start` to `end`; `day` is None where it can't be told which.

    clock: the time of day beside it, as it is written.
    """

    kind: Kind
    day: date | None
    clock: str
    start: int
    end: int


_DAYS_OF = (1, 7, 30, 365, 14)
_PAST = re.compile(r"(?:last|past|since|was|letzten|seit|war|depuis|etait|dernier\w*|hace|fue|ultim\w+) $")


def find(text: str, today: date) -> list[When]:
    """Every date in a text, as it is meant on a day."""
    return [when for hit in _grammar().finditer(fold(text)) if (when := _when(hit, today))]


@cache
def _places(name: str) -> dict[str, int]:
    """The words of a list in all languages, with their places in it from 1."""
    lists = [vocabulary(language).dates[name] for language in LANGUAGES]
    rows = [[row] if isinstance(row, str) else row for row in lists]
    return {fold(word): at for row in rows for at, cell in enumerate(row, 1) for word in cell.split("|")}


def _any(name: str) -> str:
    """The words of a list in all languages as a pattern, the longest first."""
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(_places(name), key=len)[::-1])


@cache
def _grammar() -> re.Pattern[str]:
    """One date with what stands in front of it, and the time behind it."""
    lists = ("months", "weekdays", "units", "next", "numbers", "end", "this", "today", "tomorrow", "parts")
    text: str = shared("dates")
    for name in (*lists, "at", "for", "in", *(kind.value for kind in Kind)):
        text = text.replace(f"{{{name}}}", f"(?:{_any(name)})")
    return re.compile(text, re.X)


def _when(hit: re.Match[str], today: date) -> When | None:
    got = {name: value for name, value in hit.groupdict().items() if value is not None}
    is_past = bool(_PAST.search(hit.string[: hit.start()]))
    if count := got.get("count"):
        number = int(count) if count.isdigit() else _places("numbers")[count]
        is_loose = not {"for", "in"} & got.keys()
        if is_loose and (is_past or (not count.isdigit() and number == 1)):
            return None  # "the last two weeks", "a day"
        days = number * _DAYS_OF[_places("units")[got["unit"]] - 1]
        return When(Kind.START if "in" in got else Kind.UNTIL, today + timedelta(days), "", *hit.span())
    kind = next((kind for kind in Kind if kind.value in got), None)
    if "month3" in got and kind is None:
        return None  # "may" alone is no date
    day = None if is_past and kind is None else _day(got, today)  # "since Monday" is none to come
    return When(kind or Kind.ON, day, got.get("clock", ""), *hit.span())


def _day(got: dict[str, str], today: date) -> date | None:
    if "iso" in got:
        parts = got["iso"].split("-")
        return _coming(today, int(parts[1]), int(parts[2]), parts[0])
    if "first" in got:
        day, month = int(got["first"]), int(got["second"])
        if got["sign"] == "/" and max(day, month) <= 12 and day != month:
            return None  # either may be the month
        day, month = (month, day) if month > 12 else (day, month)
        return _coming(today, month, day, got.get("year0", ""))
    for number in "123":
        if f"month{number}" in got:
            month = _places("months")[got[f"month{number}"]]
            return _coming(today, month, int(got.get(f"day{number}", 1)), got.get(f"year{number}", ""))
    if "weekday" in got:
        ahead = (_places("weekdays")[got["weekday"]] - 1 - today.weekday()) % 7 or 7
        is_next_week = {"after", "behind"} & got.keys() and today.weekday() + ahead < 7
        return today + timedelta(days=ahead + 7 * bool(is_next_week))
    if nth := int(got.get("nth", 0)):
        return _coming(today, today.month if nth > today.day else today.month % 12 + 1, nth, "")
    if "of" in got:
        return _end_of(got["of"], today, "later" in got)
    if unit := got.get("unit2"):
        return _end_of(unit, today, False) + timedelta(days=3 if _places("units")[unit] == 2 else 1)
    return today + timedelta(days="tomorrow" in got)


def _coming(today: date, month: int, day: int, year: str) -> date | None:
    """That day of that year, or the next one that comes."""
    years = [int(year) + 2000 * (len(year) == 2)] if year else [today.year, today.year + 1]
    for each in years:
        with suppress(ValueError):
            if date(each, month, day) >= today or year or each > today.year:
                return date(each, month, day)
    return None


def _end_of(what: str, today: date, later: bool) -> date:
    """The last day of a week (its Friday), month, quarter, year, or of a month by name; `later`: the next."""
    unit, month = _places("units").get(what, 0), _places("months").get(what, 0)
    if unit in (1, 2, 5):
        return today + timedelta(days=(4 - today.weekday()) % 7 * (unit == 2) + 7 * later)
    year, months = today.year, {3: 1, 4: 12}.get(unit, 3)
    if month:
        year += month < today.month
    else:
        month = (today.month - 1) // months * months + months * (1 + later)
        year, month = year + (month > 12), (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])
