"""An approver asks first, the requester answers, everybody asked reads both, and the request stays open."""

from pathlib import Path

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

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
OFFBOARD = ("U0LENA", "/miro-offboard", "jo@example.com because last day today")
WHAT = "Which boards do you need?"
THESE = "The ones of the spring release."


def wonder(s: Stage, user: str, text: str = WHAT) -> dict[str, str]:
    """Presses Ask a Question and sends the form; what stood at its field."""
    press(s, user, "question")
    said = s.acting.submit(user, {"reason": text})
    s.settle()
    return said.errors


def reply(s: Stage, user: str, text: str = THESE) -> dict[str, str]:
    press(s, user, "answer")
    said = s.acting.submit(user, {"reason": text})
    s.settle()
    return said.errors


def test_a_question_goes_to_the_requester_and_its_answer_to_every_copy(s: Stage) -> None:
    id = ask(s, *ACCESS)
    copies = [card(s, user) for user in ("U0PRIYA", "U0CAROL", "U0SAM")]
    assert wonder(s, "U0CAROL") == {}
    asked = card(s, "U0ALEX", "answer")
    assert read(asked).startswith(f'⏳ {id} · Carol Diaz asks\n"{WHAT}"')
    assert all(f'asked: "{WHAT}"\n' in read(one) for one in copies)
    assert reply(s, "U0ALEX") == {}
    assert all(f'asked: "{WHAT}"\nAlex Smith answered: "{THESE}"' in read(one) for one in copies)
    assert all("approve" in buttons(one) for one in copies)
    assert buttons(asked) == [] and f'You answered: "{THESE}"' in read(asked)
    assert f'{id} · Alex Smith answered\n"{THESE}"' in last(s, "U0CAROL")
    assert len(told(s, "U0PRIYA")) == 1, "nobody else is written to"
    assert (state(s, id), calls(s)) == ("waiting", [])
    assert history(s, id) == ["asked", "planned", "questioned", "replied"]
    approve(s, "U0CAROL")
    assert state(s, id) == "done"


def test_details_have_every_question_and_answer_whole(s: Stage) -> None:
    ask(s, *ACCESS)
    long = "Which boards do you need and for how long? " * 6
    wonder(s, "U0CAROL", long)
    reply(s, "U0ALEX")
    wonder(s, "U0PRIYA", "And why?")
    assert long.strip() not in read(card(s, "U0SAM"))
    press(s, "U0SAM", "details")
    shown = read(s.acting.modal("U0SAM"))
    assert f"“{long.strip()}”" in shown and f"Alex Smith answered: “{THESE}”" in shown
    assert "Priya Rao asked, Mar 2, 2026, 09:00: “And why?”" in shown and "No answer yet." in shown


def test_one_question_at_a_time(s: Stage) -> None:
    id = ask(s, *ACCESS)
    old = as_it_was(card(s, "U0PRIYA"))
    wonder(s, "U0CAROL")
    press(s, "U0PRIYA", "question", old)
    assert answer(s, "U0PRIYA") == f"A question about {id} is already open. Wait for the answer."
    reply(s, "U0ALEX")
    assert wonder(s, "U0PRIYA", "For how long?") == {}
    assert reply(s, "U0ALEX", "Until June.") == {}
    assert 'Priya Rao asked: "For how long?"\nAlex Smith answered: "Until June."' in read(card(s, "U0SAM"))


def test_an_old_answer_button_answers_no_newer_question(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    old = as_it_was(card(s, "U0ALEX", "answer"))
    reply(s, "U0ALEX")
    press(s, "U0ALEX", "answer", old)
    assert answer(s, "U0ALEX") == f"There's no open question about {id}."
    wonder(s, "U0PRIYA", "For how long?")
    press(s, "U0ALEX", "answer", old)
    assert answer(s, "U0ALEX") == "This question was answered already. Nothing has changed."
    assert request(s, id).asking.questions[-1].answer == ""


def test_who_is_not_asked_can_not_ask(s: Stage) -> None:
    id = ask(s, *ACCESS)
    theirs = card(s, "U0PRIYA")
    press(s, "U0DANA", "question", theirs)
    assert answer(s, "U0DANA").startswith("Only Priya Rao, Carol Diaz or Sam Lee can decide")
    press(s, "U0ALEX", "question", theirs)
    assert answer(s, "U0ALEX") == "You requested this, so someone else has to decide."
    assert request(s, id).asking.questions == ()


def test_nobody_but_the_requester_answers(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    press(s, "U0DANA", "answer", card(s, "U0ALEX", "answer"))
    assert answer(s, "U0DANA") == f"Only the requester of {id} can answer."


def test_an_empty_question_says_so_at_its_field(s: Stage) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0CAROL", "question")
    reply = s.acting.submit("U0CAROL", {"reason": " "}, complete=False)
    assert reply.errors == {"reason": "Write your question."}
    assert s.acting.submit("U0CAROL", {"reason": WHAT}).errors == {}
    assert history(s, id).count("questioned") == 1


def test_a_question_sent_when_it_is_decided_reads_who_was_first(s: Stage) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0CAROL", "question")
    deny(s, "U0PRIYA", "No seat is free.")
    said = s.acting.submit("U0CAROL", {"reason": WHAT}).errors["reason"]
    assert said.startswith(f"Priya Rao (priya@example.com) denied {id}")
    assert not has_card(s, "U0ALEX", "answer")


def test_a_question_that_nobody_answered_loses_its_button_at_the_end(s: Stage) -> None:
    ask(s, *ACCESS)
    wonder(s, "U0CAROL")
    asked = card(s, "U0ALEX", "answer")
    wait(s, days=3)
    assert buttons(asked) == [] and "Expired without an answer" in read(asked)


def test_markup_in_a_question_stays_text(s: Stage) -> None:
    ask(s, *ACCESS)
    wonder(s, "U0CAROL", "<!channel> *now* <https://example.com|here>")
    asked = card(s, "U0ALEX", "answer")
    assert all(block.get("text", {}).get("type", "plain_text") == "plain_text" for block in asked.blocks)
    assert "&lt;!channel&gt;" in asked.text and "<!channel>" not in asked.text


def test_in_a_channel_the_one_card_shows_it_and_who_asked_is_written_to(tmp_path: Path) -> None:
    with playing(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as s:
        ask(s, *ACCESS)
        [posted] = [one for one in s.slack.messages if one.channel == CHANNEL]
        press(s, "U0CAROL", "question", posted)
        assert s.acting.submit("U0CAROL", {"reason": WHAT}).errors == {}
        s.settle()
        reply(s, "U0ALEX")
        assert f'Alex Smith answered: "{THESE}"' in read(posted)
        assert len([one for one in s.slack.messages if one.channel == CHANNEL]) == 1
        mine = card(s, "U0CAROL", channel=s.slack.direct("U0CAROL").id)
        assert f'Alex Smith answered: "{THESE}"' in read(mine) and "approve" in buttons(mine)
        assert told(s, "U0CAROL") == [read(mine)], "who had no card gets one, with the answer"


def test_of_a_confidential_request_nothing_of_it_is_in_a_channel(tmp_path: Path) -> None:
    with playing(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as s:
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
        ask(s, *OFFBOARD)
        wonder(s, "U0PRIYA")
        reply(s, "U0LENA")
        assert f'Lena Vogt answered: "{THESE}"' in read(card(s, "U0CAROL"))
        assert [one for one in s.slack.messages if one.channel == CHANNEL] == []
        assert told(s, "U0JO") == []
