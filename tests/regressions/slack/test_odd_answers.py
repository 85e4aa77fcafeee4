"""Answers of Slack's that can't be understood: nothing follows from them, and nobody else waits for them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.ids import RequestId, SlackId
from approvals.people import Standing
from approvals.record.outbox import Note
from approvals.record.store import Store
from bot.context import BadField, SlackAway
from bot.http.outgoing import Outgoing
from bot.sandbox.slack.payloads import slash_command
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import Stage
from bot.slack.api.edge import SlackClient
from bot.slack.api.people import SlackPeople
from tests.bot.journeys.homes import opened, page
from tests.bot.journeys.scenes import answer, approve, ask, card, has_card, history, press, state, told, wait

pytestmark = pytest.mark.regression

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
ODD: list[dict[str, Any]] = [
    {"body": b"[]"},
    {"body": b"null"},
    {"body": b"42"},
    {"body": b'{"ok": true'},
    {"body": b'{"ok": "yes"}'},
    {"body": b"<html>One moment</html>", "headers": {"Content-Type": "text/html"}},
    {"body": b"\xff\xfe"},
    {"body": b'{"ok": true, "channel": "D1", "ts": "\xed\xa0\xbd"}'},  # half an emoji that is no UTF-8
    {"body": b'{"ok": true}', "headers": {"Content-Length": "4000"}},
    {"status": 429, "body": b"", "headers": {"Retry-After": "soon"}},
    {"status": 302, "body": b"", "headers": {"Location": "http://127.0.0.1:9/"}},
    {"status": 503, "body": b'{"ok": true}'},
]

NO_TS = [b'{"ok": true}', b'{"ok": true, "channel": "D1", "ts": 7}']


# -- one message never holds up another --------------------------------------------------------------------


@pytest.mark.parametrize(
    "how", [*ODD, {"body": b'{"ok": true}'}, {"body": b'{"ok": true, "ts": 7}'}], ids=str
)
def test_a_card_meets_it_and_all_others_arrive(s: Stage, how: dict[str, Any]) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=2, **how)
    id = ask(s, *ACCESS)
    for _ in range(2):
        wait(s, seconds=10)  # for the method, where Slack asked for time
    assert told(s, "U0ALEX")
    for _ in range(3):
        wait(s, minutes=1)
    assert has_card(s, "U0PRIYA")
    assert "unreached" not in history(s, id)


@pytest.mark.parametrize("how", ODD, ids=str)
def test_a_note_meets_it_and_all_others_arrive(s: Stage, how: dict[str, Any]) -> None:
    s.slack.fault("chat.postMessage", to="U0ALEX", times=2, **how)
    s.bot.store.outbox.say(Note("U0ALEX", {"text": "first"}))
    s.bot.store.outbox.say(Note("U0JO", {"text": "second"}))
    s.settle()
    for _ in range(2):
        wait(s, seconds=10)
    assert told(s, "U0JO") == ["second"]
    for _ in range(3):
        wait(s, minutes=1)
    assert told(s, "U0ALEX") == ["first"]


@pytest.mark.parametrize("how", ODD, ids=str)
def test_a_redrawing_meets_it_and_comes_to_pass(s: Stage, how: dict[str, Any]) -> None:
    id = ask(s, *ACCESS)
    s.slack.fault("chat.update", times=3, **how)
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    for _ in range(8):
        wait(s, minutes=2)
    assert not has_card(s, "U0PRIYA") and not has_card(s, "U0CAROL")


@pytest.mark.parametrize("how", ODD, ids=str)
def test_an_answer_to_a_click_meets_it_and_arrives(s: Stage, how: dict[str, Any]) -> None:
    ask(s, *ACCESS)
    s.slack.fault("chat.postEphemeral", times=2, **how)
    press(s, "U0ALEX", "approve", card(s, "U0PRIYA"))
    for _ in range(4):
        wait(s, minutes=1)
    assert answer(s, "U0ALEX") == "You requested this, so someone else has to decide."


@pytest.mark.parametrize("how", ODD, ids=str)
def test_a_page_meets_it_and_is_drawn(s: Stage, how: dict[str, Any]) -> None:
    opened(s, "U0PRIYA")
    s.slack.fault("views.publish", times=2, **how)
    ask(s, *ACCESS)
    for _ in range(4):
        wait(s, minutes=1)
    assert "Waiting for you: 1" in page(s, "U0PRIYA")


@pytest.mark.parametrize("how", ODD, ids=str)
def test_what_is_said_from_memory_meets_it_and_the_rest_is_sent(s: Stage, how: dict[str, Any]) -> None:
    s.slack.fault("chat.postMessage", to="U0ALEX", **how)
    for user in ("U0ALEX", "U0JO"):
        s.bot.deliverer.say_unsaved(Note(user, {"text": "The record takes nothing right now."}))
    s.bot.deliverer.say_unsaved(Note("http://[", {"text": "an address that is none"}))
    s.bot.deliverer.say_unsaved(Note("U0SAM", {"blocks": "no blocks", "text": {"not": "text"}}))
    id = ask(s, "U0DANA", *ACCESS[1:])
    wait(s, seconds=10)
    assert state(s, id) == "waiting"
    if "429" not in str(how):
        assert told(s, "U0JO")[0] == "The record takes nothing right now."


@pytest.mark.parametrize("how", ODD, ids=str)
def test_a_form_that_meets_it_is_said_not_to_have_opened(s: Stage, how: dict[str, Any]) -> None:
    s.slack.fault("views.open", **how)
    assert s.acting.command(*ACCESS).ok
    s.settle()
    assert told(s, "U0ALEX")[-1] == "Slack couldn't open the form. Please try again."


def test_a_command_meets_it_before_the_workspace_is_known_and_says_so(s: Stage) -> None:
    s.slack.fault("auth.test", status=502)
    form = slash_command(s.slack, "U0ALEX", s.slack.direct("U0ALEX").id, "/miro", "help")
    bot = s.rebuild()
    said = bot.receiver().take({**form}, {}).body
    bot.stop()
    assert "Slack answered 502; try again in a minute. Nothing has changed." in said


def test_a_channel_of_which_slack_says_nothing_clear_counts_as_shared(s: Stage) -> None:
    for said in (b"[]", b'{"ok": true}', b'{"ok": true, "channel": []}'):
        s.slack.fault("conversations.info", body=said)
    s.bot.store.outbox.say(Note("C0MIRO", {"text": "hello"}))
    assert all(one.channel != "C0MIRO" for one in s.slack.messages)


# -- nothing follows from what wasn't understood -----------------------------------------------------------


class Office:
    """A workspace, a record, and the bot's look at both."""

    def __init__(self, slack: Workspace, store: Store, client: SlackClient) -> None:
        self.slack, self.store = slack, store
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.people = SlackPeople(client, store.people, lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        """Waits, without anybody having to."""
        self.now += timedelta(seconds=seconds)

    def standing(self, id: str) -> Standing | None:
        """What the record says of an account."""
        found = self.store.people.by_slack(SlackId(id))
        return found.account.standing if found and found.account else None


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    slack = Workspace()
    slack.add_person("U0ADA", "ada@example.com", "Ada Example", manager="U0PRIYA")
    slack.add_group("S01", "designers", ["U0ADA"])
    slack.add_channel("C0IT", "it", members=["U0ADA", "U0BOT"])
    store, lines = Store(tmp_path / "record.db"), Outgoing()
    with slack.serve() as url:
        yield Office(slack, store, SlackClient("xoxb-sandbox", url, lines))
    lines.close()
    store.close()


USERS = [
    b'{"ok": true}',
    b'{"ok": true, "user": null}',
    b'{"ok": true, "user": []}',
    b'{"ok": true, "user": {}}',
    b'{"ok": true, "user": "U0ADA"}',
    b'{"ok": true, "user": {"id": "U0ADA"}}',
    b'{"ok": true, "user": {"id": 7, "deleted": true, "profile": {}}}',
    b'{"ok": true, "user": {"id": "", "deleted": true, "profile": {}}}',
    b'{"ok": true, "user": {"id": "U0EVE", "deleted": true, "profile": {"email": "eve@example.com"}}}',
    b'{"ok": true, "user": {"id": "U0ADA", "deleted": "true", "profile": {}}}',
    b'{"ok": true, "user": {"id": "U0ADA", "deleted": true, "profile": []}}',
    b'{"ok": true, "user": {"id": "U0ADA", "deleted": false, "is_restricted": "no", "profile": {}}}',
    b'{"ok": true, "user": {"id": "U0ADA", "deleted": true, "profile": {"email": ["a@example.com"]}}}',
    b'{"ok": false, "error": "users_not_found_yet"}',
]


@pytest.mark.parametrize("body", USERS)
def test_nobody_left_because_an_answer_is_odd(office: Office, body: bytes) -> None:
    office.people.find("U0ADA")
    office.slack.fault("users.info", body=body)
    with pytest.raises(SlackAway):
        office.people.find("U0ADA")
    assert office.standing("U0ADA") is Standing.COLLEAGUE
    assert office.store.people.by_email("ada@example.com")


@pytest.mark.parametrize("body", [one for one in USERS if b"U0EVE" not in one])
def test_nobody_is_unknown_because_an_answer_about_an_address_is_odd(office: Office, body: bytes) -> None:
    office.slack.fault("users.lookupByEmail", body=body)
    with pytest.raises(SlackAway):
        office.people.find("ada@example.com")


@pytest.mark.parametrize(
    "body",
    [
        b'{"ok": true}',
        b'{"ok": true, "usergroups": {}}',
        b'{"ok": true, "usergroups": [null]}',
        b'{"ok": true, "usergroups": [{"id": "S01"}]}',
        b'{"ok": true, "usergroups": [{"id": 1, "handle": "designers"}]}',
    ],
)
def test_no_group_is_missing_because_a_list_is_odd(office: Office, body: bytes) -> None:
    office.slack.fault("usergroups.list", body=body)
    with pytest.raises(SlackAway):
        office.people.user_group("@designers")


def test_an_odd_group_hides_no_other(office: Office) -> None:
    body = b'{"ok": true, "usergroups": [7, {"id": null}, {"id": "S01", "handle": "designers"}]}'
    office.slack.fault("usergroups.list", body=body)
    assert office.people.user_group("@designers") == ["U0ADA"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"ok": true}',
        b'{"ok": true, "users": null}',
        b'{"ok": true, "users": "U0ADA"}',
        b'{"ok": true, "users": [1]}',
        b'{"ok": true, "users": ["U0ADA", ""]}',
    ],
)
def test_no_group_is_empty_because_its_members_are_odd(office: Office, body: bytes) -> None:
    office.slack.fault("usergroups.users.list", body=body)
    with pytest.raises(SlackAway):
        office.people.user_group("@designers")


