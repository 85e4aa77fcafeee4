"""What a directory says becomes requests: each difference once, done and verified as the policy wants."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.decide.actor import Actor
from approvals.decide.decide import question
from approvals.decide.streams.directories import Control
from approvals.refusals import Refused
from bot.directory.asking.differences import failures
from bot.directory.asking.requests import NOT_BEGUN, announce, control, looked
from bot.directory.asking.requests import ask as request_for
from bot.directory.store import ENTERPRISE, Directories, Kind
from bot.sandbox.stage import Stage
from bot.work.reviewing import compare
from tests.bot.bulk.scene import sent
from tests.bot.directory.scenes import OKTA, POLICY_WITH_OKTA, Okta, states
from tests.bot.journeys.homes import opened, presses
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    buttons,
    card,
    deny,
    has_card,
    playing,
    press,
    read,
    teams_of,
    told,
    wait,
)

ALEX = "alex@example.com"


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, POLICY_WITH_OKTA) as scene:
        yield scene


@pytest.fixture
def okta(s: Stage) -> Okta:
    return Okta(s)


def test_who_is_added_in_the_directory_is_in_miro_with_nobody_clicking(s: Stage, okta: Okta) -> None:
    name = {"givenName": "Alex", "familyName": "Smith"}
    department = {"department": "R&D"}
    okta.person(
        ALEX,
        *("miroUsers", "g_app_proeng_all"),
        name=name,
        **{ENTERPRISE: department},
    )
    okta.settle()
    [request] = okta.asked()
    assert states([request]) == [("request-access", "done")]
    user = s.miro.user(ALEX)
    assert user and user.active and dict(user.enterprise)["department"] == "R&D"
    assert teams_of(s, ALEX) >= {"Engineering"}
    assert "Requested by Okta" in told(s, "U0ALEX")[-1]


def test_a_push_that_says_the_same_again_asks_nothing(s: Stage, okta: Okta) -> None:
    id = okta.person(ALEX, "miroUsers", "g_app_proeng_all")
    okta.settle()
    okta.leave(id, "g_app_proeng_all")
    okta.join(id, "g_app_proeng_all", "staff")
    okta.change(id, active=True)
    okta.settle()
    assert len(okta.asked()) == 1


def test_who_moves_leaves_and_comes_back_in_the_directory_does_so_in_miro(s: Stage, okta: Okta) -> None:
    id = okta.person(ALEX, "miroUsers", "g_app_proeng_all")
    okta.settle()
    okta.join(id, "g_app_design_all")
    okta.leave(id, "g_app_proeng_all")
    okta.settle()
    assert teams_of(s, ALEX) == {"Everybody", "Design"}
    okta.change(id, active=False)
    okta.settle()
    assert s.miro.user(ALEX).active is False  # type: ignore[union-attr]
    okta.change(id, active=True)
    okta.settle()
    assert s.miro.user(ALEX).active is True  # type: ignore[union-attr]
    assert {state for _, state in states(okta.asked())} == {"done"}


def test_a_deletion_waits_for_its_time_and_for_somebody_who_decides(s: Stage, okta: Okta) -> None:
    id = okta.person(ALEX, "miroUsers")
    okta.settle()
    okta.delete(id)
    okta.settle()
    assert states(okta.asked())[1:] == [("offboard", "done"), ("offboard", "waiting")]
    assert s.miro.user(ALEX).active is False  # type: ignore[union-attr]
    approve(s, "U0CAROL")
    assert s.miro.user(ALEX)
    wait(s, days=31)
    assert s.miro.user(ALEX) is None


@pytest.mark.parametrize("by", ["a request", "Miro's admin pages"])
def test_who_came_back_meanwhile_isnt_deleted(s: Stage, okta: Okta, by: str) -> None:
    id = okta.person(ALEX, "miroUsers")
    okta.settle()
    okta.delete(id)
    okta.settle()
    approve(s, "U0CAROL")
    if by == "a request":
        ask(s, "U0SAM", "/miro", f"reactivate {ALEX} because of a new contract")
        approve(s, "U0CAROL")
    else:
        s.miro.change_user(ALEX, active=True)
    wait(s, days=31)
    assert states(okta.asked())[-1] == ("offboard", "withdrawn" if by == "a request" else "refused")
    assert s.miro.user(ALEX).active is True  # type: ignore[union-attr]


def test_who_is_held_while_coming_back_isnt_deleted(s: Stage, okta: Okta) -> None:
    people = [f"p{number}@example.com" for number in range(6)]
    for half in (people[:3], people[3:]):
        ids = [okta.person(email, "miroUsers") for email in half]
        okta.settle()
        for id in ids:
            okta.delete(id)
        okta.settle()
        for _ in ids:
            approve(s, "U0CAROL")
        wait(s, hours=2)
    for email in people:
        okta.person(email, "miroUsers")
    okta.settle()
    assert s.bot.store.hold("okta").counts == {"request-access": 6}
    wait(s, days=31)
    assert [each for each in states(okta.asked()) if each[1] == "withdrawn"] == [
        ("offboard", "withdrawn")
    ] * 6
    assert all(s.miro.user(email) for email in people)


def test_what_a_paused_directory_no_longer_wants_isnt_done(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY_WITH_OKTA.replace(', "deactivate"]', "]")) as s:
        okta = Okta(s)
        id = okta.person(ALEX, "miroUsers")
        okta.settle()
        okta.change(id, active=False)
        okta.settle()
        control(s.bot.context, "okta", Control.PAUSED, shell(s, "carol@example.com"))
        okta.change(id, active=True)
        okta.settle()
        approve(s, "U0CAROL")
        closing = okta.asked()[1]
        assert states([closing]) == [("offboard", "refused")]
        assert "Okta now says something else" in str(closing.outcome)
        assert s.miro.user(ALEX).active is True  # type: ignore[union-attr]


def test_admin_rights_are_asked_for_and_who_runs_the_directory_cant_decide(s: Stage, okta: Okta) -> None:
    okta.person(ALEX, "miroUsers", "miroAdmins")
    okta.settle()
    assert states(okta.asked()) == [("request-access", "done"), ("make-admin", "waiting")]
    assert not has_card(s, "U0SAM")
    approve(s, "U0CAROL")
    assert okta.asked()[1].state == "done"


def test_a_newer_word_replaces_one_that_waits(s: Stage, okta: Okta) -> None:
    id = okta.person(ALEX, "miroUsers", "miroAdmins")
    okta.settle()
    okta.leave(id, "miroAdmins")
    okta.settle()
    assert states(okta.asked())[1:] == [("make-admin", "withdrawn"), ("remove-admin", "nothing to do")]
    assert okta.asked()[1].outcome.text.code == "directory-newer"  # type: ignore[union-attr]


@pytest.mark.parametrize("news", ["a detail", "a team less"])
def test_a_newer_word_about_a_part_loses_nothing_of_what_waits(tmp_path: Path, news: str) -> None:
    policy = POLICY_WITH_OKTA.replace('"access", "leave"', '"leave"')
    with playing(tmp_path, policy) as s:
        okta = Okta(s)
        old, new = {"department": "R&D"}, {"department": "Legal"}
        id = okta.person(ALEX, "miroUsers", "g_app_proeng_all", "g_app_design_all", **{ENTERPRISE: old})
        okta.settle()
        assert states(okta.asked()) == [("request-access", "waiting")]
        if news == "a detail":
            okta.change(id, **{ENTERPRISE: new})
        else:
            okta.leave(id, "g_app_design_all")
        okta.settle()
        assert states(okta.asked()) == [("request-access", "withdrawn"), ("request-access", "waiting")]
        approve(s, "U0CAROL")
        user = s.miro.user(ALEX)
        assert user and user.active
        assert dict(user.enterprise)["department"] == ("Legal" if news == "a detail" else "R&D")
        assert teams_of(s, ALEX) >= {"Engineering"}
        assert ("Design" in teams_of(s, ALEX)) == (news == "a detail")


def test_what_was_denied_is_an_exception_until_the_directory_says_something_else(
    s: Stage, okta: Okta
) -> None:
    id = okta.person(ALEX, "miroUsers", "miroAdmins")
    okta.settle()
    deny(s, "U0CAROL", "Not before the training.")
    wait(s, hours=2)
    [difference] = [each for each in compare.compared(s.bot.context) if each.email == ALEX]
    assert (difference.code, difference.fact) == ("directory", "Company Admin")
    assert "R-2 (make-admin) was denied by Carol Diaz on 2026-03-02. Owner: it." in difference.text
    wait(s, hours=2)
    assert len(okta.asked()) == 2
    okta.leave(id, "miroAdmins")
    okta.settle()
    okta.join(id, "miroAdmins")
    okta.settle()
    assert states(okta.asked())[-1] == ("make-admin", "waiting")


def test_more_than_the_policy_lets_through_is_held_with_one_card(s: Stage, okta: Okta) -> None:
    people = [okta.person(f"p{number}@example.com", "miroUsers") for number in range(5)]
    okta.settle()
    s.clock.pass_(timedelta(hours=2))
    late = okta.person(ALEX, "miroUsers")
    okta.settle()
    before = len(okta.asked())
    for id in [*people, late]:
        okta.change(id, active=False)
    okta.settle()
    wait(s, minutes=5)
    assert len(okta.asked()) == before
    cards = [text for text in told(s, "U0CAROL") if "Okta wants to close the accounts of 6 people" in text]
    assert len(cards) == 1
    press(s, "U0CAROL", "directory-kept")
    assert len(okta.asked()) == before
    assert "You run Okta" in pressed(s, "U0SAM", "directory-released")
    press(s, "U0CAROL", "directory-released")
    assert [each.action for each in okta.asked()[before:]] == ["offboard"] * 6
    assert not any(s.miro.user(f"p{number}@example.com").active for number in range(5))  # type: ignore[union-attr]
    assert s.bot.store.verify().faults == ()


def test_the_last_admin_is_held(s: Stage, okta: Okta) -> None:
    carol = okta.person("carol@example.com", "miroUsers", "miroAdmins")
    okta.settle()
    assert states(okta.asked()) == []
    okta.change(carol, active=False)
    okta.settle()
    assert states(okta.asked()) == []
    assert "Okta wants to close the accounts of 1 person" in " ".join(told(s, "U0SAM"))


@pytest.mark.parametrize("first", ["waiting", "done"])
def test_the_last_admins_are_held_also_if_they_go_in_two_pushes(s: Stage, okta: Okta, first: str) -> None:
    s.miro.add_user(ALEX, "Alex Smith", admin=True)
    wait(s, hours=2)
    people = [okta.person(email, "miroUsers", "miroAdmins") for email in (ALEX, "carol@example.com")]
    okta.settle()
    if first == "waiting":
        okta.leave(people[0], "miroAdmins")
    else:
        okta.change(people[0], active=False)
    okta.settle()
    assert [state for _, state in states(okta.asked())] == [first]
    okta.change(people[1], active=False)
    okta.settle()
    assert s.bot.store.hold("okta").counts == {"offboard": 1}
    assert len(okta.asked()) == 1
    okta.change(people[1], active=True)
    okta.settle()
    assert s.bot.store.hold("okta").counts == {}


HR = OKTA.replace("okta", "hr").replace("teams = ", "# ")


def test_the_last_admins_are_held_also_if_two_directories_are_looked_at_at_once(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY_WITH_OKTA + HR) as s:
        s.miro.add_user(ALEX, "Alex Smith", admin=True)
        wait(s, hours=2)
        for source, email in (("okta", ALEX), ("hr", "carol@example.com")):
            says = Directories(s.bot.store.database, s.clock)
            says.create(source, Kind.GROUP, {"displayName": "miroUsers"})
            says.create(source, Kind.USER, {"userName": email, "active": False})
        pushes = [looked(s.bot.context, source) for source in ("okta", "hr")]  # by two processes
        judged = [(push, push.to_ask, push.held) for push in pushes]
        for push, [id], held in judged:
            assert held == {}
            request_for(push, id)
        [one] = s.bot.store.requests()
        assert one.subject and s.bot.context.person(one.subject).email == ALEX
        assert looked(s.bot.context, "hr").counts == {"offboard": 1}


def test_what_is_held_late_withdraws_nothing_that_is_still_wanted(tmp_path: Path) -> None:
    policy = (POLICY_WITH_OKTA + HR).replace('unattended = ["access", ', "unattended = [] # ")
    with playing(tmp_path, policy) as s:
        s.miro.add_user(ALEX, "Alex Smith", admin=True)
        wait(s, hours=2)
        okta = Okta(s)
        alex = okta.person(ALEX, "miroUsers", "miroAdmins", "g_app_proeng_all", "g_app_design_all")
        okta.settle()
        assert states(okta.asked()) == [("request-access", "waiting")]
        okta.leave(alex, "miroAdmins", "g_app_design_all")
        late = looked(s.bot.context, "okta")
        assert late.to_ask == [alex]
        okta.says.create("hr", Kind.GROUP, {"displayName": "miroUsers"})
        carol = okta.says.create("hr", Kind.USER, {"userName": "carol@example.com", "active": False})
        request_for(looked(s.bot.context, "hr"), carol)
        request_for(late, alex)
        assert states(okta.asked()) == [("request-access", "waiting")]
        held = looked(s.bot.context, "okta")
        announce(held, s.bot.store.hold("okta"))
        control(s.bot.context, "okta", Control.RELEASED, shell(s, "carol@example.com"), held.key)
        request_for(looked(s.bot.context, "okta"), alex)
        [access] = [each for each in okta.asked() if each.state in NOT_BEGUN and "teams" in each.details]
        assert access.details["teams"] == [s.teams["Engineering"]]


def test_the_last_admins_are_held_also_if_a_list_takes_the_others_rights(s: Stage, okta: Okta) -> None:
    s.miro.add_user(ALEX, "Alex Smith", admin=True)
    wait(s, hours=2)
    carol = okta.person("carol@example.com", "miroUsers", "miroAdmins")
    okta.settle()
    sent(s, f"email,action\n{ALEX},offboard\n", by="lena@example.com")
    okta.change(carol, active=False)
    okta.settle()
    assert s.bot.store.hold("okta").counts == {"offboard": 1}
    assert states(okta.asked()) == []
    deny(s, "U0PRIYA", "Alex stays.")
    wait(s, minutes=11)
    okta.settle()
    assert s.bot.store.hold("okta").counts == {}


def test_an_operator_neither_reads_nor_decides_what_is_held_about_them(s: Stage, okta: Okta) -> None:
    carol = okta.person("carol@example.com", "miroUsers", "miroAdmins")
    okta.settle()
    okta.change(carol, active=False)
    okta.settle()
    assert "Okta wants" not in " ".join(told(s, "U0CAROL"))
    assert "held 1" in (page := opened(s, "U0CAROL")) and "Let Through" not in page
    assert "held 1" in (page := opened(s, "U0SAM")) and "Let Through" not in page  # who runs Okta
    presses(s, "U0CAROL", "directory-look")
    assert "carol@example.com" not in read(s.acting.modal("U0CAROL"))
    with pytest.raises(Refused, match="Another operator decides this for Okta"):
        control(s.bot.context, "okta", Control.RELEASED, shell(s, "carol@example.com"))
    press(s, "U0SAM", "directory-look")
    assert "close the accounts of carol@example.com" in read(s.acting.modal("U0SAM"))


def test_foreign_domains_and_people_known_as_two_are_never_asked_for(s: Stage, okta: Okta) -> None:
    okta.person("ada@elsewhere.example", "miroUsers")
    id = okta.person(ALEX, "miroUsers")
    okta.settle()
    s.bot.store.people.meet(email="jo@example.com")
    okta.change(id, userName="jo@example.com")
    okta.settle()
    assert states(okta.asked()) == [("request-access", "done")]
    said = failures(looked(s.bot.context, "okta"))
    assert any("isn't in example.com" in text for text in said)
    assert any("belongs to somebody else here, and a directory links no people" in text for text in said)


def test_a_team_of_the_directory_is_asked_for_there(s: Stage, okta: Okta) -> None:
    assert s.acting.command("U0ALEX", "/miro-access", "for Design because of a project").ok
    assert "use the group g_app_design_all in Okta" in answer(s, "U0ALEX")


def test_a_paused_directory_asks_nothing(s: Stage, okta: Okta) -> None:
    control(s.bot.context, "okta", Control.PAUSED, shell(s, "carol@example.com"))
    okta.person(ALEX, "miroUsers")
    okta.settle()
    assert okta.asked() == []
    control(s.bot.context, "okta", Control.RESUMED, shell(s, "carol@example.com"))
    okta.settle()
    assert states(okta.asked()) == [("request-access", "done")]


def test_the_manager_of_the_directory_is_the_manager(s: Stage, okta: Okta) -> None:
    boss = okta.person("dana@example.com")
    okta.person("lena@example.com", **{ENTERPRISE: {"manager": {"value": boss}}})
    ask(s, "U0LENA", "/miro-access", "for IT Administration because of a project")
    assert has_card(s, "U0DANA")


def shell(s: Stage, email: str) -> Actor:
    return Actor(s.bot.store.people.meet(email=email), None, "a shell")


def pressed(s: Stage, user: str, action: str) -> str:
    press(s, user, action)
    return answer(s, user)


def test_a_directory_is_asked_no_question(s: Stage, okta: Okta) -> None:
    okta.person(ALEX, "miroUsers", "miroAdmins")
    okta.settle()
    assert buttons(card(s, "U0CAROL")) == ["approve", "deny", "details"]
    with pytest.raises(Refused, match="can't answer"):
        request, who = okta.asked()[1], s.bot.people.find("U0CAROL")
        assert who
        question(request, Actor(who, who.account), "Why?", s.bot.context.table(request))


def test_a_group_or_team_that_is_gone_closes_nothing(s: Stage, okta: Okta) -> None:
    okta.person(ALEX, "miroUsers", "g_app_proeng_all")
    okta.settle()
    for group in ("g_app_proeng_all", "miroUsers"):
        gone = okta.says.get("okta", okta.groups[group])
        assert gone
        okta.says.delete(gone)
        okta.settle()
    assert states(okta.asked()) == [("request-access", "done")]
    assert failures(looked(s.bot.context, "okta")) == ["Okta has no group miroUsers, so nobody is judged."]


def test_what_a_group_gave_is_taken_away_once_it_is_back_without_them(s: Stage, okta: Okta) -> None:
    okta.person(ALEX, "miroUsers", "g_app_proeng_all", "miroAdmins")
    okta.settle()
    approve(s, "U0CAROL")
    for name in ("g_app_proeng_all", "miroAdmins"):
        gone = okta.says.get("okta", okta.groups.pop(name))
        assert gone
        okta.says.delete(gone)
        okta.settle()
        before = len(okta.asked())
        okta.fill(name, ())
        okta.settle()
        assert len(okta.asked()) == before + 1
    assert states(okta.asked())[2:] == [("leave-team", "done"), ("remove-admin", "waiting")]


def test_more_than_was_shown_is_never_let_through(s: Stage, okta: Okta) -> None:
    for number in range(6):
        okta.person(f"p{number}@example.com", "miroUsers")
    okta.settle()
    before = card(s, "U0CAROL", "directory-released")
    okta.person(ALEX, "miroUsers")
    press(s, "U0CAROL", "directory-released", before)
    assert "is about other changes now" in answer(s, "U0CAROL")
    okta.settle()
    press(s, "U0CAROL", "directory-released", before)
    assert "is about other changes now" in answer(s, "U0CAROL")
    assert okta.asked() == []
    press(s, "U0CAROL", "directory-released")
    assert states(okta.asked()) == [("request-access", "done")] * 7


def test_other_people_than_were_shown_are_never_let_through(s: Stage, okta: Okta) -> None:
    emails = [f"p{number}@example.com" for number in range(12)]
    ids = [okta.person(email, "miroUsers") for email in emails]
    okta.settle()
    press(s, "U0CAROL", "directory-released")
    for id in ids[:6]:
        okta.change(id, active=False)
    okta.settle()
    before = card(s, "U0CAROL", "directory-released")
    for id in ids:
        okta.change(id, active=id in ids[:6])
    okta.settle()
    press(s, "U0CAROL", "directory-released", before)
    assert "is about other changes now" in answer(s, "U0CAROL")
    assert all(user and user.active for user in map(s.miro.user, emails))
    press(s, "U0CAROL", "directory-released")
    wait(s, minutes=2)
    closed = [email for email in emails if (user := s.miro.user(email)) and not user.active]
    assert closed == emails[6:]


def test_a_newer_word_that_asks_nothing_leaves_the_count_of_the_hour(s: Stage, okta: Okta) -> None:
    ids = [okta.person(f"p{number}@example.com", "miroUsers") for number in range(6)]
    okta.settle()
    press(s, "U0CAROL", "directory-released")
    wait(s, hours=2)
    for id in ids[:5]:
        okta.leave(id, "miroUsers")
    okta.settle()
    for id in ids[:5]:
        okta.change(id, active=False)
    okta.settle()
    okta.change(ids[5], active=False)
    okta.settle()
    assert [each.action for each in okta.asked()].count("offboard") == 5
    assert "Okta wants to close the accounts of 1 person" in told(s, "U0CAROL")[-1]


def test_what_miro_doesnt_take_is_said_and_asks_nothing(s: Stage, okta: Okta) -> None:
    okta.person(ALEX, "miroUsers", **{ENTERPRISE: {"department": "x" * 200}})
    okta.settle()
    assert okta.asked() == []
    [text] = failures(looked(s.bot.context, "okta"))
    assert "Miro doesn't take what the directory says (department: at most " in text


def test_an_account_in_no_group_is_known(s: Stage, okta: Okta) -> None:
    names = {"zoe@example.com": "Zoe Zed", "yve@example.com": "Yve York"}
    for email, name in names.items():
        s.miro.add_user(email, name)
    wait(s, hours=2)
    okta.person("yve@example.com", "miroUsers")
    okta.person("zoe@example.com", active=False)
    okta.settle()
    assert states(okta.asked()) == [("offboard", "done")]
    wait(s, hours=2)
    assert names.keys().isdisjoint(each.email for each in compare.compared(s.bot.context))
    s.miro.change_user("zoe@example.com", active=True)
    wait(s, hours=2)
    [left] = [each for each in compare.compared(s.bot.context) if each.email in names]
    assert (left.email, left.code) == ("zoe@example.com", "leaver")
