"""Who is told what, and where: channel, approvers, the person changed, the leaver."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import CHANNEL, PEOPLE, POLICY, Stage
from tests.approvals.queued import behind
from tests.bot.journeys.scenes import (
    approve,
    ask,
    buttons,
    card,
    has_card,
    history,
    last,
    playing,
    press,
    read,
    state,
    told,
    wait,
)

TOLD = f'tell = "{CHANNEL}"\n{POLICY}'
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
OFFBOARD = ("U0LENA", "/miro-offboard", "jo@example.com because last day today")


def in_channel(s: Stage) -> list[str]:
    """Everything that stands in the channel for all to read."""
    return [read(one) for one in s.slack.messages if one.channel == CHANNEL and not one.ephemeral_for]


def test_one_card_in_the_channel_instead_of_many(tmp_path: Path) -> None:
    with playing(tmp_path, TOLD) as s:
        id = ask(s, *ACCESS)
        assert len(in_channel(s)) == 1
        assert "*Approvers* Priya Rao, Carol Diaz or Sam Lee\n" in in_channel(s)[0]
        assert told(s, "U0PRIYA") == [] == told(s, "U0CAROL")
        press(s, "U0PRIYA", "approve", card(s, "U0PRIYA", channel=CHANNEL))
        assert state(s, id) == "done"
        assert "approved by Priya Rao" in in_channel(s)[0]


def test_whoever_decides_and_is_not_in_the_channel_gets_a_message(tmp_path: Path) -> None:
    def without_sam(miro: Miro, slack: Workspace) -> None:
        slack.change_channel(CHANNEL, members=frozenset({*PEOPLE, "U0BOT"} - {"U0SAM"}))

    with playing(tmp_path, TOLD, prepare=without_sam) as s:
        id = ask(s, *ACCESS)
        assert len(in_channel(s)) == 1
        assert has_card(s, "U0SAM") and told(s, "U0PRIYA") == [] == told(s, "U0CAROL")
        s.slack.change_channel(CHANNEL, members=frozenset({"U0SAM", "U0PRIYA", "U0BOT"}))
        wait(s, hours=25)  # by now Carol has left it, and Sam has come
        assert has_card(s, "U0CAROL") and len(told(s, "U0SAM")) == 1 and told(s, "U0PRIYA") == []
        press(s, "U0PRIYA", "approve", card(s, "U0PRIYA", channel=CHANNEL))
        assert state(s, id) == "done" and not has_card(s, "U0SAM") and not has_card(s, "U0CAROL")


def test_where_slack_does_not_tell_who_is_in_it_the_channel_is_enough(tmp_path: Path) -> None:
    def silent(miro: Miro, slack: Workspace) -> None:
        slack.change_channel(CHANNEL, members=frozenset({*PEOPLE, "U0BOT"} - {"U0SAM"}))
        slack.fault("conversations.members", error="missing_scope", times=None)

    with playing(tmp_path, TOLD, prepare=silent) as s:
        ask(s, *ACCESS)
        assert len(in_channel(s)) == 1 and told(s, "U0SAM") == []


def test_a_bystander_of_the_channel_cannot_decide(tmp_path: Path) -> None:
    with playing(tmp_path, TOLD) as s:
        id = ask(s, *ACCESS)
        press(s, "U0DANA", "approve", card(s, "U0DANA", channel=CHANNEL))
        said = s.slack.seen_by("U0DANA", CHANNEL)[-1]
        assert read(said) == f"Only Priya Rao, Carol Diaz or Sam Lee can decide {id}. Nothing has changed."
        assert said.ephemeral_for == "U0DANA"
        assert state(s, id) == "waiting"


def test_an_offboarding_is_never_in_a_channel(tmp_path: Path) -> None:
    with playing(tmp_path, TOLD) as s:
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
        ask(s, *OFFBOARD)
        assert has_card(s, "U0PRIYA") and has_card(s, "U0CAROL")
        approve(s, "U0PRIYA")
        assert in_channel(s) == []
        assert told(s, "U0JO") == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_archived": True}, "is_archived"),
        ({"members": frozenset({"U0PRIYA"})}, "not_in_channel"),
        ({"members": frozenset(), "is_private": True}, "channel_not_found"),
        ({"is_ext_shared": True}, "shared with another organization"),
    ],
)
def test_where_the_channel_will_not_do_approvers_are_written_to(
    tmp_path: Path, changes: Mapping[str, Any], why: str
) -> None:
    with playing(tmp_path, TOLD) as s:
        s.slack.change_channel(CHANNEL, **changes)
        id = ask(s, *ACCESS)
        for _ in range(3):
            wait(s, seconds=10)
        assert in_channel(s) == []
        assert has_card(s, "U0PRIYA") and has_card(s, "U0CAROL")
        told_in_record = [one for one in s.bot.store.events(id) if one.type == "unreached"]
        assert why in told_in_record[0].text("why")
        assert "The channel can't be reached in Slack." in last(s, "U0ALEX")


def test_a_channel_archived_later_is_a_recorded_end(tmp_path: Path) -> None:
    with playing(tmp_path, TOLD) as s:
        id = ask(s, *ACCESS)
        s.slack.change_channel(CHANNEL, is_archived=True)
        wait(s, days=3)
        ask(s, "U0JO", "/miro-access", "for Design because I start Monday")
        for _ in range(6):
            wait(s, seconds=10)
            press(s, "U0JO", "remind")
        assert history(s, id) == ["asked", "planned", "expired", "unreached"]
        assert "Expired without an answer" in last(s, "U0ALEX")
        assert behind(s.bot.store, 9) == []


def test_somebody_who_cannot_be_reached_is_written_down(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=3, error="user_not_found")
    id = ask(s, *ACCESS)
    for _ in range(3):
        wait(s, seconds=10)
    assert history(s, id).count("unreached") == 1
    assert any("can't be reached" in one for one in told(s, "U0ALEX"))
    assert sum(has_card(s, one) for one in ("U0PRIYA", "U0CAROL", "U0SAM")) == 2


def test_the_person_changed_is_told_and_need_not_act(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    ask(s, "U0CAROL", "/miro-move", "<@U0ALEX> from Engineering to Design because Alex changed jobs")
    assert told(s, "U0ALEX") == []
    approve(s, "U0PRIYA")
    assert last(s, "U0ALEX").startswith("✅ You're in Design in Miro, and no longer in Engineering")
    assert buttons(s.slack.dm_of("U0ALEX")[-1]) == ["visit"]


def stopped_halfway(s: Stage) -> str:
    """Alex has joined Design, and can't leave Engineering for being its only admin."""
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_team(s.teams["Engineering"], admins=(alex,))
    id = ask(s, "U0CAROL", "/miro-move", "<@U0ALEX> from Engineering to Design because Alex changed jobs")
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    return id