@pytest.mark.parametrize(
    "body",
    [
        b'{"ok": true}',
        b'{"ok": true, "members": {}}',
        b'{"ok": true, "members": [null]}',
        b'{"ok": true, "members": ["U0ADA"], "response_metadata": {"next_cursor": 7}}',
        b'{"ok": true, "members": ["U0ADA"], "response_metadata": []}',
        b'{"ok": true, "members": ["U0ADA"], "response_metadata": [1]}',
    ],
)
def test_a_channels_members_are_read_whole_or_not_at_all(office: Office, body: bytes) -> None:
    office.slack.fault("conversations.members", body=body)
    if b"[]}" in body:
        assert office.people.channel("C0IT") == ["U0ADA"], "PHP writes an empty table as an empty list"
        return
    with pytest.raises(SlackAway):
        office.people.channel("C0IT")


@pytest.mark.parametrize("cursors", [["a"], ["a", "b"], ["a", "b", "c"]], ids=len)
def test_pages_that_go_round_in_a_circle_end(office: Office, cursors: list[str]) -> None:
    for cursor in [*cursors, *cursors, *cursors]:
        said = b'{"ok": true, "members": ["U0ADA"], "response_metadata": {"next_cursor": "%s"}}'
        office.slack.fault("conversations.members", body=said % cursor.encode())
    with pytest.raises(SlackAway, match="circle"):
        office.people.channel("C0IT")


