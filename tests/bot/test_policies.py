"""The policy in force is what the record names: a file comes into force once, and back only when told to."""

from datetime import timedelta
from pathlib import Path

import pytest

from approvals.ids import RequestId
from approvals.request import Draft, Event
from bot.policies import Policies
from bot.sandbox.stage import POLICY, Stage, stage
from tests.approvals.queued import behind, drawn, notes
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    card,
    history,
    playing,
    press,
    read,
    request,
    state,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

ACCESS = ("/miro-access", "for Engineering because of the workshop")
PLAIN = 'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"]'
IT = POLICY.replace(PLAIN, 'request-access = { ask = ["anyone"], for_others = ["it"], approvers = ["it"]')
TWO = POLICY.replace(PLAIN, f"{PLAIN}, agree = 2")
SAME = POLICY.replace('rename-group = { ask = ["it"', 'rename-group = { ask = ["hr"')


def write(s: Stage, text: str) -> None:
    """Somebody edits the file, and the bot looks at it."""
    (s.folder / "policy.toml").write_text(text, encoding="utf-8")
    wait(s, seconds=5)


def changes(s: Stage, user: str = "U0CAROL") -> list[str]:
    """The messages of a changed policy that an operator has."""
    return [one for one in told(s, user) if "A new policy is in force" in one]


