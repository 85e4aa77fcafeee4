"""`python -m tests.wording`: every sentence people read, for reading aloud against the way the bot speaks.

First what is drawn: each card once, with who reads it and how many words it has, then each form. After
that the sentences that stand in the source: answers, refusals, hints, and what the record has codes for.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import click

from approvals.decide.streams.reviews import Access, Review, Step
from approvals.ids import GroupId, PersonId
from approvals.request import Question
from approvals.states import State
from bot.actions import ACTIONS
from bot.cards import home
from bot.cards.blocks import Block
from bot.cards.request import draw
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.limits import Surface
from bot.sandbox.slack.records import Message
from bot.slack import forms
from bot.slack.review import view
from bot.slack.words.reading import Draft
from tests.altered import altered
from tests.bot.cards.test_home_blocks import full, waits
from tests.bot.slack import scenes

SOURCES = ("approvals", "bot/actions", "bot/cards", "bot/miro", "bot/slack", "bot/work", "bot/troubles.py")
_SENTENCE = re.compile(r"[A-Z{“\"⚠✓][^\n]*[a-z}] [^\n]*[.?!:…”\"}]", re.S)
_NOT_READ = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|TRIGGER|BEGIN)\b|^<|\\")


@dataclass(frozen=True)
class Drawn:
    """Something that people see in Slack, and for whom and when it is drawn."""

    surface: Surface
    name: str
    payload: Block

    @property
    def text(self) -> str:
        """As it is read: of a message the blocks, as Slack shows them."""
        if self.surface != "message":
            return as_text(self.payload, scenes.MENTIONED)
        return as_text(self._message, scenes.MENTIONED)

    @property
    def words(self) -> int:
        """Words of it, those on buttons apart."""
        return scenes.word_count(self._message)

    @property
    def _message(self) -> Message:
        return Message("C1", "1.1", "U0BOT", self.payload.get("text", ""), self.payload["blocks"])


PEOPLE = scenes.everybody(scenes.PEOPLE)
KNOWN = scenes.facts(PEOPLE, scenes.NAMES)


def cards() -> Iterator[Drawn]:
    """Every role in every state of every action; while it waits, in every way of asking."""
    for action, state, role in product(scenes.COMMANDS, State, scenes.ROLES):
        if scenes.is_shown(role, state, action):
            of = scenes.request(action, state, KNOWN)
            ways = scenes.variants(of) if state is State.WAITING else {"": of}
            for way, request in ways.items():
                payload = draw(role, scenes.scene(request, KNOWN, PEOPLE, role))
                yield Drawn("message", " · ".join(filter(None, (role, state, action, way))), payload)
    for how in ("deactivate", "delete"):
        details = {"person": "P-2", "how": how}
        of = scenes.request("offboard", State.WAITING, KNOWN, details=details, practice=how == "delete")
        yield Drawn(
            "message", f"approver · {how}", draw("approver", scenes.scene(of, KNOWN, PEOPLE, "approver"))
        )
    live = altered(scenes.request("request-access", State.DONE, KNOWN), ends_at=scenes.NOW)
    for role in ("notice", "result"):
        yield Drawn("message", f"{role} · with an end", draw(role, scenes.scene(live, KNOWN, PEOPLE, role)))
    yield from (Drawn("message", name, view.message(review)) for name, review in reviewed().items())


def reviewed() -> dict[str, Review]:
    """An access review while it is open, after a reminder, and when it has ended."""
    steps = (Step.KEPT, Step.ENDED, Step.GONE, "")
    accesses = tuple(
        Access(n, f"p{n}@example.com", "User Admin", f"Person {n}", steps[n % 4], PersonId("P-3"))
        for n in range(70)
    )
    times, subject = (scenes.NOW, scenes.NOW), "admin rights in Miro"
    begun = Review("V-1", "V-1:c0ffee12", PersonId("P-3"), *times, GroupId(""), subject, scenes.NOW, accesses)
    closed = replace(begun, closed_at=scenes.NOW)
    return {
        "access review": begun,
        "access review · reminder": replace(begun, reminders=1),
        "access review · ended": closed,
        "access review · complete": replace(closed, accesses=accesses[:3]),
    }


def views() -> Iterator[Drawn]:
    """Every form, what stands under Details, and App Home."""
    tables = scenes.tables(scenes.many(5))
    for action, operator in product(ACTIONS.values(), (True, False)):
        reader = "operators" if operator else "everybody else"
        yield Drawn(
            "modal", f"{action.NAME} for {reader}", forms.Form(Draft(action), tables, operator).view()
        )
    of = scenes.request("make-admin", State.WAITING, KNOWN)
    asked = altered(of, questions=(Question(scenes.person(3).id, scenes.NOW, scenes.TEXTS[0]),))
    simple: dict[str, Callable[[], Block]] = {
        "Deny": partial(forms.about, "deny", of, {}, ""),
        "Ask a Question": partial(forms.about, "question", of, {}, ""),
        "Answer": partial(forms.about, "answer", asked, {}, "Carol Diaz"),
        "Details": partial(forms.details, scenes.scene(asked, KNOWN, PEOPLE, "approver")),
        "Name a Delegate": partial(forms.away_form, "c0ffee12", "2026-03-02"),
        "Search": forms.search,
        **{
            name: partial(view.form, review, lambda id: "Carol Diaz", {3}, -1, ["Jo Park: kept by Sam Lee"])
            for name, review in reviewed().items()
        },
    }
    yield from (Drawn("modal", name, build()) for name, build in simple.items())
    yield Drawn("home", "App Home", home.draw(full(waits(), 2, "R-7 · done: move Alex Smith.")))


def everything() -> list[Drawn]:
    """All that is drawn, each text once."""
    first: dict[str, Drawn] = {}
    for one in (*cards(), *views()):
        first.setdefault(f"{one.surface} {one.text}", one)
    return list(first.values())


def sentences() -> Iterator[tuple[str, str]]:
    """File and sentence: literals of the source that read like one, values as `{name}`."""
    for root in map(Path, SOURCES):
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            seen = dict.fromkeys(_literals(ast.parse(path.read_text(encoding="utf-8"))))
            found = [text for text in seen if _SENTENCE.fullmatch(text) and not _NOT_READ.search(text)]
            yield from ((str(path), text) for text in found)
    for path in (Path("bot/cards/catalogue.toml"), Path("bot/slack/vocabulary/answers.toml")):
        tables = tomllib.loads(path.read_text("utf-8"))
        yield from ((str(path), text) for table in tables.values() for text in table.values())


def _literals(tree: ast.AST) -> Iterator[str]:
    """Strings and f-strings that aren't docstrings, and aren't logged."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values]
            yield "".join(map(str, parts))
        else:
            yield from _literals(node)


def main() -> None:
    """Prints all of it."""
    for one in everything():
        count = f" ({one.words} words)" if one.surface == "message" else ""
        click.echo(f"\n--- {one.name}{count}\n{one.text}")
    place = ""
    for path, text in sentences():
        click.echo(text if path == place else f"\n--- {path}\n{text}")
        place = path


if __name__ == "__main__":
    main()
