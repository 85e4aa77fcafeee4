"""The form that approves several requests: every line is there, and it carries exactly what it shows."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from approvals.ids import RequestId
from approvals.sentence import Sentence
from bot.actions import ACTIONS
from bot.cards.catalogue import line
from bot.cards.home import ALL_AT_ONCE
from bot.sandbox.slack.drawing import as_text
from bot.slack.bulk import Outcome, form, results
from bot.slack.deliver.home import is_harmless
from tests.bot.cards.test_home_blocks import many, waits
from tests.bot.cards.test_request import NAME, REASON
from tests.bot.slack.scenes import COMMANDS, check_valid, reads

HARMLESS = ["request-access", "move-team", "reactivate", "leave-team", "rename-group", "create-group"]


def test_admin_rights_and_offboarding_are_decided_one_by_one() -> None:
    assert [name for name, action in ACTIONS.items() if is_harmless(action)] == HARMLESS


def test_every_line_of_every_request_stands_there() -> None:
    shown = reads(form(many(waits(), 2))).splitlines()
    assert shown == [
        "Approve Together",
        "1. Move Alex Smith from Engineering to Design? (R-1)",
        "• Join Design",
        "• Leave Engineering. ⚠ Alex's boards there go to a team admin for good.",
        'Requested by Dana Fox: "because"',
        "2. Move Alex Smith from Engineering to Design? (R-2)",
        "• Join Design",
        "• Leave Engineering. ⚠ Alex's boards there go to a team admin for good.",
        'Requested by Dana Fox: "because"',
        "Each request is approved separately, and only if it's still as shown here.",
        "[Approve All 2] [Cancel]",
    ]


def test_what_has_to_be_known_before_stands_before_the_lines() -> None:
    scene = waits()
    plan = replace(scene.request.plan, warnings=(Sentence("new-account"),))
    shown = reads(form([replace(scene, request=replace(scene.request, plan=plan))])).splitlines()
    assert shown[2] == "Miro has a new account for this address."
    assert shown[-1] == "[Approve] [Cancel]"


@pytest.mark.thorough
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    action=st.sampled_from([one for one in HARMLESS if one in COMMANDS]),
    people=st.lists(NAME, min_size=7, max_size=7),
    names=st.lists(NAME, min_size=5, max_size=5),
    reason=REASON,
    count=st.integers(1, ALL_AT_ONCE),
)
@example("request-access", ["😀" * 76] * 7, ["שלום עולם " * 7] * 5, "שלום " * 100, ALL_AT_ONCE)
def test_it_is_a_form_that_slack_takes_and_carries_what_it_shows(
    action: str, people: list[str], names: list[str], reason: str, count: int
) -> None:
    scene = waits(action=action, people=people, names=names, reason=reason)
    view = form(many(scene, count))
    check_valid("modal", view)
    carried = json.loads(view["private_metadata"])
    asked = [block for block in view["blocks"] if "(R-" in str(block)]
    assert [f"({id})" in str(one) for id, one in zip(carried, asked, strict=True)] == [True] * len(carried)
    assert all(carried[id] == f"{id}:cafe:9f86d081" for id in carried) and len(carried) >= min(count, 12)
    steps = [f"• {line(step)}" for step in scene.request.plan.steps]
    assert [line for line in as_text(view).splitlines() if line.startswith("• ")] == steps * len(carried)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (
            [("R-1", ""), ("R-2", "")],
            "Approved 2 of 2\nR-1 is approved: rename Data.\nR-2 is approved: rename Data.\n[Close]",
        ),
        (
            [("R-1", "Bo was first.")],
            "Approved 0 of 1\nNothing was approved.\nR-1 was not approved. Bo was first.\n[Close]",
        ),
        (
            [("R-1", ""), ("R-2", "It is different now.")],
            "Approved 1 of 2\nR-1 is approved: rename Data.\n"
            "R-2 was not approved. It is different now.\n[Close]",
        ),
    ],
)
def test_what_became_of_each_is_said(outcomes: list[tuple[str, str]], said: str) -> None:
    view = results([Outcome(RequestId(id), why, "rename Data") for id, why in outcomes])
    check_valid("modal", view)
    assert reads(view) == said


def test_twenty_refusals_fit() -> None:
    check_valid("modal", results([Outcome(RequestId(f"R-{n}"), "so long " * 60) for n in range(ALL_AT_ONCE)]))
