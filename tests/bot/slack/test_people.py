"""Who somebody is, whose group and manager Slack knows; and what is done when Slack says nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.ids import SlackId
from approvals.people import Person, Standing
from approvals.record.store import Store
from bot.context import BadField, SlackAway
from bot.http.outgoing import Outgoing
from bot.sandbox.slack.records import ProfileField
from bot.sandbox.slack.workspace import Workspace
from bot.slack.api.edge import SlackClient
from bot.slack.api.people import SlackPeople
from tests.records import fresh

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Office:
    """A workspace, a record, and the bot's look at both."""

    def __init__(self, slack: Workspace, store: Store, url: str) -> None:
        self.slack, self.store, self.now = slack, store, NOW
        self.lines = Outgoing()
        client = SlackClient("xoxb-sandbox", url, self.lines)
        self.people = SlackPeople(client, store.people, lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        """Waits, without anybody having to."""
        self.now += timedelta(seconds=seconds)

    @property
    def calls(self) -> list[str]:
        """The methods that were called."""
        return [one.method for one in self.slack.log]

    def met(self, id: str, **flags: Any) -> Person:
        """Somebody in Slack, looked up."""
        self.slack.add_person(id, f"{id.lower()}@example.com", f"Person {id}", **flags)
        found = self.people.find(id)
        assert found
        self.slack.log.clear()
        return found

    def standing(self, **flags: Any) -> Standing:
        """What the bot makes of somebody with these flags."""
        self.slack.add_person("U0ADA", "ada@example.com", "Ada Example", **flags)
        found = self.people.find("U0ADA")
        assert found and found.account
        return found.account.standing


def opened(folder: Path, **how: Any) -> Iterator[Office]:
    slack = Workspace(now=lambda: NOW.timestamp(), **how)
    store = Store(fresh(folder / "record.db"), lambda: NOW)
    with slack.serve() as url:
        office = Office(slack, store, url)
        yield office
        office.lines.close()
    store.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from opened(tmp_path)


@pytest.fixture
def grid(tmp_path: Path) -> Iterator[Office]:
    yield from opened(tmp_path, enterprise_id="E01")


@pytest.mark.parametrize(
    ("flags", "standing"),
    [
        ({}, Standing.COLLEAGUE),
        ({"is_restricted": True}, Standing.GUEST),
        ({"is_ultra_restricted": True}, Standing.GUEST),
        ({"is_stranger": True}, Standing.STRANGER),
        ({"team_id": "T0THEIRS"}, Standing.STRANGER),
        ({"is_bot": True}, Standing.BOT),
        ({"deleted": True}, Standing.LEFT),
        ({"deleted": True, "is_restricted": True}, Standing.LEFT),
        ({"is_stranger": True, "is_restricted": True}, Standing.STRANGER),
        ({"is_bot": True, "is_stranger": True}, Standing.BOT),
    ],
    ids=str,
)
def test_slacks_flags_make_a_standing(office: Office, flags: dict[str, Any], standing: Standing) -> None:
    assert office.standing(**flags) is standing


@pytest.mark.parametrize(
    ("flags", "standing"),
    [
        ({}, Standing.COLLEAGUE),
        ({"team_id": "T0OTHER"}, Standing.COLLEAGUE),
        ({"enterprise_id": "E0THEIRS"}, Standing.STRANGER),
        ({"enterprise_id": "E0THEIRS", "team_id": "T01"}, Standing.STRANGER),
        ({"enterprise_id": None}, Standing.COLLEAGUE),
        ({"enterprise_id": None, "team_id": "T0OTHER"}, Standing.STRANGER),
        ({"team_id": "T0OTHER", "is_restricted": True}, Standing.GUEST),
    ],
    ids=str,
)
def test_on_grid_the_enterprise_decides(grid: Office, flags: dict[str, Any], standing: Standing) -> None:
    assert grid.standing(**flags) is standing


def test_what_slack_said_is_written_down(office: Office) -> None:
    office.slack.add_person("U0ADA", "Ada@Example.com", "Ada van Example", tz="Asia/Tokyo")
    found = office.people.find("U0ADA")
    assert found and found.account
    assert (found.email, found.name, found.given, found.family) == (
        "ada@example.com",
        "Ada van Example",
        "Ada",
        "van Example",
    )
    assert (found.account.zone, found.account.checked_at) == ("Asia/Tokyo", NOW)
    assert office.store.people.by_email("ADA@example.com") == found


def test_an_unconfirmed_address_is_not_believed(office: Office) -> None:
    office.slack.add_person("U0ADA", "ada@example.com", "Ada Example", is_email_confirmed=False)
    found = office.people.find("U0ADA")
    assert found and found.email == ""


def test_somebody_is_found_by_address(office: Office) -> None:
    office.slack.add_person("U0ADA", "ada@example.com", "Ada Example")
    found = office.people.find("ada@example.com")
    assert found and found.account and found.account.slack_id == "U0ADA"


@pytest.mark.parametrize("entry", ["nobody@example.com", "U0NOBODY"])
def test_nobody_is_found_where_nobody_is(office: Office, entry: str) -> None:
    assert office.people.find(entry) is None


def test_an_account_that_is_no_more_counts_as_left(office: Office) -> None:
    office.slack.add_person("U0ADA", "ada@example.com", "Ada Example")
    found = office.people.find("U0ADA")
    assert found
    del office.slack.people["U0ADA"]
    account = office.people.look(found).account
    assert account and account.standing is Standing.LEFT


def test_all_accounts_of_a_person_are_looked_at(office: Office) -> None:
    for id in ("U0ADA", "U0ADA2"):
        office.slack.add_person(id, "ada@example.com", "Ada Example")
        office.people.find(id)
    office.slack.change_person("U0ADA", deleted=True)
    person = office.store.people.by_slack(SlackId("U0ADA2"))
    assert person
    seen = {one.slack_id: one.standing for one in office.people.look(person).accounts}
    assert seen == {"U0ADA": Standing.LEFT, "U0ADA2": Standing.COLLEAGUE}


@pytest.mark.parametrize(
    "how",
    [
        {"status": 500},
        {"status": 429, "times": None},
        {"cut": "before"},
        {"error": "invalid_auth"},
        {"error": "missing_scope"},
    ],
    ids=str,
)
def test_slack_not_answering_is_said_and_nothing_believed(office: Office, how: dict[str, Any]) -> None:
    office.slack.add_person("U0ADA", "ada@example.com", "Ada Example")
    office.slack.fault("users.info", **how)
    with pytest.raises(SlackAway):
        office.people.find("U0ADA")
    assert office.store.people.by_slack(SlackId("U0ADA")) is None


def test_home_is_asked_for_once(office: Office) -> None:
    assert office.people.home() == office.people.home() == ("T01", "")
    assert [one.method for one in office.slack.log] == ["auth.test"]
    assert office.people.bot_user == "U0BOT"


OUTSIDE: list[dict[str, Any]] = [{"is_stranger": True}, {"team_id": "T0THEIRS"}, {"is_restricted": True}]
OUTSIDE += [{"is_bot": True}, {"is_stranger": True, "deleted": True}]


@pytest.mark.parametrize("flags", OUTSIDE, ids=str)
@pytest.mark.parametrize("first", ["U0ADA", "U0ELSE"])
def test_nobody_from_outside_becomes_a_colleague_by_an_address(
    office: Office, flags: dict[str, Any], first: str
) -> None:
    office.slack.add_person("U0ADA", "ada@example.com", "Ada Example")
    office.slack.add_person("U0ELSE", "Ada@example.com", "Not Ada", **flags)
    for id in (first, "U0ELSE", "U0ADA", "U0ELSE"):
        office.people.find(id)
    ada, other = (office.store.people.by_slack(SlackId(id)) for id in ("U0ADA", "U0ELSE"))
    assert ada and other and not ada.is_(other)
    assert (ada.name, ada.email, [one.slack_id for one in ada.accounts]) == (
        "Ada Example",
        "ada@example.com",
        ["U0ADA"],
    )
    assert (other.name, other.email) == ("Not Ada", "")
    assert office.store.people.by_email("ada@example.com") == ada


def test_a_guest_keeps_an_address_that_no_colleague_has(office: Office) -> None:
    asked_for = office.store.people.meet(email="kim@example.com")
    office.slack.add_person("U0KIM", "kim@example.com", "Kim Wu", is_restricted=True)
    kim = office.people.find("U0KIM")
    assert kim and (kim.email, kim.is_(asked_for)) == ("kim@example.com", True)
    office.slack.change_person("U0KIM", is_restricted=False)
    assert office.people.look(kim).email == "kim@example.com"


# -- user groups -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ["@designers", "designers", "@Designers", " DESIGNERS ", "S01", "s01"])
def test_a_user_group_is_found_by_handle_or_id(office: Office, entry: str) -> None:
    office.slack.add_group("S02", "others", ["U0SAM"])
    office.slack.add_group("S01", "designers", ["U0ADA", "U0BO"])
    assert office.people.user_group(entry) == ["U0ADA", "U0BO"]
    assert office.calls == ["usergroups.list", "usergroups.users.list"]


def test_a_user_group_may_be_empty(office: Office) -> None:
    office.slack.add_group("S01", "designers", [])
    assert office.people.user_group("@designers") == []


@pytest.mark.parametrize("entry", ["@nobody", "S09", "", "@", "design", "@S01"])
def test_a_user_group_that_slack_doesnt_know_is_none(office: Office, entry: str) -> None:
    office.slack.add_group("S01", "designers", ["U0ADA"])
    assert office.people.user_group(entry) is None


def test_a_disabled_user_group_is_none(office: Office) -> None:
    office.slack.add_group("S01", "designers", ["U0ADA"], disabled=True)
    assert office.people.user_group("@designers") is None
    assert office.people.user_group("S01") is None


def test_a_user_group_that_goes_between_two_calls_is_none(office: Office) -> None:
    office.slack.add_group("S01", "designers", ["U0ADA"])
    office.slack.fault("usergroups.users.list", error="no_such_subteam")
    assert office.people.user_group("@designers") is None


def test_a_handle_like_an_id_takes_nothing_over(office: Office) -> None:
    office.slack.add_group("S02", "s01", ["U0EVE"])
    office.slack.add_group("S01", "designers", ["U0ADA"])
    assert office.people.user_group("S01") == ["U0ADA"]
    assert office.people.user_group("@s01") == ["U0EVE"]


# -- channels ----------------------------------------------------------------------------------------------


def test_who_is_in_a_channel_is_read_page_by_page(office: Office) -> None:
    crowd = [f"U0N{number:03}" for number in range(450)]
    office.slack.add_channel("C0IT", "it", members=[*crowd, "U0BOT"])
    found = office.people.channel("C0IT")
    assert found is not None and sorted(found) == sorted([*crowd, "U0BOT"])
    assert office.calls == ["conversations.members"] * 3


def test_a_channel_that_slack_does_not_show_is_none(office: Office) -> None:
    office.slack.add_channel("C0HID", "hidden", members=["U0ADA"], is_private=True)
    assert office.people.channel("C0HID") is None and office.people.channel("C0GONE") is None


def test_a_channel_of_which_slack_may_not_tell_says_what_helps(office: Office) -> None:
    office.slack.add_channel("C0IT", "it", members=["U0BOT"])
    office.slack.fault("conversations.members", error="missing_scope")
    with pytest.raises(SlackAway, match="add the scope to the app's bot scopes and install the app again"):
        office.people.channel("C0IT")


# -- managers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["Manager", "manager", " MANAGER ", "Xf01MANAGER"])
def test_a_manager_is_who_stands_in_the_field(office: Office, field: str) -> None:
    ada = office.met("U0ADA", manager="U0PRIYA")
    assert office.people.manager(ada, field) == "U0PRIYA"
    assert office.calls == ["team.profile.get", "users.profile.get"]


def test_an_empty_field_names_nobody(office: Office) -> None:
    assert office.people.manager(office.met("U0ADA"), "Manager") is None


def test_somebody_without_an_account_has_no_manager_in_slack(office: Office) -> None:
    leaver = office.store.people.meet(email="leaver@example.com")
    assert office.people.manager(leaver, "Manager") is None


def test_somebody_whom_slack_doesnt_know_any_more_has_no_manager(office: Office) -> None:
    ada = office.met("U0ADA", manager="U0PRIYA")
    del office.slack.people["U0ADA"]
    assert office.people.manager(ada, "Manager") is None


def test_the_first_of_several_in_the_field_is_the_manager(office: Office) -> None:
    assert office.people.manager(office.met("U0ADA", manager="U0PRIYA,U0SAM"), "Manager") == "U0PRIYA"


def test_the_account_of_a_colleague_says_who_the_manager_is(office: Office) -> None:
    for id, flags in (("U0OLD", {"deleted": True, "manager": "U0GONE"}), ("U0ADA", {"manager": "U0PRIYA"})):
        office.slack.add_person(id, "ada@example.com", "Ada Example")
        office.people.find(id)
        office.slack.change_person(id, **flags)
        office.people.find(id)
    ada = office.store.people.by_slack(SlackId("U0OLD"))
    assert ada and len(ada.accounts) == 2
    assert office.people.manager(ada, "Manager") == "U0PRIYA"


def test_a_profile_of_another_organization_names_no_manager(office: Office) -> None:
    cy = office.met("U0CY", is_stranger=True, manager="U0CY")
    assert office.people.manager(cy, "Manager") is None
    assert office.calls == ["team.profile.get"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"is_protected": False}, "isn't protected, so an employee could name a friend as manager: let only"),
        ({"type": "text"}, "holds no person, so it can't name a manager: name a field for people"),
        ({"label": "Boss"}, "Slack has no profile field called “Manager”: name another one in the policy."),
    ],
    ids=str,
)
def test_a_field_that_mustnt_decide_is_refused(
    office: Office, changes: dict[str, Any], sentence: str
) -> None:
    ada = office.met("U0ADA", manager="U0FRIEND")
    office.slack.change_profile_field(**changes)
    with pytest.raises(BadField, match=sentence):
        office.people.manager(ada, "Manager")
    assert office.calls == ["team.profile.get"]


