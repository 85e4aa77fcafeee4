"""`policy who`: it refuses what `ask` refuses, and says why whom it names would decide."""

from pathlib import Path

import pytest

from bot.sandbox.stage import POLICY
from tests.bot.journeys.shell import Shell, machine

JO = "person=jo@example.com"


def who(folder: Path, *words: str, policy: str = POLICY, by: str = "carol", exits: int = 0) -> list[str]:
    """What is said of an ask, by the file alone."""
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    typed = ("policy", "who", *words, "--as", f"{by}@example.com")
    return Shell(folder).types(*typed, exits=exits).removeprefix("Error: ").splitlines()


# -- what ask refuses --------------------------------------------------------------------------------------

WRONG = {
    ("offboard", JO, "how=deleted"): "how: Choose one of: deactivate, delete.",
    ("make-admin", JO, "rights=king"): "rights: Choose one of: ",
    (
        "move-team",
        "from_team=Design",
        "to_team=design",
    ): "to_team: Choose another team than the one to leave.",
    ("request-access", "teams=A,B,C,D"): "teams: Name three at most; ask again for more.",
    ("request-access", "for_days=0"): "for_days: Write a whole number of days from 1 to 366, like 7; or",
    ("request-access", "person=jo@example.org"): "person: I only give access to addresses of example.com.",
    ("rename-group", f"name={'x' * 61}"): "name: Write at most 60 characters.",
    ("offboard",): "Whom is it about? Add person=EMAIL.",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_asked_for_is_not_thought_through(tmp_path: Path, words: tuple[str, ...]) -> None:
    [said] = who(tmp_path, *words, exits=1)
    assert said.startswith(WRONG[words])


def test_only_operators_fill_in_what_is_theirs(tmp_path: Path) -> None:
    words = ("request-access", "teams=Design", "department=HQ")
    assert who(tmp_path, *words, by="alex", exits=1) == [
        "Only operators can fill in department. Leave it out."
    ]
    assert who(tmp_path, *words, by="carol")


@pytest.mark.parametrize("words", [("move-team",), ("move-team", "to_team=Design"), ("rename-group",)])
def test_what_is_not_said_yet_may_be_left_out(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "sam@example.com: you look after Miro" in who(tmp_path, *words)


def test_teams_that_the_record_knows_are_looked_at_as_in_an_ask(tmp_path: Path) -> None:
    same = ("move-team", "from_team=Design", "to_team=DESIGN")
    with machine(tmp_path) as (s, shell):
        s.bot.workers[0].tick()
        said = shell.types("policy", "who", *same, "--as", "alex@example.com", exits=1)
        assert said == "Error: to_team: Choose another team than the one to leave."
        assert len(s.bot.store.requests()) == 0
