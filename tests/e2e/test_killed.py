"""The bot process is killed between approval and done, and started again: done once, and told once."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.context import LEASE
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import stage
from tests.e2e.hands import InOurWorkspace, ask, has_button, reads, told
from tests.e2e.process import until
from tests.e2e.ways import Joined, by_our_http, by_socket

KILLED = -9


class Death(NamedTuple):
    """The call to Miro during which the bot is killed; with `lost`, Miro never carries it out."""

    method: str
    path: str
    lost: bool = False

    def strikes(self, kill: Callable[[], object]) -> Fault:
        return Fault(self.method, self.path, cut="before" if self.lost else None, then=kill)


DEATHS = {
    "at the look after approval": Death("GET", "/Users"),
    "once Miro has made the account, unheard": Death("POST", "/Users"),
    "before Miro has heard of the team": Death("PATCH", "/Groups", lost=True),
}


def _survives(joined: Joined, death: Death) -> None:
    """Alex asks, Priya approves, the bot dies as told, and the next one makes it whole."""
    s, hands = joined
    first = s.start()
    hands.at(first)
    request = ask(hands, "U0ALEX", "/miro-access", "for Engineering because I start on Monday")
    until(lambda: has_button(hands.messages("U0PRIYA"), "approve", request))
    s.miro.faults.append(death.strikes(first.kill))

    hands.press("U0PRIYA", "approve", request)
    assert first.until_gone() == KILLED
    assert s.history(request)[-1] in ("approved", "trying"), "it died on the way"

    again = s.start()
    hands.at(again)
    told(hands, "U0ALEX", "✅ You're in Engineering in Miro", request)
    assert again.end() == 0
    assert s.teams_of("alex@example.com") == {"Engineering"}
    assert s.carried_out() == ["POST /Users", f"PATCH /Groups/{s.teams['Engineering']}"], "each once"
    history = s.history(request)
    assert [history.count(each) for each in ("asked", "approved", "done")] == [1, 1, 1]
    said = "\n".join(reads(hands, "U0ALEX"))
    assert said.count("✅ You're in Engineering") == 2, "on the card, and once in its thread"
    assert not has_button(hands.messages("U0PRIYA"), "approve", request)


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS.keys())
def test_what_a_killed_bot_left_is_done_once_by_the_next(tmp_path: Path, death: Death) -> None:
    with by_our_http(tmp_path) as joined:
        _survives(joined, death)


def test_the_same_holds_in_socket_mode(tmp_path: Path) -> None:
    with by_socket(tmp_path) as joined:
        _survives(joined, Death("PATCH", "/Groups"))


def test_in_a_container_the_next_bot_has_the_same_number_and_still_does_not_wait(tmp_path: Path) -> None:
    with stage(tmp_path) as s:
        hands = InOurWorkspace(s.slack)
        hands.acting = s.acting
        request = ask(hands, "U0ALEX", "/miro-access", "for Engineering because I start on Monday")
        left = s.bot.store.claim(f"{socket.gethostname()}/{os.getpid()}/0", LEASE)
        assert left and left.request == request

        s.bot.start()

        until(lambda: has_button(hands.messages("U0PRIYA"), "approve", request), 5)
