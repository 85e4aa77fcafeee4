"""Hands and eyes in local-slack's own page, in a Chromium: clicks and letters, as a person makes them."""

import json
from collections.abc import Callable

from bot.sandbox.stage import PEOPLE
from tests.e2e.process import until
from tests.screens.chromium import PageTrouble, Tab

_FIND = """(() => {
  const seen = [...document.querySelectorAll(%s)].filter(one => one.offsetParent !== null);
  return seen.reverse().find(one => one.innerText.includes(%s) && %s);
})()"""


class Browser:
    """One tab, with the page of a workspace in it."""

    def __init__(self, tab: Tab, url: str) -> None:
        self._tab = tab
        tab.screen(1300, 1000, 1)
        tab.open(url)

    def act_as(self, user: str) -> None:
        """Becomes somebody, and opens their direct messages with the bot."""
        until(lambda: self._tab.evaluate("!!document.querySelector('.actas select')"))
        self._tab.evaluate(
            "(box => { Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call("
            f"box, {json.dumps(user)}); box.dispatchEvent(new Event('change', {{bubbles: true}})); }})"
            "(document.querySelector('.actas select'))"
        )
        self._click(".sidebar-item", PEOPLE[user][1])
        until(
            lambda: (
                self._tab.evaluate("document.querySelector('.channel-title').innerText") == PEOPLE[user][1]
            )
        )

    def write(self, text: str) -> None:
        """Types into the newest field for messages, a thread's if one is open, and sends it."""
        until(lambda: self._tab.evaluate(
            "(box => { if (box) box.focus(); return !!box; })"
            "([...document.querySelectorAll('textarea.composer-input')].pop())"
        ))  # fmt: skip
        self._tab.type(text)
        until(lambda: self._tab.evaluate(
            "(send => { if (send) send.click(); return !!send; })"
            "([...document.querySelectorAll('button.composer-send:not([disabled])')].pop())"
        ))  # fmt: skip

    def press(self, label: str, message: str) -> None:
        """Presses a button of the newest message that has it and this text."""
        of = f"one.closest('.msg') && one.closest('.msg').innerText.includes({json.dumps(message)})"
        self._click(".bk-button", label, of)

    def open_thread(self, message: str) -> None:
        """Opens the thread of the newest message with this text."""
        self._click(
            ".msg",
            message,
            "one.querySelector('[title=\"Reply in thread\"]')",
            then="one.querySelector('[title=\"Reply in thread\"]').click()",
        )

    def fill_and_send(self, label: str, text: str = "") -> None:
        """Types into the last field of the open form, if there is a text, and presses its button."""
        if text:
            until(lambda: self._tab.evaluate(
                "(box => { if (box) box.focus(); return !!box; })"
                "([...document.querySelectorAll('.modal textarea, .modal input.bk-plain-input')].pop())"
            ))  # fmt: skip
            self._tab.type(text)
        self._click(".modal-btn.primary", label)

    def close(self) -> None:
        """Closes the open form."""
        self._click(".modal-x", "")

    def reads(self, *texts: str) -> None:
        """Waits until all these texts stand on the page."""
        self._until(lambda: all(text in self._text() for text in texts), f"{texts} to read")

    def _text(self) -> str:
        return str(self._tab.evaluate("document.body.innerText"))

    def _until(self, seen: Callable[[], bool], what: str) -> None:
        try:
            until(seen, 20)
        except TimeoutError as error:
            raise PageTrouble(f"no {what} on the page: {self._text()[-1500:]}") from error

    def _click(self, selector: str, text: str, more: str = "true", then: str = "one.click()") -> None:
        find = _FIND % (json.dumps(selector), json.dumps(text), more)
        click = f"(one => {{ if (one) {then}; return !!one; }})({find})"
        self._until(lambda: bool(self._tab.evaluate(click)), f"{text!r} among {selector}")
