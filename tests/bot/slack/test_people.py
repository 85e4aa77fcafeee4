"""Who somebody is, by what Slack says of the account; and what is done when Slack says nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from approvals.ids import SlackId
from approvals.people import Standing
from approvals.sqlite import SqliteStore
from bot.desk import SlackAway
from bot.sandbox.workspace import Workspace
from bot.slack.people import SlackPeople

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Office:
    """A workspace, a record, and the bot's look at both."""

    def __init__(self, slack: Workspace, store: SqliteStore, url: str) -> None:
        self.slack, self.store = slack, store
        client = WebClient("xoxb-sandbox", base_url=url, retry_handlers=[])
        self.people = SlackPeople(client, store.people, lambda: NOW)

    def standing(self, **flags: Any) -> Standing:
        """What the bot makes of somebody with these flags."""
        self.slack.add_person("U0ADA", "ada@example.com", "Ada Example", **flags)
        found = self.people.find("U0ADA")
        assert found and found.account
        return found.account.standing


def opened(folder: Path, **how: Any) -> Iterator[Office]:
    slack = Workspace(now=lambda: NOW.timestamp(), **how)
    store = SqliteStore(folder / "record.db", lambda: NOW)
    with slack.serve() as url:
        yield Office(slack, store, url)
    store.close()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield from opened(tmp_path)


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
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
        {"status": 429},
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
