"""How a sentence of the record reads."""

from collections.abc import Callable
from typing import Any

from approvals.sentence import Sentence
from bot.cards.catalogue import written


def says(sentence: Sentence | None, named: Callable[[Any], str] = str) -> str:
    """The sentence, '' for none; people by their ids, unless `named` says how they are called."""
    return written(sentence, named)
