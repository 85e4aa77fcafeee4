"""A plan is written as JSON and read again, also as older programs wrote it."""

import json

from approvals.plan import NO_PLAN, Plan, PlannedStep, read, written
from approvals.sentence import Sentence

STEP = PlannedStep("role ADMIN", Sentence.of("grant", days=2), (Sentence("license"),), "PATCH")


def test_a_plan_reads_as_it_was_written() -> None:
    already = (Sentence.of("join.state", group="IT"),)
    plan = Plan(miro_id="7", user_name="", steps=(STEP,), already=already, gives=("role ADMIN",), anew=True)
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
    assert step.lines == (Sentence.verbatim("Join Design. It is public."),)
    assert step.change.form("aim") == Sentence.verbatim("Join Design. It is public.")
    assert step.change.form("detail") == Sentence.verbatim("")


def test_a_plan_with_texts_reads_as_it_did() -> None:
    older = {"key": "a", "text": "Go. It costs.", "aim": "go", "did": "went", "detail": "far", "hazards": 1}
    found = read(json.dumps({"steps": [older], "already": ["in IT"], "warnings": ["Look there first."]}))
    (step,) = found["steps"]
    forms = [step.change.form(name) for name in ("todo", "aim", "did", "detail")]
    assert forms == [*map(Sentence.verbatim, ("Go. It costs.", "go", "went", "far"))]
    assert len(step.hazards) == 1
    assert (found["already"], found["warnings"]) == (
        (Sentence.verbatim("in IT"),),
        (Sentence.verbatim("Look there first."),),
    )
