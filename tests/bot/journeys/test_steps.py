"""One group after the other: what each reads, before its turn, in it, and after it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    buttons,
    calls,
    card,
    deny,
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

BOARDS = "Boards stay where they are. You can reactivate Alex later."
STEPS = 'steps = [ { approvers = ["manager"] }, { approvers = ["it"], agree = 2 } ]'
TWO_STEPS = POLICY.replace('approvers = ["it"], expires = "1d" }', f'{STEPS}, expires = "1d" }}', 1)
ADMIN = ("U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT")
MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, TWO_STEPS) as s:
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
        yield s


def asked_in(s: Stage, user: str) -> list[Message]:
    """Every message of this person that asked for a decision, whatever it says by now."""
    return [one for one in s.slack.dm_of(user) if one.thread_ts is None and one.user == s.slack.bot_user]


def put_in_force(s: Stage, policy: str) -> None:
    (s.folder / "policy.toml").write_text(policy, encoding="utf-8")
    wait(s, seconds=5)


def test_a_second_group_is_asked_when_the_first_has_agreed(steps: Stage) -> None:
    id = ask(steps, *ADMIN)
    assert not has_card(steps, "U0CAROL") and not has_card(steps, "U0SAM")
    first = card(steps, "U0PRIYA")
    assert "Step 1 of 2." in read(first)
    assert "Waiting for Priya Rao" in last(steps, "U0DANA") and "Step 1 of 2." in last(steps, "U0DANA")
    approve(steps, "U0PRIYA")
    assert (state(steps, id), calls(steps)) == ("waiting", [])
    assert buttons(first) == []
    assert "You approved. Now Carol Diaz and Sam Lee decide." in read(first)
    for user in ("U0CAROL", "U0SAM"):
        assert "Step 2 of 2. Priya Rao approved. 2 must approve." in read(card(steps, user))
    assert "Waiting for Carol Diaz and Sam Lee" in last(steps, "U0DANA")
    assert "Step 2 of 2. Priya Rao approved." in last(steps, "U0DANA")
    approve(steps, "U0CAROL")
    assert "Carol Diaz approved. 1 more needed." in read(card(steps, "U0SAM"))
    approve(steps, "U0SAM")
    assert state(steps, id) == "done"
    for user in ("U0PRIYA", "U0CAROL", "U0SAM"):
        assert len(asked_in(steps, user)) == 1
        assert "approved by " in read(asked_in(steps, user)[0])


def test_a_copy_of_an_earlier_step_decides_nothing(steps: Stage) -> None:
    id = ask(steps, *ADMIN)
    old = as_it_was(card(steps, "U0PRIYA"))
    approve(steps, "U0PRIYA")
    press(steps, "U0PRIYA", "approve", old)
    assert answer(steps, "U0PRIYA") == f"You already approved {id}. It's waiting for someone else."
    assert history(steps, id).count("voted") == 1


def test_a_denial_in_the_last_step_reaches_every_copy_with_its_reason(steps: Stage) -> None:
    id = ask(steps, *ADMIN)
    approve(steps, "U0PRIYA")
    deny(steps, "U0SAM", "Not before May.")
    assert state(steps, id) == "denied"
    for user in ("U0PRIYA", "U0CAROL", "U0SAM"):
        copies = asked_in(steps, user)
        assert copies and all(not buttons(one) for one in copies)
        assert all("Denied by " in read(one) and '"Not before May."' in read(one) for one in copies)
    assert "Not before May." in last(steps, "U0DANA")


def test_the_status_of_a_request_says_which_step_and_who_decides(steps: Stage) -> None:
    id = ask(steps, *ADMIN)
    approve(steps, "U0PRIYA")
    steps.acting.command("U0DANA", "/miro", f"status {id}")
    said = last(steps, "U0DANA")
    assert f"{id} · Waiting for a decision: make Alex Smith a Company Admin." in said
    assert "Waiting for Carol Diaz and Sam Lee. Expires" in said
    assert "Step 2 of 2. Priya Rao approved. 2 must approve." in said


def test_details_show_the_steps_and_who_said_yes_when(steps: Stage) -> None:
    ask(steps, *ADMIN)
    approve(steps, "U0PRIYA")
    press(steps, "U0CAROL", "details")
    shown = read(steps.acting.modal("U0CAROL"))
    assert "Step 2 of 2: 2 must approve" in shown
    assert "Notified: Carol Diaz and Sam Lee" in shown
    assert "Priya Rao approved in step 1, Mar 2, 2026, 09:00" in shown


@pytest.mark.parametrize(
    ("command", "text", "undo"),
    [
        (
            "/miro-move",
            "<@U0ALEX> from Engineering to Design because new job",
            "To undo (all but boards): /miro-move the other way.",
        ),
        (
            "/miro-access",
            "for Engineering for <@U0ALEX> because new job",
            "To undo: /miro leave-team. The account stays.",
        ),
        ("/miro-offboard", "alex@example.com because last day today", BOARDS),
        ("/miro-offboard", "delete alex@example.com because last day today", "This can't be undone."),
    ],
)
def test_details_say_how_it_can_be_undone(s: Stage, command: str, text: str, undo: str) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"], s.teams["Sales"]])
    ask(s, "U0CAROL", command, f"{text} because of a new job")
    press(s, "U0PRIYA", "details")
    assert undo in read(s.acting.modal("U0PRIYA"))


def test_details_name_nothing_that_nobody_can_ask_for(tmp_path: Path) -> None:
    [line] = [one for one in POLICY.splitlines() if one.startswith("leave-team")]
    with playing(tmp_path, POLICY.replace(f"{line}\n", "")) as s:
        ask(s, *ACCESS)
        press(s, "U0PRIYA", "details")
        shown = read(s.acting.modal("U0PRIYA"))
        assert "This can be undone in Miro." in shown and "leave-team" not in shown


def test_a_policy_that_wants_more_votes_now_is_what_the_card_says(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, *MOVE)
    line = 'move-team = { ask = ["anyone"], for_others = ["it"], approvers = ["manager", "it"]'
    put_in_force(s, POLICY.replace(line, f"{line}, agree = 2"))
    assert "2 must approve." in read(card(s, "U0SAM"))
    approve(s, "U0PRIYA")
    assert "Priya Rao approved. 1 more needed." in read(card(s, "U0SAM"))
    assert state(s, id) == "waiting"
    approve(s, "U0SAM")
    assert state(s, id) == "done"


# -- nobody to ask ---------------------------------------------------------------------------------------


UNASKED = POLICY.replace('approvers = ["manager", "it"] }', "approval = false }", 1)


def test_what_needs_no_approval_says_so_and_blames_nobody(tmp_path: Path) -> None:
    with playing(tmp_path, UNASKED) as s:
        id = ask(s, *ACCESS)
        assert state(s, id) == "done"
        assert told(s, "U0PRIYA") == [] == told(s, "U0CAROL")
        assert "Requested by you. The policy requires no approval." in last(s, "U0ALEX")
        s.acting.command("U0ALEX", "/miro", f"status {id}")
        assert "The policy requires no approval for this." in s.slack.dm_of("U0ALEX")[-1].text
        s.acting.command("U0ALEX", "/miro", f"withdraw {id}")
        said = s.slack.dm_of("U0ALEX")[-1].text
        assert said == f"{id} is done, so it can't be withdrawn. To undo what can be undone: undo {id}."
        assert "Somebody" not in "".join(told(s, "U0ALEX"))


def test_a_request_whose_asker_has_left_ends_and_says_why(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, "U0LENA", "/miro-access", "<@U0ALEX> for Design because Alex draws")
    theirs = card(s, "U0PRIYA")
    s.slack.change_person("U0LENA", deleted=True)
    wait(s, hours=7)
    assert state(s, id) == "withdrawn"
    assert "The requester has left the company. The request is closed. Nothing has changed." in read(theirs)
    assert "Somebody" not in read(theirs) and buttons(theirs) == []


# -- out of reach ----------------------------------------------------------------------------------------

FALLBACK = POLICY.replace(
    'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"] }',
    'request-access = { ask = ["anyone"], approvers = ["manager"], fallback = ["carol@example.com"] }',
)


def test_where_an_approver_can_not_be_written_to_others_are_asked_and_all_read_so(tmp_path: Path) -> None:
    with playing(tmp_path, FALLBACK) as s:
        s.slack.fault("chat.postMessage", to="U0PRIYA", times=3, error="user_not_found")
        id = ask(s, *ACCESS)
        for _ in range(3):
            wait(s, seconds=10)
        assert not has_card(s, "U0PRIYA")
        lost = [one for one in s.bot.store.events(id) if one.type == "unreached"]
        assert [(one.body["role"], one.body["who"]) for one in lost] == [
            ("approver", request(s, id).asking.unreachable[0])
        ]
        wait(s, seconds=5)
        theirs = read(card(s, "U0CAROL"))
        assert "Priya Rao can't be reached in Slack. You were asked instead." in theirs
        assert "Nobody else can decide it." in theirs
        mine = next(one for one in told(s, "U0ALEX") if "Waiting for Carol Diaz" in one)
        assert mine.count("Priya Rao can't be reached in Slack.") == 1
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_whoever_is_deactivated_while_asked_is_stepped_over(tmp_path: Path) -> None:
    with playing(tmp_path, FALLBACK) as s:
        id = ask(s, *ACCESS)
        old = card(s, "U0PRIYA")
        s.slack.change_person("U0PRIYA", deleted=True)
        wait(s, hours=7)
        assert buttons(old) == []
        assert "Carol Diaz was asked instead." in read(old)
        assert "Priya Rao can no longer decide. You were asked instead." in read(card(s, "U0CAROL"))
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_with_nobody_left_to_ask_the_operators_hear_of_it_and_nothing_is_approved(tmp_path: Path) -> None:
    alone = FALLBACK.replace(', fallback = ["carol@example.com"]', "")
    with playing(tmp_path, alone) as s:
        s.slack.fault("chat.postMessage", to="U0PRIYA", times=3, error="user_not_found")
        id = ask(s, *ACCESS)
        for _ in range(3):
            wait(s, seconds=10)
        for _ in range(3):
            wait(s, minutes=11)
        assert state(s, id) == "waiting"
        heard = [one for one in told(s, "U0SAM") if f"No approver available for {id}" in one]
        assert len(heard) == 1
        mine = "".join(told(s, "U0ALEX"))
        assert "No approver available. The operators have been notified." in mine
        wait(s, days=3)
        assert state(s, id) == "expired"


def test_an_escalation_asks_others_as_well_and_leaves_the_first_their_card(tmp_path: Path) -> None:
    line = 'approvers = ["manager", "it"] }'
    policy = POLICY.replace(line, 'approvers = ["manager"], escalate = { after = "4h", to = ["it"] } }', 1)
    with playing(tmp_path, policy) as s:
        id = ask(s, *ACCESS)
        assert not has_card(s, "U0CAROL")
        first = card(s, "U0PRIYA")
        wait(s, hours=4)
        assert has_card(s, "U0CAROL") and has_card(s, "U0SAM")
        assert "approve" in buttons(first) and len(told(s, "U0PRIYA")) == 1
        late = "Nobody answered in time. Now Carol Diaz and Sam Lee can decide too."
        assert late in read(first) and late in last(s, "U0ALEX")
        assert "Now Carol Diaz and you can decide too." in read(card(s, "U0SAM"))
        assert "Now you and Sam Lee can decide too." in read(card(s, "U0CAROL"))
        approve(s, "U0SAM")
        assert state(s, id) == "done"


# -- in a channel ----------------------------------------------------------------------------------------


def in_channel(s: Stage) -> list[Message]:
    return [one for one in s.slack.messages if one.channel == CHANNEL and not one.ephemeral_for]


def test_a_channels_card_asks_the_next_step_and_one_reply_calls_for_it(tmp_path: Path) -> None:
    with playing(tmp_path, f'tell = "{CHANNEL}"\n{TWO_STEPS}') as s:
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
        id = ask(s, *ADMIN)
        [first] = in_channel(s)
        assert "*Approvers* Priya Rao\n" in read(first) and "Step 1 of 2." in read(first)
        press(s, "U0PRIYA", "approve", first)
        _, reply = in_channel(s)
        assert reply.thread_ts == first.ts and "*Waiting for* Carol Diaz and Sam Lee" in read(reply)
        assert "Step 2 of 2." in read(first)
        press(s, "U0CAROL", "approve", first)
        assert len(in_channel(s)) == 2
        assert "*Approvers* Sam Lee\n" in read(first) and "1 more needed" in read(first)
        press(s, "U0SAM", "approve", first)
        assert state(s, id) == "done"
        assert "approved by Priya Rao, Carol Diaz and Sam Lee" in read(first)
        assert told(s, "U0PRIYA") == [] == told(s, "U0CAROL")


def test_whoever_is_asked_once_more_in_a_later_step_has_the_one_card_and_a_reply(tmp_path: Path) -> None:
    twice = 'steps = [ { approvers = ["manager"] }, { approvers = ["it"] }, { approvers = ["manager"] } ]'
    policy = POLICY.replace(
        'approvers = ["it"], expires = "1d" }', f'{twice}, same_person_twice = true, expires = "1d" }}', 1
    )
    with playing(tmp_path, policy) as s:
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
        id = ask(s, *ADMIN)
        first = card(s, "U0PRIYA")
        approve(s, "U0PRIYA")
        assert buttons(first) == []
        approve(s, "U0CAROL")
        reply = s.slack.dm_of("U0PRIYA")[-1]
        assert "Step 3 of 3" in read(first) and reply.thread_ts == first.ts
        s.clock.pass_(timedelta(seconds=1))
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"
