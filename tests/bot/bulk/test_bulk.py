"""A list of changes: one card, one decision, a verified request for each line."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.ids import RequestId
from approvals.record.database import StoreTrouble
from approvals.record.store import Store
from approvals.request import Draft, Request
from approvals.states import EventType, State
from bot.actions import ACTIONS
from bot.context import LEASE
from bot.miro.wire import ADMIN, MEMBER
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from bot.work.ask import asked
from bot.work.bulk.reading import read as read_only
from tests.bot.bulk.scene import joiners, lines, listed, person, save, sent
from tests.bot.journeys.homes import opened
from tests.bot.journeys.scenes import calls, card, last, playing, press, read, state, told, wait

PLAIN = POLICY.replace('organization = "Example Ltd"', "")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, PLAIN) as running:
        for email in joiners(13):
            running.miro.add_user(email, "A Person")
        yield running


def joining(count: int) -> str:
    return "E-Mail;Action;Team\n" + "".join(f"{email};join;Engineering\n" for email in joiners(count))


def leaving(count: int) -> str:
    return "email,action\n" + "".join(f"{email},offboard\n" for email in joiners(count))


def approved(s: Stage, id: RequestId) -> None:
    assert state(s, id) == "waiting"
    assert s.acting.click("U0SAM", card(s, "U0SAM"), "approve").ok
    s.miro.log.clear()


def states(s: Stage, id: RequestId) -> list[State]:
    return [line.state for line in lines(s, id)]


def test_lines_of_one_team_share_calls_and_looks(s: Stage) -> None:
    id = sent(s, joining(13))
    approved(s, id)
    s.settle()
    assert states(s, id) == [State.DONE] * 13
    assert state(s, id) == "done"
    # Eleven members fit in a small body; one look round before and one after.
    assert calls(s) == [f"PATCH /Groups/{s.teams['Engineering']}"] * 2
    assert [each.method for each in s.miro.log].count("GET") == 2


def test_a_line_that_somebody_changed_meanwhile_asks_anew_and_stops_no_other(s: Stage) -> None:
    id = sent(s, joining(3))
    approved(s, id)
    s.miro.change_user("person.1@example.com", active=False)
    s.settle()
    assert states(s, id) == [State.DONE, State.WAITING, State.DONE]
    assert state(s, id) == "approved"
    assert s.acting.click("U0SAM", card(s, "U0SAM"), "approve").ok  # the card of that line
    s.settle()
    assert states(s, id) == [State.DONE] * 3
    assert state(s, id) == "done"


def test_what_miro_refuses_stops_one_line_and_resume_tries_it_again(s: Stage) -> None:
    refused = s.miro.user("person.1@example.com")
    assert refused
    id = sent(s, leaving(3))
    approved(s, id)
    s.miro.faults.append(
        Fault("PATCH", refused.id, status=409, detail="Any team must have at least one admin")
    )
    s.settle()
    assert states(s, id) == [State.DONE, State.STOPPED, State.DONE]
    assert state(s, id) == "stopped"
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "resume"), "resume").ok
    s.settle()
    assert states(s, id) == [State.DONE] * 3
    assert state(s, id) == "done"


def test_lines_that_others_decide_become_a_bulk_of_their_own(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    id = sent(s, joining(2) + "alex@example.com;join;Engineering\n")
    others = [each for each in s.bot.store.requests() if each.action == "bulk" and each.id != id]
    assert [len(each.details["lines"]) for each in others] == [1]
    # Priya manages Alex; nobody in the list has a manager but Alex.
    assert s.bot.context.person(others[0].asking.notified[0]).email == "priya@example.com"
    assert s.bot.store.request(id).asking.notified != others[0].asking.notified


def test_somebody_pauses_a_bulk_and_what_has_not_begun_is_left_when_it_is_stopped(s: Stage) -> None:
    id = sent(s, leaving(3))
    approved(s, id)

    def pressed(button: str) -> bool:
        return s.acting.click("U0CAROL", card(s, "U0CAROL", button), button).ok

    s.bot.deliverer.send()
    assert pressed("pause")
    s.settle()
    assert (calls(s), lines(s, id)) == ([], [])
    assert pressed("continue")
    first = s.miro.user("person.0@example.com")
    assert first
    s.miro.faults.append(Fault("PATCH", first.id, then=lambda: pressed("withdraw")))
    s.settle()
    s.bot.housekeeping.tick()
    s.settle()
    assert s.bot.store.request(id).state is State.WITHDRAWN
    assert states(s, id) == [State.DONE, State.WITHDRAWN, State.WITHDRAWN]
    assert len(calls(s)) == 1


def test_a_process_that_stalled_sends_no_call_for_lines_that_another_may_have(s: Stage) -> None:
    id = sent(s, joining(13))
    approved(s, id)

    def stall() -> None:
        s.clock.pass_(LEASE + timedelta(minutes=1))
        assert s.bot.store.claim("another process", LEASE)

    s.miro.faults.append(Fault("PATCH", s.teams["Engineering"], then=stall))
    s.settle()
    assert len(calls(s)) == 1  # of the two that thirteen members need
    wait(s, minutes=11)
    assert (states(s, id), len(calls(s))) == ([State.DONE] * 13, 2)


def test_a_line_that_has_not_begun_gives_way_to_something_urgent_about_its_person(s: Stage) -> None:
    first, second, third = (s.miro.user(email) for email in joiners(3))
    assert first and second and third
    id = sent(s, leaving(3))
    approved(s, id)

    def ask_urgently() -> None:
        asked(
            s.bot.context,
            ACTIONS["offboard"],
            {"person": second.userName, "how": "deactivate"},
            "Now.",
            person(s, "carol@example.com"),
        )
        s.clock.pass_(timedelta(seconds=11))

    s.miro.faults.append(Fault("PATCH", first.id, then=ask_urgently))
    s.settle()
    assert calls(s) == [f"PATCH /Users/{each.id}" for each in (first, third, second)]


def away(s: Stage) -> RequestId:
    """An approved bulk whose lines all wait by themselves, as Slack doesn't answer."""
    id = sent(s, leaving(3))
    approved(s, id)
    for method in ("users.info", "users.lookupByEmail"):
        s.slack.fault(method, times=None, status=503)
    s.settle()
    assert [line.together for line in lines(s, id)] == [False] * 3
    return id


