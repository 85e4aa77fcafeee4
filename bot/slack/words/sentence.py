"""A message taken apart: people, teams, dates and links become marks, and words are left between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from unicodedata import normalize

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from approvals.people import Group, Person, canonical
from bot.actions.tables import Tables
from bot.slack.words import vocabulary
from bot.slack.words.dates import Kind, When, find
from bot.slack.words.marks import MENTION, by_name
from bot.slack.words.vocabulary import Vocabulary, common_words, fold, is_known, languages_of

_PERSON = re.compile(rf"{MENTION}|(\w[\w.!#$%&'*+/=?^`{{|}}~-]*@[\w-]+(?:\.[\w-]+)+)")
_BOARD = re.compile(r"(?:https?://)?(?:[\w-]+\.)*miro\.com/\S*board\S*", re.I)
_EMOJI = re.compile(r":[a-z0-9_+'-]{1,100}:(?!\w)|[\u2190-\u27bf\ufe0f\U0001f000-\U0001ffff]")
_HEADER = re.compile(
    r"^[> ]*(from|von|de|to|an|sent|gesendet|subject|betreff|date|datum|cc)\s*:\s*(.*)$", re.I | re.M
)
_CLOSING = re.compile(
    r"\b(?:thanks|thank you|thx|cheers|regards|best|danke|gr(?:ü|ue)(?:ß|ss)e|gru(?:ß|ss)|lg|merci"
    r"|cordialement|gracias|saludos)\b[^\n.!?@]{0,20}[,!.]?\s+"
    r"(?-i:[A-ZÀ-Þ])[\w.-]+(?: (?-i:[A-ZÀ-Þ])[\w.-]+)?[.!]?\s*$",
    re.I,
)
_LONG = {
    r"(?<=\w)[’‘`´](?=\w)": "'",
    r"\bcan(?:'?t|not)\b": "can not",
    r"\bwon't\b": "will not",
    r"n't\b": " not",
    r"\bdont\b": "do not",
    r"\blet's\b": "let us",
    r"\b(it|that|what|who|where|there|he|she|here|how)'s\b": r"\1 is",
    r"'m\b": " am",
    r"\bim\b(?! team)": "i am",
    r"'re\b": " are",
    r"'ve\b": " have",
    r"'ll\b": " will",
    r"(?<=[a-z])'d\b": " would",
    r"\bgimme\b": "give me",
    r"\blemme\b": "let me",
    r"\bwanna\b": "want to",
    r"\badministrator": "admin",
    r"[-–](?=team\b)": " ",
    r"\b(qu|jusqu|[cdjlmnst])'(?=\w)": r"\1' ",
    r"(?<=\w)-(?:t-)?(?=(?:tu|vous|il|elle|on|je|moi|ce|nous)\b)": " ",
    r"(?<=\w)'s\b": " 's",
}
"""One way of writing for what can be written in several."""
_TOKEN = re.compile(r"[@#%]\d+|[^\W\d_](?:[\w'&/+.-]*\w)?'?|\d[\w./:-]*|'s|[^\s\w]|_")
_QUOTES = "\"“”'‘’«»"
AND = r"(?:(?:,|and|or|und|oder|et|ou|y|&|\+|sowie|plus|e)\s)+"
"""One or more words between the parts of a list."""
_SMALL = (
    r"(?:(?:the|to|in|team|an|a|au|al|zu|zum|equipo|equipe|l'|for|fur|pour|para|le|la|el|auf|also|auch)\s)*"
)
_AWAY = r"(?:from|out of|leave|von|aus|de|del|du|d')(?: (?:the|team|my|dem|der|l'|equipo|equipe))*"

Mark = tuple[int, int, str, object]
"""From where to where in a text, its sign, and what it means."""


@dataclass(frozen=True)
class Named:
    """Somebody in a text: the Slack id or address for a form, and the text that names them."""

    raw: str
    text: str


@dataclass(frozen=True)
class Token:
    """A word, a sign or a mark (`@0`, `#0`, `%0`), folded; and as it was written."""

    word: str
    text: str


@dataclass
class Sentence:
    """A message that was taken apart, without the reason that a word introduces.

    `words`: its tokens; `body`: the same, a list of people or teams one mark, who only stands beside a `~`;
    `unknown`: the same with `&` for each name that nobody knows, and `$` for each other such word.
    """

    languages: tuple[Vocabulary, ...]
    tokens: list[Token]
    people: list[Named]
    teams: list[Group]
    dates: list[When]
    author: str
    board: bool
    notes: list[str]
    reason: str
    quoted: str
    """The last words in quotation marks."""
    like: Named | None = None
    """Whose access is asked for as well."""
    is_excepted: bool = False
    """Whether somebody is named whom it isn't for."""
    further: str = ""
    """What is asked for somebody else beside."""
    people_of: dict[int, list[int]] = field(default_factory=dict)
    body: str = " "

    def __post_init__(self) -> None:
        body = self._joined(self._without_bystanders(self.words))
        self.body = self._first_of_two(body)
        self.unknown = self.marked(self.body)

    @property
    def words(self) -> str:
        """The tokens, a blank between any two, and around them."""
        return f" {' '.join(token.word for token in self.tokens)} "

    def hits(self, table: str, name: str, text: str) -> Iterator[re.Match[str]]:
        """Where a text of this message has a phrase of its languages."""
        return vocabulary.hits(self.languages, table, name, text)

    def has(self, table: str, name: str, text: str = "") -> bool:
        """Whether it has one; without a text, the message."""
        return any(True for _ in self.hits(table, name, text or self.unknown))

    def marked(self, text: str) -> str:
        """A text with signs for the words that nothing here knows."""
        written = {token.word: token.text for token in self.tokens}

        def sign(word: str) -> str:
            if is_known(word) or not word.isalpha():
                return word
            return "&" if written.get(word, word)[0].isupper() else "$"

        return f" {' '.join(map(sign, text.split()))} "

    def shown(self, tokens: list[Token]) -> str:
        """Tokens as they were written."""
        text = re.sub(r" ([.,;:!?)])|(\() ", r"\1\2", " ".join(one.text for one in tokens))
        return text.strip(f" .,;:!?-(){_QUOTES}")

    def _without_bystanders(self, body: str) -> str:
        """The words without people who are greeted, quoted, in copy, a pattern, or excepted."""
        body = re.sub(r"\b(?:cc|fyi) (?:: )?@\d+(?: (?:(?:,|and|&) )*@\d+)*", "~", body)
        for name in ("same", "beside", "not") * 2:
            for hit in list(self.hits("people", name, self.marked(body))):
                for number in re.findall(r"@(\d+)", hit[0]):
                    self.is_excepted |= name == "not"
                    self.like = self.people[int(number)] if name == "same" else self.like
                    body = re.sub(rf"@{number}(?!\d)", "~", body)
        return body

    def _joined(self, words: str) -> str:
        """The words with each list of people, and of teams, as one mark."""

        def one(hit: re.Match[str]) -> str:
            return hit[0] if hit[1] and hit[3] else f"{hit[1] or ''}{hit[2]}+{hit[4]}"

        both = rf"( {_AWAY})?( #\d+(?:\+\d+)*) {AND}({_SMALL})#(\d+)"
        while (shorter := re.sub(both, one, words)) != words:
            words = shorter
        for first, rest in re.findall(rf"@(\d+)((?: {AND}{_SMALL}@\d+)+)", words):
            self.people_of[int(first)] = [int(first), *map(int, re.findall(r"@(\d+)", rest))]
        return re.sub(rf"@(\d+)(?: {AND}{_SMALL}@\d+)+", r"@\1", words)

    def _first_of_two(self, body: str) -> str:
        """Of "@kim to # and @jo to #" what is about the first: the other is a request of its own."""
        hit = re.match(rf"( .*?@\d+ .*?#[\d+]+) {AND}(@\d+ (?:\S+ ){{1,3}}#[\d+]+) ", body)
        if hit is None:
            return body
        written = {token.word: token.text for token in self.tokens}
        self.further = " ".join(written.get(word, word) for word in hit[2].split())
        return f"{hit[1]} "