def test_of_two_fields_with_one_label_none_is_guessed(office: Office) -> None:
    ada = office.met("U0ADA", manager="U0PRIYA")
    office.slack.profile_fields.append(ProfileField("Xf02", "manager"))
    with pytest.raises(BadField, match="several profile fields called “Manager”: name it by its id"):
        office.people.manager(ada, "Manager")
    assert office.people.manager(ada, "Xf01MANAGER") == "U0PRIYA"


def test_fields_are_asked_for_once_an_hour(office: Office) -> None:
    ada = office.met("U0ADA", manager="U0PRIYA")
    for _ in range(2):
        office.people.manager(ada, "Manager")
    office.slack.change_profile_field(is_protected=False)
    office.now += timedelta(minutes=59)
    office.people.manager(ada, "Manager")
    assert office.calls.count("team.profile.get") == 1
    office.now += timedelta(minutes=1)
    with pytest.raises(BadField):
        office.people.manager(ada, "Manager")


def test_a_field_that_wasnt_told_is_not_remembered(office: Office) -> None:
    ada = office.met("U0ADA", manager="U0PRIYA")
    office.slack.fault("team.profile.get", status=500)
    with pytest.raises(SlackAway):
        office.people.manager(ada, "Manager")
    assert office.people.manager(ada, "Manager") == "U0PRIYA"


