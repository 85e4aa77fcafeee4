"""The world changes between the question and the answer: what was approved is done, or it is asked again."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    calls,
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
    wait,
)

MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


def member(s: Stage, *names: str) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams[name] for name in names])


def test_somebody_else_doing_a_part_leaves_less_to_do(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    s.miro.join("alex@example.com", s.teams["Design"])
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert calls(s) == [f"PATCH /Groups/{s.teams['Engineering']}"]


def test_everything_done_by_somebody_else_needs_no_call(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    s.miro.join("alex@example.com", s.teams["Design"])
    s.miro.leave("alex@example.com", s.teams["Engineering"])
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert calls(s) == []


def test_more_to_do_than_was_approved_is_asked_again(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    old = card(s, "U0PRIYA")
    first = request(s, id).plan.revision
    s.miro.change_user("alex@example.com", active=False)
    approve(s, "U0PRIYA")
    assert state(s, id) == "waiting"
    assert calls(s) == []
    assert card(s, "U0PRIYA").ts == old.ts
    assert "Updated changes in Miro\n" in read(old)
    assert "Reactivate the account" in read(old)
    reply = s.slack.dm_of("U0PRIYA")[-1]
    assert reply.thread_ts == old.ts and "The changes are different now." in read(reply)
    assert request(s, id).plan.revision != first
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    user = s.miro.user("alex@example.com")
    assert user and user.active
    assert teams_of(s, "alex@example.com") == {"Design"}


def test_an_older_picture_approves_nothing(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    theirs = card(s, "U0CAROL")
    copy = replace(theirs, blocks=list(theirs.blocks))
    s.miro.change_user("alex@example.com", active=False)
    approve(s, "U0PRIYA")
    press(s, "U0CAROL", "approve", copy)
    assert answer(s, "U0CAROL") == (
        "The change is different now, so your click did nothing. Read the updated card."
    )
    assert state(s, id) == "waiting"
    assert request(s, id).asking.votes == ()
    assert calls(s) == []


def test_somebody_who_left_a_team_is_not_put_back_unasked(s: Stage) -> None:
    member(s, "Engineering", "Design")
    id = ask(s, *MOVE)
    s.miro.leave("alex@example.com", s.teams["Design"])
    approve(s, "U0PRIYA")
    assert state(s, id) == "waiting"
    assert "Join Design\n" in read(card(s, "U0PRIYA"))
    assert calls(s) == []


def test_another_account_of_the_same_address_is_asked_again(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    s.miro.delete("alex@example.com")
    member(s, "Engineering")
    approve(s, "U0PRIYA")
    assert state(s, id) == "waiting"
    assert history(s, id).count("planned") == 2
    assert calls(s) == []


def test_a_group_renamed_meanwhile_is_asked_again(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    s.miro.change_team(s.teams["Design"], displayName="g_app_design_all")
    wait(s, minutes=10)
    approve(s, "U0PRIYA")
    assert state(s, id) == "waiting"
    assert calls(s) == []
    assert "Join Design\n" in read(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    assert teams_of(s, "alex@example.com") == {"Design"}


def test_a_group_deleted_meanwhile_stops_before_anything_changed(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    delete_team(s, "Design")
    wait(s, minutes=10)
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    assert "The team is no longer in Miro." in last(s, "U0ALEX")
    assert calls(s) == []
    assert teams_of(s, "alex@example.com") == {"Engineering"}


def test_a_group_deleted_unnoticed_stops_with_what_miro_said(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    delete_team(s, "Design")
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    assert 'Miro said: "' in last(s, "U0ALEX")
    assert teams_of(s, "alex@example.com") == {"Engineering"}


def test_a_group_deleted_before_checking_is_refused(s: Stage) -> None:
    member(s, "Engineering")
    assert s.acting.command(*MOVE).ok
    delete_team(s, "Design")
    wait(s, minutes=10)
    errors = s.acting.submit("U0ALEX").errors
    assert list(errors) == ["to_team"]
    assert "There's no team" in errors["to_team"]


def delete_team(s: Stage, name: str) -> None:
    """As if somebody deleted it in Miro."""
    s.miro._organization.delete_team(s.teams[name])


def test_an_approver_who_left_before_the_first_write_does_not_count(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    s.slack.change_person("U0PRIYA", deleted=True)
    approve(s, "U0PRIYA")
    assert state(s, id) == "waiting"
    assert calls(s) == []
    assert [s.bot.context.person(one).called for one, _ in request(s, id).asking.approvers] == [
        "Carol Diaz",
        "Sam Lee",
    ]
    approve(s, "U0CAROL")
    assert state(s, id) == "done"


def test_nobody_left_to_approve_ends_it_with_a_sentence(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    for user in ("U0PRIYA", "U0CAROL", "U0SAM"):
        s.slack.change_person(user, deleted=True)
    s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve")
    wait(s, hours=7)
    assert state(s, id) == "refused"
    assert "Nobody can decide this" in last(s, "U0ALEX")
    assert calls(s) == []


def test_somebody_taken_off_the_policy_cannot_decide_old_requests(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    theirs = card(s, "U0PRIYA")
    change_policy(s, POLICY.replace('"alex@example.com" = "priya@example.com"', ""))
    press(s, "U0PRIYA", "approve", theirs)
    assert answer(s, "U0PRIYA") == f"Only Carol Diaz or Sam Lee can decide {id}. Nothing has changed."
    assert state(s, id) == "waiting"


def test_somebody_new_in_the_policy_decides_what_was_asked_before(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    change_policy(s, POLICY.replace('"sam@example.com"]', '"sam@example.com", "dana@example.com"]'))
    press(s, "U0DANA", "approve", card(s, "U0PRIYA"))
    assert state(s, id) == "done"


def test_an_approval_given_before_the_policy_changed_is_looked_at_again(s: Stage) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    change_policy(s, POLICY.replace('"alex@example.com" = "priya@example.com"', ""))
    s.settle()
    assert state(s, id) == "waiting"
    assert calls(s) == []
    assert has_card(s, "U0CAROL")
    assert "priya" not in str(request(s, id).asking.approvers)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"Sales" =', '"Design" = "the service desk"\n"Sales" =', "elsewhere: use the service desk"),
        (
            '["example.com"]',
            '["example.org"]',
            "I can only change accounts in example.org, so not alex@example.com",
        ),
        ('move-team = { ask = ["anyone"]', 'move-team = { ask = ["it"]', "Alex Smith can't request it."),
    ],
    ids=["managed elsewhere", "domains", "who may ask"],
)
def test_what_the_policy_forbids_since_the_approval_is_not_done(
    s: Stage, old: str, new: str, why: str
) -> None:
    member(s, "Engineering")
    id = ask(s, *MOVE)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    change_policy(s, POLICY.replace(old, new))
    s.settle()
    assert state(s, id) == "refused"
    assert "The policy no longer allows this." in last(s, "U0ALEX")
    assert why in last(s, "U0ALEX")
    assert calls(s) == []


def test_what_the_policy_forbids_halfway_stays_stopped(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_team(s.teams["Engineering"], admins=(alex,))
    id = ask(s, *MOVE)
    approve(s, "U0PRIYA")
    change_policy(s, POLICY.replace('"Sales" =', '"Design" = "the service desk"\n"Sales" ='))
    s.miro.log.clear()
    press(s, "U0CAROL", "resume")
    assert state(s, id) == "stopped"
    assert "Done: joined Design\n" in last(s, "U0ALEX")
    assert "Design is managed elsewhere: use the service desk." in last(s, "U0ALEX")
    assert calls(s) == []


def test_a_team_managed_elsewhere_since_it_was_asked_for_is_refused(s: Stage) -> None:
    member(s, "Engineering")
    s.acting.command(*MOVE)
    assert s.acting.submit("U0ALEX").errors == {}
    change_policy(s, POLICY.replace('"Sales" =', '"Design" = "the service desk"\n"Sales" ='))
    s.settle()
    assert "Design is managed elsewhere: use the service desk." in last(s, "U0ALEX")
    assert not has_card(s, "U0PRIYA")


def change_policy(s: Stage, text: str) -> None:
    """Somebody edits policy.toml; the bot takes it up before it does anything else."""
    (s.folder / "policy.toml").write_text(text, encoding="utf-8")
    assert s.bot.context.policies.reload() == ""


def test_a_broken_change_leaves_the_old_policy_in_force(s: Stage) -> None:
    (s.folder / "policy.toml").write_text(POLICY.replace("operators =", "operatros ="), encoding="utf-8")
    for _ in range(3):
        wait(s, seconds=5)
    warned = [one for one in s.slack.dm_of("U0CAROL") if "policy" in one.text]
    assert len(warned) == 1
    assert "The changed policy has problems, so the old one stays in force." in warned[0].text
    assert "line 1" in warned[0].text
    member(s, "Engineering")
    id = ask(s, *MOVE)
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"


def test_a_request_working_when_nobody_may_approve_stops(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        member(s, "Engineering")
        id = ask(s, *MOVE)

        def world_changes() -> None:
            s.miro.change_user("alex@example.com", active=False)
            for user in ("U0PRIYA", "U0CAROL", "U0SAM"):
                s.slack.change_person(user, deleted=True)
                person = s.bot.store.people.by_slack(user)  # type: ignore[arg-type]
                assert person
                s.bot.people.look(person)

        def after_a_change(method: str, path: str) -> bool:
            return method == "GET" and any(one.method == "PATCH" for one in s.miro.log)

        s.miro.faults.append(Fault(path=after_a_change, then=world_changes))
        approve(s, "U0PRIYA")
        assert state(s, id) == "stopped"
        assert "Nobody can decide this" in last(s, "U0ALEX")