def back(s: Stage) -> None:
    s.slack.faults.clear()
    s.clock.pass_(timedelta(minutes=5))
    s.settle()


def test_stop_reaches_lines_that_go_alone(s: Stage) -> None:
    id = away(s)
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "withdraw"), "withdraw").ok
    back(s)
    assert (states(s, id), calls(s)) == ([State.WITHDRAWN] * 3, [])


def test_pause_reaches_lines_that_go_alone_and_continue_takes_them_along(s: Stage) -> None:
    id = away(s)
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "pause"), "pause").ok
    back(s)
    assert (states(s, id), calls(s)) == ([State.APPROVED] * 3, [])
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "continue"), "continue").ok
    s.settle()
    assert (states(s, id), state(s, id)) == ([State.DONE] * 3, "done")


def test_nobody_is_asked_any_more_about_a_line_of_a_stopped_bulk(s: Stage) -> None:
    id = sent(s, joining(3))
    approved(s, id)
    s.miro.change_user("person.1@example.com", active=False)
    s.settle()
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "withdraw"), "withdraw").ok
    s.bot.housekeeping.tick()
    assert states(s, id) == [State.DONE, State.WITHDRAWN, State.DONE]


def test_a_line_that_is_resumed_after_its_bulk_was_closed_is_carried_out(s: Stage) -> None:
    refused = s.miro.user("person.1@example.com")
    assert refused
    id = sent(s, leaving(3))
    approved(s, id)
    s.miro.faults.append(Fault("PATCH", refused.id, status=409, detail="No."))
    s.settle()
    bulk = s.bot.store.request(id)
    s.bot.store.append(bulk, [Draft(EventType.WITHDRAWN, bulk.requester)])
    wait(s, minutes=1)
    s.bot.store.append(lines(s, id)[1], [Draft(EventType.RESUMED, bulk.requester)])
    wait(s, minutes=1)
    assert states(s, id) == [State.DONE] * 3


def test_an_offboarding_in_a_list_stays_confidential(s: Stage) -> None:
    s.slack.add_person("U0LEAVER", "person.1@example.com", "Lee Aver")
    id = sent(s, leaving(3))
    approved(s, id)
    s.settle()
    assert state(s, id) == "done"
    told = [each for each in s.slack.messages if each.channel in ("C0MIRO", "U0LEAVER", "DU0LEAVER")]
    assert not [each for each in told if id in str(each) or "person.1" in str(each)]
    assert f"You have no request {id}" in str(s.acting.command("U0LEAVER", "/miro", f"show {id}"))


def test_an_operator_who_leaves_by_a_list_finds_no_trace_of_it(s: Stage) -> None:
    s.miro.add_user("sam@example.com", "Sam Lee")
    id = sent(s, "email,action\nsam@example.com,offboard\n", by="lena@example.com")
    assert "Show All" not in opened(s, "U0SAM")
    assert "Show All 1 Open" in opened(s, "U0CAROL")
    sight, asker = (s.bot.context.sight(person(s, f"{name}@example.com").person) for name in ("sam", "lena"))
    by = s.bot.store.request(id).requester
    assert [found.total for found in (sight.open(9), sight.concerning(by, 9))] == [0, 0]
    assert [found.total for found in (asker.open(9), asker.concerning(by, 9))] == [1, 1]


