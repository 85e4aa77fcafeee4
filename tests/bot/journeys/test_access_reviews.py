"""Access reviews in Slack: the owners of a team, or the operators, keep or end each person's access."""

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.decide.actor import Actor
from approvals.decide.streams.reviews import Review
from approvals.ids import GroupId, PersonId
from approvals.record.database import Location
from approvals.record.store import Store
from approvals.refusals import Refused
from bot.app import build
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from bot.work.reviewing import reviews
from tests.approvals.scene import server_of
from tests.bot.journeys import homes
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    card,
    has_card,
    history,
    last,
    playing,
    press,
    read,
    request,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.test_signatures import again

LEAVE = 'leave-team = { ask = ["anyone"], for_others = ["it"'
OWNED = POLICY.replace(LEAVE, f'{LEAVE}, "dana@example.com"').replace(
    "[groups.it]", '[owners]\n"Design" = ["dana@example.com", "lena@example.com"]\n[groups.it]'
)
MEMBERS = {"alex": "Alex Smith", "dana": "Dana Fox", "jo": "Jo Park"}


def designers(miro: Miro, slack: Workspace) -> None:
    """Three people and Carol, who is an admin, are in Design."""
    carol = miro.user("carol@example.com")
    assert carol
    design = next(id for id in carol.groups if miro.team(id).team_name == "Design")
    for name, full in MEMBERS.items():
        miro.add_user(f"{name}@example.com", full, teams=[design, *filter(None, [miro.default_team])])


