"""Forms and cards of a company with very many, very long and very foreign names."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from statistics import median

from approvals.ids import GroupId
from approvals.people import Group
from approvals.states import State
from bot.actions import ACTIONS, Action
from bot.actions.form import Input
from bot.cards.blocks import Block
from bot.cards.layout import MOST_WORDS
from bot.cards.request import draw
from bot.sandbox.slack.limits import Surface, problems
from bot.sandbox.slack.records import Message
from bot.slack import forms, team_options
from bot.slack.words.reading import Draft
from tests.bench.table import Row, seconds
from tests.bot.slack import scenes

COUNTS = (0, 1, 100, 101, 5000)
ROUNDS = 5
STEMS = {
    "76 letters": "W" * 76,
    "76 letters in 38 words": "a " * 37 + "ab",
    "emoji": "😀" * 76,
    "emoji in 38 words": "😀 " * 38,
    "right-to-left": ("שלום עולם " * 8)[:76],
}
LONG_REASON = "because it is so " * 29


def rows() -> list[Row]:
    """All forms and all cards, each timed as the median of a few rounds."""
    return [*map(_forms, COUNTS), _suggestions(), _cards()]


def _timed(build: Callable[[], object]) -> float:
    """The median of a few rounds, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        build()
        taken.append(time.perf_counter() - begin)
    return median(taken)


def _refused(surface: Surface, payload: Block) -> list[str]:
    """What the sandbox's limits or the models of Slack's own library refuse."""
    try:
        scenes.check_valid(surface, payload)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return []


def _name(stem: str, number: int) -> str:
    """76 letters, of which the last five are a number: no two are the same."""
    return f"{stem[:71]:<71}{number:05}"


def _filled(action: type[Action]) -> Draft:
    """A draft that names somebody and as many teams as there are fields for."""
    values = {Input.PERSON: "U0SAM", Input.TEAM: "1", Input.TEAMS: "1, 2, 3"}
    return Draft(action, {name: values.get(asked.kind, "") for name, asked in action.form().items()})


def _builds(count: int) -> Iterator[Callable[[], Block]]:
    """Every form, empty and filled in, as operators and as others see it."""
    for stem in STEMS.values():
        groups = [Group(GroupId(str(n)), f"g_{n:05}", _name(stem, n)) for n in range(1, count + 1)]
        tables = scenes.tables(groups)
        for action in ACTIONS.values():
            for draft in (Draft(action), _filled(action)):
                yield forms.Form(draft, tables, True).view
                yield forms.Form(draft, tables, False).view


def _forms(count: int) -> Row:
    built, refused, slowest = 0, list[str](), 0.0
    for build in _builds(count):
        refused += _refused("modal", build())
        slowest, built = max(slowest, _timed(build)), built + 1
    text = f"{built} forms, {len(refused)} refused, slowest {seconds(slowest)}{_first(refused)}"
    return Row(f"Forms with {count:,} groups", text, "0 refused", not refused)


def _suggestions() -> Row:
    """The choices while somebody types, where a form can't hold all of them."""
    refused, slowest, most = list[str](), 0.0, 0
    for stem in STEMS.values():
        groups = [Group(GroupId(str(n)), f"g_{n:05}", _name(stem, n)) for n in range(1, COUNTS[-1] + 1)]
        tables = scenes.tables(groups)
        for typed in ("", "g_0", stem[0], "01234"):
            build = partial(team_options.suggestions, typed, tables)
            found = build()
            refused += problems("options", {"options": found})
            slowest, most = max(slowest, _timed(build)), max(most, len(found))
    text = f"at most {most} choices, {len(refused)} refused, slowest {seconds(slowest)}{_first(refused)}"
    return Row(f"Choices while somebody types, {COUNTS[-1]:,} groups", text, "0 refused", not refused)


def _cards_of(stem: str) -> Iterator[tuple[str, Callable[[], Block]]]:
    """Every card in every state for every reader, with what it is called."""
    people = scenes.everybody([_name(stem, n) for n in range(1, 8)])
    known = scenes.facts(people, [_name(stem, n) for n in range(1, 6)])
    for action, state, role in product(scenes.COMMANDS, State, scenes.ROLES):
        if scenes.is_shown(role, state, action):
            request = scenes.request(action, state, known, reason=LONG_REASON)
            ways = scenes.variants(request, (LONG_REASON,) * 2) if state is State.WAITING else {"": request}
            for way, one in ways.items():
                scene = scenes.scene(one, known, people, role)
                yield f"{role}, {state}, {action}, {way}".rstrip(", "), partial(draw, role, scene)


def _cards() -> Row:
    built, refused, slowest, longest = 0, list[str](), 0.0, (0, "")
    for name, build in (one for stem in STEMS.values() for one in _cards_of(stem)):
        card = build()
        refused += _refused("message", card)
        words = scenes.word_count(Message("C1", "1.1", "U0BOT", card["text"], card["blocks"]))
        slowest, longest, built = max(slowest, _timed(build)), max(longest, (words, name)), built + 1
    text = (
        f"{built} cards, {len(refused)} refused, slowest {seconds(slowest)}, "
        f"most words {longest[0]} ({longest[1]}){_first(refused)}"
    )
    met = not refused and longest[0] <= MOST_WORDS
    return Row("Cards in every state, for every reader", text, f"0 refused, at most {MOST_WORDS} words", met)


def _first(wrong: list[str]) -> str:
    return f"; first: {wrong[0]}" if wrong else ""
