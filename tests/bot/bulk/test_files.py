"""A list sent to the bot as a file: a draft, a form, and then like any other list."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from approvals.ids import RequestId
from approvals.states import State
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.slack.api.edge import SlackFault
from bot.slack.lists.pasted import Lists
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.work.bulk.reading import read as read_list
from tests.bot.bulk.scene import joiners, listed, person, save
from tests.bot.bulk.test_bulk import PLAIN, joining
from tests.bot.journeys.homes import opened
from tests.bot.journeys.scenes import (
    buttons,
    calls,
    card,
    last,
    newest_request,
    playing,
    press,
    read,
    state,
    wait,
)
from tests.bot.slack.scenes import check_valid


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, PLAIN) as running:
        for email in joiners(3):
            running.miro.add_user(email, "A Person")
        yield running


def sent(s: Stage, content: str, name: str = "joiners.csv") -> RequestId:
    """Sends a file and the form of its draft; the id of the request."""
    assert s.acting.drop("U0CAROL", name, content.encode()).ok
    s.settle()
    assert s.bot.store.requests() == [], "nothing acts by itself"
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "list-file"), "list-file").ok
    assert name in read(s.acting.modal("U0CAROL"))
    assert s.acting.submit("U0CAROL", {"reason": "They start."}).ok
    s.settle()
    return newest_request(s).id


def test_wrong_lines_of_a_file_are_named_and_nothing_is_asked(s: Stage) -> None:
    id = sent(s, joining(2) + "a@example.com;join;Nowhere\nx;join;Engineering\n")
    assert (state(s, id), calls(s)) == ("refused", [])
    assert "Line 4: There's no team Nowhere" in last(s, "U0CAROL")
    assert "Line 5: " in last(s, "U0CAROL")


def test_every_wrong_line_of_a_file_is_named_however_many_they_are(s: Stage) -> None:
    id = sent(s, joining(2) + "a@example.com;join;Nowhere\n" * 40)
    assert "all under Details: 40." in last(s, "U0CAROL")
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "details"), "details").ok
    assert s.acting.click("U0CAROL", s.acting.modal("U0CAROL"), "bulk-page:next").ok
    assert "Line 43: " in read(s.acting.modal("U0CAROL"))
    assert s.bot.store.request(id).state is State.REFUSED


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("joiners.xlsx", {}, "joiners.xlsx isn't a CSV file. Save it as CSV"),
        ("photo.png", {}, "I can only read lists of changes"),
        ("joiners.csv", {"size": 5_000_001}, "larger than 5 MB"),
        ("joiners.csv", {"is_external": True}, "I can only read lists of changes"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_to_do(s: Stage, name: str, more: Any, said: str) -> None:
    assert s.acting.drop("U0CAROL", name, b"x", **more).ok
    s.settle()
    assert said in last(s, "U0CAROL") and "Or paste the list: /miro bulk" in last(s, "U0CAROL")


def test_a_picture_beside_words_is_no_list(s: Stage) -> None:
    s.acting.drop("U0CAROL", "photo.png", b"x", "can i get access to Design please")
    s.settle()
    assert "Access to Design" in last(s, "U0CAROL") or "access to Design" in last(s, "U0CAROL")


def test_without_the_optional_scope_the_answer_says_what_to_do(tmp_path: Path) -> None:
    with playing(tmp_path, PLAIN) as s:
        s.slack.scopes = frozenset({*SCOPES, *OPTIONAL_SCOPES} - {"files:read"})
        s.bot.people.find("carol@example.com")
        s.acting.drop("U0CAROL", "joiners.csv", joining(1).encode())
        s.settle()
        assert "doesn't have the scope files:read" in last(s, "U0CAROL")
        s.slack.scopes = None
        s.bot.client.heard.scopes = None
        s.acting.drop("U0CAROL", "joiners.csv", joining(1).encode())
        s.settle()
        s.slack.scopes = frozenset(SCOPES)  # taken away since
        s.acting.click("U0CAROL", card(s, "U0CAROL", "list-file"), "list-file")
        s.acting.submit("U0CAROL", {"reason": "They start."})
        s.settle()
        assert newest_request(s).state is State.REFUSED
        assert "Slack doesn't let me read this file. Paste the list instead" in last(s, "U0CAROL")


def test_what_another_token_may_do_says_nothing_of_files(s: Stage) -> None:
    s.bot.people.find("carol@example.com")
    s.slack.scopes = frozenset({"connections:write"})
    with pytest.raises(SlackFault):
        s.bot.client.apps_connections_open(app_token="xapp-1-A01")
    assert "files:read" in (s.bot.client.heard.scopes or ())


def test_the_token_goes_to_slack_alone(s: Stage) -> None:
    for url in (
        "https://files.example.net/list.csv",
        "http://files.slack.com/x",
        "https://slack.com.evil.test/x",
    ):
        with pytest.raises(SlackFault, match="not_an_address_of_slack"):
            s.bot.client.download(url)


def test_a_file_that_slack_cannot_give_now_is_waited_for(s: Stage) -> None:
    s.slack.fault("files", times=1, status=503)
    id = sent(s, joining(2))
    assert state(s, id) == "checking"
    wait(s, minutes=5)
    assert state(s, id) == "waiting"


@pytest.mark.parametrize("is_refused", [False, True])
def test_until_its_lines_are_known_a_file_is_secret_from_all_but_its_requester(
    s: Stage, is_refused: bool
) -> None:
    if not is_refused:
        s.slack.fault("files", times=9, status=503)
    id = sent(s, "email,action\nsam@example.com,offboard\n", "leavers.csv")
    assert state(s, id) == ("refused" if is_refused else "checking")
    assert s.acting.command("U0SAM", "/miro", f"show {id}").body["text"] == f"You have no request {id}."
    assert "leavers.csv" in str(s.acting.command("U0CAROL", "/miro", f"show {id}").body)
    assert "Show All" not in opened(s, "U0SAM")
    if not is_refused:
        assert "Show All 1 Open" in opened(s, "U0CAROL")


def test_the_draft_becomes_the_card_so_that_a_file_is_sent_once(s: Stage) -> None:
    s.acting.drop("U0CAROL", "joiners.csv", joining(2).encode())
    s.settle()
    draft = card(s, "U0CAROL", "list-file")
    s.acting.click("U0CAROL", draft, "list-file")
    s.acting.submit("U0CAROL", {"reason": "They start."})
    s.settle()
    assert "list-file" not in [name for shown in s.slack.dm_of("U0CAROL") for name in buttons(shown)]


def test_details_of_a_refused_file_are_valid(s: Stage) -> None:
    id = sent(s, "email;action;team\na@example.com;join;Nowhere\n")
    lists = Lists(s.bot.context, s.bot.deliverer)
    check_valid("modal", lists.details(s.bot.store.request(id), person(s, "carol@example.com")))


def test_a_file_that_is_withdrawn_before_it_is_read_has_a_card(s: Stage) -> None:
    s.slack.fault("files", times=9, status=503)
    id = sent(s, joining(2))
    assert s.acting.command("U0CAROL", "/miro", f"withdraw {id}").ok
    s.settle()
    assert any("Withdrawn" in read(each) for each in s.slack.dm_of("U0CAROL"))


def carried_out(s: Stage) -> Message:
    """A list that was carried out, one line of it left out; the requester's card."""
    reading = listed(s, joining(2))
    text = joining(2) + "lee@example.com;offboard;\n"
    reading.lines += read_list(s.bot.context, person(s, "carol@example.com"), text.encode()).lines[2:]
    save(s.bot.context, person(s, "carol@example.com"), reading.lines, "They start.")
    s.settle()
    assert s.acting.click("U0SAM", card(s, "U0SAM"), "approve").ok
    s.settle()
    return card(s, "U0CAROL", "result")


