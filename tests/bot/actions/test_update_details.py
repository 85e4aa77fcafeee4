"""Details of an account: each is a change of its own, and nothing is claimed that Miro doesn't show."""

from pathlib import Path

import pytest

from bot.actions.fill import Problems, fill
from bot.actions.people.change_license import ChangeLicense
from bot.actions.people.update_details import UpdateDetails
from bot.cards.catalogue import texts
from bot.miro.plan import Obstacle
from bot.sandbox.miro.service import Fault
from tests.bot.actions.scene import ADA, ADDRESS, NEW_ADDRESS, Office, World
from tests.bot.journeys.scenes import approve, ask, calls, last, playing, state, wait

MOVED = UpdateDetails(person=ADA, department="Research", email=NEW_ADDRESS)


def hazards(desk: Office, command: UpdateDetails | ChangeLicense) -> list[str]:
    return [text for step in desk.plan(command).steps for text in texts(step.hazards)]


def test_it_names_what_changes_and_warns_of_a_new_address(desk: Office) -> None:
    desk.sandbox = World().build()
    assert MOVED.phrase(desk.desk.facts) == "update the department and e-mail address of Ada Example"
    [warning] = hazards(desk, MOVED)
    assert warning == "Ada signs in with it from now on. Miro writes to both addresses."


def test_a_crash_after_the_address_changed_is_taken_up_by_the_id(desk: Office) -> None:
    desk.sandbox = World().build()
    desk.take_one_step(MOVED)
    desk.take_one_step(MOVED)
    assert desk.bring_about(MOVED) == ""
    ada = desk.sandbox.user(NEW_ADDRESS)
    assert ada and ada.enterprise == {"department": "Research"}
    assert len(desk.writes) == 2 and desk.sandbox.user(ADDRESS) is None


def test_a_deactivated_account_keeps_its_address_and_license(desk: Office) -> None:
    desk.sandbox = World("inactive", license="Basic").build()
    for command in (MOVED, ChangeLicense(person=ADA)):
        with pytest.raises(Obstacle, match="Reactivate it first"):
            desk.bring_about(command)
    assert desk.bring_about(UpdateDetails(person=ADA, department="Research")) == ""
    assert len(desk.writes) == 1


def test_a_license_says_what_it_costs_and_is_never_lowered(desk: Office) -> None:
    desk.sandbox = World(license="Basic").build()
    [cost] = hazards(desk, ChangeLicense(person=ADA))
    assert cost == "It takes a paid license. Only Miro's own settings can lower it again."
    desk.sandbox = World(license="Full").build()
    with pytest.raises(Obstacle, match="Ada has a full license"):
        desk.plan(ChangeLicense(person=ADA, license="Basic"))


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
def test_what_is_wrong_is_said_at_its_field(desk: Office, raw: dict[str, str], field: str, told: str) -> None:
    with pytest.raises(Problems) as caught:
        fill(UpdateDetails, {"person": ADDRESS, **raw}, desk.bo, desk.tables)
    assert caught.value.fields == {field: told}


def test_what_miro_accepts_and_never_shows_is_not_called_done(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
        s.miro.faults.append(Fault("PATCH", "/Users", no_effect=True))
        id = ask(s, "U0SAM", "/miro", "update-details <@U0ALEX|alex> because of HR", department="Research")
        approve(s, "U0CAROL")
        wait(s, seconds=5)
        assert state(s, id) == "working"
        wait(s, seconds=30)
        assert state(s, id) == "done"
        shown = last(s, "U0SAM")
        assert "Accepted by Miro, not verified" in shown
        assert "set the department (Miro accepted it but doesn't show it)" in shown
        assert "are updated" not in shown and "✅" not in shown
        assert len(calls(s)) == 1
