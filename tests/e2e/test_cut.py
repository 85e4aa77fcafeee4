"""Slack goes away and comes back: the bot process joins it again, and brings what it couldn't say."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot.sandbox.miro.service import Fault
from bot.sandbox.slack.local_slack import running
from tests.e2e.hands import InLocalSlack, ask, decide, told
from tests.e2e.process import GRACE, until
from tests.e2e.scene import Scene, scene
from tests.e2e.ways import EVERYBODY, PLACES, in_socket_mode, need_local_slack
from tests.local_slack import People


@contextmanager
def _line_to(folder: Path) -> Iterator[tuple[Scene, InLocalSlack, ExitStack]]:
    """A scene on a local-slack that is killed when the stack is closed, with nothing said on the line."""
    need_local_slack()
    with ExitStack() as line:
        slack = line.enter_context(running(folder / "slack", EVERYBODY, PLACES))
        with scene(folder, in_socket_mode(slack)) as s:
            yield s, InLocalSlack(People(slack)), line


def test_after_a_cut_line_it_joins_again_and_tells_what_was_done_meanwhile(tmp_path: Path) -> None:
    with _line_to(tmp_path) as (s, hands, line):
        s.start()
        request = ask(hands, "U0ALEX", "/miro-access", "for Engineering because I start on Monday")
        answered = threading.Event()
        s.miro.faults.append(Fault("POST", "/Users", then=answered.wait))
        decide(hands, "U0PRIYA", "approve", request)
        until(lambda: not s.miro.faults[0].times)

        line.close()
        answered.set()
        until(lambda: s.history(request)[-1] == "done")
        port = int(hands.people.slack.url.rpartition(":")[2])
        with running(tmp_path / "again", EVERYBODY, PLACES, port) as back:
            again = InLocalSlack(People(back))
            again.people.until_joined()
            again.command("U0DANA", "/miro", "whoami")

            assert "I know you as" in str(again.messages("U0DANA"))
            assert told(again, "U0ALEX", "✅ You're in Engineering in Miro", request)


def test_with_slack_away_it_still_ends_when_told_to(tmp_path: Path) -> None:
    with _line_to(tmp_path) as (s, _, line):
        bot = s.start()

        line.close()
        bot.until_says("I try again in")  # it is trying to come back

        assert bot.end(GRACE) == 0