def test_a_list_is_pasted_in_slack_and_read_by_pages_before_it_is_approved(s: Stage) -> None:
    for number in range(13, 40):
        s.miro.add_user(f"person.{number}@example.com", "A Person")
    assert s.acting.command("U0CAROL", "/miro", "bulk").ok
    wrong = s.acting.submit("U0CAROL", {"list": "a@example.com,join,Nowhere\nx", "reason": "It's time."})
    assert "Line 1: There's no team Nowhere" in wrong.errors["list"]
    rows = [f"{email}\tjoin\tEngineering" for email in joiners(40)]
    parts = {"list": "\n".join(rows[:20]), "list-2": "\n".join(rows[20:]), "reason": "It's time."}
    assert s.acting.submit("U0CAROL", parts).ok
    s.settle()
    shown = card(s, "U0SAM")
    assert s.acting.click("U0SAM", shown, "details").ok
    assert "Lines 1 to 30 of 40" in str(s.acting.modal("U0SAM"))
    assert str(s.acting.modal("U0SAM")).count("Join Engineering") == 30
    assert s.acting.click("U0SAM", s.acting.modal("U0SAM"), "bulk-page:next").ok
    assert "Lines 31 to 40 of 40" in str(s.acting.modal("U0SAM"))
    assert s.acting.click("U0SAM", shown, "approve").ok
    s.settle()
    assert states(s, s.bot.store.requests()[-1].id) == [State.DONE] * 40


def test_what_happens_by_itself_later_is_read_before_it_is_approved(tmp_path: Path) -> None:
    with playing(tmp_path, PLAIN.replace("offboard = {", 'offboard = { delete_after = "30d",')) as s:
        for email in joiners(3):
            s.miro.add_user(email, "A Person")

        def read_before(text: str) -> tuple[str, str]:
            sent(s, text)
            shown = card(s, "U0SAM")
            s.acting.click("U0SAM", shown, "details")
            return read(shown), read(s.acting.modal("U0SAM"))

        shown, details = read_before(leaving(2))
        assert "30 days later 2 accounts are deleted for good" in shown
        assert details.count("30 days later the account is deleted for good") == 2
        assert "an offboarding only until its account is deleted" in details
        shown, details = read_before("email,team,until\nperson.2@example.com,Engineering,2026-03-12\n")
        assert "1 line lasts until Thu 12 Mar" in shown
        assert "Until Thu 12 Mar. Then Engineering is removed" in details


def test_leavers_who_are_inactive_already_are_deleted_later_and_once(tmp_path: Path) -> None:
    with playing(tmp_path, PLAIN.replace("offboard = {", 'offboard = { delete_after = "30d",')) as s:
        for email in joiners(2):
            s.miro.add_user(email, "A Person", active=False)
        id = sent(s, leaving(2))
        approved(s, id)
        s.settle()
        assert (state(s, id), calls(s)) == ("done", [])
        assert state(s, sent(s, leaving(2))) == "nothing to do"
        wait(s, days=30, minutes=1)
        assert [s.miro.user(email) for email in joiners(2)] == [None, None]


def test_a_list_that_starts_later_is_approved_now_and_looked_at_again_then(s: Stage) -> None:
    assert s.acting.command("U0CAROL", "/miro", "bulk").ok
    now = int(s.clock().timestamp())
    wanted = {"list": leaving(3), "reason": "It's time.", "start": f"{now + 7_200}"}
    over = s.acting.submit("U0CAROL", {**wanted, "start": f"{now - 1}"})
    assert over.errors.keys() == {"start"}
    assert s.acting.submit("U0CAROL", wanted).ok
    s.settle()
    id = s.bot.store.requests()[-1].id
    assert "Starts" in read(card(s, "U0SAM"))
    approved(s, id)
    s.settle()
    assert (state(s, id), calls(s), lines(s, id)) == ("approved", [], [])
    assert s.acting.click("U0CAROL", card(s, "U0CAROL", "start"), "start").ok
    assert s.acting.submit("U0CAROL", {"reason": f"{now + 10_800}"}).ok
    s.miro.change_user("person.1@example.com", active=False)
    wait(s, hours=2, minutes=1)
    assert calls(s) == []
    wait(s, hours=1)
    assert (states(s, id), state(s, id), len(calls(s))) == ([State.DONE] * 3, "done", 2)


