"""A plan is written as JSON and read again, also as older programs wrote it."""

import json

from approvals.plan import NO_PLAN, Plan, PlannedStep, read, written

STEP = PlannedStep(
    "role ADMIN", "Become Company Admin: can do all.", "become Company Admin", "became", "", 1, "PATCH"
)


def test_a_plan_reads_as_it_was_written() -> None:
    plan = Plan(
        miro_id="7", user_name="", steps=(STEP,), already=("in IT",), gives=("role ADMIN",), anew=True
    )
    assert Plan(**read(written(plan))) == plan


def test_what_is_as_usual_is_not_written() -> None:
    assert json.loads(written(NO_PLAN)) == {}
    assert Plan(**read(written(NO_PLAN))) == NO_PLAN


def test_words_that_are_gone_are_no_plan() -> None:
    assert Plan(**read("")) == NO_PLAN


def test_a_step_from_before_there_were_clauses_has_its_sentence_in_their_place() -> None:
    older = {
        "key": "member 7",
        "text": "Join Design. It is public.",
        "did": "joined Design",
        "hazards": 0,
        "call": "",
    }
    (step,) = read(json.dumps({"miro_id": "", "steps": [older], "already": []}))["steps"]
    assert (step.aim, step.detail) == ("Join Design. It is public.", "")
