"""People who mustn't decide, who left, or whom an address doesn't tell apart."""

from pathlib import Path
from typing import Any

import pytest

from approvals.policy.check import BrokenPolicy
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    buttons,
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
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
RULE = 'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"] }'


@pytest.mark.parametrize("how", ["leaves", "loses the role"])
def test_approver_loses_role_or_leaves_between_ask_and_click(s: Stage, how: str) -> None:
    id = ask(s, *ACCESS)
    shown = as_it_was(card(s, "U0PRIYA"))
    if how == "leaves":
        s.slack.change_person("U0PRIYA", deleted=True)
    else:
        less = POLICY.replace('"alex@example.com" = "priya@example.com"', "")
        (s.folder / "policy.toml").write_text(less, encoding="utf-8")
        wait(s, seconds=5)
    press(s, "U0PRIYA", "approve", shown)
    assert (state(s, id), calls(s)) == ("waiting", [])
    asked = [s.bot.context.person(one).called for one, _ in request(s, id).asking.approvers]
    assert asked == ["Carol Diaz", "Sam Lee"]
    approve(s, "U0CAROL")
    assert state(s, id) == "done"


@pytest.mark.parametrize("user", ["U0DANA", "U0JO", "U0ALEX"])
def test_clicker_is_not_the_asked_person(s: Stage, user: str) -> None:
    id = ask(s, *ACCESS)
    s.acting.command(user, "/miro", "help")
    wait(s, seconds=5)
    open_before = len(s.slack.views.get(user, []))
    for action in ("approve", "deny"):
        press(s, user, action, card(s, "U0PRIYA"))
        said = answer(s, user)
        assert said.startswith(("Only Priya Rao, Carol Diaz or Sam Lee can decide", "You requested this"))
    assert len(s.slack.views.get(user, [])) == open_before, "no form to deny with"
    assert (state(s, id), history(s, id)) == ("waiting", ["asked", "planned"])


@pytest.mark.parametrize("fallback", [True, False])
def test_self_approval_by_second_account_or_as_only_approver(tmp_path: Path, fallback: bool) -> None:
    more = ', fallback = ["sam@example.com"]' if fallback else ""
    alone = f'request-access = {{ ask = ["anyone"], approvers = ["carol@example.com"]{more} }}'
    with playing(tmp_path, POLICY.replace(RULE, alone)) as s:
        s.slack.add_person("U0CAROL2", "Carol@Example.com", "Carol (admin)")
        id = ask(s, "U0CAROL", "/miro-access", "for Engineering because I help out")
        assert not has_card(s, "U0CAROL") and not has_card(s, "U0CAROL2")
        if not fallback:
            assert "decide" in last(s, "U0CAROL")
            assert (state(s, id), calls(s)) == ("refused", [])
            return
        for _ in range(2):
            press(s, "U0CAROL2", "approve", card(s, "U0SAM"))
            wait(s, seconds=5)
        assert answer(s, "U0CAROL2") == "You requested this, so someone else has to decide."
        assert state(s, id) == "waiting"


@pytest.mark.parametrize("who", ["U0LENA", "U0ALEX"])
def test_requester_or_target_leaves_while_pending(s: Stage, who: str) -> None:
    id = ask(s, "U0LENA", "/miro-access", "<@U0ALEX> for Design because Alex draws")
    theirs = card(s, "U0PRIYA")
    s.slack.change_person(who, deleted=True)
    wait(s, hours=7)
    if state(s, id) == "waiting":
        press(s, "U0PRIYA", "approve", theirs)
    assert state(s, id) in ("withdrawn", "refused")
    assert buttons(theirs) == [] and "Nothing has changed." in read(theirs)
    assert calls(s) == []