def result_of(s: Stage) -> list[dict[str, str]]:
    [message] = [each for each in s.slack.messages if each.files]
    assert message.channel == "DU0CAROL" and message.thread_ts
    return list(csv.DictReader(StringIO(s.slack.files[message.files[0]].decode("utf-8-sig"))))


def test_the_result_is_a_file_with_one_verified_outcome_a_row(s: Stage) -> None:
    assert s.acting.click("U0CAROL", carried_out(s), "result").ok
    s.settle()
    rows = result_of(s)
    assert [(row["line"], row["state"]) for row in rows] == [("2", "done"), ("3", "done"), ("4", "left out")]
    assert [bool(row["verified_at"]) for row in rows] == [True, True, False]
    assert rows[2]["outcome"].startswith("No Miro account found")


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
@pytest.mark.parametrize("how", [{"status": 503}, {"status": 429, "retry_after": 30}])
def test_a_result_that_slack_does_not_take_now_is_sent_later_and_once(
    s: Stage, method: str, how: Any
) -> None:
    shown = carried_out(s)
    s.slack.fault(method, times=1, **how)
    assert s.acting.click("U0CAROL", shown, "result").ok
    s.settle()
    assert not any(each.files for each in s.slack.messages)
    wait(s, minutes=5)
    assert len(result_of(s)) == 3


