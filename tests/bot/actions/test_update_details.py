"""Details of an account: each is a change of its own, and nothing is claimed that Miro doesn't show."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.fill import Problems, fill
from bot.actions.people.change_license import ChangeLicense
from bot.actions.people.update_details import UpdateDetails
from bot.cards.catalogue import texts
from bot.miro.plan import Obstacle
from bot.ops import metrics
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.actions.scene import ADA, ADDRESS, NEW_ADDRESS, Office, World
from tests.bot.journeys.scenes import answer, approve, as_it_was, ask, calls, card, last, press, state, wait
from tests.bot.journeys.shell import Shell, machine

MOVED = UpdateDetails(person=ADA, department="Research", email=NEW_ADDRESS)


def hazards(context: Office, command: UpdateDetails | ChangeLicense) -> list[str]:
    return [text for step in context.plan(command).steps for text in texts(step.hazards)]


def test_it_names_what_changes_and_warns_of_a_new_address(context: Office) -> None:
    context.sandbox = World().build()
    assert MOVED.phrase(context.context.facts) == "update Ada Example's department and e-mail address"
    [warning] = hazards(context, MOVED)
    assert warning == "Ada signs in with it from now on. Miro writes to both addresses."


def test_a_crash_after_the_address_changed_is_taken_up_by_the_id(context: Office) -> None:
    context.sandbox = World().build()
    context.take_one_step(MOVED)
    context.take_one_step(MOVED)
    assert context.bring_about(MOVED) == ""
    ada = context.sandbox.user(NEW_ADDRESS)
    assert ada and ada.enterprise == {"department": "Research"}
    assert len(context.writes) == 2 and context.sandbox.user(ADDRESS) is None


def test_a_deactivated_account_keeps_its_address_and_license(context: Office) -> None:
    context.sandbox = World("inactive", license="Basic").build()
    for command in (MOVED, ChangeLicense(person=ADA)):
        with pytest.raises(Obstacle, match="Reactivate it first"):
            context.bring_about(command)
    assert context.bring_about(UpdateDetails(person=ADA, department="Research")) == ""
    assert len(context.writes) == 1


def test_a_license_says_what_it_costs_and_is_never_lowered(context: Office) -> None:
    context.sandbox = World(license="Basic").build()
    [cost] = hazards(context, ChangeLicense(person=ADA))
    assert cost == "It takes a paid license. Only Miro's own settings can lower it again."
    context.sandbox = World(license="Full").build()
    with pytest.raises(Obstacle, match="Ada has a full license"):
        context.plan(ChangeLicense(person=ADA, license="Basic"))


@pytest.mark.parametrize(
    ("raw", "field", "told"),
    [
        ({}, "department", "Fill in at least one detail."),
        ({"given_name": "Ada"}, "family_name", "Miro needs both given and family name."),
        ({"email": "ada"}, "email", "This e-mail address isn't valid. Use one like ada@example.com."),
        (
            {"email": "bo@example.com"},
            "email",
            "Somebody else has this address. Enter the one that this person has now.",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    context: Office, raw: dict[str, str], field: str, told: str
) -> None:
    with pytest.raises(Problems) as caught:
        fill(UpdateDetails, {"person": ADDRESS, **raw}, context.bo, context.tables)
    assert caught.value.fields == {field: told}


UNVERIFIED = "Accepted by Miro, not verified"
DEPARTMENT = "set the department (Miro accepted it but doesn't show it)"


@pytest.fixture
def unverified(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    """R-1 is about to change a department, and Miro will accept it and never show it."""
    with machine(tmp_path) as (s, shell):
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
        s.miro.faults.append(Fault("PATCH", "/Users", no_effect=True))
        ask(s, "U0SAM", "/miro", "update-details <@U0ALEX|alex> because of HR", department="Research")
        yield s, shell


def finish(s: Stage) -> None:
    approve(s, "U0CAROL")
    wait(s, seconds=5)
    assert state(s, "R-1") == "working"
    wait(s, seconds=30)
    assert state(s, "R-1") == "done"


def test_what_miro_accepts_and_never_shows_is_not_called_done(unverified: tuple[Stage, Shell]) -> None:
    s, _ = unverified
    finish(s)
    shown = last(s, "U0SAM")
    assert UNVERIFIED in shown and DEPARTMENT in shown
    assert "are updated" not in shown and "✅" not in shown
    assert len(calls(s)) == 1


def test_lists_and_late_clicks_call_it_not_verified(unverified: tuple[Stage, Shell]) -> None:
    s, _ = unverified
    old = as_it_was(card(s, "U0CAROL"))
    finish(s)
    s.acting.command("U0SAM", "/miro", "status")
    assert f"R-1 · {UNVERIFIED}" in answer(s, "U0SAM")
    press(s, "U0CAROL", "approve", old)
    assert answer(s, "U0CAROL") == "You approved R-1 already. Nothing left to do."


def test_the_command_line_calls_it_not_verified(unverified: tuple[Stage, Shell], tmp_path: Path) -> None:
    s, shell = unverified
    finish(s)
    shell.types("audit", "pack", "R-1", "--to", str(tmp_path / "pack"))
    page = (tmp_path / "pack" / "report.html").read_text()
    assert all(UNVERIFIED in text for text in (shell.types("requests"), shell.types("show", "R-1"), page))
    assert shell.json("show", "R-1")["not_verified"] == [DEPARTMENT]
    assert DEPARTMENT in shell.types("requests", "--csv")


def test_figures_do_not_count_it_as_done(unverified: tuple[Stage, Shell]) -> None:
    s, shell = unverified
    before = done_count()
    finish(s)
    assert done_count() == before
    total = shell.json("stats")["total"]
    assert total["states"] == {"not verified": 1}
    assert total["seconds_to_done"]["median"] is None


def done_count() -> float:
    labels = {"action": "update-details"}
    return metrics.COUNTED.get_sample_value("miro_bot_done_seconds_count", labels) or 0.0
