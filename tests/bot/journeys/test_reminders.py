"""Those who decide are reminded: seldom, never in a storm, and by the requester too."""

from datetime import timedelta
from pathlib import Path

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    buttons,
    card,
    deny,
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
TOLD = f'tell = "{CHANNEL}"\n{POLICY}'


def test_a_reminder_is_one_reply_in_the_thread_of_the_card(s: Stage) -> None:
    id = ask(s, *ACCESS)
    first = card(s, "U0PRIYA")
    wait(s, days=1)
    _, reminder = s.slack.dm_of("U0PRIYA")
    assert reminder.thread_ts == first.ts
    assert read(reminder).startswith("⏳ Reminder: Give Alex Smith access to Engineering?")
    assert "*Waiting for* you · *Expires*" in read(reminder) and buttons(reminder) == []
    assert [len(told(s, user)) for user in ("U0PRIYA", "U0CAROL", "U0SAM")] == [2, 2, 2]
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    for user in ("U0PRIYA", "U0CAROL", "U0SAM"):
        mine, *_ = s.slack.dm_of(user)
        assert "approved by " in read(mine) and not buttons(mine)


def test_every_reminder_is_another_reply_of_which_none_is_redrawn(tmp_path: Path) -> None:
    often = POLICY.replace(
        'approvers = ["manager", "it"] }', 'approvers = ["manager", "it"], remind = "4h" }', 1
    )
    with playing(tmp_path, often) as s:
        ask(s, *ACCESS)
        wait(s, hours=4)
        wait(s, hours=8)
        mine, *reminders = s.slack.dm_of("U0SAM")
        assert [one.thread_ts for one in reminders] == [mine.ts, mine.ts]
        s.slack.log.clear()
        deny(s, "U0PRIYA", "No seat is free.")
        assert "No seat is free." in read(mine)
        assert not {one.ts for one in reminders} & {one.params.get("ts") for one in s.slack.log}


def test_after_thirty_days_of_silence_there_is_one_message_and_no_reminder(s: Stage) -> None:
    id = ask(s, *ACCESS)
    before = {user: len(told(s, user)) for user in ("U0ALEX", "U0PRIYA", "U0CAROL", "U0SAM")}
    wait(s, days=30)
    assert history(s, id) == ["asked", "planned", "expired"]
    after = {user: len(told(s, user)) for user in before}
    assert after == before | {"U0ALEX": before["U0ALEX"] + 1}
    assert "Expired without an answer" in last(s, "U0ALEX")


def test_after_a_shorter_silence_there_is_one_reminder(tmp_path: Path) -> None:
    often = POLICY.replace(
        'approvers = ["manager", "it"] }', 'approvers = ["manager", "it"], remind = "1h" }', 1
    )
    with playing(tmp_path, often) as s:
        id = ask(s, *ACCESS)
        wait(s, days=2)
        for _ in range(3):
            wait(s, seconds=5)
        assert history(s, id) == ["asked", "planned", "reminded"]
        assert len(told(s, "U0PRIYA")) == 2


def test_who_is_only_asked_now_is_not_reminded_in_the_same_breath(s: Stage) -> None:
    s.slack.fault("chat.postMessage", error="internal_error", times=None)
    id = ask(s, *ACCESS)
    for _ in range(5):
        wait(s, hours=5)
    assert "reminded" in history(s, id)
    s.slack.faults.clear()
    for _ in range(2):
        wait(s, hours=1)
    assert [len(told(s, user)) for user in ("U0PRIYA", "U0CAROL", "U0SAM")] == [1, 1, 1]
    press(s, "U0CAROL", "question")
    assert s.acting.submit("U0CAROL", {"reason": "Which boards?"}).errors == {}
    s.settle()
    assert len(told(s, "U0PRIYA")) == 1


def cards_in_channel(s: Stage) -> list[Message]:
    """What the channel reads of requests, without each day's anchor."""
    return [message for message in s.slack.messages if message.channel == CHANNEL and message.blocks]


def test_a_channel_that_is_only_asked_now_is_not_reminded_either(tmp_path: Path) -> None:
    with playing(tmp_path, TOLD) as s:
        s.slack.fault("chat.postMessage", error="internal_error", times=None)
        id = ask(s, *ACCESS)
        for _ in range(5):
            wait(s, hours=5)
        assert "reminded" in history(s, id)
        s.slack.faults.clear()
        for _ in range(2):
            wait(s, hours=1)
        press(s, "U0CAROL", "question", card(s, "U0CAROL", channel=CHANNEL))
        assert s.acting.submit("U0CAROL", {"reason": "Which boards?"}).errors == {}
        s.settle()
        assert len(cards_in_channel(s)) == 1
        assert told(s, "U0PRIYA") == []


def test_the_channel_is_reminded_once_for_all(tmp_path: Path) -> None:
    with playing(tmp_path, TOLD) as s:
        ask(s, *ACCESS)
        wait(s, days=1)
        first, reminder = cards_in_channel(s)
        assert read(reminder).startswith("⏳ Reminder: Give Alex Smith access to Engineering?")
        assert reminder.thread_ts == first.ts
        assert "*Waiting for* Priya Rao, Carol Diaz or Sam Lee" in read(reminder)
        press(s, "U0SAM", "approve", first)
        assert buttons(first) == [] == buttons(reminder)
        assert told(s, "U0PRIYA") == []