# -- what Slack refuses ------------------------------------------------------------------------------------

ASKING: dict[str, Callable[[Office], object]] = {
    "usergroups.list": lambda office: office.people.user_group("@designers"),
    "usergroups.users.list": lambda office: office.people.user_group("@designers"),
    "team.profile.get": lambda office: office.people.manager(office.met("U0ADA"), "Manager"),
    "users.profile.get": lambda office: office.people.manager(office.met("U0ADA"), "Manager"),
}


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"error": "plan_upgrade_required"}, "Slack answered plan_upgrade_required: user groups come with"),
        ({"error": "missing_scope"}, "add the scope to the app's bot scopes and install the app again"),
        ({"error": "internal_error"}, "Slack answered internal_error; try again in a minute"),
        ({"status": 503}, "Slack answered 503; try again in a minute"),
        ({"status": 429, "times": None}, "Slack takes no more of these calls for now; try again in a minute"),
        ({"cut": "before"}, "Slack can't be reached: .*; try again in a minute"),
        ({"error": "token_revoked"}, "Slack answered token_revoked$"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ASKING)
def test_slack_away_says_what_to_do(office: Office, method: str, how: dict[str, Any], sentence: str) -> None:
    office.slack.add_group("S01", "designers", ["U0ADA"])
    office.slack.fault(method, **how)
    with pytest.raises(SlackAway, match=sentence):
        ASKING[method](office)


@pytest.mark.parametrize(
    ("method", "scope"),
    [("usergroups.list", "usergroups:read"), ("team.profile.get", "users.profile:read")],
)
def test_a_scope_that_lacks_is_named(office: Office, method: str, scope: str) -> None:
    office.slack.scopes = frozenset({"users:read", "users:read.email"})
    with pytest.raises(SlackAway, match=f"missing_scope: add {scope} to the app's bot scopes"):
        ASKING[method](office)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada\u202eB\u200b C", "AdaB C"),
        ("  Ada \t Lee ", "Ada Lee"),
        ("عمر خ", "عمر خ"),
    ],
)
def test_a_name_is_kept_as_it_can_be_seen(office: Office, typed: str, kept: str) -> None:
    office.slack.add_person("U0EVE", "eve@example.com", typed)
    found = office.people.find("U0EVE")
    assert found and found.name == kept