@pytest.mark.parametrize("address", ["ALEX@Example.COM", "Alex@example.com"])
def test_email_mismatch_case_alias(s: Stage, address: str) -> None:
    s.slack.change_person("U0ALEX", email=address)
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    assert (state(s, id), calls(s, "POST")) == ("done", [])
    s.miro.add_user("jo@example.com", "Jo Park")
    s.miro.add_user("jo@example.com", "Joanna Park")
    other = ask(s, "U0JO", "/miro-access", "for Design because we draw")
    assert state(s, other) == "refused"
    assert "Miro has 2 accounts with the address jo@example.com." in last(s, "U0JO")


def test_email_absent(s: Stage) -> None:
    s.slack.add_person("U0MUTE", None, "Kim Wu")
    id = ask(s, "U0MUTE", "/miro-access", "for Engineering because I want to")
    assert (state(s, id), calls(s)) == ("refused", [])
    assert "Slack doesn't show me" in last(s, "U0MUTE")
    assert "Ask again with the address." in last(s, "U0MUTE")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"is_restricted": True}, "Guests can't request or decide here."),
        ({"is_ultra_restricted": True}, "Guests can't request or decide here."),
        ({"is_stranger": True}, "You belong to another organization"),
        ({"team_id": "T0THEIRS"}, "You belong to another organization"),
        ({"is_bot": True}, "Bots can't request or decide here."),
        ({"is_email_confirmed": False}, "Only Priya Rao"),
    ],
    ids=str,
)
def test_guests_strangers_unconfirmed_deleted_bots(s: Stage, flags: dict[str, Any], sentence: str) -> None:
    s.slack.add_person("U0ELSE", "priya@example.com", "Priya Rao", **flags)
    id = ask(s, *ACCESS)
    for _ in range(2):
        press(s, "U0ELSE", "approve", card(s, "U0PRIYA"))
        wait(s, seconds=5)
    assert sentence in answer(s, "U0ELSE")
    shown = as_it_was(card(s, "U0PRIYA"))
    s.slack.change_person("U0ELSE", deleted=True)
    wait(s, hours=7)
    press(s, "U0ELSE", "approve", shown)
    assert (state(s, id), history(s, id)) == ("waiting", ["asked", "planned"])


def test_grid_ids(tmp_path: Path) -> None:
    def on_grid(_: Miro, slack: Workspace) -> None:
        slack.enterprise_id = "E01"

    two = RULE.replace(" }", ", agree = 2 }")
    with playing(tmp_path, POLICY.replace(RULE, two), prepare=on_grid) as s:
        s.slack.add_person("W0PRIYA", "priya@example.com", "Priya Rao", team_id="T0OTHER")
        id = ask(s, *ACCESS)
        shown = as_it_was(card(s, "U0PRIYA"))
        for user in ("U0PRIYA", "W0PRIYA", "W0PRIYA"):
            press(s, user, "approve", shown)
            wait(s, seconds=5)
        assert (state(s, id), len(request(s, id).asking.votes)) == ("waiting", 1)
        one, other = (s.bot.store.people.by_slack(user) for user in ("U0PRIYA", "W0PRIYA"))  # type: ignore[arg-type]
        assert one and other and one.id == other.id
        approve(s, "U0SAM")
        assert state(s, id) == "done"


@pytest.mark.parametrize(
    "approvers", ["", '"nobody"', '"manager"'], ids=["empty", "a group of nobody", "no manager known"]
)
def test_config_fail_open(tmp_path: Path, approvers: str) -> None:
    rule = f'request-access = {{ ask = ["anyone"], approvers = [{approvers}] }}'
    policy = POLICY.replace(RULE, rule)
    if approvers == '"nobody"':
        policy = policy.replace("[groups.hr]", "[groups.nobody]\npeople = []\n[groups.hr]")
    if approvers != '"manager"':
        with pytest.raises(BrokenPolicy), playing(tmp_path, policy):
            pass
        return
    with playing(tmp_path, policy) as s:
        id = ask(s, "U0DANA", "/miro-access", "for Design because we draw")
        assert (state(s, id), calls(s)) == ("refused", [])
        assert "Nobody can decide this" in last(s, "U0DANA")
        assert told(s, "U0PRIYA") == []