def test_an_older_file_on_a_restarting_process_flips_nothing(
    s: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    older = tmp_path / "older.toml"
    older.write_text(POLICY, encoding="utf-8")
    write(s, IT)
    hash, entries = s.bot.context.policies.hash, len(list(s.bot.store.events("policy")))
    policies = Policies(older, s.bot.store)
    for _ in range(3):
        assert policies.reload() == ""
    assert (policies.hash, s.bot.store.policy_in_force().hash) == (hash, hash)  # type: ignore[union-attr]
    assert policies.in_force == s.bot.context.policy
    assert len(list(s.bot.store.events("policy"))) == entries
    assert f"{older} was in force before. To go back to it: miro-bot policy apply {older}." in caplog.text
    wait(s, seconds=5)
    assert (s.bot.context.policies.hash, len(changes(s))) == (hash, 1)


def test_a_file_put_back_while_the_bot_runs_is_said_once_and_decides_nothing(s: Stage) -> None:
    write(s, IT)
    hash = s.bot.context.policies.hash
    for _ in range(3):
        write(s, POLICY)
    assert s.bot.context.policies.hash == hash
    assert sum("was in force before. To go back to it" in one for one in told(s, "U0CAROL")) == 1
    health = s.bot.health()
    assert health["ok"] and f"decides ({hash[:12]})" in health["policy"]
    id = ask(s, "U0ALEX", *ACCESS)
    approve(s, "U0CAROL")
    assert state(s, id) == "done"


def test_a_process_follows_what_another_put_in_force(s: Stage, tmp_path: Path) -> None:
    second = Policies(tmp_path / "policy.toml", s.bot.store)
    write(s, IT)
    assert second.hash != s.bot.context.policies.hash
    assert second.deciding() == s.bot.context.policies.deciding()


def test_a_click_is_decided_by_what_another_process_put_in_force(s: Stage, tmp_path: Path) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    newer = tmp_path / "newer.toml"
    newer.write_text(IT, encoding="utf-8")
    Policies(newer, s.bot.store)
    press(s, "U0PRIYA", "approve")
    assert state(s, id) == "waiting"
    assert "Only Carol Diaz or Sam Lee can decide" in answer(s, "U0PRIYA")


def test_operators_by_either_policy_read_what_is_different(s: Stage) -> None:
    write(s, POLICY.replace('["carol@example.com", "sam@example.com"]', '["sam@example.com"] # <@U0CAROL>'))
    for user in ("U0CAROL", "U0SAM"):
        [text] = changes(s, user)
        assert '-people = ["carol@example.com", "sam@example.com"]' in text
        assert '+people = ["sam@example.com"] # <@U0CAROL>' in text
        assert "&lt;@U0CAROL&gt;" in s.slack.dm_of(user)[-1].text  # as it is sent: nobody is called by it


def test_nobody_reads_anything_where_the_same_people_decide_the_same(s: Stage) -> None:
    ids = [ask(s, user, *ACCESS) for user in ("U0ALEX", "U0JO")]
    entries, sent = {id: history(s, id) for id in ids}, len(s.slack.messages)
    write(s, SAME)
    assert {id: history(s, id) for id in ids} == entries
    assert len(s.slack.messages) - sent == len(changes(s)) + len(changes(s, "U0SAM")) == 2


def test_votes_that_are_enough_by_now_are_confirmed_once(tmp_path: Path) -> None:
    with playing(tmp_path, TWO) as s:
        id = ask(s, "U0ALEX", *ACCESS)
        approve(s, "U0PRIYA")
        write(s, POLICY)
        assert state(s, id) == "waiting"
        for user in ("U0PRIYA", "U0CAROL"):
            text = read(card(s, user))
            assert "The policy changed. The approvals so far are now enough. One more confirms it." in text
        assert history(s, id).count("routed") == 1
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"
        assert [vote.by for vote in request(s, id).asking.votes] == [request(s, id).asking.votes[0].by] * 2


def test_what_was_approved_and_not_begun_waits_again(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        id = ask(s, "U0ALEX", *ACCESS)
        assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok  # and nobody works yet
        assert state(s, id) == "approved"
        (tmp_path / "policy.toml").write_text(TWO, encoding="utf-8")
        s.bot.housekeeping.tick()
        assert state(s, id) == "waiting"
        s.settle()
        assert state(s, id) == "waiting"
        assert "approved. 1 more needed" in read(card(s, "U0CAROL"))
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


# -- miro-bot policy apply ---------------------------------------------------------------------------------


def test_going_back_to_an_older_policy_is_said_in_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        id = ask(s, "U0ALEX", *ACCESS)
        write(s, IT)
        older = tmp_path / "older.toml"
        older.write_text(POLICY, encoding="utf-8")
        assert "is in force (" in shell.types("policy", "apply", str(older))
        assert "is already in force (" in shell.types("policy", "apply", str(older))
        wait(s, seconds=5)
        assert "manager" in s.bot.context.policy.actions["request-access"].approvers
        entry = [one for one in s.bot.store.events("policy") if one.type == "policy-in-force"][-1]
        assert " on " in entry.text("shell")
        assert "It was applied in a shell (" in changes(s)[-1]
        assert s.bot.context.policies.differs  # its own file is the other one
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"


@pytest.mark.parametrize(
    ("text", "why"),
    [("operators =", "The policy can't be used"), (POLICY.replace('"Sales" =', '"Slaes" ='), "no such team")],
)
def test_what_cannot_be_used_is_not_applied(tmp_path: Path, text: str, why: str) -> None:
    with machine(tmp_path) as (s, shell):
        hash = s.bot.context.policies.hash
        (tmp_path / "wrong.toml").write_text(text, encoding="utf-8")
        assert why in shell.types("policy", "apply", str(tmp_path / "wrong.toml"), exits=1)
        wait(s, seconds=5)
        assert s.bot.context.policies.hash == hash


def test_a_policy_is_not_applied_to_no_record(tmp_path: Path) -> None:
    with machine(tmp_path) as (_, shell):
        shell.environ["MIRO_BOT_DATABASE"] = str(tmp_path / "none.db")
        said = shell.types("policy", "apply", str(tmp_path / "policy.toml"), exits=1)
        assert "There is no record at" in said and not (tmp_path / "none.db").exists()


def test_doctor_says_that_another_policy_decides(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        write(s, IT)
        (tmp_path / "older.toml").write_text(POLICY, encoding="utf-8")
        shell.environ["MIRO_BOT_POLICY"] = str(tmp_path / "older.toml")
        [said] = [one for one in shell.json("doctor") if one["what"] == "policy"]
        assert said["ok"] and "was in force before. To go back to it: miro-bot policy apply" in said["text"]


# -- many requests that wait -------------------------------------------------------------------------------

MOST = 500
many = pytest.mark.parametrize("many", [50, pytest.param(MOST, marks=pytest.mark.long)])


def crowd(s: Stage, many: int, *voters: str) -> list[RequestId]:
    """As many requests as one that waits, everything about them sent; each has the votes of some people."""
    first = ask(s, "U0ALEX", *ACCESS)
    asked, planned = s.bot.store.events(first)
    drafts = [Draft(planned.type, planned.by, planned.body, as_texts(planned))]
    for name in voters:
        voter = s.bot.store.people.by_email(f"{name}@example.com")
        assert voter
        drafts.append(Draft("voted", voter.id, {"revision": planned.body["revision"]}))
    ids = []
    for _ in range(many):
        made = s.bot.store.ask(Draft(asked.type, asked.by, asked.body, as_texts(asked)))
        made = s.bot.store.append(made, drafts)
        drawn(s.bot.store, made.id)
        ids.append(made.id)
    return ids


def as_texts(event: Event) -> dict[str, str]:
    """The words of an event, none of which was forgotten."""
    return {key: event.text(key) for key in event.words}


def unsent(s: Stage) -> tuple[list[str], list[RequestId]]:
    """The messages that are on their way, and the requests of which something is to be drawn."""
    return [note.message["text"] for note in notes(s.bot.store)], sorted(behind(s.bot.store))


def looked_at(s: Stage, text: str) -> None:
    """Somebody edits the file, and the bot looks at it and at all that waits, twice; nothing is sent yet."""
    (s.folder / "policy.toml").write_text(text, encoding="utf-8")
    for _ in range(2):
        s.clock.pass_(timedelta(seconds=5))
        s.bot.housekeeping.tick()


@many
def test_of_many_that_wait_nobody_hears_where_the_seats_are_the_same(s: Stage, many: int) -> None:
    ids = crowd(s, many)
    entries = {id: history(s, id) for id in ids}
    looked_at(s, SAME)
    notes, drawn = unsent(s)
    assert ["A new policy is in force" in text for text in notes] == [True, True] and drawn == []
    assert {id: history(s, id) for id in ids} == entries


@many
def test_of_many_whose_votes_are_enough_by_now_each_asks_for_one_confirmation(
    tmp_path: Path, many: int
) -> None:
    with stage(tmp_path, TWO) as s:
        ids = crowd(s, many, "priya")
        looked_at(s, POLICY)
        notes, drawn = unsent(s)
        assert (len(notes), {*drawn} - {"R-1"}) == (2, {*ids})
        for id in ids:
            assert history(s, id)[2:] == ["voted", "routed"]
            asked = [*s.bot.store.events(id)][-1].body
            assert (state(s, id), asked["confirms"], asked["need"]) == ("waiting", True, 1)


@pytest.mark.thorough
@many
def test_an_older_file_on_a_second_process_flips_none_of_many_back(tmp_path: Path, many: int) -> None:
    with stage(tmp_path, TWO) as s:
        ids = crowd(s, many, "priya")
        looked_at(s, POLICY)
        head, sent = s.bot.store.head(), unsent(s)
        (tmp_path / "policy.toml").write_text(TWO, encoding="utf-8")
        second = s.rebuild()
        second.housekeeping.tick()
        assert "was in force before" in second.context.policies.differs
        looked_at(s, POLICY)
        assert (s.bot.store.head(), unsent(s)) == (head, sent)
        assert {history(s, id)[-1] for id in ids} == {"routed"}
        second.stop()