def read(text: str, tables: Tables, today: date) -> Sentence:
    """The text of a message, with `typed` undone, taken apart."""
    text, author = _letter(normalize("NFC", _EMOJI.sub(" ", text)))
    languages = languages_of(re.findall(r"[^\W\d_]+", fold(text)))
    text, reason = _without_reason(_CLOSING.sub(" ", text), languages, today)
    quoted = re.findall(rf"(?<!\w)[{_QUOTES}]([^{_QUOTES}\n]+)[{_QUOTES}](?!\w)", text)
    for short, long in _LONG.items():
        text = re.sub(short, long, text, flags=re.I)
    has_board = bool(_BOARD.search(text))
    text = re.sub(r"https?://\S+", " ", _BOARD.sub(" ", text))
    marks: list[Mark] = [
        (*hit.span(), "@", Named(hit[1] or canonical(hit[3]), by_name(hit[0], tables.called)))
        for hit in _PERSON.finditer(text)
    ]
    notes: list[str] = []
    marks += list(_names(_blank(text, marks), tables))
    marks += list(_teams(_blank(text, marks), tables, notes))
    marks += [(when.start, when.end, "%", when) for when in find(_blank(text, marks, "x"), today)]
    tokens, found = _tokens(text, sorted(marks, key=lambda one: one[0]), tables)
    verbs = sorted(frozenset[str]().union(*(one.verbs for one in languages)))
    return Sentence(
        languages,
        [Token(_spelt(token.word, verbs), token.text) for token in tokens if token.word not in _QUOTES],
        [one for one in found["@"] if isinstance(one, Named)],
        [one for one in found["#"] if isinstance(one, Group)],
        [one for one in found["%"] if isinstance(one, When)],
        author,
        has_board,
        notes,
        by_name(reason, tables.called),
        quoted[-1].strip() if quoted else "",
    )