def test_the_person_changed_is_told_when_it_stops_halfway(s: Stage) -> None:
    id = stopped_halfway(s)
    told_so = last(s, "U0ALEX")
    assert told_so.startswith(
        f"⚠️ {id} is incomplete\nCarol Diaz asked me to move you from Engineering to Design."
    )
    assert "Done: joined Design\nNot done: leave Engineering\n" in told_so
    assert told_so.endswith("The operators have been notified.")
    assert buttons(s.slack.dm_of("U0ALEX")[-1]) == []
    s.miro.change_team(s.teams["Engineering"], admins=())
    press(s, "U0SAM", "resume")
    assert last(s, "U0ALEX").startswith("✅ You're in Design")
    assert "The operators" not in "".join(told(s, "U0ALEX"))


def test_the_person_changed_reads_when_it_is_left_halfway(s: Stage) -> None:
    stopped_halfway(s)
    press(s, "U0SAM", "withdraw")
    card, *_ = s.slack.dm_of("U0ALEX")
    assert (
        "Withdrawn by Sam Lee\n" in read(card)
        and "Changes made earlier stay." in read(card)
        and buttons(card) == []
    )
    assert "Withdrawn by Sam Lee\n" in last(s, "U0ALEX") and s.slack.dm_of("U0ALEX")[-1].thread_ts == card.ts


