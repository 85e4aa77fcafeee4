"""What stopped claims as done only what its own calls brought about, and is made of whole sentences."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.request import Outcome
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, card, last, playing, press, read, request, state
from tests.bot.miro.examples import EXAMPLES

pytestmark = pytest.mark.regression

MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
ADMIN = ("U0DANA", "/miro-admin", '<@U0ALEX> from Engineering to "IT Administration" because of IT')


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        alex = running.miro.add_user("alex@example.com", "Alex Smith", teams=[running.teams["Engineering"]])
        running.miro.change_team(running.teams["Engineering"], admins=())
        assert alex
        yield running


def outcome(s: Stage, id: str) -> Outcome:
    found = request(s, id).outcome
    assert found
    return found


def refused_from_now_on(s: Stage, then: object = None) -> None:
    """Miro says no to every write; somebody may do something by hand just then."""
    fault = Fault("POST|PATCH|DELETE", "", status=409, detail="The moon is full", times=9)
    if callable(then):
        fault.then = then
    s.miro.faults.append(fault)


def test_a_team_that_somebody_else_took_the_person_out_of_was_not_left_by_the_bot(s: Stage) -> None:
    id = ask(s, *MOVE)
    s.miro.join("alex@example.com", s.teams["Sales"])
    s.miro.leave("alex@example.com", s.teams["Engineering"])
    refused_from_now_on(s)
    approve(s, "U0PRIYA")
    said = outcome(s, id)
    assert (said.done, said.others, said.left) == ((), ("not in Engineering",), ("join Design",))
    lines = last(s, "U0ALEX")
    assert f"{id} stopped before I changed anything" in lines
    assert "Already so when I looked: not in Engineering." in lines
    assert "Done" not in lines and "Not done: join Design." in lines


def test_a_team_that_somebody_joined_by_hand_is_not_claimed(s: Stage) -> None:
    id = ask(s, *ADMIN)
    s.miro.join("alex@example.com", s.teams["IT Administration"])
    refused_from_now_on(s)
    approve(s, "U0SAM")
    said = outcome(s, id)
    assert said.done == () and said.others == ("in IT Administration",)
    assert "Already so when I looked: in IT Administration." in read(card(s, "U0CAROL", "resume"))


def test_what_the_bot_did_and_what_others_did_stand_side_by_side(s: Stage) -> None:
    id = ask(s, *ADMIN)
    it = s.teams["IT Administration"]
    s.miro.faults.append(Fault("PATCH", f"/Groups/{it}"))
    by_hand = Fault("PATCH", f"/Groups/{s.teams['Engineering']}", status=409, detail="The moon is full")
    by_hand.then = lambda: s.miro.leave("alex@example.com", s.teams["Engineering"])
    s.miro.faults += [by_hand, Fault("PATCH", "/Users", status=409, detail="The moon is full", times=9)]
    approve(s, "U0SAM")
    said = outcome(s, id)
    assert said.done == ("joined IT Administration",)
    assert said.others == ("not in Engineering",)
    assert said.left == ("become Company Admin",)


def test_what_was_refused_and_is_so_all_the_same_is_not_among_what_was_done(s: Stage) -> None:
    id = ask(s, *MOVE)
    by_hand = Fault("PATCH", status=409, then=lambda: s.miro.join("alex@example.com", s.teams["Design"]))
    s.miro.faults.append(by_hand)
    approve(s, "U0PRIYA")
    assert (state(s, id), outcome(s, id).done) == ("done", ("left Engineering",))


def test_what_was_done_before_a_resume_is_still_the_bots_own(s: Stage) -> None:
    id = ask(s, *ADMIN)
    s.miro.faults.append(Fault("PATCH", "/Users", status=409, detail="The moon is full", times=2))
    approve(s, "U0SAM")
    press(s, "U0CAROL", "resume")
    said = outcome(s, id)
    assert said.done == ("joined IT Administration", "left Engineering") and said.others == ()
    press(s, "U0CAROL", "withdraw")
    assert outcome(s, id).done == said.done


def test_a_stop_quotes_the_answer_to_the_step_it_names(s: Stage) -> None:
    id = ask(s, *ADMIN)
    s.miro.faults.append(Fault("PATCH", "/Users", status=502, detail="Bad gateway", times=3))
    approve(s, "U0SAM")
    text = outcome(s, id).text
    assert text.endswith("I tried 3 times to become Company Admin and never learned whether it worked.")
    assert "200" not in text and "201" not in text and text.startswith("Miro had an error of its own (502)")


def test_tries_cut_by_a_crash_quote_nothing_that_belongs_to_another_step(s: Stage) -> None:
    id = ask(s, *MOVE)
    s.miro.faults.append(Fault("PATCH", f"/Groups/{s.teams['Engineering']}", cut="before", times=3))
    approve(s, "U0PRIYA")
    text = outcome(s, id).text
    assert text.startswith("Miro didn't answer in time. I tried 3 times to leave Engineering and never")


def test_every_goal_says_its_aim_as_a_part_of_a_sentence() -> None:
    for example in EXAMPLES:
        words = example.goal.words
        assert re.fullmatch(r"[a-z].*[^.]", words.aim)
        assert not any(hazard in words.aim for hazard in example.goal.hazards(example.before))
        assert words.aim.split()[0] == words.todo.split()[0].lower()
