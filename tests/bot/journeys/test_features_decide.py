"""Who decides, and when: one test for each such row of docs/features.md, named after it."""

from pathlib import Path

from bot.sandbox.slack.inputs import placed
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
    teams_of,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
ADMIN = ("U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT")
TABLE = '[managers]\n"alex@example.com" = "priya@example.com"\n"jo@example.com" = "priya@example.com"\n'


def access(rule: str, policy: str = POLICY) -> str:
    """The policy with other words on who decides about access, and how."""
    return _instead(policy, 'approvers = ["manager", "it"] }\nmove-team', f"{rule} }}\nmove-team")


def admin(rule: str) -> str:
    """The same about admin rights."""
    old = 'approvers = ["it"], expires = "1d" }\nremove-admin'
    return _instead(POLICY, old, f'{rule}, expires = "1d" }}\nremove-admin')


def _instead(policy: str, old: str, new: str) -> str:
    assert policy.count(old) == 1
    return policy.replace(old, new)


def employ(s: Stage) -> None:
    """Alex has an account, so that rights can be given."""
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])


def test_decide_in_slack_by_button(s: Stage) -> None:
    id = ask(s, *ACCESS)
    assert buttons(card(s, "U0PRIYA")) == ["approve", "deny", "question", "details"]
    assert calls(s) == []
    press(s, "U0PRIYA", "approve")
    assert (state(s, id), len(request(s, id).asking.votes)) == ("done", 1)
    assert "Engineering" in teams_of(s, "alex@example.com")
    assert last(s, "U0ALEX").startswith("✅ You're in Engineering in Miro")


def test_confirm_dialog_before_acting(s: Stage) -> None:
    employ(s)
    ask(s, *ADMIN)
    grave = dict((one["action_id"], one) for _, one in placed(card(s, "U0CAROL").blocks))
    assert grave["approve"]["confirm"]["text"]["text"] == (
        "Alex will be able to manage every person and team."
    )
    assert "confirm" not in grave["deny"]
    ask(s, "U0JO", "/miro-access", "for Design because we draw")
    harmless = dict((one["action_id"], one) for _, one in placed(card(s, "U0CAROL").blocks))
    assert "confirm" not in harmless["approve"]


def test_manager_from_directory(tmp_path: Path) -> None:
    policy = 'manager_field = "Manager"\n' + _instead(POLICY, TABLE, "")
    with playing(tmp_path, access('approvers = ["manager"]', policy)) as s:
        s.slack.change_person("U0ALEX", manager="U0DANA")
        id = ask(s, *ACCESS)
        assert "You manage Alex" in read(card(s, "U0DANA"))
        assert not has_card(s, "U0PRIYA") and not has_card(s, "U0CAROL")
        s.slack.change_person("U0ALEX", manager="U0PRIYA")
        press(s, "U0DANA", "approve")
        assert (state(s, id), calls(s)) == ("waiting", []), "looked up anew before anything is changed"
        assert has_card(s, "U0PRIYA")


def test_owner_and_fallback_chain(tmp_path: Path) -> None:
    owned = _instead(POLICY, "[groups.it]", '[owners]\n"Engineering" = ["dana@example.com"]\n[groups.it]')
    with playing(tmp_path, access('approvers = ["owners"], fallback = ["it"]', owned)) as s:
        id = ask(s, *ACCESS)
        theirs = card(s, "U0DANA")
        assert "You own Engineering." in read(theirs), read(theirs)
        assert not has_card(s, "U0CAROL")
        s.slack.change_person("U0DANA", deleted=True)
        wait(s, hours=7)
        assert buttons(theirs) == []
        assert "Dana Fox can no longer decide." in read(card(s, "U0CAROL"))
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_multi_step(tmp_path: Path) -> None:
    with playing(tmp_path, admin('steps = [ { approvers = ["manager"] }, { approvers = ["it"] } ]')) as s:
        employ(s)
        id = ask(s, *ADMIN)
        assert "Step 1 of 2." in read(card(s, "U0PRIYA"))
        assert not has_card(s, "U0CAROL"), "not their turn yet"
        approve(s, "U0PRIYA")
        assert (state(s, id), calls(s)) == ("waiting", [])
        assert "Step 2 of 2. Priya Rao approved." in read(card(s, "U0CAROL"))
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_quorum_n_of_m(tmp_path: Path) -> None:
    with playing(tmp_path, admin('approvers = ["manager", "it"], agree = 2')) as s:
        employ(s)
        id = ask(s, *ADMIN)
        assert all("2 must approve." in read(card(s, user)) for user in ("U0PRIYA", "U0CAROL", "U0SAM"))
        approve(s, "U0SAM")
        assert (state(s, id), calls(s)) == ("waiting", [])
        assert "Sam Lee approved. 1 more needed." in read(card(s, "U0PRIYA"))
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"
        assert not has_card(s, "U0CAROL"), "the third isn't needed any more"


def test_distinct_approver_per_step(tmp_path: Path) -> None:
    twice = 'steps = [ { approvers = ["manager", "it"] }, { approvers = ["manager", "it"] } ]'
    with playing(tmp_path, admin(twice)) as s:
        employ(s)
        id = ask(s, *ADMIN)
        old = as_it_was(card(s, "U0CAROL"))
        approve(s, "U0CAROL")
        assert not has_card(s, "U0CAROL") and has_card(s, "U0SAM")
        press(s, "U0CAROL", "approve", old)
        assert answer(s, "U0CAROL") == f"You already approved {id}. It's waiting for someone else."
        assert (state(s, id), history(s, id).count("voted")) == ("waiting", 1)
        approve(s, "U0SAM")
        assert len({vote.by for vote in request(s, id).asking.votes}) == 2
        assert state(s, id) == "done"


def test_delegation_out_of_office(tmp_path: Path) -> None:
    with playing(tmp_path, access('approvers = ["manager"]')) as s:
        for user in ("U0PRIYA", "U0LENA"):
            s.acting.command(user, "/miro", "whoami")
        wait(s, seconds=5)
        assert s.acting.command("U0PRIYA", "/miro", "away until 2026-03-06 <@U0LENA|lena>").ok
        id = ask(s, *ACCESS)
        assert not has_card(s, "U0PRIYA")
        assert "Priya Rao is away and you stand in." in read(card(s, "U0LENA"))
        approve(s, "U0LENA")
        vote = request(s, id).asking.votes[0]
        assert state(s, id) == "done" and vote.by != vote.principal


def test_why_am_i_the_approver_shown(s: Stage) -> None:
    ask(s, *ACCESS)
    assert "You manage Alex" in read(card(s, "U0PRIYA"))
    assert "You look after Miro" in read(card(s, "U0CAROL"))
    assert "You're asked" not in "".join(told(s, "U0ALEX"))