def test_where_the_channel_is_gone_at_the_reminder_each_is_written_to_once(tmp_path: Path) -> None:
    with playing(tmp_path, TOLD) as s:
        ask(s, *ACCESS)
        s.slack.change_channel(CHANNEL, is_archived=True)
        wait(s, days=1)
        for _ in range(30):
            wait(s, seconds=10)
        cards = [
            [one for one in s.slack.dm_of(user) if buttons(one)] for user in ("U0PRIYA", "U0CAROL", "U0SAM")
        ]
        assert [len(each) for each in cards] == [1, 1, 1]
        approve(s, "U0PRIYA")


def test_a_reminder_that_does_not_arrive_brings_others(tmp_path: Path) -> None:
    line = 'approvers = ["manager", "it"] }'
    alone = POLICY.replace(line, 'approvers = ["manager"], fallback = ["carol@example.com"] }', 1)
    with playing(tmp_path, alone) as s:
        id = ask(s, *ACCESS)
        s.slack.fault("chat.postMessage", to="U0PRIYA", times=4, error="user_disabled")
        wait(s, days=1)
        for _ in range(6):
            wait(s, seconds=10)
        lost = [one.body for one in s.bot.store.events(id) if one.type == "unreached"]
        assert [(one["role"], one["who"]) for one in lost] == [
            ("reminder", request(s, id).asking.unreachable[0])
        ]
        wait(s, seconds=5)
        assert "Priya Rao can't be reached in Slack. You were asked instead." in read(card(s, "U0CAROL"))


# -- by hand ---------------------------------------------------------------------------------------------


def test_the_requester_reminds_from_the_waiting_card(s: Stage) -> None:
    id = ask(s, *ACCESS)
    mine = card(s, "U0ALEX", "remind")
    press(s, "U0ALEX", "remind")
    assert answer(s, "U0ALEX") == (
        "I asked Priya Rao, Carol Diaz and Sam Lee a moment ago. Remind again in 4 hours."
    )
    wait(s, hours=5)
    press(s, "U0ALEX", "remind")
    assert answer(s, "U0ALEX") == f"I'm reminding Priya Rao, Carol Diaz and Sam Lee of {id}."
    assert history(s, id) == ["asked", "planned", "reminded"]
    assert last(s, "U0PRIYA").startswith("⏳ Reminder: ")
    assert "*Reminded* Mar 2, 2026, 14:00" in read(mine)


def test_a_reminder_is_typed_as_well(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wait(s, hours=5)
    s.acting.command("U0ALEX", "/miro", f"remind {id}")
    s.settle()
    assert last(s, "U0ALEX") == f"I'm reminding Priya Rao, Carol Diaz and Sam Lee of {id}."
    assert last(s, "U0PRIYA").startswith("⏳ Reminder: ")


def test_a_stranger_learns_nothing_by_reminding(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.acting.command("U0DANA", "/miro", f"remind {id}")
    assert s.slack.dm_of("U0DANA")[-1].text == f"You have no request {id}."
    s.acting.command("U0DANA", "/miro", "remind R-9")
    assert s.slack.dm_of("U0DANA")[-1].text == "You have no request R-9."
    s.acting.command("U0DANA", "/miro", "remind tomorrow")
    assert s.slack.dm_of("U0DANA")[-1].text.endswith("Request numbers look like R-42.")
    s.acting.command("U0CAROL", "/miro", f"remind {id}")
    assert s.slack.dm_of("U0CAROL")[-1].text == f"Only the requester of {id} can send a reminder."


def test_a_reminder_of_what_is_settled_reads_who_was_first(s: Stage) -> None:
    id = ask(s, *ACCESS)
    old = as_it_was(card(s, "U0ALEX", "remind"))
    wait(s, hours=5)
    deny(s, "U0PRIYA", "No seat is free.")
    press(s, "U0ALEX", "remind", old)
    assert answer(s, "U0ALEX").startswith(f"Priya Rao denied {id}")
    assert history(s, id).count("reminded") == 0


# -- the same asked twice --------------------------------------------------------------------------------

AGAIN = ("U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")


def test_whoever_asks_for_the_same_reads_since_when_it_waits_and_may_remind(s: Stage) -> None:
    first = ask(s, *ACCESS)
    wait(s, hours=5)
    second = ask(s, *AGAIN)
    mine = card(s, "U0LENA", "remind")
    assert f"Alex Smith already asked for this: {first}." in read(mine)
    waits = "*Waiting for* Priya Rao, Carol Diaz or Sam Lee · *Expires* Mar 5, 2026, 09:00"
    assert waits in read(mine)
    press(s, "U0LENA", "remind")
    assert answer(s, "U0LENA") == f"I'm reminding Priya Rao, Carol Diaz and Sam Lee of {first}."
    assert history(s, first) == ["asked", "planned", "reminded"]
    s.clock.pass_(timedelta(hours=5))
    s.acting.command("U0LENA", "/miro", f"remind {second}")
    s.settle()
    assert history(s, first).count("reminded") == 2
    approve(s, "U0PRIYA")
    assert buttons(mine) == []
    assert "approved by Priya Rao" in read(mine)
    assert last(s, "U0LENA").startswith("✅ Alex Smith is in Engineering")


def test_whoever_joined_may_look_at_the_first(s: Stage) -> None:
    first = ask(s, *ACCESS)
    ask(s, *AGAIN)
    s.acting.command("U0LENA", "/miro", f"status {first}")
    assert "Waiting for Priya Rao, Carol Diaz or Sam Lee. Expires" in last(s, "U0LENA")


def test_a_joined_card_follows_the_first_to_its_end(s: Stage) -> None:
    ask(s, *ACCESS)
    ask(s, *AGAIN)
    mine = card(s, "U0LENA", "remind")
    deny(s, "U0PRIYA", "No seat is free.")
    assert buttons(mine) == [] and "No seat is free." in read(mine)