def _without_reason(text: str, languages: tuple[Vocabulary, ...], today: date) -> tuple[str, str]:
    """A text without why somebody wants it: up to the end, or to a comma where it comes first. And that."""
    marks = "|".join(fold(phrase) for one in languages for phrase in one.tables["reason"]["explicit"])
    hit = re.search(rf"(?<!\w)(?:{marks})(?!\w)[\s:]*", fold(text))
    if hit is None:
        return text, ""
    start, end = hit.span()
    is_first = not text[:start].strip() or text[:start].rstrip()[-1] in ".!?\n"
    stop = re.search(r"[,.](?=\s)", text[end:]) if is_first else None
    last = end + stop.start() if stop else len(text)
    said = text[end:last]
    dates = " ".join(said[when.start : when.end] for when in find(said, today) if when.kind is Kind.UNTIL)
    return f"{text[:start]} {dates} {text[last:]}", said.strip().removesuffix(".")


def _letter(text: str) -> tuple[str, str]:
    """A forwarded e-mail without its head, and who wrote it: there "me" is the author."""
    author = ""
    for hit in _HEADER.finditer(text):
        found = _PERSON.search(hit[2])
        if hit[1].casefold() in ("from", "von", "de") and found:
            author = found[1] or canonical(found[3])
    return re.sub(r"^[> ]+", "", _HEADER.sub(" ", text) if author else text, flags=re.M), author


def _blank(text: str, marks: list[Mark], sign: str = "\0") -> str:
    for start, end, *_ in marks:
        text = text[:start] + sign * (end - start) + text[end:]
    return text


def _names(text: str, tables: Tables) -> Iterator[Mark]:
    """Full names that one person in the record has."""
    words = list(re.finditer(r"[^\W\d_][\w'-]+", text))
    runs = [words[at : at + size] for size in (3, 2) for at in range(len(words) - size + 1)]
    spans = {(run[0].start(), run[-1].end()): " ".join(one[0] for one in run).casefold() for run in runs}
    known = tables.named(set(spans.values())) if spans else {}
    done = 0
    for (start, end), name in sorted(spans.items()):
        people = known.get(name, ()) if re.fullmatch(r"[\w' -]+", text[start:end]) else ()
        if start >= done and len(people) == 1:
            done = end
            yield start, end, "@", Named(_raw(people[0]), text[start:end])


def _raw(person: Person) -> str:
    """What a form takes for somebody."""
    return person.account.slack_id if person.account else person.email


