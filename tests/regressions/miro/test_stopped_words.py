"""What stopped claims as done only what its own calls brought about, and is made of whole sentences."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.sandbox.miro.organization import ADMIN as ADMIN_ROLE
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, card, last, playing, press, read, request, state, wait
from tests.bot.miro.examples import EXAMPLES
from tests.says import says

pytestmark = pytest.mark.regression

ACCESS = ("U0ALEX", "/miro-access", "for Design because I draw the plans")
MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
ADMIN = ("U0DANA", "/miro-admin", '<@U0ALEX> from Engineering to "IT Administration" because of IT')


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        alex = running.miro.add_user("alex@example.com", "Alex Smith", teams=[running.teams["Engineering"]])
        running.miro.change_team(running.teams["Engineering"], admins=())
        assert alex
        yield running


class Told(NamedTuple):
    """What an outcome says."""

    done: tuple[str, ...]
    others: tuple[str, ...]
    left: tuple[str, ...]
    text: str


def outcome(s: Stage, id: str) -> Told:
    found = request(s, id).outcome
    assert found
    done, others, left = (tuple(map(says, some)) for some in (found.done, found.others, found.left))
    return Told(done, others, left, says(found.text))


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
    assert "Already in place: not in Engineering" in lines
    assert "Done" not in lines and "Not done: join Design" in lines


def test_a_team_that_somebody_joined_by_hand_is_not_claimed(s: Stage) -> None:
    id = ask(s, *ADMIN)
    s.miro.join("alex@example.com", s.teams["IT Administration"])
    refused_from_now_on(s)
    approve(s, "U0SAM")
    said = outcome(s, id)
    assert said.done == () and said.others == ("in IT Administration",)
    assert "Already in place: in IT Administration" in read(card(s, "U0CAROL", "resume"))


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


UNSURE = "(I can't tell whether by my call)"


@pytest.mark.parametrize(
    "how", [{"cut": "before"}, {"status": 502}, {"status": 302, "body": "empty"}], ids=str
)
def test_what_somebody_did_while_a_call_was_not_answered_is_not_claimed(
    s: Stage, how: dict[str, Any]
) -> None:
    id = ask(s, *MOVE)
    s.miro.faults.append(
        Fault("PATCH", then=lambda: s.miro.join("alex@example.com", s.teams["Design"]), **how)
    )
    approve(s, "U0PRIYA")
    said = outcome(s, id)
    assert (state(s, id), said.done, said.others) == ("done", ("left Engineering",), (f"in Design {UNSURE}",))
    lines = last(s, "U0ALEX")
    assert f"Already in place: in Design {UNSURE}" in lines and "The change is verified in Miro" in lines
    assert "joined Design" not in lines


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_request_of_one_unanswered_call_claims_and_denies_nothing(s: Stage, cut: Any) -> None:
    id = ask(s, "U0DANA", "/miro-admin", "<@U0ALEX> because of IT")
    by_hand = {"then": lambda: s.miro.change_user("alex@example.com", role=ADMIN_ROLE)}
    s.miro.faults.append(Fault("PATCH", cut=cut, **(by_hand if cut == "before" else {})))  # type: ignore[arg-type]
    approve(s, "U0SAM")
    said = outcome(s, id)
    assert (state(s, id), said.done, said.others) == ("done", (), (f"Company Admin {UNSURE}",))
    lines = last(s, "U0DANA")
    assert UNSURE in lines and "Nothing was changed" not in lines and "The change is verified" not in lines
    assert UNSURE in last(s, "U0ALEX"), "who is changed reads of it, too"


def test_a_stop_claims_no_call_that_was_never_answered(s: Stage) -> None:
    id = ask(s, *ADMIN)
    s.miro.faults.append(Fault("PATCH", f"/Groups/{s.teams['IT Administration']}", cut="after"))
    s.miro.faults.append(Fault("PATCH", "/Users", status=409, detail="The moon is full", times=9))
    approve(s, "U0SAM")
    said = outcome(s, id)
    assert (said.done, said.left) == (("left Engineering",), ("become Company Admin",))
    assert said.others == (f"in IT Administration {UNSURE}",)


def test_a_call_that_is_answered_the_second_time_is_the_bots_own(s: Stage) -> None:
    id = ask(s, *MOVE)
    s.miro.faults.append(Fault("PATCH", cut="before"))
    approve(s, "U0PRIYA")
    assert outcome(s, id).done == ("joined Design", "left Engineering") and outcome(s, id).others == ()


def test_what_an_unanswered_call_may_have_given_for_some_days_is_taken_back(s: Stage) -> None:
    id = ask(s, *ACCESS[:2], "for Design for 2 days because I draw the plans")
    s.miro.faults.append(Fault("PATCH", "/Groups", cut="after"))
    approve(s, "U0PRIYA")
    assert (state(s, id), outcome(s, id).others) == ("done", (f"in Design {UNSURE}",))
    wait(s, minutes=3 * 24 * 60)
    wait(s, minutes=1)
    alex = s.miro.user("alex@example.com")
    assert alex and s.teams["Design"] not in alex.groups


def test_a_stop_quotes_the_answer_to_the_step_it_names(s: Stage) -> None:
    id = ask(s, *ADMIN)
    s.miro.faults.append(Fault("PATCH", "/Users", status=502, detail="Bad gateway", times=3))
    approve(s, "U0SAM")
    text = outcome(s, id).text
    assert text.endswith("I tried 3 times to become Company Admin but couldn't verify it.")
    assert "200" not in text and "201" not in text and text.startswith("Miro had an internal error (502)")


def test_tries_cut_by_a_crash_quote_nothing_that_belongs_to_another_step(s: Stage) -> None:
    id = ask(s, *MOVE)
    s.miro.faults.append(Fault("PATCH", f"/Groups/{s.teams['Engineering']}", cut="before", times=3))
    approve(s, "U0PRIYA")
    text = outcome(s, id).text
    assert text.startswith("Miro didn't answer in time. I tried 3 times to leave Engineering but couldn't")


def test_every_goal_says_its_aim_as_a_part_of_a_sentence() -> None:
    for example in EXAMPLES:
        words = example.goal.words
        assert re.fullmatch(r"[a-z].*[^.]", words.aim)
        assert not any(hazard in words.aim for hazard in map(says, example.goal.hazards(example.before)))
        assert words.aim.split()[0] == words.todo.split()[0].lower()
