"""A line that somebody types while a question is open: the answer to it, or passed on after one click."""

from pathlib import Path

import pytest

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    buttons,
    card,
    history,
    last,
    playing,
    press,
    read,
    request,
    say,
    state,
    told,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
DESIGN = ("U0ALEX", "/miro-access", "for Design because of the workshop")
THESE = "The boards of the spring release"


def wonder(s: Stage, user: str, text: str = "Which boards do you need?", on: Message | None = None) -> None:
    press(s, user, "question", on)
    assert s.acting.submit(user, {"reason": text}).errors == {}
    s.settle()


def write(s: Stage, user: str, text: str, under: Message | None = None) -> None:
    """Types a line in the direct messages, or in the thread of a message there."""
    place = under.channel if under else None
    assert s.acting.say(user, text, place, thread_ts=under.ts if under else None).ok
    s.settle()


def answers(s: Stage, id: str) -> list[str]:
    return [one.answer for one in request(s, id).asking.questions]


@pytest.mark.parametrize("is_in_thread", [True, False], ids=["in the thread", "in the direct message"])
def test_a_line_answers_the_one_open_question(s: Stage, is_in_thread: bool) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    mine = card(s, "U0ALEX", "withdraw")
    write(s, "U0ALEX", THESE, mine if is_in_thread else None)
    assert answers(s, id) == [THESE]
    assert history(s, id) == ["asked", "planned", "questioned", "replied"]
    reply = s.slack.dm_of("U0ALEX")[-1]
    assert reply.thread_ts == mine.ts and read(reply) == f"{id}: sent to Carol Diaz."
    theirs = card(s, "U0CAROL")
    assert f'Alex Smith answered: "{THESE}"' in read(theirs) and {"approve", "deny"} <= set(buttons(theirs))
    assert THESE in last(s, "U0CAROL") and s.slack.dm_of("U0CAROL")[-1].thread_ts == theirs.ts
    assert not any("answer" in buttons(one) for one in s.slack.dm_of("U0ALEX"))
    approve(s, "U0CAROL")
    assert state(s, id) == "done"


def test_in_the_thread_every_line_is_the_answer(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    write(s, "U0ALEX", "please add me to Design", card(s, "U0ALEX", "withdraw"))
    assert answers(s, id) == ["please add me to Design"]


@pytest.mark.parametrize("text", ["yes", "no", "the second one"])
def test_a_short_answer_is_an_answer(s: Stage, text: str) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    write(s, "U0ALEX", text)
    assert answers(s, id) == [text]


@pytest.mark.thorough
@pytest.mark.parametrize("text", ["please add me to Design", "help", "R-1", "status"])
def test_a_request_or_a_command_keeps_its_meaning_and_can_be_passed_on(s: Stage, text: str) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    write(s, "U0ALEX", text)
    said = s.slack.dm_of("U0ALEX")[-1]
    assert answers(s, id) == [""] and f"pass-on:{id}" in buttons(said)
    assert text != "please add me to Design" or "review" in buttons(said)
    press(s, "U0ALEX", f"pass-on:{id}", said)
    assert answers(s, id) == [text]


def test_where_two_questions_are_open_one_click_says_which_is_answered(s: Stage) -> None:
    first, second = ask(s, *ACCESS), ask(s, *DESIGN)
    wonder(s, "U0CAROL", on=card(s, "U0CAROL"))
    wonder(s, "U0CAROL", "How many boards?", next(one for one in s.slack.dm_of("U0CAROL")))
    write(s, "U0ALEX", THESE)
    said = s.slack.dm_of("U0ALEX")[-1]
    assert set(buttons(said)) == {f"pass-on:{first}", f"pass-on:{second}"}
    assert "How many boards?" in read(said) and answers(s, first) == [""] == answers(s, second)
    press(s, "U0ALEX", f"pass-on:{first}", said)
    assert (answers(s, first), answers(s, second)) == ([THESE], [""])
    assert buttons(said) == [] and read(said) == f"{first}: sent to Carol Diaz."
    write(s, "U0ALEX", "In June", card(s, "U0ALEX", "answer"))
    assert answers(s, second) == ["In June"]


def test_a_line_of_an_approver_is_asked_after_one_click(s: Stage) -> None:
    id = ask(s, *ACCESS)
    write(s, "U0CAROL", "Which boards do you need?", card(s, "U0CAROL"))
    said = s.slack.dm_of("U0CAROL")[-1]
    assert buttons(said) == [f"pass-on:{id}"] and request(s, id).asking.questions == ()
    press(s, "U0CAROL", f"pass-on:{id}", said)
    assert [one.text for one in request(s, id).asking.questions] == ["Which boards do you need?"]
    assert read(said) == f"{id}: sent to Alex Smith."


def test_a_line_that_is_passed_on_too_late_stays_as_it_is(s: Stage) -> None:
    id = ask(s, *ACCESS)
    write(s, "U0CAROL", "Which boards do you need?", card(s, "U0CAROL"))
    said = s.slack.dm_of("U0CAROL")[-1]
    approve(s, "U0PRIYA")
    press(s, "U0CAROL", f"pass-on:{id}", said)
    assert request(s, id).asking.questions == ()
    assert buttons(said) == [f"pass-on:{id}"]


def test_a_typed_decision_is_no_question(s: Stage) -> None:
    ask(s, *ACCESS)
    write(s, "U0CAROL", "approve", card(s, "U0CAROL"))
    assert "Press the button on the card" in last(s, "U0CAROL")


def test_in_a_channel_a_mention_answers_and_only_its_writer_reads_so(tmp_path: Path) -> None:
    with playing(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as s:
        id = ask(s, *ACCESS)
        [posted] = [one for one in s.slack.messages if one.channel == CHANNEL]
        wonder(s, "U0CAROL", on=posted)
        assert s.acting.say("U0ALEX", f"<@{s.slack.bot_user}> {THESE}", CHANNEL).ok
        s.settle()
        assert answers(s, id) == [THESE]
        said = [one for one in s.slack.messages if one.channel == CHANNEL and f"{id}: sent" in read(one)]
        assert [one.ephemeral_for for one in said] == ["U0ALEX"]


def test_a_line_delivered_twice_answers_once(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    there = s.slack.direct("U0ALEX").id
    event = {"type": "message", "channel_type": "im", "channel": there, "user": "U0ALEX", "ts": "77.1"}
    for _ in range(2):
        assert s.acting.event({**event, "text": THESE}).ok
        s.settle()
    wonder(s, "U0PRIYA", "For how long?")
    assert s.acting.event({**event, "text": THESE}).ok
    s.settle()
    assert answers(s, id) == [THESE, ""]


def test_a_long_answer_says_that_it_was_cut(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    write(s, "U0ALEX", "boards " * 80)
    assert len(answers(s, id)[0]) == 300 and last(s, "U0ALEX").endswith("It was cut at 300 characters.")


def test_after_the_end_a_line_is_no_answer(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    approve(s, "U0PRIYA")
    say(s, "U0ALEX", THESE)
    assert answers(s, id) == [""] and "sent to" not in answer(s, "U0ALEX")


def test_nobody_elses_line_is_the_answer(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    write(s, "U0PRIYA", THESE, card(s, "U0PRIYA"))
    write(s, "U0DANA", THESE)
    assert answers(s, id) == [""] and told(s, "U0DANA")