@pytest.fixture(params=["sqlite", "postgres"])
def s(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    place: Location = tmp_path / "record.db"
    if request.param == "postgres":
        place = server_of(tmp_path)
        Store(place, migrates=True).close()
    with playing(tmp_path, OWNED, prepare=designers, database=place) as running:
        yield running


def carol(s: Stage) -> Actor:
    return Actor(s.bot.store.people.meet(email="carol@example.com"))


def begun(s: Stage, team: str = "Design", days: int = 8) -> Review:
    """Carol starts a review; its owners have their cards."""
    id = GroupId(s.teams[team] if team else "")
    review = reviews.start(s.bot.context, carol(s), id, s.clock() + timedelta(days=days))
    s.settle()
    return review


def now(s: Stage, id: str = "V-1") -> Review:
    return s.bot.store.review(id)


def decided(s: Stage) -> dict[str, str]:
    """What was decided, by the first part of each address."""
    return {each.email.partition("@")[0]: each.decision for each in now(s).accesses}


def fields(s: Stage, user: str) -> dict[str, str]:
    """{first part of the address: block id} of what a form lets somebody decide."""
    inputs = [block for block in s.acting.modal(user)["blocks"] if block["type"] == "input"]
    return {block["label"]["text"].partition("(")[2].partition("@")[0]: block["block_id"] for block in inputs}


def save(s: Stage, user: str, view: Any = None, **choices: str) -> str:
    """Chooses by person, and presses Save; what the form shows then."""
    names = fields(s, user)
    assert s.acting.submit(user, {names[name]: what for name, what in choices.items()}, view).ok
    s.settle()
    return read(s.acting.modal(user))


def opens(s: Stage, user: str) -> str:
    press(s, user, "review-open")
    return read(s.acting.modal(user))


# -- deciding --------------------------------------------------------------------------------------------


def test_owners_are_asked_and_nothing_is_chosen_for_them(s: Stage) -> None:
    begun(s)
    assert last(s, "U0LENA").splitlines()[:3] == [
        "⏳ Who keeps access to Design?",
        "*Decided* 0 of 4 · *Until* Mar 10, 2026, 09:00",
        "Keep or end each access. Each end becomes a request, approved as usual.",
    ]
    assert "Who keeps access to Design?" in last(s, "U0DANA") and not told(s, "U0CAROL")
    opens(s, "U0LENA")
    assert list(fields(s, "U0LENA")) == ["alex", "carol", "dana", "jo"]
    save(s, "U0LENA")
    assert set(decided(s).values()) == {""}


def test_one_is_kept_and_one_ended_by_a_request_like_any_other(s: Stage) -> None:
    begun(s)
    opens(s, "U0DANA")
    assert "*Decided* 2 of 4" in save(s, "U0DANA", alex="kept", jo="ended")
    assert decided(s) == {"alex": "kept", "carol": "", "dana": "", "jo": "ended"}
    asked = request(s, "R-1")
    assert (asked.action, asked.because_of, asked.reason) == (
        "leave-team",
        "V-1",
        "Access review V-1: no longer needed.",
    )
    assert state(s, "R-1") == "waiting" and "Design" in teams_of(s, "jo@example.com")
    approve(s, "U0PRIYA")
    assert state(s, "R-1") == "done" and "Design" not in teams_of(s, "jo@example.com")


def test_what_the_policy_does_not_let_an_owner_request_stays_undecided(s: Stage) -> None:
    begun(s)
    opens(s, "U0LENA")
    shown = save(s, "U0LENA", alex="kept", jo="ended")
    assert "Jo Park: " in shown
    assert decided(s)["jo"] == "" and decided(s)["alex"] == "kept"
    assert s.bot.store.requests() == []


def test_a_form_delivered_twice_decides_once(s: Stage) -> None:
    begun(s)
    opens(s, "U0DANA")
    first = s.acting.submit("U0DANA", {fields(s, "U0DANA")["jo"]: "ended"})
    assert again(s, first).body == first.body
    assert history(s, "V-1") == ["started", "ended"] and len(s.bot.store.requests()) == 1
    assert "Jo Park" not in read(s.acting.modal("U0DANA"))


def test_of_two_owners_the_second_reads_what_the_first_decided(s: Stage) -> None:
    begun(s)
    for user in ("U0LENA", "U0DANA"):
        opens(s, user)
    save(s, "U0LENA", alex="kept")
    shown = save(s, "U0DANA", alex="ended")
    assert "Alex Smith: kept by Lena Vogt" in shown
    assert decided(s)["alex"] == "kept" and s.bot.store.requests() == []


def test_two_owners_at_once_are_one_decision(s: Stage) -> None:
    begun(s)
    for user in ("U0LENA", "U0DANA"):
        opens(s, user)
        s.acting.fill(user, {fields(s, user)["alex"]: "kept" if user == "U0LENA" else "ended"})
    with ThreadPoolExecutor(2) as pool:
        replies = [*pool.map(s.acting.submit, ("U0LENA", "U0DANA"))]
    assert all(reply.ok for reply in replies)
    assert history(s, "V-1") in (["started", "kept"], ["started", "ended"])
    assert len(s.bot.store.requests()) == (decided(s)["alex"] == "ended")


def test_nobody_reviews_their_own_access(s: Stage) -> None:
    begun(s)
    assert "Dana Fox: this is you. Another owner decides." in opens(s, "U0DANA")
    assert "dana" not in fields(s, "U0DANA")
    press_keep_all(s, "U0DANA")
    assert decided(s) == {"alex": "kept", "carol": "kept", "dana": "", "jo": "kept"}
    wait(s, minutes=2)
    assert now(s).closed_at is None


def press_keep_all(s: Stage, user: str) -> None:
    assert s.acting.click(user, None, "keep-all").ok
    s.settle()


def test_keep_all_is_confirmed_and_leaves_what_is_marked_end(s: Stage) -> None:
    begun(s)
    opens(s, "U0LENA")
    button = next(block for block in s.acting.modal("U0LENA")["blocks"] if block["type"] == "actions")
    assert button["elements"][0]["confirm"]["title"]["text"] == "Keep all 4 left?"
    s.acting.fill("U0LENA", {fields(s, "U0LENA")["jo"]: "ended"})
    press_keep_all(s, "U0LENA")
    assert decided(s) == {"alex": "kept", "carol": "kept", "dana": "kept", "jo": ""}
    assert history(s, "V-1") == ["started", "kept"]


def test_keep_all_leaves_a_refused_end_of_an_earlier_page(s: Stage) -> None:
    for number in range(40):
        s.miro.add_user(f"p{number:02}@example.com", f"P {number:02}", teams=[s.teams["Design"]])
    wait(s, hours=2)
    begun(s)
    opens(s, "U0LENA")
    save(s, "U0LENA", jo="ended")  # whom the policy lets Lena not end
    save(s, "U0LENA")
    press_keep_all(s, "U0LENA")
    press_keep_all(s, "U0LENA")
    assert [name for name, decision in decided(s).items() if not decision] == ["jo"]


def test_admin_rights_are_reviewed_by_operators_one_by_one(s: Stage) -> None:
    s.miro.add_user("pat@example.com", "Pat Lee", admin=True, admin_roles=["User Admin"])
    wait(s, hours=2)
    begun(s, "")
    assert last(s, "U0SAM").startswith("⏳ Who keeps admin rights in Miro?")
    shown = opens(s, "U0SAM")
    assert "Pat Lee (pat@example.com), User Admin" in shown and "Carol Diaz, Company Admin" in shown
    number = next(each.number for each in now(s).accesses if each.right == "User Admin")
    assert s.acting.submit("U0SAM", {str(number): "ended"}).ok
    s.settle()
    assert (request(s, "R-1").action, request(s, "R-1").details["rights"]) == ("remove-admin", "User Admin")
    approve(s, "U0CAROL")
    assert state(s, "R-1") == "done"


def test_a_long_list_is_walked_page_by_page(s: Stage) -> None:
    for number in range(70):
        s.miro.add_user(f"p{number:02}@example.com", f"P {number:02}", teams=[s.teams["Design"]])
    wait(s, hours=2)
    begun(s)
    opens(s, "U0LENA")
    seen = list[str]()
    for _ in range(3):
        seen += fields(s, "U0LENA")
        save(s, "U0LENA", **{name: "kept" for name in fields(s, "U0LENA") if name.startswith("p1")})
    assert len(seen) == len(set(seen)) == 74
    assert "*Decided* 10 of 74" in read(s.acting.modal("U0LENA"))
    assert len(fields(s, "U0LENA")) == 30


def test_operators_read_which_owner_cannot_be_reached_and_who_else_decides(s: Stage) -> None:
    s.slack.fault("chat.postMessage", times=None, error="user_disabled", to="U0DANA")
    begun(s)
    for _ in range(4):
        ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")  # reaches others
        wait(s, minutes=2)
    note = "V-1, access to Design: Dana Fox can't be reached in Slack (user_disabled). Lena Vogt can decide."
    assert told(s, "U0CAROL").count(note) == told(s, "U0SAM").count(note) == 1
    assert "can't be reached" not in str(told(s, "U0LENA"))


def test_app_home_shows_an_owner_what_is_open_until_it_is_decided(s: Stage) -> None:
    for user in ("U0LENA", "U0CAROL"):
        homes.opened(s, user)
    begun(s)
    shown = homes.page(s, "U0LENA")
    assert "Who keeps access to Design?\n*Decided* 0 of 4" in shown
    assert "Who keeps" not in homes.page(s, "U0CAROL")
    homes.presses(s, "U0LENA", "review-open")
    save(s, "U0LENA", alex="kept")
    assert "*Decided* 1 of 4" in homes.page(s, "U0LENA")
    press_keep_all(s, "U0LENA")
    wait(s, minutes=2)
    assert "Who keeps" not in homes.page(s, "U0LENA")


# -- time ------------------------------------------------------------------------------------------------


def test_owners_are_reminded_and_silence_ends_nothing(s: Stage) -> None:
    begun(s)
    opens(s, "U0LENA")
    save(s, "U0LENA", alex="kept")
    for _ in range(9):
        wait(s, days=1)
    assert history(s, "V-1") == ["started", "kept", "reminded", "reminded", "reminded", "closed"]
    assert sum(text.startswith("⏳ Reminder: Who keeps access to Design?") for text in told(s, "U0DANA")) == 3
    for user in ("U0LENA", "U0DANA", "U0CAROL"):
        assert last(s, user).splitlines()[:3] == [
            "⌛ Review of access to Design ended",
            "Kept 1, ended 0, no longer in Miro 0, not decided 3.",
            "Access without a decision stays.",
        ]
    assert "Design" in teams_of(s, "jo@example.com")
    assert s.bot.store.requests() == []


@pytest.mark.thorough
def test_reminders_wait_for_working_hours(tmp_path: Path) -> None:
    hours = 'hours = "09:00-17:00"\nrests = ["Sat", "Sun"]\n'
    with playing(tmp_path, hours + OWNED, prepare=designers) as running:
        running.clock.pass_(timedelta(hours=10))  # Monday at 19:00
        begun(running, days=13)
        for _ in range(13 * 24):
            wait(running, hours=1)
        at = [f"{event.at:%a %H}" for event in running.bot.store.events("V-1") if event.type == "reminded"]
        assert at == ["Fri 15", "Thu 13"]  # every 30 working hours


def test_after_the_end_an_old_form_decides_nothing_and_the_result_is_shown(s: Stage) -> None:
    begun(s)
    old = as_it_was(card(s, "U0LENA", "review-open"))
    opens(s, "U0LENA")
    wait(s, days=9)
    assert "V-1 is closed. Nothing was saved." in save(s, "U0LENA", alex="kept")
    press(s, "U0LENA", "review-open", old)
    shown = read(s.acting.modal("U0LENA"))
    assert "Alex Smith: not decided" in shown
    assert fields(s, "U0LENA") == {}


def test_it_is_complete_when_everything_is_decided(s: Stage) -> None:
    begun(s)
    opens(s, "U0LENA")
    press_keep_all(s, "U0LENA")
    wait(s, minutes=2)
    assert last(s, "U0DANA").startswith("✅ Review of access to Design is complete")
    assert history(s, "V-1") == ["started", "kept", "closed"]


def test_who_is_not_there_any_more_is_said_so(s: Stage) -> None:
    begun(s)
    s.miro.leave("jo@example.com", s.teams["Design"])
    wait(s, hours=2)
    assert decided(s)["jo"] == "gone"
    opens(s, "U0LENA")
    assert "jo" not in fields(s, "U0LENA")
    assert now(s).accesses[3].line(str) == "Jo Park (jo@example.com): no longer has it in Miro"


def test_a_changed_address_is_no_lost_access(s: Stage) -> None:
    begun(s)
    s.miro.change_user("jo@example.com", userName="jo.park@example.com")
    wait(s, hours=2)
    assert decided(s)["jo"] == ""
    s.miro.leave("jo.park@example.com", s.teams["Design"])
    wait(s, hours=2)
    assert decided(s)["jo"] == "gone"


def test_an_end_follows_the_account_to_its_new_address(s: Stage) -> None:
    begun(s)
    s.miro.change_user("jo@example.com", userName="jo.park@example.com")
    wait(s, hours=2)
    opens(s, "U0DANA")
    save(s, "U0DANA", jo="ended")
    assert s.bot.context.person(request(s, "R-1").subject or PersonId("")).email == "jo.park@example.com"
    approve(s, "U0CAROL")
    assert state(s, "R-1") == "done" and "Design" not in teams_of(s, "jo.park@example.com")


@pytest.mark.parametrize("team", ["Design", ""])
def test_an_old_list_says_nothing_about_lost_access(s: Stage, team: str) -> None:
    begun(s, team)
    groups = s.bot.store.groups
    groups.keep_members({}, lambda id: False)
    groups.keep_admins([])
    s.clock.pass_(timedelta(days=2))
    if team:
        groups.keep_admins([])  # of the two lists this alone is new
    else:
        groups.keep_members({}, lambda id: False)
    reviews.pass_time(s.bot.context)
    assert set(decided(s).values()) == {""} and "closed" not in history(s, "V-1")
    with pytest.raises(Refused, match="more than a day old"):
        reviews.start(
            s.bot.context, carol(s), GroupId(s.teams[team] if team else ""), s.clock() + timedelta(days=1)
        )


def test_another_process_or_a_restart_closes_it_once(s: Stage) -> None:
    begun(s)
    s.clock.pass_(timedelta(days=9))
    with closing(build(s.bot.settings, now=s.clock, sleep=s.clock.sleep).store) as other:
        reviews.pass_time(replace(s.bot.context, store=other))
        reviews.pass_time(s.bot.context)
    s.settle()
    assert history(s, "V-1").count("closed") == 1
    assert sum("Review of access to Design ended" in text for text in told(s, "U0LENA")) == 1


def test_a_review_stays_readable_when_one_of_its_people_is_forgotten(s: Stage) -> None:
    begun(s)
    people, gone = s.bot.store.people, ["jo@example.com", "carol@example.com"]
    for email in gone:
        s.bot.store.forgetting.person([people.meet(email=email)], Actor(people.meet(email="sam@example.com")))
    names = [each.email for each in now(s).accesses]
    assert names == ["alex@example.com", "(missing)", "dana@example.com", "(missing)"]
    assert now(s).subject == "access to Design" and s.bot.store.verify().faults == ()


# -- who may ---------------------------------------------------------------------------------------------


def test_others_than_the_owners_are_refused(s: Stage) -> None:
    begun(s)
    s.acting.command("U0ALEX", "/miro", "whoami")
    s.bot.housekeeping.tick()
    press(s, "U0ALEX", "review-open", card(s, "U0LENA", "review-open"))
    assert answer(s, "U0ALEX") == "Only owners can review access to Design. Nothing has changed."
    opens(s, "U0LENA")
    s.acting.submit("U0SAM", {"0": "ended"}, s.acting.modal("U0LENA"))
    assert decided(s)["alex"] == ""


def test_a_button_of_another_record_opens_nothing(s: Stage) -> None:
    begun(s)
    shown = as_it_was(card(s, "U0LENA", "review-open"))
    shown.blocks = copy.deepcopy(shown.blocks)
    for block in shown.blocks:
        if block["type"] == "actions":
            block["elements"][0]["value"] = "V-1:00000000"
    press(s, "U0LENA", "review-open", shown)
    assert answer(s, "U0LENA") == "This is from before a backup was restored. Nothing has changed."


def test_what_cannot_be_reviewed_is_refused_at_once(s: Stage) -> None:
    begun(s)
    soon, design = s.clock() + timedelta(days=1), GroupId(s.teams["Design"])
    with pytest.raises(Refused, match="V-1 reviews access to Design already"):
        reviews.start(s.bot.context, carol(s), design, soon)
    with pytest.raises(Refused, match="Nobody in Slack can review access to Engineering"):
        reviews.start(s.bot.context, carol(s), GroupId(s.teams["Engineering"]), soon)
    with pytest.raises(Refused, match="Only an operator"):
        reviews.start(s.bot.context, Actor(s.bot.store.people.meet(email="lena@example.com")), design, soon)
    with pytest.raises(Refused, match="The last day is in the past"):
        reviews.start(s.bot.context, carol(s), GroupId(""), s.clock())
    s.clock.pass_(timedelta(days=2))
    with pytest.raises(Refused, match="more than a day old"):
        reviews.start(s.bot.context, carol(s), GroupId(""), s.clock() + timedelta(days=1))
    assert list(s.bot.store.reviews()) == ["V-1"]


def test_a_review_has_those_whom_the_bot_just_let_in_or_gave_rights_and_nobody_it_took_out(s: Stage) -> None:
    for command, text in (
        ("/miro-access", "<@U0LENA> for Design because of it"),
        ("/miro", "leave-team <@U0ALEX> from Design because of it"),
        ("/miro-admin", "<@U0DANA> because of it"),
    ):
        id = ask(s, "U0SAM", command, text)
        while state(s, id) == "waiting":
            press(s, next(user for user in ("U0PRIYA", "U0CAROL", "U0SAM") if has_card(s, user)), "approve")
        assert state(s, id) == "done"
    assert {each.email for each in begun(s).accesses} == {
        f"{name}@example.com" for name in ("carol", "dana", "jo", "lena")
    }
    assert {each.email for each in begun(s, "").accesses} == {"carol@example.com", "dana@example.com"}
