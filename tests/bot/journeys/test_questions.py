"""Questions that are answered at once, from what Miro listed last."""

from datetime import timedelta

import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from bot.slack.words.replies import SENTENCES
from tests.bot.journeys.scenes import buttons, playing, press, read, say
from tests.bot.journeys.scenes import read as reads


@pytest.fixture
def listed(s: Stage) -> Stage:
    """A company whose members were listed: Alex is in Engineering, Jo in Design and Sales, a managed team."""
    for email, name, teams in (
        ("alex@example.com", "Alex Smith", ["Engineering"]),
        ("jo@example.com", "Jo Park", ["Design", "Sales"]),
    ):
        if s.miro.user(email) is None:
            s.miro.add_user(email, name)
        for team in teams:
            s.miro.join(email, s.teams[team])
    for user in ("U0ALEX", "U0JO", "U0CAROL", "U0LENA"):
        s.acting.command(user, "/miro", "whoami")
    s.clock.pass_(timedelta(hours=1))
    look_again(s)
    return s


def look_again(s: Stage) -> None:
    """Slack's accounts and Miro's lists are taken up."""
    s.bot.housekeeping.refresh.people()
    s.bot.housekeeping.refresh.lists()
    s.settle()


def answer(s: Stage, user: str, text: str) -> str:
    """What somebody reads who writes this to the bot."""
    return read(say(s, user, text))


def test_members_read_who_is_in_their_team_and_how_old_that_is(listed: Stage) -> None:
    said = answer(listed, "U0ALEX", "who has access to Engineering?")
    assert said.startswith("In Engineering: ") and "Alex Smith" in said and "As of" in said


def test_nobody_else_reads_who_is_in_a_team_but_what_to_do(listed: Stage) -> None:
    said = answer(listed, "U0ALEX", "who has access to Design?")
    assert "Jo Park" not in said and "I need access to Design" in said
    assert "Jo Park" in answer(listed, "U0CAROL", "who has access to Design?")  # an operator


def test_own_teams_are_told(listed: Stage) -> None:
    assert answer(listed, "U0ALEX", "what teams am I in?").startswith("You're in Engineering.")
    assert answer(listed, "U0LENA", "which teams am I in?").startswith("Miro lists you in no team.")


def test_whose_teams_only_operators_read(listed: Stage) -> None:
    text = "what teams is <@U0JO|jo> in?"
    assert "Design" not in answer(listed, "U0ALEX", text)
    assert "is in Design" in answer(listed, "U0CAROL", text)


def test_whether_somebody_is_in_a_team_is_told_to_its_members(listed: Stage) -> None:
    assert "isn't in Engineering" in answer(listed, "U0ALEX", "is <@U0JO|jo> in Engineering?")
    assert "is in Design" in answer(listed, "U0JO", "is <@U0JO|jo> in Design?")


def test_a_question_without_a_team_is_asked_back(listed: Stage) -> None:
    assert answer(listed, "U0ALEX", "who has access?") == SENTENCES["which-team"]


def test_admins_are_told_to_operators_alone(listed: Stage) -> None:
    assert "Carol Diaz (Company Admin)" in answer(listed, "U0CAROL", "who is admin?")
    assert "Carol" not in answer(listed, "U0ALEX", "who is admin?")


def test_a_list_of_the_day_before_is_none(listed: Stage) -> None:
    listed.miro.faults.append(Fault("GET", "active eq true", status=500, times=999))
    listed.clock.pass_(timedelta(days=2))
    look_again(listed)
    assert answer(listed, "U0CAROL", "who has access to Design?") == SENTENCES["not-listed"]


def test_the_same_access_as_somebody_fills_in_their_teams_but_no_managed_one(listed: Stage) -> None:
    said = say(listed, "U0ALEX", "same access as <@U0JO|jo> please")
    assert reads(said).startswith("Request access to Design for you?")
    press(listed, "U0ALEX", "review", said)
    assert listed.teams["Design"] in str(listed.acting.modal("U0ALEX"))


def test_a_draft_says_who_approves_as_far_as_it_is_known(listed: Stage) -> None:
    said = say(listed, "U0ALEX", "access to Engineering until 2026-03-20")
    assert "Until Fri 20 Mar · " in read(said) and " approves" in read(said)
    assert buttons(said) == ["review", "else"]
    assert "approves" not in read(say(listed, "U0ALEX", "I need Miro access"))


def test_owners_read_who_is_in_their_team(tmp_path_factory: pytest.TempPathFactory) -> None:
    owned = POLICY.replace("[owners]", '[owners]\n"Design" = ["priya@example.com"]', 1)
    if owned == POLICY:
        owned = POLICY + '\n[owners]\n"Design" = ["priya@example.com"]\n'
    with playing(tmp_path_factory.mktemp("owned"), owned) as s:
        s.acting.command("U0PRIYA", "/miro", "whoami")
        s.clock.pass_(timedelta(hours=1))
        look_again(s)
        said = answer(s, "U0PRIYA", "who is in Design?")
        assert said.startswith(("In Design", "Nobody is in Design"))