def test_lines_that_others_decide_start_with_the_rest(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    reading = listed(s, joining(2) + "alex@example.com;join;Engineering\n")
    start = s.clock() + timedelta(hours=2)
    save(
        s.bot.context,
        person(s, "carol@example.com"),
        reading.lines,
        "Later.",
        start=f"{start.timestamp():.0f}",
    )
    s.settle()
    assert [each.starts_at for each in s.bot.store.requests()] == [start, start]


def test_a_failure_of_the_record_while_a_bulk_is_split_asks_nobody_twice(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    failures, append = [StoreTrouble("connection lost")], Store.append

    def fails_once(store: Store, request: Request, drafts: list[Draft], *more: Any) -> Request:
        if failures and request.action == "bulk" and drafts[0].type is EventType.PLANNED:
            raise failures.pop()
        return append(store, request, drafts, *more)

    monkeypatch.setattr(Store, "append", fails_once)
    with suppress(StoreTrouble):
        sent(s, joining(2) + "alex@example.com;join;Engineering\n")
    s.clock.pass_(2 * LEASE)
    s.settle()
    bulks = [each for each in s.bot.store.requests() if each.action == "bulk"]
    assert not failures
    assert [len(each.details["lines"]) for each in bulks] == [1, 2]


def test_who_has_to_act_before_a_list_starts_reads_so_days_before(s: Stage) -> None:
    s.miro.change_user(joiners(1)[0], role=ADMIN)
    reading = listed(s, leaving(2))
    start = (s.clock() + timedelta(days=5)).strftime("%Y-%m-%d %H:%M")
    id = save(s.bot.context, person(s, "carol@example.com"), reading.lines, "They leave.", start=start).id
    s.settle()
    approved(s, id)
    assert state(s, id) == "approved"
    s.miro.change_user("carol@example.com", role=MEMBER)
    for days, times in ((1, 0), (2, 1), (1, 2)):
        for _ in range(days):
            wait(s, days=1)
        for user in ("U0CAROL", "U0SAM"):
            ahead = [each for each in told(s, user) if f"{id} starts" in each]
            assert len(ahead) == times, (days, user)
    assert "someone has to take care of this: Nobody else is Company Admin." in ahead[-1]


def test_approvers_read_how_many_lines_were_left_out_and_the_requester_why(s: Stage) -> None:
    text = joining(2) + "lee@example.com;offboard;\n"
    reading = listed(s, joining(2))
    reading.lines += read_only(s.bot.context, person(s, "carol@example.com"), text.encode()).lines[2:]
    id = save(s.bot.context, person(s, "carol@example.com"), reading.lines, "They start.").id
    s.settle()
    why = "Line 4: No Miro account found"
    for user, is_told in (("U0SAM", False), ("U0CAROL", True)):
        shown = card(s, user, "details")
        press(s, user, "details", shown)
        drawn = read(s.acting.modal(user))
        assert "1 line is left out" in read(shown) and "1 line is left out" in drawn
        assert [why in read(shown), f"Line 4: Left out. {why[8:]}" in drawn] == [is_told, is_told], user
        assert ("No Miro account" in read(shown) + drawn) is is_told
    approved(s, id)
    s.settle()
    assert state(s, id) == "done"
    assert why in last(s, "U0CAROL")


def test_lines_of_one_team_share_calls_however_they_are_mixed(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.work.bulk.carry.CHUNK", 11)
    monkeypatch.setattr("bot.work.bulk.carry.MOST", 11)
    for email in joiners(22)[13:]:
        s.miro.add_user(email, "A Person")
    rows = [f"{email},{('Engineering', 'Design')[number % 2]}" for number, email in enumerate(joiners(22))]
    id = sent(s, "\n".join(["email,team", *rows]))
    approved(s, id)
    s.settle()
    assert state(s, id) == "done"
    assert sorted(calls(s)) == sorted(f"PATCH /Groups/{s.teams[name]}" for name in ("Engineering", "Design"))


def test_only_what_changes_is_numbered_on_the_card_of_a_list(s: Stage) -> None:
    sent(s, joining(2))
    drawn = [part for block in card(s, "U0SAM").blocks for part in block.get("elements", ())]
    [numbered] = [part["elements"] for part in drawn if part["type"] == "rich_text_list"]
    assert [line["elements"][0]["text"] for line in numbered] == ["2 people join Engineering"]


def test_a_list_with_nothing_to_change_says_what_is_wrong_with_the_rest(s: Stage) -> None:
    s.miro.change_user("person.0@example.com", active=False)
    text = "email,action\nperson.0@example.com,offboard\nlee@example.com,offboard\n"
    reading = read_only(s.bot.context, person(s, "carol@example.com"), text.encode())
    id = save(s.bot.context, person(s, "carol@example.com"), reading.lines, "They leave.").id
    s.settle()
    assert state(s, id) == "refused"
    assert "Line 3: No Miro account found" in last(s, "U0CAROL")