def test_without_the_scope_for_files_the_answer_says_how_to_get_the_result(s: Stage) -> None:
    shown = carried_out(s)
    s.slack.scopes = frozenset({*SCOPES, *OPTIONAL_SCOPES} - {"files:write"})
    s.bot.people.find("dana@example.com")
    s.bot.client.auth_test()
    s.acting.click("U0CAROL", shown, "result")
    s.settle()
    assert "files:write" in last(s, "U0CAROL") and "miro-bot bulk result R-1" in last(s, "U0CAROL")
    assert not any(each.files for each in s.slack.messages)


def test_who_has_no_sight_of_a_list_gets_no_result(s: Stage) -> None:
    shown = carried_out(s)
    s.acting.click("U0DANA", shown, "result")
    s.settle()
    assert not any(each.files for each in s.slack.messages)


@pytest.mark.parametrize("is_apart", [True, False])
def test_nobody_but_the_requester_reads_of_lines_that_are_not_in_the_list(
    tmp_path: Path, is_apart: bool
) -> None:
    operating = PLAIN.replace('"sam@example.com"]', '"sam@example.com", "dana@example.com"]')
    with playing(tmp_path, operating if is_apart else PLAIN) as s:
        for email in (*joiners(2), "sam@example.com"):
            s.miro.add_user(email, "A Person")
        # Others decide Sam's offboarding, or nobody can; of the rest he is approver and operator.
        text = joining(2) + "sam@example.com;offboard;\n"
        carol = person(s, "carol@example.com")
        save(s.bot.context, carol, read_list(s.bot.context, carol, text.encode()).lines, "Quarter.")
        s.settle()
        assert len([each for each in s.bot.store.requests() if each.action == "bulk"]) == 1 + is_apart
        press(s, "U0SAM", "details", card(s, "U0SAM"))
        assert s.acting.click("U0SAM", card(s, "U0SAM"), "approve").ok
        s.settle()
        files = {}
        for user in ("U0SAM", "U0CAROL"):
            assert s.acting.click(user, card(s, user, "result"), "result").ok
            s.settle()
            [message] = [each for each in s.slack.dm_of(user) if each.files]
            content = s.slack.files[message.files[0]].decode("utf-8-sig")
            files[user] = list(csv.DictReader(StringIO(content)))[-1]
        assert {name for name, value in files["U0SAM"].items() if value} == {"line", "state"}
        assert files["U0SAM"]["line"] == "4"
        assert files["U0CAROL"]["email"] == "sam@example.com" and files["U0CAROL"]["outcome"]
        seen = " ".join([*map(read, s.slack.dm_of("U0SAM")), read(s.acting.modal("U0SAM"))])
        assert "sam@example.com" not in seen and "1 line is left out" in seen and "Line 4" not in seen


def test_a_result_is_kept_from_who_may_not_see_the_list_any_more(s: Stage) -> None:
    shown = carried_out(s)
    s.slack.fault("files.getUploadURLExternal", times=1, status=503)
    assert s.acting.click("U0CAROL", shown, "result").ok
    s.settle()
    s.slack.change_person("U0CAROL", deleted=True)
    wait(s, days=2)
    assert not any(each.files for each in s.slack.messages)
