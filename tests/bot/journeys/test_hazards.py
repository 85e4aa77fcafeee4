"""What SCIM can tell of a change's dangers stands on the card before anybody approves, or it is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import answer, ask, calls, card, last, press, read, state

JO = "jo@example.com"
OFFBOARD = ("U0LENA", "/miro-offboard", f"{JO} because last day today")
BACK = ("U0LENA", "/miro", f"reactivate {JO} because back from leave")
TO_DESIGN = ("U0ALEX", "/miro-access", "because I start Monday")


def _jo(*teams: str, **more: Any) -> Callable[[Stage], object]:
    return lambda s: s.miro.add_user(JO, "Jo Park", teams=[s.teams[team] for team in teams], **more)


def _twin(s: Stage) -> None:
    s.miro.add_team("DESIGN\u200b")
    s.bot.store.groups.keep([], whole=False)
    s.clock.sleep(660)
    s.bot.housekeeping.tick()


@pytest.mark.parametrize(
    ("before", "asked", "fields", "hazard"),
    [
        pytest.param(
            _jo("Design", active=False, admin_roles=["User Admin"]), BACK, {},
            "User Admin rights come back with it.", id="rights that come back",
        ),
        pytest.param(
            _jo("Design", active=False), BACK, {}, "It may use a Miro license.", id="an account more"
        ),
        pytest.param(
            _jo("Design", "Sales"), OFFBOARD, {},
            "It is in Sales, managed elsewhere: that directory may bring the account back.",
            id="managed elsewhere",
        ),
        pytest.param(
            _twin, TO_DESIGN, {"teams": "Design"}, "Another group looks like Design. This one has the id",
            id="names that two groups share",
        ),
    ],
)  # fmt: skip
def test_it_stands_on_the_card(
    s: Stage, before: Callable[[Stage], object], asked: tuple[str, ...], fields: dict[str, str], hazard: str
) -> None:
    before(s)
    ask(s, *asked[:3], **{name: s.teams[team] for name, team in fields.items()})
    assert hazard in read(card(s, "U0PRIYA"))


def test_the_last_company_admin_is_kept_before_anybody_is_asked(s: Stage) -> None:
    _jo("Design", admin=True)(s)
    s.miro.change_user("carol@example.com", active=False)
    id = ask(s, *OFFBOARD)
    assert (state(s, id), calls(s)) == ("refused", [])
    assert "Jo is the last Company Admin." in last(s, "U0LENA")


def test_what_scim_does_not_tell_of_somebody_who_leaves_a_team_is_said_under_details(s: Stage) -> None:
    teams = [s.teams["Design"], s.teams["Engineering"]]
    s.miro.add_user("alex@example.com", "Alex Smith", teams=teams, team_admin_of=teams)
    ask(s, "U0ALEX", "/miro", "leave-team Design because I moved")
    press(s, "U0PRIYA", "details")
    details = str(s.acting.modal("U0PRIYA"))
    assert "Miro refuses this for a team's only admin. I can't check that in advance" in details


def test_a_group_managed_elsewhere_is_neither_joined_nor_left(s: Stage) -> None:
    assert s.acting.command("U0ALEX", "/miro", "leave-team Sales because I moved").ok
    assert "Sales is managed elsewhere: use the Okta tile" in answer(s, "U0ALEX")
