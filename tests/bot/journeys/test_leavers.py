"""What becomes of a leaver's requests, votes, delegations and temporary rights once the account is closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    card,
    day,
    has_card,
    history,
    newest_request,
    playing,
    press,
    read,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.test_away import named
from tests.bot.journeys.test_hand_over import hand_over

THREE = POLICY.replace('"sam@example.com"]', '"sam@example.com", "priya@example.com"]').replace(
    'make-admin = { ask = ["it"],', 'make-admin = { agree = 2, ask = ["it"],'
)
SAM, RIGHTS = "sam@example.com", ("U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, THREE) as stage:
        engineering = [stage.teams["Engineering"]]
        stage.miro.add_user(SAM, "Sam Lee", teams=engineering)
        stage.miro.add_user("alex@example.com", "Alex Smith", teams=engineering)
        yield stage


def offboarded(s: Stage, how: str = "deactivate") -> str:
    """Sam's account is closed, as HR asked and IT approved; Slack still has him."""
    id = ask(s, "U0LENA", "/miro-offboard", f"{SAM} because of it", how=how)
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
    wait(s, seconds=10)
    return id


def test_a_leavers_vote_counts_no_more_and_the_others_are_asked(s: Stage) -> None:
    id = ask(s, *RIGHTS)
    theirs = card(s, "U0SAM")
    press(s, "U0SAM", "approve", theirs)
    assert state(s, id) == "waiting"
    offboarded(s)
    press(s, "U0CAROL", "approve")
    assert state(s, id) == "waiting", "Sam's vote counts no more"
    assert "No longer with you" in read(theirs)
    press(s, "U0PRIYA", "approve")
    assert state(s, id) == "done" and history(s, id).count("voted") == 3


def test_a_leaver_decides_nothing_that_is_asked_later(s: Stage) -> None:
    offboarded(s)
    id = ask(s, *RIGHTS)
    assert has_card(s, "U0PRIYA") and not has_card(s, "U0SAM")
    press(s, "U0SAM", "approve", card(s, "U0PRIYA"))
    assert "can decide" in answer(s, "U0SAM") and history(s, id).count("voted") == 0


def test_access_given_before_a_scheduled_offboarding_makes_nobody_a_colleague_again(s: Stage) -> None:
    text = f"{SAM} because of it"
    closing = ask(s, "U0LENA", "/miro-offboard", text, how="deactivate", start=f"{day(s, 3)} 12:00")
    approve(s, "U0CAROL")
    access = ask(s, "U0SAM", "/miro-access", "for Design because of the workshop")
    approve(s, "U0PRIYA")
    assert (state(s, closing), state(s, access)) == ("approved", "done")
    wait(s, days=4)
    assert state(s, closing) == "done"
    ask(s, *RIGHTS)
    assert has_card(s, "U0PRIYA") and not has_card(s, "U0SAM")


def test_who_is_reactivated_decides_again(s: Stage) -> None:
    offboarded(s)
    ask(s, "U0LENA", "/miro", f"reactivate {SAM} because of it")
    approve(s, "U0CAROL")
    ask(s, *RIGHTS)
    assert has_card(s, "U0SAM")


def test_a_leaver_stands_in_for_nobody_anymore(s: Stage) -> None:
    for user in ("U0PRIYA", "U0SAM", "U0DANA"):
        s.acting.command(user, "/miro", "whoami")
    wait(s, seconds=5)
    s.acting.command("U0PRIYA", "/miro", "away until 2026-03-06 <@U0SAM|sam>")
    s.acting.command("U0SAM", "/miro", "away until 2026-03-06 <@U0DANA|dana>")
    assert named(s, "U0PRIYA") and named(s, "U0SAM")
    offboarded(s)
    assert named(s, "U0PRIYA") is None and named(s, "U0SAM") is None
    ended = [each for each in told(s, "U0PRIYA") if "can no longer stand in for you" in each]
    assert ended == ["Sam Lee can no longer stand in for you. Name someone else: /miro away."]
    assert s.bot.store.verify().faults == ()


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_the_end_of_a_leavers_access_troubles_nobody(s: Stage, how: str) -> None:
    given = ask(s, "U0LENA", "/miro-access", f"for Design for {SAM} because of it", until=day(s, 7))
    approve(s, "U0CAROL")
    assert state(s, given) == "done"
    offboarded(s, how)
    before = {user: len(told(s, user)) for user in ("U0CAROL", "U0SAM")}
    for _ in range(9):
        wait(s, days=1)
    assert {user: len(told(s, user)) for user in before} == before
    end = newest_request(s)
    if how == "deactivate":
        assert (end.because_of, end.state) == (given, "done")
        assert teams_of(s, SAM) == {"Engineering"}
    else:
        assert end.action == "offboard" and history(s, given)[-1] == "over"
    assert not any("Need it longer" in each for each in told(s, "U0LENA"))


@pytest.mark.parametrize("how", ["without an answer", "by hand"])
def test_a_deletion_that_nobody_accepted_ends_a_leavers_access_as_well(s: Stage, how: str) -> None:
    given = ask(s, "U0LENA", "/miro-access", f"for Design for {SAM} because of it", until=day(s, 7))
    approve(s, "U0CAROL")
    away = Fault("DELETE", cut="after") if how == "without an answer" else Fault("DELETE", status=400)
    s.miro.faults.append(away)
    id = ask(s, "U0LENA", "/miro-offboard", f"{SAM} because of it", how="delete")
    approve(s, "U0CAROL")
    if how == "by hand":
        s.miro.delete(SAM)
        hand_over(s, "U0CAROL")
        press(s, "U0CAROL", "report")
    assert state(s, id) == "done"
    assert history(s, given)[-1] == "over"