@pytest.mark.parametrize("method", ["team.profile.get", "users.profile.get"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"ok": true}',
        b'{"ok": true, "profile": []}',
        b'{"ok": true, "profile": {"fields": [{"label": "Manager"}]}}',
        b'{"ok": true, "profile": {"fields": {"Xf01MANAGER": 7}}}',
    ],
)
def test_nobody_manages_by_an_odd_answer(office: Office, method: str, body: bytes) -> None:
    ada = office.people.find("U0ADA")
    assert ada
    office.slack.fault(method, body=body)
    with pytest.raises((SlackAway, BadField)):
        office.people.manager(ada, "Manager")


@pytest.mark.parametrize(
    "body",
    [b'{"ok": true}', b'{"ok": true, "user_id": "U0BOT", "team_id": 7}', b'{"ok": true, "team_id": ""}'],
)
def test_a_workspace_that_isnt_named_makes_nobody_a_colleague(office: Office, body: bytes) -> None:
    office.slack.fault("auth.test", body=body)
    with pytest.raises(SlackAway):
        office.people.find("U0ADA")
    assert office.standing("U0ADA") is None


def test_a_request_is_held_and_nobody_stepped_over(s: Stage) -> None:
    s.slack.fault("users.info", to="U0PRIYA", times=3, body=b'{"ok": true}')
    s.slack.fault("users.lookupByEmail", times=1, body=b'{"ok": true}')
    id = ask(s, *ACCESS)
    for _ in range(8):
        wait(s, minutes=10)
    assert state(s, id) == "waiting"
    assert "U0PRIYA" in {
        account.slack_id
        for person, _ in s.bot.store.request(RequestId(id)).asking.approvers
        for account in s.bot.context.person(person).accounts
    }


