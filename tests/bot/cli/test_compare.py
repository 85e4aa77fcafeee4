"""Miro compared with the record: listed, kept, put right, from a shell."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, day, request, state, teams_of, wait
from tests.bot.journeys.shell import Shell, machine

AS = ("--as", "sam@example.com")
KEPT = ("--reason", "Admin since before the bot", "--until", "2026-03-20")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as running:
        yield running


@pytest.fixture
def s(both: tuple[Stage, Shell]) -> Stage:
    return both[0]


@pytest.fixture
def shell(both: tuple[Stage, Shell]) -> Shell:
    return both[1]


def differences(shell: Shell) -> dict[str, str]:
    """{id: code and sentence} of what is listed."""
    lines = shell.types("compare", exits=1).splitlines()
    return {line[:6]: " ".join(line[6:].split()) for line in lines}


def test_an_admin_from_before_the_bot_is_reported_until_kept(s: Stage, shell: Shell) -> None:
    (id,) = found = differences(shell)
    assert found[id] == ("ungranted Carol Diaz (carol@example.com): Company Admin, which nobody granted")
    wrong = shell.types("compare", "--keep", id, *AS, exits=1)
    assert "reason: Say why it is kept" in wrong and "until: Give a last day" in wrong
    assert shell.types("compare", "--keep", id, *KEPT, *AS) == (
        "Carol Diaz (carol@example.com): Company Admin, which nobody granted: "
        "kept by Sam Lee (sam@example.com) until 2026-03-20 (Admin since before the bot)"
    )
    assert shell.types("compare") == "No differences." and shell.json("compare") == []
    s.miro.change_user("carol@example.com", userName="carol.diaz@example.com")
    wait(s, hours=2)
    assert shell.types("compare") == "No differences."
    (row,) = shell.json("review", "show", "V-1")
    assert (row["until"][:10], row["kept_until"][:10]) == ("2026-03-03", "2026-03-20")
    assert (row["decision"], row["reason"]) == ("kept", "Admin since before the bot")
    wait(s, days=20)
    assert differences(shell)


@pytest.mark.thorough
@pytest.mark.parametrize("teams", [["Design"], []])
def test_a_leaver_who_is_active_again_is_put_right_by_a_request(
    s: Stage, shell: Shell, teams: list[str]
) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams[team] for team in teams])
    ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    approve(s, "U0PRIYA")
    wait(s, hours=2)
    assert len(differences(shell)) == 1, "a closed account is no difference"
    s.miro.change_user("jo@example.com", active=True, userName="jo.park@example.com")
    wait(s, hours=2)
    found = {text: id for id, text in differences(shell).items()}
    text = "leaver Jo Park (jo.park@example.com): was offboarded, but is active in Miro (R-1, 2026-03-02)"
    assert text in found, "under another address, the same human"
    row = next(row for row in shell.json("compare", exits=1) if row["id"] == found[text])
    assert (row["code"], row["request"], row["since"][:10]) == ("leaver", "R-1", "2026-03-02")
    refused = shell.types("compare", "--put-right", found[text], "--as", "jo@example.com", exits=1)
    assert refused == "Error: Only an operator can keep differences or put them right."
    assert "put right by Sam Lee (sam@example.com) with R-2" in shell.types(
        "compare", "--put-right", found[text], *AS
    )
    assert text not in differences(shell).values(), "it is requested already"
    s.settle()
    assert (request(s, "R-2").action, request(s, "R-2").because_of) == ("offboard", "V-1")
    approve(s, "U0CAROL")
    user = s.miro.user("jo.park@example.com")
    assert user and not user.active


def test_access_that_ended_and_came_back_is_a_difference_although_requested_again(
    s: Stage, shell: Shell
) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0ALEX", "/miro-access", "IT Administration because of a project", until=day(s, 3))
    approve(s, "U0PRIYA")
    wait(s, days=5)
    assert "IT Administration" not in teams_of(s, "alex@example.com")
    s.miro.join("alex@example.com", s.teams["IT Administration"])
    wait(s, hours=2)
    assert [text.partition(" (R-")[0] for text in differences(shell).values() if "overdue" in text] == [
        "overdue Alex Smith (alex@example.com): access to IT Administration has ended, but not in Miro"
    ]
    ask(s, "U0ALEX", "/miro-access", "Design, IT Administration because of a project")
    wait(s, hours=2)
    assert state(s, "R-3") == "nothing to do"
    assert any("overdue" in text for text in differences(shell).values()), "nobody approved that"


def test_people_who_left_slack_are_reported_once(s: Stage, shell: Shell) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"], s.teams["Engineering"]])
    ask(s, "U0ALEX", "/miro-access", "IT Administration because of a project")
    approve(s, "U0PRIYA")
    s.slack.change_person("U0ALEX", deleted=True)
    wait(s, hours=26)
    assert [text for text in differences(shell).values() if "Alex" in text] == [
        "left-slack Alex Smith (alex@example.com): left Slack, but is active in Miro"
    ]


def test_nothing_is_judged_by_an_old_list(s: Stage, shell: Shell) -> None:
    s.clock.pass_(timedelta(hours=25))
    assert shell.types("compare", exits=1) == (
        "Error: Miro's list of people is missing or more than a day old, so nothing was compared. "
        "Start `miro-bot run`, which reads it."
    )


def test_a_decision_needs_a_name_and_a_difference(s: Stage, shell: Shell) -> None:
    assert "--as EMAIL" in shell.types("compare", "--keep", "abcdef", exits=2)
    both = shell.types("compare", "--keep", "abcdef", "--put-right", "abcdef", *AS, exits=2)
    assert "Give one of --keep ID and --put-right ID" in both
    assert "There is no difference abcdef now." in shell.types("compare", "--keep", "abcdef", *AS, exits=1)


def test_nobody_keeps_their_own_rights(s: Stage, shell: Shell) -> None:
    (id,) = differences(shell)
    refused = shell.types("compare", "--keep", id, *KEPT, "--as", "carol@example.com", exits=1)
    assert refused == "Error: This is your own access. Another operator decides."
    assert s.bot.store.reviews() == {}


def test_rights_given_by_request_are_none_until_they_were_taken_away(s: Stage, shell: Shell) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0DANA", "/miro-admin", "<@U0ALEX|alex> because Alex joined IT", rights="User Admin")
    approve(s, "U0CAROL")
    wait(s, hours=2)
    assert not [text for text in differences(shell).values() if "Alex" in text]
    ask(s, "U0DANA", "/miro", "remove-admin <@U0ALEX|alex> because Alex left IT", rights="User Admin")
    approve(s, "U0CAROL")
    s.miro.change_user("alex@example.com", admin_roles=("User Admin", "Security Admin"))
    wait(s, hours=2)
    assert sorted(text for text in differences(shell).values() if "Alex" in text) == [
        "overdue Alex Smith (alex@example.com): User Admin has ended, but not in Miro (R-2, 2026-03-02)",
        "ungranted Alex Smith (alex@example.com): Security Admin, which nobody granted",
    ]
