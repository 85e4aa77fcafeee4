"""`miro-bot forget`: who is long gone is forgotten, and nobody else is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, state
from tests.bot.journeys.shell import Shell, machine

KIM = "kim@example.com"
FORGET = ("forget", KIM, "--as", "carol@example.com")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    """Kim asked for access, and has it."""
    with machine(tmp_path) as (s, shell):
        s.slack.add_person("U0KIM", KIM, "Kim Stone")
        s.miro.add_user(KIM, "Kim Stone", teams=[s.teams["Design"]])
        ask(s, "U0KIM", "/miro-access", "for Engineering because Kim is ill")
        yield s, shell


@pytest.fixture
def left(both: tuple[Stage, Shell]) -> tuple[Stage, Shell]:
    """Kim's access was approved; later Kim left."""
    s, _ = both
    approve(s, "U0CAROL")
    assert state(s, "R-1") == "done"
    s.slack.change_person("U0KIM", deleted=True)
    s.miro.change_user(KIM, active=False)
    return both


def test_who_is_long_gone_is_forgotten_everywhere(left: tuple[Stage, Shell]) -> None:
    s, shell = left
    said = shell.types(*FORGET, "--yes")
    assert said.endswith("texts were removed. Older backups still hold them.")
    whom = f"somebody who was forgotten ({said.split()[0]})"
    shown = "\n".join([shell.types("show", "R-1"), shell.types("requests"), shell.types("audit", "export")])
    assert whom in shell.types("show", "R-1") and whom in shell.types("requests")
    rows = [json.loads(line) for line in shell.types("audit", "export", "R-1").splitlines()]
    assert {row["event"]: row["who"] for row in rows}["asked"] == f"{said.split()[0]} ({whom})"
    assert not [word for word in ("kim", "Kim", "Stone", "U0KIM") if word in shown]
    assert "Record intact." in shell.types("audit", "verify")
    s.bot.housekeeping.tick()
    s.settle()
    assert whom in shell.types("show", "R-1")


def test_it_asks_before_it_forgets(left: tuple[Stage, Shell]) -> None:
    _, shell = left
    for answer, exits in (("n", 1), ("y", 0)):
        result = CliRunner().invoke(main, list(FORGET), input=f"{answer}\n", env=shell.environ)
        assert "Forget Kim Stone (kim@example.com) for good? [y/N]:" in result.output
        assert result.exit_code == exits
    assert "The record has no person" in shell.types(*FORGET, "--yes", exits=1)


def test_it_needs_an_operator_and_both_tokens(left: tuple[Stage, Shell]) -> None:
    shell = Shell(left[0].folder)
    for email, why in (("alex", "Only an operator"), ("carol", "Set SLACK_BOT_TOKEN, MIRO_SCIM_TOKEN (or")):
        said = shell.types("forget", KIM, "--as", f"{email}@example.com", "--yes", exits=1)
        assert said.startswith(f"Error: {why}")


def test_nobody_is_forgotten_who_is_still_there(both: tuple[Stage, Shell]) -> None:
    s, shell = both
    said = [shell.types(*FORGET, "--yes", exits=1)]
    s.slack.change_person("U0KIM", deleted=True)
    said.append(shell.types(*FORGET, "--yes", exits=1))
    approve(s, "U0CAROL")
    said.append(shell.types(*FORGET, "--yes", exits=1))
    said.append(shell.types("forget", "sam@example.com", "--as", "alex@example.com", "--yes", exits=1))
    assert said == [
        "Error: Slack account U0KIM isn't deactivated. Deactivate it first.",
        "Error: R-1 isn't over. Try again when it is.",
        "Error: kim@example.com isn't deactivated in Miro. Offboard the account first.",
        "Error: Only an operator can forget somebody.",
    ]
