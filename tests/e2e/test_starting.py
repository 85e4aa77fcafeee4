"""What the bot process says when it starts, and when it can't."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.policy.template import TEMPLATE
from tests.e2e.hands import InOurWorkspace
from tests.e2e.process import READY, BotProcess
from tests.e2e.scene import Scene
from tests.e2e.ways import by_our_http, by_socket


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Scene]:
    with by_our_http(tmp_path) as (s, _):
        yield s


def _sentence(bot: BotProcess, status: int = 1) -> str:
    """What it says instead of starting: the last thing it prints, after which it has ended."""
    assert bot.until_gone() == status, bot.output
    assert "Traceback" not in bot.output
    assert READY not in bot.output
    return bot.output.rpartition("Error: ")[2].strip()


def test_it_says_first_what_it_runs_on(s: Scene) -> None:
    first = s.start()
    assert first.output.splitlines()[:4] == [
        "Mode:        live, HTTP on 127.0.0.1:0",
        f"Miro:        {s.environ['MIRO_SCIM_URL']}, group model team",
        f"Policy:      {s.folder / 'policy.toml'}",
        f"Record:      {s.record} (new)",
    ]
    assert first.end() == 0

    begun = s.start("--practice", MIRO_GROUP_MODEL="user-group").output.splitlines()

    assert begun[0] == "Mode:        practice: nothing will change in Miro, HTTP on 127.0.0.1:0"
    assert begun[1].endswith("group model user-group")
    assert begun[3] == f"Record:      {s.record} (continued)"


def test_once_it_is_ready_in_socket_mode_it_hears_what_is_said(tmp_path: Path) -> None:
    with by_socket(tmp_path) as (s, hands):
        printed = s.launch().until_says(READY)

        hands.command("U0ALEX", "/miro", "whoami")

        assert printed.startswith("Mode:        live, Socket Mode\n")
        assert "Slack: U0ALEX" in str(hands.messages("U0ALEX"))


def test_over_http_it_takes_only_what_is_signed_with_its_secret(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, hands):
        assert isinstance(hands, InOurWorkspace)
        hands.slack.signing_secret = "that of another app"
        bot = s.start()
        hands.at(bot)

        assert hands.acting.command("U0ALEX", "/miro", "whoami").status == 401

        health = bot.page("/healthz").json()
        assert health["refused"] == {"badly signed": 1}
        assert hands.messages("U0ALEX") == []


def test_a_policy_with_placeholders_is_refused_with_line_and_remedy(s: Scene) -> None:
    (s.folder / "policy.toml").write_text(TEMPLATE)
    lines = [
        number for number, line in enumerate(TEMPLATE.splitlines(), 1) if "-ME" in line and line[0] != "#"
    ]

    said = _sentence(s.launch())

    problems = said.splitlines()[1:]
    assert [line.partition(":")[0] for line in problems] == [f"line {number}" for number in lines]
    assert all("with the real value" in line for line in problems)
    assert s.miro.log == []


def test_everything_that_is_not_set_is_named_at_once(s: Scene) -> None:
    said = _sentence(s.launch(SLACK_BOT_TOKEN="", SLACK_SIGNING_SECRET_FILE="", MIRO_SCIM_TOKEN=""))

    assert said.startswith("Set SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, MIRO_SCIM_TOKEN (or ")


def test_a_wrong_bot_token_is_one_sentence(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, hands):
        assert isinstance(hands, InOurWorkspace)
        hands.slack.fault("auth.test", times=None, error="invalid_auth")

        bot = s.launch(SLACK_BOT_TOKEN="xoxb-of-another-app")

        assert _sentence(bot) == "Slack answered invalid_auth. Check SLACK_BOT_TOKEN."
        assert len(bot.output.splitlines()) == 5, "four lines of what it runs on, and the sentence"
        assert "of-another-app" not in bot.output


def test_a_token_of_another_kind_is_sent_nowhere(s: Scene) -> None:
    bot = s.launch(SLACK_BOT_TOKEN="xoxp-of-a-person")

    said = "SLACK_BOT_TOKEN begins with xoxp-, but needs the token that begins with xoxb-."
    assert _sentence(bot) == said
    assert "of-a-person" not in bot.output


def test_a_slack_on_this_machine_judges_tokens_of_its_own_kind(s: Scene) -> None:
    bot = s.launch(SLACK_BOT_TOKEN="not-one-of-slacks")

    assert _sentence(bot) == "Slack answered invalid_auth. Check SLACK_BOT_TOKEN."
    assert "not-one-of-slacks" not in bot.output


def test_a_wrong_app_token_is_said_before_any_work_begins(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, hands):
        assert isinstance(hands, InOurWorkspace)
        hands.slack.fault("apps.connections.open", error="invalid_auth")
        s.arguments = ()

        bot = s.launch(SLACK_APP_TOKEN="xapp-wrong")
        said = _sentence(bot)

        assert len(bot.output.splitlines()) == 5, "four lines of what it runs on, and the sentence"
        assert said == "Slack refused the connection: invalid_auth. Check SLACK_APP_TOKEN."
        assert s.miro.log == []


def test_a_taken_port_is_said_before_any_work_begins(s: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        said = _sentence(s.launch("--http", address))

    assert (
        said
        == f"Can't listen on {address} (--http): another program uses it. Choose another address or port."
    )
    assert s.miro.log == []


def test_a_second_one_on_the_same_record_is_told_who_has_it(s: Scene) -> None:
    first = s.start()

    said = _sentence(s.launch())

    assert said == (
        f"Process {first.pid} already runs the bot on {s.record}. Stop it first, "
        "or set MIRO_BOT_DATABASE to another record."
    )
    first.kill()
    s.start().end()


def test_it_says_at_once_whether_miro_takes_the_token(s: Scene) -> None:
    refused = s.launch(MIRO_SCIM_TOKEN="another")

    refused.until_says("Miro refuses the bot's token (401).")
    refused.until_says("Look at MIRO_SCIM_TOKEN")
    health = refused.page("/healthz")
    assert health.status_code == 503
    assert health.json()["miro"].startswith("Miro refuses the bot's token (401).")
    refused.end()

    s.start().until_says("Miro takes the token.")


def test_an_address_that_is_none_is_wrong_usage(s: Scene) -> None:
    assert _sentence(s.launch("--http", "somewhere"), status=2).startswith("--http takes HOST:PORT")
