"""Which action a sentence means: of all phrases in it the longest wins, and "not" in front turns it round.

Phrases stand at the actions (`VERBS`). "…" in one is up to four words without punctuation between them, "…,"
up to six with it. In the text, a team is one NUL; people aren't in it: "remove @alex as admin" is one phrase.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bot.actions import ACTIONS, Action

TEAM = "\0"
NEAR = 120
"""Characters in front of a word that are looked at for what turns it round."""

_PLAIN = (
    (r"[’‘`]", "'"),
    (r"\bcan(?:'t|not)\b", "can not"),
    (r"n't\b", " not"),
    (r"\banymore\b|\bany longer\b", "any more"),
    (r"\bmake (?:very )?sure(?: that)?\b|\bend of\b", " "),
    (r"\badministrator", "admin"),
    (rf"[\"“”]?{TEAM}+[\"“”]?", TEAM),
    (r",? (and|but|then) ", r" \1 "),
    (r"\s+", " "),
)
"""One way of writing for each thing that can be written in several."""

_NOT = re.compile(
    # Who can't join wants to; "did not" and "would not" tell a story.
    r"(?:(?<!can )(?<!could )(?<!did )(?<!would )\bnot|\bnever|\bno need|\bno longer"
    r"|\b(?:cancel|undo|rever[ts]|stop|call off)\w*)"
    r"(?: (?:to|please|ever|yet|now|be|being|made|get|ha(?:ve|s)|wants?|wish|needs?|use|requires?|make|give"
    r"|grant|any|more|an?|the|my|your|their|'s|me|us|him|her|them|miro|company|content|user|security))* $"
)


@dataclass(frozen=True)
class Meaning:
    """What a sentence means, whether its wish is that it be not so, and what else it asks for.

    `unclear`: it asks for the opposite as well. `turned`: it stands in a command that names the opposite,
    and no form is opened.
    """

    action: type[Action]
    negated: bool = False
    unclear: bool = False
    turned: bool = False
    besides: tuple[type[Action], ...] = ()


@dataclass(frozen=True)
class _Hit:
    action: type[Action]
    phrase: str
    start: int
    end: int
    negated: bool
    words: tuple[tuple[int, int], ...] = ()

    @property
    def weight(self) -> tuple[bool, int, bool, bool]:
        """The commonest action comes last: "delete the account" isn't asking for an account.

        Of two equally long the one that takes rights away, or isn't wanted: misread, it does least harm.
        """
        letters = sum(len(word) for word in self.phrase.split() if word[0] != "…")
        return self.action.RANK > 1, letters, self.action.ADMINS, self.negated


def plain(text: str) -> str:
    """A text without people, as phrases are looked for in it."""
    low = f" {text.casefold()} "
    for pattern, word in _PLAIN:
        low = re.sub(pattern, word, low)
    return low


def meant(text: str) -> Meaning | None:
    """The meaning of a plain text."""
    hits = [hit for action in ACTIONS.values() for hit in _hits(action, text)]
    if not hits:
        return None
    best = max(hits, key=lambda hit: hit.weight)
    others = dict.fromkeys(hit.action for hit in hits if _is_wish(hit, best))
    against = [other for other in others if opposite(best.action) is other]
    besides = [other for other in others if other not in against and _is_more(other, best.action)]
    return Meaning(best.action, best.negated, unclear=bool(against), besides=tuple(besides))


def opposite(action: type[Action]) -> type[Action] | None:
    """What takes back what an action gives, or the other way round."""
    names = [action.OPPOSITE, *(one.NAME for one in ACTIONS.values() if one.OPPOSITE == action.NAME)]
    return next((ACTIONS[name] for name in names if name), None)


def _hits(action: type[Action], text: str) -> Iterator[_Hit]:
    for phrase in (*action.VERBS, action.NAME):
        for hit in _pattern(phrase).finditer(text):
            negated = bool(_NOT.search(text[max(hit.start() - NEAR, 0) : hit.start()]))
            words = tuple(hit.span(one) for one in range(1, 1 + (hit.re.groups)))
            yield _Hit(action, phrase, hit.start(), hit.end(), negated, words)


def _is_wish(hit: _Hit, best: _Hit) -> bool:
    """Whether it asks for something by itself: elsewhere in the text, by its action's own word."""
    own = hit.phrase == hit.action.VERBS[0] or hit.action.RANK == 1
    return own and not hit.negated and (hit.end <= best.start or hit.start >= best.end)


def _is_more(other: type[Action], best: type[Action]) -> bool:
    """Whether there is no place for it in the form of the best; the words of the commonest mean little."""
    return other.RANK > 1 and not other.form().keys() <= best.form().keys()


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    gaps = {"…": r"(?:[^\s.,;:!?]+ ){0,4}?", "…,": r"(?:\S+ ){0,6}?"}
    *words, last = phrase.split()
    # Words of some length may be inflected: removes, removed.
    ends = {word: r"\w{0,3} " if len(word) > 3 else " " for word in words}
    parts = [gaps.get(word) or f"({re.escape(word)}{ends[word]})" for word in words]
    return re.compile(rf"(?<!\w){''.join(parts)}({re.escape(last)}\w{{0,3}})(?!\w)")


def without_phrases(text: str, meaning: Meaning) -> str:
    """A plain text without the words of the phrases that were understood, those between them left in it."""
    fields = meaning.action.form().keys()
    inside = [
        one for one in ACTIONS.values() if one.RANK < meaning.action.RANK and one.form().keys() <= fields
    ]
    read = dict.fromkeys((meaning.action, *meaning.besides, *inside))
    spans = [span for action in read for hit in _hits(action, text) for span in hit.words]
    letters = list(text)
    for start, end in spans:
        letters[start:end] = " " * (end - start)
    return "".join(letters)


def doubtful(action: type[Action], text: str) -> bool:
    """Whether a plain text has words in it beside which it may mean the opposite of an action."""
    return any(re.search(pattern, text) for pattern in action.DOUBT)


def said_instead(action: type[Action], text: str) -> str:
    """What there is to say where a plain text only sounds like an action, or ''."""
    for told, patterns in action.NOT_HERE.items():
        if any(re.search(pattern, text) for pattern in patterns):
            return told
    return ""
