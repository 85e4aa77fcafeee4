"""local-slack's own page, in which somebody reads, types and presses."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.screens.chromium import Box, PageTrouble, Tab
from tests.screens.png import with_palette

T = TypeVar("T")

PERSON = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
STYLE = """
.msg-time, .thread-summary-time, .msg-hover-actions { display: none !important }
.channel-sub, .inspector-toggle { display: none !important }
.msg:hover, .msg.highlighted { background: none; animation: none }
.modal-overlay { background: #eee }
.modal { box-shadow: none !important }
@media (max-width: 600px) { .topbar, .sidebar { display: none } .msg { padding: 6px 12px }
  .thread-pane { position: fixed; inset: 0; width: 100% !important } }
"""
"""Hides local-slack's clock, because the bot's stands still; on a narrow screen its bars; and shadows."""
HEIGHT = 2400
"""Of the screen: nothing has to be scrolled."""
SCALE = 2
PATIENCE = 15.0


@dataclass(frozen=True)
class Sight:
    """Something on the page: where, which message it is, what doesn't fit on the screen, and its text."""

    box: Box
    ts: str
    overflowing: tuple[str, ...]
    text: str


class Page:
    """Everything by the words that stand on the page. `meanwhile` lets the bot work while one waits."""

    def __init__(self, tab: Tab, url: str, meanwhile: Callable[[], object]) -> None:
        self._tab, self._meanwhile = tab, meanwhile
        self.widen(1000)
        tab.open(url)
        tab.evaluate(PERSON)
        tab.evaluate(f"document.head.appendChild(document.createElement('style')).textContent = `{STYLE}`")
        self.until(lambda: self._person("ready"), "local-slack's page")

    def widen(self, width: int, height: int = HEIGHT) -> None:
        """Looks at a screen of this width from now on."""
        self._tab.screen(width, height, SCALE)

    def until(self, seen: Callable[[], T | None], what: str) -> T:
        """Gives what `seen()` sees as soon as it is there. Raises PageTrouble, naming `what` is missed."""
        deadline = time.monotonic() + PATIENCE
        while not (found := seen()):
            if time.monotonic() >= deadline:
                raise PageTrouble(f"Not there in {PATIENCE:.0f} s: {what}. The page reads: {self._read()}")
            self._meanwhile()
            time.sleep(0.03)
        return found

    # -- acting

    def act_as(self, name: str) -> None:
        """Becomes another person, at the top right."""
        self._do("actAs", name)

    def open(self, label: str) -> None:
        """Goes to a channel, to somebody's messages with the bot, or to the app's Home."""
        self._do("open", label)

    def write(self, text: str) -> None:
        """Writes something below the messages, and sends it."""
        self._person("write")
        self._tab.type(text)
        self._do("send")

    def press_on(self, words: str, label: str) -> None:
        """Presses a button of the newest message with these words that has it."""
        self._do("pressOn", words, label)

    def press_home(self, label: str) -> None:
        """Presses a button of the Home tab."""
        self._do("pressHome", label)

    def press_form(self, label: str) -> None:
        """Presses a button at the bottom of the form."""
        self._do("pressForm", label)

    def fill(self, label: str, text: str) -> None:
        """Types into a field of the form, instead of what stands there."""
        self._do("field", label)
        self._tab.type(text)

    def choose(self, label: str, option: str) -> None:
        """Chooses one of several in a field of the form."""
        self._do("choose", label, option)

    def preset(self, label: str, *options: str) -> None:
        """Chooses what the form itself has chosen, which local-slack doesn't show, unless somebody chose."""
        self._do("preset", label, *options)

    def close(self) -> None:
        """Closes open forms and the open thread."""
        while self._person("close"):
            time.sleep(0.1)

    # -- looking

    def sight(self, kind: str, words: str) -> Sight:
        """The card, reply, form, Home or page with these words, as soon as it is there."""
        found = self.until(lambda: self._person(kind, words), f"{kind} with “{words}”")
        return Sight(Box(**found["box"]), found.get("ts", ""), tuple(found["overflowing"]), found["text"])

    def picture(self, box: Box) -> bytes:
        """A part of the page as PNG."""
        return with_palette(self._tab, self._tab.picture(box))

    def _do(self, what: str, *arguments: str) -> None:
        self.until(lambda: self._person(what, *arguments), f"{what} {' · '.join(arguments)}")

    def _read(self) -> str:
        return str(self._tab.evaluate("document.body.innerText.replace(/\\s+/g, ' ')"))[-1500:]

    def _person(self, what: str, *arguments: str) -> Any:
        said = ", ".join(json.dumps(argument) for argument in arguments)
        return self._tab.evaluate(f"person.{what}({said})")
