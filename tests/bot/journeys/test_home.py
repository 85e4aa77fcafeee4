"""App Home: what waits is decided there, what is one's own is followed there, what is secret stays so."""

import copy
from pathlib import Path
from typing import Any

import pytest

from approvals.people import Person
from bot.sandbox.slack.inputs import placed
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.homes import ACCESS, ADMIN, OFFBOARD, may, opened, page, part, presses
from tests.bot.journeys.scenes import ask, history, last, playing, press, request, state, told, wait
from tests.bot.journeys.scenes import read as reads
from tests.bot.journeys.test_bad_ground import fill, settle

OWNED = POLICY.replace("[groups.it]", '[owners]\n"Engineering" = ["dana@example.com"]\n[groups.it]')


def person(s: Stage, email: str) -> Person:
    found = s.bot.store.people.by_email(email)
    assert found
    return found


# -- waiting for me ----------------------------------------------------------------------------------------


def test_a_request_is_approved_where_it_is_read(s: Stage) -> None:
    assert "You're all caught up." in opened(s, "U0PRIYA")
    id = ask(s, "U0ALEX", *ACCESS)
    shown = part(page(s, "U0PRIYA"), "Waiting for you: 1", "[Request Access]").strip().splitlines()
    assert shown[0] == "Give Alex Smith access to Engineering?"
    assert "*Requested by* Alex Smith" in shown[1] and "*Expires* Mar 5, 2026, 09:00" in shown[1]
    assert shown[4] == "2. Join Engineering"
    assert '"I start Monday"' in shown[5] and "You manage Alex." in shown[5]
    assert shown[6] == "[Approve] [Deny] [Ask a Question] [Details]"
    presses(s, "U0PRIYA", "approve", id)
    assert state(s, id) == "done"
    approved = page(s, "U0PRIYA")
    assert approved.startswith(f"You approved {id}.\n") and "You're all caught up." in approved
    assert last(s, "U0ALEX").startswith("✅ You're in Engineering")


def test_a_denial_asks_for_the_reason_and_takes_the_request_off_the_page(s: Stage) -> None:
    opened(s, "U0PRIYA")
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0PRIYA", "deny", id)
    assert s.acting.submit("U0PRIYA", {"reason": "No seat is free."}).errors == {}
    s.settle()
    assert state(s, id) == "denied"
    assert "You're all caught up." in page(s, "U0PRIYA")
    assert "No seat is free." in last(s, "U0ALEX")


def test_details_open_from_the_page(s: Stage) -> None:
    opened(s, "U0PRIYA")
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0PRIYA", "details", id)
    assert reads(s.acting.modal("U0PRIYA")).startswith(f"Details of {id}")


def test_whoever_comes_second_reads_on_the_page_who_was_first(s: Stage) -> None:
    opened(s, "U0SAM")
    id = ask(s, "U0ALEX", *ACCESS)
    old = copy.deepcopy(s.slack.homes["U0SAM"])
    press(s, "U0CAROL", "approve")
    before = len(s.slack.dm_of("U0SAM"))
    presses(s, "U0SAM", "approve", id, old)
    assert f"Carol Diaz approved {id} a moment before you. It's done." in page(s, "U0SAM")
    assert len(s.slack.dm_of("U0SAM")) == before
    assert history(s, id).count("voted") == 1


def test_an_old_picture_approves_nothing(s: Stage) -> None:
    opened(s, "U0PRIYA")
    id = ask(s, "U0ALEX", *ACCESS)
    old: Any = copy.deepcopy(s.slack.homes["U0PRIYA"])
    for block in old["blocks"]:
        for element in block.get("elements", []):
            if element.get("action_id") == "approve":
                element["value"] = f"{id}:beef"
    presses(s, "U0PRIYA", "approve", id, old)
    assert page(s, "U0PRIYA").startswith("The change is different now, so your click did nothing.")
    assert (state(s, id), may(s, "U0PRIYA", "approve")) == ("waiting", [id])


def test_somebody_elses_page_decides_nothing(s: Stage) -> None:
    opened(s, "U0PRIYA"), opened(s, "U0JO")
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0JO", "approve", id, s.slack.homes["U0PRIYA"])
    assert state(s, id) == "waiting"
    assert f"can decide {id}. Nothing has changed." in page(s, "U0JO")


