"""The sentence that answers a message: once it was sent or cancelled, its buttons go."""

from dataclasses import replace

import pytest

from bot.sandbox.stage import CHANNEL, Stage
from tests.approvals.queued import notes
from tests.bot.journeys.scenes import buttons, newest_request, press, read, say, told, wait
from tests.bot.journeys.test_shortcuts import field

WORDS = "I need Miro access for Engineering because I start Monday"


def reviewed(s: Stage, channel: str | None = None) -> None:
    """Says something, presses Review and Send, and sends the form."""
    press(s, "U0ALEX", "review", say(s, "U0ALEX", WORDS, channel))
    assert s.acting.submit("U0ALEX").errors == {}


@pytest.mark.parametrize("place", [None, CHANNEL])
def test_something_else_offers_the_other_actions_filled_with_the_same(s: Stage, place: str | None) -> None:
    said = say(s, "U0ALEX", "I need Miro access for Engineering and <@U0SAM> knows", place)
    press(s, "U0ALEX", "else", said)
    assert buttons(said) == ["review", "else"] and s.bot.store.requests() == []
    view = s.acting.modal("U0ALEX")
    assert s.acting.click("U0ALEX", view, "choose:leave-team").ok
    chosen = s.acting.modal("U0ALEX")
    assert chosen["callback_id"] == "ask:leave-team"
    assert field(chosen, "teams")["initial_options"][0]["text"]["text"] == "Engineering"


def test_several_people_are_reviewed_in_one_form_and_become_a_request_each(s: Stage) -> None:
    said = say(s, "U0ALEX", "add me, <@U0SAM> and <@U0DANA> to Design because we draw")
    assert "for you, " in read(said).replace("\n", " ") or "and you" in read(said)
    press(s, "U0ALEX", "review", said)
    people = ["U0SAM", "U0DANA", "U0ALEX"]
    assert field(s.acting.modal("U0ALEX"), "person")["initial_users"] == people
    assert s.acting.submit("U0ALEX").errors == {}
    subjects = [s.bot.store.people.person(one.subject or one.requester) for one in s.bot.store.requests()]
    assert sorted(one.account.slack_id for one in subjects if one.account) == sorted(people)
    assert read(s.acting.modal("U0ALEX")).startswith("Sent\nSent: R-1, R-2 and R-3.")


def test_who_is_not_named_for_sure_is_asked_for(s: Stage) -> None:
    said = say(s, "U0ALEX", "please give Sam access to Design because we draw")
    assert read(said).startswith("Request access to Design for somebody?")
    press(s, "U0ALEX", "review", said)
    assert s.acting.submit("U0ALEX").errors == {"person": "Choose whom this is for. It may be you."}
    assert s.bot.store.requests() == []
    assert s.acting.submit("U0ALEX", {"person": "U0ALEX"}).errors == {}


def test_a_form_that_was_opened_and_not_sent_leaves_the_buttons(s: Stage) -> None:
    said = say(s, "U0ALEX", WORDS)
    press(s, "U0ALEX", "review", said)
    s.acting.close("U0ALEX")
    assert buttons(said) == ["review", "else"]


def test_the_same_message_becomes_the_requesters_card(s: Stage) -> None:
    reviewed(s)
    s.settle()
    (card,) = [one for one in s.slack.dm_of("U0ALEX") if one.user == s.slack.bot_user]
    assert read(card).startswith("⏳ R-1 · Waiting for Priya Rao, Carol Diaz or Sam Lee")
    assert buttons(card) == ["remind", "withdraw", "details"]
    press(s, "U0PRIYA", "approve")
    reply = s.slack.dm_of("U0ALEX")[-1]
    assert read(card).startswith("✅ You're in Engineering") and reply.thread_ts == card.ts


def test_an_old_drawing_pressed_again_leaves_the_card_of_the_first(s: Stage) -> None:
    said = say(s, "U0ALEX", WORDS)
    old = replace(said, blocks=list(said.blocks))
    for _ in range(2):
        press(s, "U0ALEX", "review", old)
        assert s.acting.submit("U0ALEX").errors == {}
        s.settle()
    assert newest_request(s).id == "R-2"
    assert read(said).startswith("⏳ R-1 · ")
    assert any(one.startswith("⏳ R-2 · ") for one in told(s, "U0ALEX"))


def test_in_a_channel_it_says_what_was_sent(s: Stage) -> None:
    reviewed(s, CHANNEL)
    s.settle()
    said = s.slack.seen_by("U0ALEX", CHANNEL)[-1]
    assert read(said).startswith("Sent: R-1. ")
    assert buttons(said) == [] and said.ephemeral_for == "U0ALEX"


def test_slack_failing_to_replace_it_is_tried_again(s: Stage) -> None:
    said = say(s, "U0ALEX", WORDS, CHANNEL)
    s.slack.fault("response_url", times=2, status=500)
    press(s, "U0ALEX", "review", said)
    assert s.acting.submit("U0ALEX").errors == {}
    assert buttons(said) == ["review", "else"]
    for _ in range(3):
        wait(s, minutes=1)
    assert read(said).startswith("Sent: R-1. ")


def test_what_slack_lets_nobody_replace_any_more_is_given_up(s: Stage) -> None:
    said = say(s, "U0ALEX", WORDS, CHANNEL)
    press(s, "U0ALEX", "review", said)
    wait(s, minutes=31)
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    wait(s, hours=1)
    assert buttons(said) == ["review", "else"]
    assert notes(s.bot.store, 9) == []
    assert newest_request(s).state == "waiting"
