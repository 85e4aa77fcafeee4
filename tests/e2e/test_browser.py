"""A person's way through local-slack's page in a real browser: ask, a question and a typed answer, approve,
stop, resume, done.

The page draws no rich text, of which cards are made: they are known by their buttons.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.slack.local_slack import running
from tests.e2e.browser import Browser
from tests.e2e.process import until
from tests.e2e.scene import Scene, scene
from tests.e2e.ways import EVERYBODY, PLACES, in_socket_mode, need_local_slack
from tests.local_slack import People
from tests.screens.chromium import NoChromium, browsing, program


@pytest.fixture
def played(tmp_path: Path) -> Iterator[tuple[Scene, Browser]]:
    need_local_slack()
    try:
        program()
    except NoChromium as error:
        pytest.skip(f"NOT TESTED in a browser. {error}")
    with running(tmp_path / "slack", EVERYBODY, PLACES) as slack, scene(tmp_path, in_socket_mode(slack)) as s:
        people = People(slack)
        for user in ("U0ALEX", "U0PRIYA", "U0CAROL"):
            people.direct(user)
        s.start()
        people.until_joined()
        with browsing(tmp_path / "browser") as tab:
            yield s, Browser(tab, slack.url)


def test_a_request_from_a_typed_wish_to_the_end_after_a_stop(played: tuple[Scene, Browser]) -> None:
    s, page = played
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Sales"]])
    page.act_as("U0ALEX")
    page.write("I need access to Engineering because I start on Monday")
    page.press("Review and Send", "Request access to Engineering for you?")
    page.fill_and_send("Send")
    page.reads("Sent: R-1")
    page.close()
    page.reads("Remind", "Withdraw")

    page.act_as("U0PRIYA")
    page.press("Ask a Question", "Approve")
    page.fill_and_send("Ask", "Which boards do you need?")
    until(lambda: s.history("R-1")[-1] == "questioned")

    page.act_as("U0ALEX")
    page.open_thread("Withdraw")
    page.write("Those of the spring release")
    until(lambda: s.history("R-1")[-1] == "replied")

    page.act_as("U0PRIYA")
    s.miro.faults.append(Fault("PATCH", "/Groups", status=400))
    page.press("Approve", "Ask a Question")
    until(lambda: s.history("R-1")[-1] == "stopped")

    page.act_as("U0CAROL")
    page.press("Resume", "Close as Incomplete")

    page.act_as("U0ALEX")
    page.reads("Open Miro")
    assert s.teams_of("alex@example.com") == {"Sales", "Engineering"}
    until(lambda: s.history("R-1")[-1] == "done")
    assert [each for each in s.history("R-1") if each in ("questioned", "replied", "stopped", "resumed")] == [
        "questioned", "replied", "stopped", "resumed",
    ]  # fmt: skip
