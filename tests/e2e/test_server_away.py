"""The server of the record goes away and comes back: the bot process says so, and goes on by itself."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from approvals.record.store import Store
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import SECRET, people_of
from tests.approvals.scene import server_of
from tests.campaigns.server_line import ServerLine, line_to
from tests.e2e.hands import InOurWorkspace, ask, decide, has_button, sent, told
from tests.e2e.process import READY, BotProcess, until
from tests.e2e.scene import Scene, scene
from tests.e2e.ways import over_http

AWAY = "can't be reached"


@contextmanager
def _on_server(folder: Path) -> Iterator[tuple[Scene, InOurWorkspace, ServerLine, BotProcess]]:
    """A bot over HTTP whose record is at the other end of a line."""
    slack = Workspace(signing_secret=SECRET)
    people_of(slack)
    with slack.serve() as url, line_to(server_of(folder)) as line, closing(_record(folder)) as record:
        environ = over_http(folder, url, "xoxb-sandbox", SECRET)
        with scene(folder, environ, "--http", "127.0.0.1:0") as s:
            bot = s.launch(MIRO_BOT_DATABASE=line.server.url)
            bot.until_says(READY)
            until(record.groups.all)
            hands = InOurWorkspace(slack)
            hands.at(bot)
            yield s, hands, line, bot


def _record(folder: Path) -> Store:
    return Store(server_of(folder), migrates=True)


def _record_by(bot: BotProcess) -> str:
    page = bot.page("/readyz")
    return f"{page.status_code} {page.json()['record']}"


def test_a_server_that_is_started_again_is_used_again(tmp_path: Path) -> None:
    with _on_server(tmp_path) as (s, hands, line, bot):
        first = ask(hands, "U0ALEX", "/miro-access", "for Engineering because I start on Monday")
        until(lambda: has_button(hands.messages("U0PRIYA"), "approve", first))
        hands.command("U0JO", "/miro-access", "for Design because I draw")

        line.down()
        assert AWAY in hands.send("U0JO")["reason"]
        hands.press("U0PRIYA", "approve", first)
        until(lambda: any(AWAY in text for text in _heard(hands, "U0PRIYA")))
        assert bot.until_says(AWAY)
        assert _record_by(bot).startswith("503 ") and AWAY in _record_by(bot)

        line.up()
        until(lambda: _record_by(bot).startswith("200 "))
        assert until(lambda: hands.send("U0JO") == {})
        assert sent(hands, "U0JO") == "R-2"
        decide(hands, "U0PRIYA", "approve", first)
        told(hands, "U0ALEX", "You're in Engineering", first)
        told(hands, "U0PRIYA", "Jo Park", "Design")
        assert "Traceback" not in bot.output
        assert len(s.carried_out()) == 2
        assert bot.end() == 0


def _heard(hands: InOurWorkspace, user: str) -> list[str]:
    return [str(message) for message in hands.messages(user)]
