"""The one layout of all cards: first line, paragraphs, buttons, foot; at most `MOST_WORDS` words; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

from bot.cards.blocks import Block, Message, actions, bullets, clip_words, foot, message, rich, title
from bot.cards.named import bold, words_in

MOST_WORDS = 75
"""The most words of one card, without buttons."""
_TITLE, _SHORT_TITLE = 20, 8
"""Words of the first line that are kept before other parts are dropped, and in any case."""
_KEPT = 3
"""Words kept in each line of a list, and in a reason."""


class Worth(IntEnum):
    """What is cut first if a card is too long; Details show everything."""

    ASIDE = 0
    """Dropped as a whole."""
    NOTE = 1
    TALK = 2
    QUOTE = 3
    STEPS = 4
    FACT = 5
    """Never cut."""


@dataclass(frozen=True)
class Part:
    """One paragraph, a numbered list with a heading, or small print.

    `lead` comes before the text and isn't cut; `least`: words that it keeps while something of less worth can
    go, 0 for all of them; `steps`: lines of a list, under `lead`.
    """

    text: str = ""
    worth: Worth = Worth.FACT
    lead: str = ""
    quoted: bool = False  # somebody typed the text
    steps: tuple[str, ...] = ()
    least: int = 0
    is_small: bool = False
    brief: str = ""
    """What stands for `text` before any line of a list is cut, or ''."""

    @cached_property
    def words(self) -> int:
        """The number of words, with the numbers of a list."""
        lines = sum(words_in(step) + 1 for step in self.steps)
        return words_in(self.lead) + words_in(self.text) + lines if self else 0

    def __bool__(self) -> bool:
        return bool(self.text.strip() or self.steps)

    def within(self, most: int) -> "Part":
        """A copy with at most so many words, or an empty part; a list keeps a few words of each line."""
        if self.words <= most or self.worth is Worth.FACT:
            return self
        if self.worth is Worth.ASIDE:
            return Part()
        if self.steps:
            longest = max(map(words_in, self.steps))
            cuts = (self._lines(words) for words in range(longest, _KEPT, -1))
            return next((part for part in cuts if part.words <= most), self._lines(_KEPT))
        room = max(most - words_in(self.lead), _KEPT if self.worth is Worth.QUOTE else 0)
        return replace(self, text=clip_words(self.text, room) if room > 1 else "")

    def _lines(self, most: int) -> "Part":
        return replace(self, steps=tuple(clip_words(step, most) for step in self.steps))

    def drawn(self) -> Block:
        """As a block."""
        if self.steps:
            return bullets(self.steps, "ordered", bold(self.lead))
        text = f'"{self.text}"' if self.quoted else self.text
        return rich(" ".join(filter(None, (self.lead, text))))


def card(sign: str, question: str, parts: Sequence[Part], *buttons: Block, note: str = "") -> Message:
    """A message. `sign`: its one emoji; `question`: the first line; `note`: what a notification says."""
    fixed = words_in(sign) + min(words_in(question), _TITLE)
    fitting = _fitting([part for part in parts if part], MOST_WORDS - fixed)
    room = MOST_WORDS - words_in(sign) - sum(part.words for part in fitting)
    small = [part.text for part in fitting if part.is_small]
    return message(
        note or question,
        title(f"{sign} {clip_words(question, max(room, _SHORT_TITLE))}"),
        *(part.drawn() for part in fitting if not part.is_small),
        *([actions(*buttons)] if buttons else []),
        *([foot(*small)] if small else []),
    )


def _fitting(parts: list[Part], most: int) -> list[Part]:
    """The parts cut to so many words: first each down to its `least`, then the least worth is dropped."""
    if sum(part.words for part in parts if part.worth >= Worth.STEPS or part.quoted) > most:
        parts = [replace(part, text=part.brief or part.text) for part in parts]
    order = sorted(range(len(parts)), key=lambda number: parts[number].worth)
    for are_kept in (True, False):
        for number in order:
            part, excess = parts[number], sum(part.words for part in parts) - most
            if excess > 0:
                least = min(part.words, part.least or part.words) if are_kept else 0
                parts[number] = part.within(max(part.words - excess, least))
    return [part for part in parts if part]