def _teams(text: str, tables: Tables, notes: list[str]) -> Iterator[Mark]:
    """Where the text names a group, the longest name first; then what is only misspelt."""
    both = ((name.strip(), one) for one in tables.groups for name in (one.security_name, tables.label(one)))
    names = {normalize("NFC", name): group for name, group in both if name}
    low, done = text.lower(), list[tuple[int, int]]()

    def is_free(start: int, end: int) -> bool:
        return not any(start < other_end and other < end for other, other_end in done)

    for name in sorted((one for one in names if one.lower() in low), key=len, reverse=True):
        for hit in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I):
            if is_free(*hit.span()) and _is_meant(name, hit):
                done.append(hit.span())
                yield *hit.span(), "#", names[name]
    labels = {fold(name): (name, group) for name, group in names.items() if len(name) >= 5}
    words = list(re.finditer(r"[^\W_][\w-]*", text))
    for run in (words[at : at + size] for size in (3, 2, 1) for at in range(len(words) - size + 1)):
        start, end = run[0].start(), run[-1].end()
        typed = fold(text[start:end])
        if len(typed) < 5 or not is_free(start, end) or (len(run) == 1 and is_known(typed)):
            continue
        near = _nearest(typed, list(labels))
        if len(near) > 1:
            notes.append(f"Did you mean {' or '.join(sorted(labels[one][0] for one in near[:3]))}?")
        elif near:
            name, group = labels[near[0]]
            done.append((start, end))
            notes.append(f"I read “{text[start:end]}” as {name}.")
            yield start, end, "#", group


def _nearest(typed: str, labels: list[str]) -> list[str]:
    """The names that a word is misspelt from: one slip in a short one, two in a long one."""
    for word in dict.fromkeys((typed, typed.removesuffix("team").rstrip("- "))):
        found = extract(word, labels, scorer=OSA.distance, score_cutoff=2, limit=5) if len(word) > 3 else []
        near = [(score, key) for key, score, _ in found if score <= (1 if len(key) < 8 else 2)]
        if near:
            return [key for score, key in near if score == min(near)[0]]
    return []


def _is_meant(name: str, hit: re.Match[str]) -> bool:
    """Whether a common word (IT, All, US) is the team of that name: in its case, quoted, or beside "team"."""
    if fold(name) not in common_words():
        return True
    before, after = hit.string[: hit.start()].rstrip(), hit.string[hit.end() :]
    if re.search(rf"(?:\b(?:team|group\w*|gruppe|equipo|équipe|grupo)|[{_QUOTES}])$", before, re.I):
        return True
    is_start = not before or before[-1] in ".!?\n:"
    is_exact = hit[0] == name and not hit.string.isupper() and not (is_start and name.istitle())
    return is_exact or after.lower().startswith(" team")


def _tokens(text: str, marks: list[Mark], tables: Tables) -> tuple[list[Token], dict[str, list[object]]]:
    """The tokens of a text, its marks numbered in order by their kinds, and what they mean."""
    found: dict[str, list[object]] = {"@": [], "#": [], "%": []}
    texts: dict[str, str] = {}
    masked, at = "", 0
    for start, end, sign, value in marks:
        name = f"{sign}{len(found[sign])}"
        found[sign].append(value)
        texts[name] = by_name(text[start:end], tables.called)
        # Signs that were typed are no marks.
        masked += f"{re.sub('[@#%]', ' ', text[at:start])} {name} "
        at = end
    masked = re.sub(r"\n\s*\n", " . ", masked + re.sub("[@#%]", " ", text[at:]))
    return [Token(fold(hit[0]), texts.get(hit[0], hit[0])) for hit in _TOKEN.finditer(masked)], found


def _spelt(word: str, verbs: list[str]) -> str:
    """The word, or the verb that it is misspelt from; of four letters two may only have changed places."""
    if len(word) < 4 or not word.isalpha() or is_known(word):
        return word
    found = extract(word, verbs, scorer=OSA.distance, score_cutoff=2 if len(word) > 8 else 1, limit=3)
    near = [verb for verb, _, _ in found if len(word) > 4 or sorted(verb) == sorted(word)]
    return near[0] if near else word
