"""Paged lists: read entry by entry if their counts are consistent, else rejected as a whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic

from bot.miro import wire
from bot.miro.errors import Away, Trouble, Unreadable
from bot.miro.wire import ListPage, M

MOST_PAGES = 1_000
"""The most pages of one list: a million people."""


@dataclass(frozen=True)
class Skipped:
    """An unreadable entry; `id` is '' if it has none."""

    id: str
    lacks: str


@dataclass(frozen=True)
class Listing(Generic[M]):
    """The readable entries of a list, and the skipped ones."""

    entries: tuple[M, ...]
    skipped: tuple[Skipped, ...] = ()

    def may_hold(self, id: str) -> bool:
        """Whether a skipped entry is or may be the one with this id, which then isn't gone."""
        return any(entry.id in (id, "") for entry in self.skipped)

    def complaints(self, kind: str, kinds: str) -> tuple[str, ...]:
        """Sentences for operators about skipped entries: "1 group of Miro's has no name: id 123"."""
        lacking: dict[str, list[str]] = {}
        for entry in self.skipped:
            lacking.setdefault(entry.lacks, []).append(entry.id[:40] or "unknown")
        return tuple(
            f"{len(ids)} {kind if len(ids) == 1 else kinds} of Miro's {'has' if len(ids) == 1 else 'have'} "
            f"no {lacks}: {'id' if len(ids) == 1 else 'ids'} {', '.join(ids[:20])}"
            for lacks, ids in lacking.items()
        )


@dataclass
class Tally:
    """Counts the entries on the pages of one list; each id may occur once.

    Entries without an id are identified by their position on the page: on two pages they may be the same.
    """

    total: int = 0
    shown: int = 0
    pages: int = 0
    blank_page: int = 0
    ids: set[str] = field(default_factory=set)

    def add(self, page: ListPage, is_last: bool = False) -> None:
        """Counts one more page. Raises Away if the list is inconsistent."""
        if self.pages and page.total != self.total:
            raise _odd(f"Miro counted {self.total}, and a page later {page.total}")
        self.total, self.pages, self.shown = page.total, self.pages + 1, self.shown + len(page.resources)
        before = len(self.ids)
        for id in map(wire.id_of, page.resources):
            if id in self.ids:
                raise _odd(f"Miro showed the id {id[:40]} twice in one list")
            if id:
                self.ids.add(id)
            elif self.blank_page not in (0, self.pages):
                raise _odd("Miro showed entries without an id on two pages of one list")
            else:
                self.blank_page = self.pages
        stuck = self.pages > 1 and len(self.ids) == before
        is_over = is_last or stuck or not page.resources
        if self.shown > self.total or (is_over and not self.is_whole):
            raise _odd(f"Miro counted {self.total} and showed {self.shown}")
        if self.pages >= MOST_PAGES and self.shown < self.total:
            raise _odd(f"Miro's list has more than {MOST_PAGES} pages")

    @property
    def is_whole(self) -> bool:
        """Whether all entries of the total were shown."""
        return self.shown == self.total


def _odd(text: str) -> Away:
    return Away(f"{text}, so I don't rely on it.", Trouble.COUNT)


def read(kind: type[M], entries: Iterable[Any]) -> Listing[M]:
    """Reads the entries of a list; those that can't be read are skipped and named."""
    kept: list[M] = []
    skipped: list[Skipped] = []
    for entry in entries:
        try:
            kept.append(wire.message(kind, entry))
        except Unreadable as error:
            skipped.append(Skipped(wire.id_of(entry), error.lacks))
    return Listing(tuple(kept), tuple(skipped))