def test_the_person_changed_is_not_told_of_what_changed_nothing(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    ask(s, "U0CAROL", "/miro-move", "<@U0ALEX> from Engineering to Design because Alex changed jobs")
    s.miro.faults.append(Fault("PATCH", "", status=400))
    approve(s, "U0PRIYA")
    assert told(s, "U0ALEX") == []


ALONE = POLICY.replace('operators = ["it"]', 'operators = ["sam@example.com"]')
NO_OPERATOR = "No operator can be reached. Ask your IT team to name one in the policy."


def test_where_no_operator_can_be_told_the_requester_reads_so_until_there_is_one(tmp_path: Path) -> None:
    with playing(tmp_path, ALONE) as s:
        s.miro.add_user("sam@example.com", "Sam Lee", teams=[s.teams["Design"]])
        id = ask(s, "U0LENA", "/miro-offboard", "sam@example.com because last day today")
        s.miro.faults.append(Fault("PATCH", "", status=400))
        approve(s, "U0CAROL")
        assert state(s, id) == "stopped"
        assert NO_OPERATOR in told(s, "U0LENA")[0]
        assert NO_OPERATOR in told(s, "U0CAROL")[0]
        assert told(s, "U0SAM") == []
        (s.folder / "policy.toml").write_text(ALONE.replace('["sam@', '["lena@example.com", "sam@', 1))
        wait(s, seconds=5)
        assert has_card(s, "U0LENA", "resume")
        assert NO_OPERATOR not in "".join(told(s, "U0LENA") + told(s, "U0CAROL"))
        press(s, "U0LENA", "resume")
        assert state(s, id) == "done"


def test_an_operator_whom_the_card_does_not_reach_is_nobody_told(tmp_path: Path) -> None:
    with playing(tmp_path, ALONE) as s:
        s.slack.change_person("U0SAM", deleted=True)
        stopped_halfway(s)
        for _ in range(6):
            wait(s, seconds=10)
        assert NO_OPERATOR in "".join(told(s, "U0CAROL"))


def test_a_stopped_offboarding_is_not_shown_to_an_operator_who_leaves(s: Stage) -> None:
    s.miro.add_user(
        "sam@example.com", "Sam Lee", teams=[s.teams["Design"]], team_admin_of=[s.teams["Design"]]
    )
    s.miro.change_team(s.teams["Design"], admins=(s.miro.user("sam@example.com").id,))  # type: ignore[union-attr]
    id = ask(s, "U0LENA", "/miro-offboard", "sam@example.com because last day today")
    approve(s, "U0CAROL")
    assert state(s, id) == "stopped"
    assert has_card(s, "U0CAROL", "resume")
    assert told(s, "U0SAM") == []
    s.acting.command("U0SAM", "/miro", f"status {id}")
    assert s.slack.dm_of("U0SAM")[-1].text == f"You have no request {id}."
    s.acting.command("U0SAM", "/miro", f"withdraw {id}")
    assert "You have no request" in s.slack.dm_of("U0SAM")[-1].text


def test_a_leaver_reads_nothing_of_the_own_offboarding(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, *OFFBOARD)
    for text in (f"status {id}", "status", f"withdraw {id}"):
        s.acting.command("U0JO", "/miro", text)
        said = s.slack.dm_of("U0JO")[-1].text
        assert "Lena" not in said and "deactivate" not in said and "waiting" not in said
    s.acting.open_home("U0JO")
    s.settle()
    assert id not in str(s.slack.homes.get("U0JO"))
    assert state(s, id) == "waiting"


def test_the_second_to_ask_for_an_offboarding_hears_only_if_entitled(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    ask(s, *OFFBOARD)
    s.acting.command("U0DANA", "/miro-offboard", "jo@example.com because I heard so")
    assert (
        last(s, "U0DANA") == "You can't request this. Ask your manager or your IT team to request it for you."
    )
    id = ask(s, "U0CAROL", "/miro-offboard", "jo@example.com because last day today")
    assert "Lena Vogt already asked for this: R-1." in last(s, "U0CAROL")
    assert state(s, id) == "joined"