def test_what_is_grave_asks_once_more(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    opened(s, "U0CAROL")
    ask(s, *ADMIN)
    approve = next(
        element
        for block in s.slack.homes["U0CAROL"]["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == "approve"
    )
    assert approve["confirm"]["text"]["text"] == "Alex will be able to manage every person and team."


def test_a_page_that_takes_nothing_is_answered_directly(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(s, "U0PRIYA")
    id = ask(s, "U0ALEX", *ACCESS)
    fill(s, monkeypatch)
    assert s.acting.click("U0PRIYA", s.slack.homes["U0PRIYA"], "approve").ok
    settle(s)
    assert "Nothing was done." in last(s, "U0PRIYA")
    fill(s, monkeypatch, full=False)
    assert state(s, id) == "waiting"


def test_a_vote_takes_it_off_the_page_though_it_still_waits(tmp_path: Path) -> None:
    policy = POLICY.replace('approvers = ["manager", "it"] }\nmove', 'approvers = ["it"], agree = 2 }\nmove')
    with playing(tmp_path, policy) as s:
        opened(s, "U0CAROL"), opened(s, "U0SAM")
        id = ask(s, "U0ALEX", *ACCESS)
        presses(s, "U0CAROL", "approve", id)
        assert state(s, id) == "waiting"
        shown = page(s, "U0CAROL")
        assert shown.startswith(f"You approved {id}.\n") and "You're all caught up." in shown
        assert "Carol Diaz approved. 1 more needed." in page(s, "U0SAM")


# -- mine --------------------------------------------------------------------------------------------------


def test_ones_own_requests_are_followed_on_the_page(s: Stage) -> None:
    assert "You're all caught up." in opened(s, "U0ALEX")
    id = ask(s, "U0ALEX", *ACCESS)
    assert f"{id} · Waiting for a decision: give you access to Engineering." in page(s, "U0ALEX")
    assert may(s, "U0ALEX", "withdraw") == may(s, "U0ALEX", "remind") == may(s, "U0ALEX", "details") == [id]
    press(s, "U0PRIYA", "approve")
    shown = part(page(s, "U0ALEX"), "Recently closed", "Your delegate")
    text = f"{id} · Done: give you access to Engineering. Requested Mar 2, 2026, 09:00."
    assert shown.strip() == f"{text}\n[Undo]"


def test_a_request_is_withdrawn_on_the_page(s: Stage) -> None:
    opened(s, "U0ALEX")
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0ALEX", "withdraw", id)
    assert state(s, id) == "withdrawn"
    assert page(s, "U0ALEX").startswith(f"{id} is withdrawn.")
    assert may(s, "U0ALEX", "withdraw") == []


def test_what_others_want_of_somebody_is_theirs_to_see_and_not_to_withdraw(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    opened(s, "U0ALEX")
    id = ask(s, *ADMIN)
    assert f"{id} · Waiting for a decision: make you a Company Admin." in page(s, "U0ALEX")
    assert (may(s, "U0ALEX", "withdraw"), may(s, "U0ALEX", "details")) == ([], [id])


def test_a_reminder_is_sent_from_the_page_and_one_too_early_is_refused_there(s: Stage) -> None:
    opened(s, "U0ALEX")
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0ALEX", "remind", id)
    assert "Remind again in 4 hours." in page(s, "U0ALEX")
    wait(s, hours=4)
    presses(s, "U0ALEX", "remind", id)
    assert page(s, "U0ALEX").startswith("I'm reminding Priya Rao")
    assert history(s, id).count("reminded") == 1


def test_a_question_is_asked_and_answered_on_both_pages(s: Stage) -> None:
    opened(s, "U0PRIYA"), opened(s, "U0ALEX")
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0PRIYA", "question", id)
    assert not s.acting.submit("U0PRIYA", {"reason": "For how long?"}).errors
    s.settle()
    assert 'Priya Rao asked: "For how long?"' in page(s, "U0ALEX")
    presses(s, "U0ALEX", "answer", id)
    assert not s.acting.submit("U0ALEX", {"reason": "Until the summer."}).errors
    s.settle()
    assert 'You asked: "For how long?" Alex Smith answered: "Until the summer."' in page(s, "U0PRIYA")
    assert may(s, "U0ALEX", "answer") == [] and may(s, "U0PRIYA", "approve") == [id]


def test_nobody_answered_can_be_asked_again_from_the_page(s: Stage) -> None:
    opened(s, "U0ALEX")
    id = ask(s, "U0ALEX", *ACCESS)
    wait(s, days=4)
    opened(s, "U0ALEX")
    presses(s, "U0ALEX", "again", id)
    assert s.acting.modal("U0ALEX")["callback_id"] == "ask:request-access"


def test_whoever_joined_a_request_can_remind_of_that_one(s: Stage) -> None:
    first = ask(s, "U0ALEX", *ACCESS)
    s.miro.add_user("alex@example.com", "Alex Smith")
    joined = ask(s, "U0CAROL", "/miro-access", "<@U0ALEX> for Engineering because Alex starts Monday")
    assert state(s, joined) == "joined"
    opened(s, "U0CAROL")
    assert may(s, "U0CAROL", "remind") == [first]


# -- what I look after -------------------------------------------------------------------------------------


def test_an_operator_resumes_what_stopped_on_the_page(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_team(s.teams["Engineering"], admins=(alex,))
    opened(s, "U0CAROL"), opened(s, "U0ALEX")
    id = ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
    press(s, "U0PRIYA", "approve")
    shown = part(page(s, "U0CAROL"), "Needs your attention: 1", "Admin rights")
    assert shown.strip().startswith(f"{id} is incomplete: move Alex Smith from Engineering to Design.")
    assert "To fix:" in shown and "[Resume] [Hand Over] [Close as Incomplete] [Details]" in shown
    assert "Needs your attention" not in page(s, "U0ALEX")
    assert f"{id} · Stopped:" in page(s, "U0ALEX") and may(s, "U0ALEX", "withdraw") == []
    s.miro.change_team(s.teams["Engineering"], admins=())
    presses(s, "U0CAROL", "resume", id)
    assert state(s, id) == "done"
    assert page(s, "U0CAROL").startswith(f"{id} continues with what's left.")
    assert "Stopped" not in page(s, "U0CAROL")


def test_what_nobody_can_decide_any_more_stands_on_operators_pages(s: Stage) -> None:
    opened(s, "U0CAROL")
    id = ask(s, "U0ALEX", *ACCESS)
    policy = s.folder / "policy.toml"
    policy.write_text(POLICY.replace('approvers = ["manager", "it"] }\nmove', 'approvers = ["hr"] }\nmove'))
    s.slack.change_person("U0LENA", deleted=True)
    wait(s, hours=7)
    opened(s, "U0CAROL")
    assert request(s, id).asking.is_stuck
    shown = part(page(s, "U0CAROL"), "No approver available: 1", "Admin rights")
    assert shown.strip().startswith(
        f"{id}: give Alex Smith access to Engineering. Expires Mar 5, 2026, 09:00."
    )
    presses(s, "U0CAROL", "withdraw", id)
    assert state(s, id) == "withdrawn"
    assert "No approver available" not in page(s, "U0CAROL")


def test_owners_follow_what_is_asked_about_their_teams(tmp_path: Path) -> None:
    with playing(tmp_path, OWNED) as s:
        opened(s, "U0DANA"), opened(s, "U0JO")
        id = ask(s, "U0ALEX", *ACCESS)
        ask(s, "U0ALEX", "/miro-access", "for Design because I draw")
        shown = part(page(s, "U0DANA"), "About your teams: 1", "Your delegate")
        assert shown.count("R-") == 1 and id in shown
        presses(s, "U0DANA", "details", id)
        assert reads(s.acting.modal("U0DANA")).startswith(f"Details of {id}")
        presses(s, "U0JO", "details", id, s.slack.homes["U0DANA"])
        assert f"You have no request {id}." in page(s, "U0JO")
        opened(s, "U0PRIYA")
        presses(s, "U0PRIYA", "approve", id)
        assert "About your teams" not in page(s, "U0DANA")


def test_operators_see_who_has_admin_rights_and_since_which_request(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    assert "Carol Diaz: Company Admin\nSeen in Miro Mar 2, 2026, 09:00." in opened(s, "U0CAROL")
    id = ask(s, *ADMIN)
    press(s, "U0CAROL", "approve")
    assert state(s, id) == "done"
    wait(s, hours=1)
    shown = part(page(s, "U0CAROL"), "Admin rights in Miro", "Your delegate")
    assert shown.strip().splitlines() == [
        f"• Alex Smith: Company Admin, since {id} (Mar 2, 2026, 09:00)",
        "• Carol Diaz: Company Admin",
        "Seen in Miro Mar 2, 2026, 10:00.",
    ]
    assert "Admin rights" not in opened(s, "U0PRIYA")


# -- my delegate, and how I am known -----------------------------------------------------------------------


def test_a_delegate_is_named_and_sent_home_on_the_page(s: Stage) -> None:
    assert "No delegate set." in opened(s, "U0PRIYA")
    opened(s, "U0SAM")
    presses(s, "U0PRIYA", "away")
    assert not s.acting.submit("U0PRIYA", {"delegate": "U0SAM", "until": "2026-03-04"}).errors
    s.settle()
    shown = "Sam Lee stands in for you from Monday, 2 March until Wednesday, 4 March 2026."
    assert f"{shown}\n[Change] [I'm Back]" in page(s, "U0PRIYA")
    presses(s, "U0PRIYA", "away-off")
    assert page(s, "U0PRIYA").startswith("You're back: Sam Lee no longer stands in for you.")
    assert "No delegate set." in page(s, "U0PRIYA")


def test_the_page_says_how_somebody_is_known(s: Stage) -> None:
    opened(s, "U0PRIYA")
    shown = part(opened(s, "U0ALEX"), "How I know you", "What do you need in Miro?")
    assert "E-mail: alex@example.com" in shown and "Manager: Priya Rao" in shown


# -- who is shown what -------------------------------------------------------------------------------------


def test_a_leaver_reads_neither_of_it_nor_that_there_is_something(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    opened(s, "U0PRIYA")
    before = opened(s, "U0JO")
    id = ask(s, *OFFBOARD)
    assert page(s, "U0JO") == before
    assert "Confidential: deactivate Jo Park?" in opened(s, "U0PRIYA")
    press(s, "U0PRIYA", "approve")
    assert state(s, id) == "done"
    known = part(opened(s, "U0JO"), "You're all caught up", "How I know you")
    assert known == part(before, "You're all caught up", "How I know you")


def test_an_operator_who_leaves_reads_nothing_of_it_either(s: Stage) -> None:
    s.miro.add_user(
        "sam@example.com", "Sam Lee", teams=[s.teams["Design"]], team_admin_of=[s.teams["Design"]]
    )
    before = opened(s, "U0SAM")
    id = ask(s, "U0LENA", "/miro-offboard", "sam@example.com because last day today")
    s.miro.add_user("sam@example.com", "Another Sam")
    press(s, "U0CAROL", "approve")
    assert state(s, id) == "stopped"
    assert opened(s, "U0SAM") == before
    assert id in opened(s, "U0CAROL")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            {"is_restricted": True},
            "Guests can't request or decide here. Ask a colleague with a full Slack account.",
        ),
        ({"is_stranger": True}, "You belong to another organization, so I can't accept this from you."),
        ({"team_id": "T9"}, "You belong to another organization, so I can't accept this from you."),
        ({"deleted": True}, "This Slack account is deactivated, so it can't request or decide."),
    ],
    ids=str,
)
def test_whoever_is_no_colleague_is_shown_one_sentence(s: Stage, flags: Any, sentence: str) -> None:
    ask(s, "U0ALEX", *ACCESS)
    opened(s, "U0PRIYA")
    s.slack.change_person("U0PRIYA", **flags)
    wait(s, hours=7)
    assert page(s, "U0PRIYA") == sentence, "the page changes by itself"


def test_whoever_is_new_may_ask_while_the_bot_looks_who_they_are(s: Stage) -> None:
    s.slack.add_person("U0NEW", "new@example.com", "New Person")
    s.acting.open_home("U0NEW")
    first = page(s, "U0NEW")
    assert first.startswith("I haven't been able to check your Slack account today. I'm looking;")
    assert "[Request Access]" in first and "Your delegate" not in first
    wait(s, seconds=5)
    assert page(s, "U0NEW").startswith("[Request Access]")


def test_what_one_may_ask_for_opens_from_the_page(s: Stage) -> None:
    opened(s, "U0ALEX")
    presses(s, "U0ALEX", "open:move-team")
    assert s.acting.modal("U0ALEX")["callback_id"] == "ask:move-team"
    assert told(s, "U0ALEX") == []


# -- pages and the search ----------------------------------------------------------------------------------


PEOPLE, TEAMS = ("U0ALEX", "U0JO", "U0DANA", "U0LENA", "U0PRIYA"), ("Design", "Engineering")


def buttons_of(s: Stage, user: str) -> list[str]:
    """The paging buttons on somebody's App Home."""
    shown = placed(s.slack.homes[user]["blocks"])
    return [one["action_id"] for _, one in shown if one["action_id"].startswith("page:")]


@pytest.mark.thorough
def test_a_long_list_is_paged_through_and_decided_there(s: Stage) -> None:
    opened(s, "U0SAM")
    ids = [ask(s, user, "/miro-access", f"for {team} because we draw") for user in PEOPLE for team in TEAMS]
    assert "Waiting for you: 10" in page(s, "U0SAM") and len(may(s, "U0SAM", "approve")) == 4
    presses(s, "U0SAM", "page:all", "waiting")
    first = may(s, "U0SAM", "approve")
    assert (len(first), buttons_of(s, "U0SAM")) == (8, ["page:next", "page:home"])
    presses(s, "U0SAM", "page:next", "waiting")
    assert sorted([*first, *may(s, "U0SAM", "approve")]) == sorted(ids)
    assert buttons_of(s, "U0SAM") == ["page:previous", "page:home"]
    presses(s, "U0SAM", "page:previous", "waiting")
    presses(s, "U0SAM", "approve", first[0])
    assert state(s, first[0]) == "done" and page(s, "U0SAM").startswith(f"You approved {first[0]}.")
    assert "Waiting for you: 9" in page(s, "U0SAM") and "[Request Access]" not in page(s, "U0SAM")
    presses(s, "U0SAM", "page:home")
    assert "[Request Access]" in page(s, "U0SAM")


def test_an_operator_finds_requests_by_person_and_by_number(s: Stage) -> None:
    opened(s, "U0CAROL")
    first = ask(s, "U0ALEX", *ACCESS)
    ask(s, "U0JO", "/miro-access", "for Design because we draw")
    presses(s, "U0CAROL", "search")
    assert s.acting.submit("U0CAROL", {"entry": "alex@example.com"}).errors == {}
    s.settle()
    assert page(s, "U0CAROL").startswith("Requests of Alex Smith: 1\n" + first)
    presses(s, "U0CAROL", "page:home")
    presses(s, "U0CAROL", "search")
    assert "no request R-99" in s.acting.submit("U0CAROL", {"entry": "R-99"}).errors["entry"]
    assert s.acting.submit("U0CAROL", {"entry": first.lower()}).errors == {}
    assert reads(s.acting.modal("U0CAROL")).startswith(f"Details of {first}")


def test_nobody_but_operators_searches_or_sees_everything(s: Stage) -> None:
    opened(s, "U0CAROL"), opened(s, "U0JO")
    ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0JO", "page:all", "open", s.slack.homes["U0CAROL"])
    assert "Everything open" not in page(s, "U0JO") and "[Search]" not in page(s, "U0JO")
    presses(s, "U0JO", "search", view=s.slack.homes["U0CAROL"])
    assert "Only operators" in s.acting.submit("U0JO", {"entry": "R-1"}).errors["entry"]


def test_a_request_links_to_its_card_where_the_workspace_is_known(s: Stage) -> None:
    opened(s, "U0ALEX")
    id = ask(s, "U0ALEX", *ACCESS)
    assert "Open Card" not in page(s, "U0ALEX")
    s.bot.store.database.keep("workspace", "https://example.slack.com/")
    [own] = [each for each in s.bot.store.outbox.of(id) if each.role == "requester"]
    assert "[Open Card]" in opened(s, "U0ALEX")
    assert f"https://example.slack.com/archives/{own.channel}/p" in str(s.slack.homes["U0ALEX"])
