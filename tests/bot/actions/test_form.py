"""What actions share: how sentences name people and teams, and how the files are found."""

from pkgutil import iter_modules

import pytest

from approvals.ids import PersonId
from approvals.people import Person
from bot.actions import ACTIONS, Action, groups, people
from bot.actions.form import first
from bot.miro.goals import Seen
from bot.miro.rights import demotes
from bot.miro.wire import ADMIN, MEMBER, MiroAccount, Role
from tests.bot.actions.scene import ADA, DESIGN, ENGINEERING, IT, Office


def test_every_file_is_an_action_in_the_folder_of_what_it_changes() -> None:
    files = {module.name.replace("_", "-") for module in iter_modules([*people.__path__, *groups.__path__])}
    assert files == set(ACTIONS)
    for action in ACTIONS.values():
        folder = people if "person" in action.form() else groups
        assert action.__module__.startswith(f"{folder.__name__}.")


def test_what_is_asked_for_most_comes_first() -> None:
    ranks = [(action.RANK, action.NAME) for action in ACTIONS.values()]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("person", "short"),
    [
        (Person(PersonId("P-1"), "ada.example@example.com", "Ada Example", "Adah"), "Adah"),
        (Person(PersonId("P-1"), "ada.example@example.com", "Ada Example"), "Ada"),
        (Person(PersonId("P-1"), "ada.example@example.com"), "ada.example"),
        (Person(PersonId("P-1")), "P-1"),
    ],
)
def test_somebody_is_called_by_the_shortest_name_known(person: Person, short: str) -> None:
    assert first(person) == short


def test_teams_are_listed_as_people_would(context: Office) -> None:
    facts = context.context.facts
    assert facts.labels((ENGINEERING,)) == "Engineering"
    assert facts.labels((ENGINEERING, DESIGN, IT)) == "Engineering, Design and IT Administration"


def test_teams_are_named_with_the_field_they_stand_in() -> None:
    move = ACTIONS["move-team"].model_validate({"person": ADA, "from_team": DESIGN, "to_team": IT})
    assert move.teams_named == (("from_team", DESIGN), ("to_team", IT))
    access = ACTIONS["request-access"].model_validate({"person": ADA, "teams": [DESIGN, IT]})
    assert access.teams_named == (("teams", DESIGN), ("teams", IT))
    admin = ACTIONS["make-admin"].model_validate({"person": ADA, "rights": "Company Admin"})
    assert admin.teams_named == ()


@pytest.mark.parametrize(
    ("name", "is_taken"), [("offboard", True), ("remove-admin", True), ("make-admin", False)]
)
def test_an_action_knows_whether_it_takes_an_admin_away(context: Office, name: str, is_taken: bool) -> None:
    chosen = {"how": "deactivate"} if name == "offboard" else {"rights": "Company Admin"}
    command: Action = ACTIONS[name].model_validate({"person": ADA, **chosen})
    admin, member, hidden = (
        MiroAccount(id="7", userName="ada@example.com", roles=roles)
        for roles in [(Role(value=ADMIN, primary=True),), (Role(value=MEMBER, primary=True),), ()]
    )
    goals = context.goals(command)
    assert demotes(goals, Seen(admin)) is is_taken
    assert not demotes(goals, Seen(member))
    assert demotes(goals, Seen(hidden)) is is_taken


def test_nothing_is_taken_that_is_not_on_the_form() -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        ACTIONS["offboard"].model_validate({"person": ADA, "boards": "all"})
