"""The bot process ends when it is told to, soon and in order; the next one takes up what is left."""

import os
import signal
import threading
from pathlib import Path

from bot.sandbox.miro.service import Fault
from tests.e2e.hands import InLocalSlack, InOurWorkspace, ask, decide, sent, told
from tests.e2e.process import GRACE, until
from tests.e2e.ways import by_our_http, by_socket

STOPPING = "Stopping. Open work continues at the next start."
MOVERS = {"U0ALEX": "alex", "U0DANA": "dana", "U0SAM": "sam", "U0LENA": "lena"}
"""As many as there are workers."""


def test_ctrl_c_ends_it_with_status_0(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, _):
        bot = s.start()

        assert bot.end(GRACE, signal.SIGINT) == 0

        assert STOPPING in bot.output.splitlines()


def test_told_to_end_it_leaves_slack_in_socket_mode(tmp_path: Path) -> None:
    with by_socket(tmp_path) as (s, hands):
        assert isinstance(hands, InLocalSlack)
        bot = s.start()

        assert bot.end(GRACE) == 0

        assert STOPPING in bot.output.splitlines()
        hands.people.until_joined(False)


def test_told_to_end_it_takes_nothing_new_in(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, hands):
        assert isinstance(hands, InOurWorkspace)
        bot = s.start()
        hands.at(bot)
        answered = threading.Event()
        s.miro.faults.append(Fault(then=answered.wait))
        first = ask(hands, "U0ALEX", "/miro-access", "for Engineering because I start on Monday")
        until(lambda: not s.miro.faults[0].times)
        hands.command("U0JO", "/miro-access", "for Design because I draw")
        os.kill(bot.pid, signal.SIGTERM)
        bot.until_says(STOPPING)  # it waits for its worker now

        refused = hands.acting.submit("U0JO")

        try:
            assert not refused.ok
            assert bot.until_gone(GRACE) == 0
        finally:
            answered.set()
        hands.at(s.start())
        assert hands.send("U0JO") == {}
        told(hands, "U0PRIYA", "Jo Park", "Design")
        told(hands, "U0PRIYA", first, "Alex Smith")
        assert sent(hands, "U0JO") == "R-2", "saved once"


def test_a_miro_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, hands):
        for name in MOVERS.values():
            s.miro.add_user(f"{name}@example.com", name.capitalize())
            s.miro.change_user(f"{name}@example.com", enterprise={"organization": "Example Ltd"})
        first = s.start()
        hands.at(first)
        requests = {user: ask(hands, user, "/miro-access", "for Design because I draw") for user in MOVERS}
        answered = threading.Event()
        s.miro.faults.append(Fault("PATCH", times=len(MOVERS), then=answered.wait))
        for request in requests.values():
            decide(hands, "U0CAROL", "approve", request)
        until(lambda: not s.miro.faults[0].times)
        waiting = ask(hands, "U0JO", "/miro-access", "for Design because I paint")

        try:
            assert first.end(GRACE) == 0
        finally:
            answered.set()  # Miro carries out what it was sent, with nobody there to hear of it
        assert "Traceback" not in first.output
        assert s.history(waiting) == ["asked"], "every worker was busy"
        until(lambda: len(s.carried_out()) == len(MOVERS))

        hands.at(s.start())
        for user, request in requests.items():
            told(hands, user, "✅ You're in Design", request)
        assert len(s.carried_out()) == len(MOVERS), "nothing is sent twice"
        assert told(hands, "U0PRIYA", waiting, "Give Jo Park access to Design?")