@pytest.mark.parametrize("method", ["users.info", "users.lookupByEmail"])
@pytest.mark.parametrize(
    ("flag", "email"),
    [
        ({}, "ada@example.com"),
        ({"is_email_confirmed": None}, "ada@example.com"),
        ({"is_email_confirmed": True}, "ada@example.com"),
        ({"is_email_confirmed": False}, ""),
    ],
    ids=str,
)
def test_only_a_plain_no_takes_an_address_away(
    office: Office, method: str, flag: dict[str, Any], email: str
) -> None:
    user = {"id": "U0ADA", "deleted": False, "profile": {"email": "ada@example.com"}, **flag}
    office.slack.fault(method, times=1, body=json.dumps({"ok": True, "user": user}).encode())
    found = office.people.find("U0ADA" if method == "users.info" else "ada@example.com")
    assert found and found.email == email


@pytest.mark.parametrize("flag", ["false", "", 0, [], {}])
def test_no_other_word_for_no_is_understood(office: Office, flag: object) -> None:
    user = {"id": "U0ADA", "deleted": False, "profile": {"email": "a@b.example"}, "is_email_confirmed": flag}
    office.slack.fault("users.info", times=1, body=json.dumps({"ok": True, "user": user}).encode())
    with pytest.raises(SlackAway):
        office.people.find("U0ADA")


# -- text that no record can hold --------------------------------------------------------------------------

ADA: dict[str, Any] = {
    "id": "U0ADA", "deleted": False, "team_id": "T0", "tz": "UTC",
    "profile": {"email": "ada@example.com", "real_name": "Ada Example"},
}  # fmt: skip
UNKEPT: list[dict[str, Any]] = [
    {"tz": "Europe/\0Berlin"},
    {"profile": {**ADA["profile"], "email": "ada@\0example.com"}},
    {"profile": {**ADA["profile"], "real_name": "\0Ada", "first_name": "\0", "last_name": "E\0"}},
    {"profile": {**ADA["profile"], "real_name": "Ada \\\0 \\u0000"}},
]


@pytest.mark.parametrize("part", UNKEPT, ids=str)
@pytest.mark.parametrize("method", ["users.info", "users.lookupByEmail"])
def test_a_nul_in_what_slack_says_of_somebody_can_be_kept(
    office: Office, method: str, part: dict[str, Any]
) -> None:
    office.people.find("U0ADA")
    user = {**ADA, "team_id": office.people.home()[0], **part}
    office.slack.fault(method, times=1, body=json.dumps({"ok": True, "user": user}).encode())
    office.people.find("U0ADA" if method == "users.info" else "ada@example.com")
    assert office.standing("U0ADA") is Standing.COLLEAGUE


@pytest.mark.parametrize("ts", ["1.\0", "\0"])
def test_a_message_whose_number_has_one_holds_up_no_other(s: Stage, ts: str) -> None:
    said = {"ok": True, "channel": s.slack.direct("U0PRIYA").id, "ts": ts}
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=1, body=json.dumps(said).encode())
    id = ask(s, *ACCESS)
    for _ in range(3):
        wait(s, minutes=1)
    assert told(s, "U0ALEX") and state(s, id) == "waiting"


@pytest.mark.parametrize("handle", ["design\0ers", "\0"])
def test_a_handle_with_one_hides_no_user_group(office: Office, handle: str) -> None:
    groups = [{"id": "S02", "handle": handle}, {"id": "S01", "handle": "designers"}]
    office.slack.fault("usergroups.list", body=json.dumps({"ok": True, "usergroups": groups}).encode())
    assert office.people.user_group("@designers") == ["U0ADA"]
