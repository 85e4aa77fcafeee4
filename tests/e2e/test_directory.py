"""A directory pushes to the process: what was answered as done is there after it was killed."""

from pathlib import Path

from click.testing import CliRunner

from bot.__main__ import main
from tests.bot.directory.provider import Provider, alex
from tests.bot.directory.scenes import POLICY_WITH_OKTA
from tests.e2e.process import READY, BotProcess
from tests.e2e.ways import by_our_http

HERE = ("--directory", "127.0.0.1:0")


def address(bot: BotProcess) -> str:
    """Where it serves SCIM."""
    [line] = [line for line in bot.until_says(READY).splitlines() if line.startswith("Directory:")]
    return line.split()[1]


def test_what_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, _):
        first = s.start(*HERE)
        policy = tmp_path / "okta.toml"
        policy.write_text(POLICY_WITH_OKTA)
        environ = {"MIRO_BOT_DATABASE": str(s.record), "MIRO_BOT_POLICY": str(policy)}
        made = CliRunner().invoke(main, ["directory", "token", "create", "okta"], env=environ)
        token = made.output.splitlines()[-1]
        with Provider(address(first), token) as okta:
            created = okta.create("Users", alex())
            first.kill()
        with Provider(address(s.start(*HERE)), token) as okta:
            [found] = okta.find("Users", 'userName eq "alex.smith@example.com"')
        assert found["id"] == created["id"]


def test_a_listener_beyond_this_machine_is_warned_of(tmp_path: Path) -> None:
    with by_our_http(tmp_path) as (s, _):
        beyond = s.start("--directory", "0.0.0.0:0")
        assert "without TLS: tokens and people's data" in beyond.output
        assert beyond.end() == 0
        assert "without TLS" not in s.start(*HERE).output
