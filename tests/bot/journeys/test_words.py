"""Messages in plain words, and everything that may follow /miro."""

from datetime import UTC, datetime

import pytest

from approvals.ids import SlackId
from bot.sandbox.stage import CHANNEL, Stage
from bot.slack.words.replies import SENTENCES
from tests.bot.journeys.scenes import (
    ask,
    buttons,
    calls,
    card,
    last,
    newest_request,
    press,
    read,
    request,
    say,
    state,
    wait,
)
from tests.bot.journeys.scenes import read as reads

AWAY, DECIDE = SENTENCES["away"], SENTENCES["decide"]
CANT_END = "I can't tell when this should end."


def typed(s: Stage, user: str, text: str) -> str:
    """What /miro answers, to the one who typed it alone."""
    reply = s.acting.command(user, "/miro", text)
    assert reply.ok, reply
    said = s.slack.dm_of(user)[-1]
    assert said.ephemeral_for == user
    return reads(said)


def test_a_message_is_answered_with_a_sentence_and_a_button(s: Stage) -> None:
    said = say(s, "U0ALEX", "I need Miro access for Engineering")
    assert read(said).startswith("Request access to Engineering for you?")
    assert buttons(said) == ["review", "else"]
    assert s.bot.store.requests() == []


def test_whom_the_bot_has_not_met_slack_shows_by_name(s: Stage) -> None:
    known = say(s, "U0CAROL", "offboard <@U0DANA> because of the end of the project")
    assert read(known).startswith("Close the Miro account of Dana ") and "haven't met" not in read(known)
    new = say(s, "U0CAROL", "offboard <@U0JO> because of the end of the project")
    assert read(new).startswith("Close the Miro account of somebody I haven't met?")
    assert {"type": "user", "user_id": "U0JO"} in new.blocks[1]["elements"][0]["elements"]


def test_review_opens_the_form_and_only_sending_it_asks(s: Stage) -> None:
    said = say(s, "U0ALEX", "I need Miro access for Engineering because I start Monday")
    press(s, "U0ALEX", "review", said)
    assert s.bot.store.requests() == []
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    assert newest_request(s).state == "waiting"
    assert newest_request(s).reason == "I start Monday"


def test_free_text_never_acts_by_itself(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    for text in (f"approve {id}", "yes, approve it", f"deny {id}", f"withdraw {id}", "approve everything"):
        say(s, "U0PRIYA", text)
        say(s, "U0ALEX", text)
    assert state(s, id) == "waiting"
    assert request(s, id).asking.votes == ()
    assert len(s.bot.store.requests()) == 1
    assert calls(s) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text", ["help", "Help!", "status", "Status?", "whoami", "status R-1", "status r-1?"]
)
def test_what_only_reads_is_answered_as_the_command_answers_it(s: Stage, text: str) -> None:
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert read(say(s, "U0ALEX", text)) == typed(s, "U0ALEX", text.strip("?!").lower())


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("remind R-1", "Type /miro remind R-1, or press Remind on its card."),
        ("please withdraw r-1", "Type /miro withdraw R-1, or press Withdraw on its card."),
        ("Withdraw", "Type /miro withdraw R-42, or press Withdraw on its card."),
        ("away until Friday", AWAY),
        *((one, DECIDE) for one in ("approve R-1", "I approve", "deny R-1 because Alex left", "Yes", "no.")),
        *((one, DECIDE) for one in ("ok", "yes, approve it")),
    ],
)
def test_what_would_act_is_answered_with_where_to_do_it(s: Stage, text: str, told: str) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert read(say(s, "U0ALEX", text)) == told
    assert (state(s, id), request(s, id).asking.votes) == ("waiting", ())


@pytest.mark.parametrize("text", ["lunch today", "yes we can", "help the intern", "is the status fine?"])
def test_such_a_word_in_a_longer_sentence_is_none(s: Stage, text: str) -> None:
    assert read(say(s, "U0ALEX", text)).startswith(f"I didn't understand “{text}”.")


def test_no_in_a_sentence_that_asks_stays_what_it_is(s: Stage) -> None:
    said = say(s, "U0ALEX", "No, I need Miro access for Engineering")
    assert read(said).startswith("Request access to Engineering for you?")


def test_a_mention_is_answered_to_the_writers_eyes_only(s: Stage) -> None:
    said = say(s, "U0ALEX", "I need Miro access for Engineering", CHANNEL)
    assert said.ephemeral_for == "U0ALEX"
    assert said.channel == CHANNEL
    assert "Engineering" in read(said)
    assert not [one for one in s.slack.seen_by("U0PRIYA", CHANNEL) if one.user == s.slack.bot_user]


def test_the_bots_own_name_anywhere_in_a_message_is_nobody_concerned(s: Stage) -> None:
    said = say(s, "U0ALEX", "Hello <@U0BOT>, I need Miro access for Engineering", CHANNEL)
    assert read(said).startswith("Request access to Engineering for you?")


@pytest.mark.regression
def test_a_long_message_without_a_space_is_cut_for_its_button(s: Stage) -> None:
    said = say(s, "U0ALEX", f"access\n{'🙂' * 3_000}")
    assert buttons(said) == ["review", "else"]


def test_a_start_is_read_shown_and_stands_in_the_form(s: Stage) -> None:
    said = say(s, "U0LENA", "offboard jo@example.com on Friday, 18:00")
    assert "Starts Fri 6 Mar 18:00" in read(said)
    press(s, "U0LENA", "review", said)
    start = next(one for one in s.acting.modal("U0LENA")["blocks"] if one["block_id"] == "start")
    assert start["element"]["initial_date_time"] == datetime(2026, 3, 6, 17, tzinfo=UTC).timestamp()


def test_a_long_reason_survives_the_review(s: Stage) -> None:
    reason = "we plan " * 60
    said = say(s, "U0ALEX", f"I need Miro access for Engineering because {reason}")
    press(s, "U0ALEX", "review", said)
    assert reason.strip() in reads(s.acting.modal("U0ALEX"))


def test_more_than_a_button_can_carry_is_asked_for_again(s: Stage) -> None:
    said = say(s, "U0DANA", f'rename Engineering to "{"x" * 2500}"')
    press(s, "U0DANA", "review", said)
    assert s.acting.modal("U0DANA")["callback_id"] == "ask:rename-group"


def test_what_cannot_be_honoured_is_refused_aloud(s: Stage) -> None:
    said = say(s, "U0ALEX", "I need temporary Miro access for Engineering")
    assert CANT_END in read(said)
    press(s, "U0ALEX", "review", said)
    assert CANT_END in reads(s.acting.modal("U0ALEX"))


def test_a_slash_command_with_an_end_is_refused_aloud_too(s: Stage) -> None:
    s.acting.command("U0ALEX", "/miro-access", "for Engineering temporarily because of a workshop")
    shown = reads(s.acting.modal("U0ALEX"))
    assert CANT_END in shown and "Engineering" in shown


def test_an_unknown_team_is_named_with_what_helps(s: Stage) -> None:
    said = say(s, "U0ALEX", 'I need Miro access for "Data"')
    assert "I couldn't place: Data." in read(said)


def test_what_is_not_understood_is_answered_with_examples(s: Stage) -> None:
    said = say(s, "U0ALEX", "what's for lunch?")
    assert "I didn't understand “what's for lunch?”." in read(said)
    assert "I need Miro access for Engineering" in read(said)
    assert "open:request-access" in buttons(said)


def test_the_bots_own_words_and_edits_are_not_answered(s: Stage) -> None:
    before = len(s.slack.messages)
    place = s.slack.direct("U0ALEX").id
    for more in ({"bot_id": "B1"}, {"subtype": "message_changed"}):
        told = {"type": "message", "user": "U0ALEX", "text": "access", "channel": place, "channel_type": "im"}
        assert s.acting.event({**told, "ts": "1.1", **more}, place).ok
    s.settle()
    assert len(s.slack.messages) == before


def test_help_shows_what_this_person_may_ask_for(s: Stage) -> None:
    assert "get access to Miro or to another team" in typed(s, "U0ALEX", "help")
    assert "close a leaver's account" not in typed(s, "U0ALEX", "")
    assert "close a leaver's account" in typed(s, "U0LENA", "help")
    assert "/miro whoami" in typed(s, "U0ALEX", "help")


def test_a_button_of_the_help_opens_the_form(s: Stage) -> None:
    typed(s, "U0ALEX", "help")
    press(s, "U0ALEX", "open:move-team", s.slack.dm_of("U0ALEX")[-1])
    assert s.acting.modal("U0ALEX")["callback_id"] == "ask:move-team"


def test_whoami_tells_how_the_bot_knows_somebody(s: Stage) -> None:
    told = typed(s, "U0CAROL", "whoami")
    assert "I know you as Carol Diaz" in told
    assert "U0CAROL (colleague). You're an operator." in told
    assert "carol@example.com" in told


def test_whoami_shows_nobody_a_number_of_the_record(s: Stage) -> None:
    told = typed(s, "U0JO", "whoami")
    assert told.startswith("I don't know your name yet") and "P-" not in told


def test_whoami_knows_the_manager_and_the_miro_account(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    press(s, "U0PRIYA", "approve")
    assert state(s, id) == "done"
    told = typed(s, "U0ALEX", "whoami")
    user = s.miro.user("alex@example.com")
    assert user and f"Miro account: {user.id}" in told
    assert "Manager: Priya Rao" in told


def test_whoami_knows_a_manager_whom_slack_or_miro_told(s: Stage) -> None:
    typed(s, "U0DANA", "whoami"), typed(s, "U0SAM", "whoami")
    dana, sam = (s.bot.store.people.by_slack(SlackId(id)) for id in ("U0DANA", "U0SAM"))
    assert dana and sam and "Manager: not known" in typed(s, "U0DANA", "whoami")
    s.bot.store.people.keep_manager(dana.id, sam.id, s.clock())
    assert f"Manager: {sam.called}" in typed(s, "U0DANA", "whoami")


def test_what_was_sent_promises_nothing_before_the_check(s: Stage) -> None:
    s.acting.command("U0ALEX", "/miro-access", "for Design because we draw")
    s.acting.submit("U0ALEX")
    said = "Sent: R-1. I'm checking what would change and who decides. I'll write to you,"
    assert said in reads(s.acting.modal("U0ALEX"))
    s.settle()
    assert last(s, "U0ALEX").startswith("⏳ R-1 · Waiting for Priya Rao, Carol Diaz or Sam Lee")


def test_status_lists_what_one_asked_for(s: Stage) -> None:
    assert typed(s, "U0ALEX", "status") == "You have no requests yet. Try /miro help."
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    told = typed(s, "U0ALEX", "status")
    assert told.startswith(f"{id} · Waiting for a decision: give you access to Engineering.")
    assert "Waiting for Priya Rao, Carol Diaz or Sam Lee. Expires Mar 5, 2026, 09:00." in told
    assert typed(s, "U0ALEX", "STATUS") == told
    assert typed(s, "U0ALEX", f"status {id.lower()}") == typed(s, "U0ALEX", f"Show {id}")
    assert typed(s, "U0ALEX", id) == f"{told}\n[Details]"


def test_status_says_what_waits_for_a_decision(s: Stage) -> None:
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert typed(s, "U0PRIYA", "status") == "1 request is waiting for you. Decide on its card or in App Home."
    ask(s, "U0JO", "/miro-access", "for Design because we draw")
    both = "2 requests are waiting for you. Decide on their cards or in App Home."
    assert typed(s, "U0PRIYA", "status") == both
    id = ask(s, "U0PRIYA", "/miro-access", "for Design because we draw")
    own, told = typed(s, "U0PRIYA", "status").split("\n")
    assert own.startswith(f"{id} · Waiting for a decision") and told == both
    assert "waiting for you" not in typed(s, "U0ALEX", "status")


def test_status_tells_a_guest_of_nothing_that_waits(s: Stage) -> None:
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    s.slack.change_person("U0PRIYA", is_restricted=True)
    wait(s, hours=7)
    assert "waiting for you" not in typed(s, "U0PRIYA", "status")


@pytest.mark.parametrize("verb", ["status", "withdraw"])
def test_somebody_elses_request_reads_like_one_that_there_isnt(s: Stage, verb: str) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    theirs, nobodys = typed(s, "U0DANA", f"{verb} {id}"), typed(s, "U0DANA", f"{verb} r-99")
    assert theirs == f"You have no request {id}."
    assert nobodys == theirs.replace(id, "R-99")
    assert (
        typed(s, "U0DANA", f"{verb} nonsense")
        == "There's no request nonsense. Request numbers look like R-42."
    )
    assert state(s, id) == "waiting"


@pytest.mark.parametrize("verb", ["remind", "withdraw"])
def test_without_a_number_one_is_asked_for(s: Stage, verb: str) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert typed(s, "U0ALEX", verb) == f"Which request? For example: /miro {verb} R-42."
    assert state(s, id) == "waiting"


def test_withdraw_by_word_ends_the_request(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert typed(s, "U0ALEX", f"withdraw {id}") == f"{id} is withdrawn."
    s.settle()
    assert state(s, id) == "withdrawn"
    assert "Withdrawn by Alex Smith" in last(s, "U0PRIYA")


def test_somebody_else_cannot_withdraw_nor_learn_who_did(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert typed(s, "U0DANA", f"withdraw {id}") == f"You have no request {id}."
    assert state(s, id) == "waiting"
    typed(s, "U0ALEX", f"withdraw {id}")
    assert "Alex" not in typed(s, "U0DANA", f"withdraw {id}")


def test_home_shows_forms_and_open_requests(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert s.acting.open_home("U0ALEX").ok
    shown = s.slack.until(lambda: s.slack.homes.get("U0ALEX"))
    assert "[Request Access]" in reads(shown)
    assert f"{id} · Waiting for a decision" in reads(shown)
    assert s.acting.click("U0ALEX", shown, "open:move-team").ok
    opened = s.slack.until(lambda: s.slack.views.get("U0ALEX"))
    assert opened[-1]["callback_id"] == "ask:move-team"


def test_details_show_what_a_card_leaves_out(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    press(s, "U0PRIYA", "details", card(s, "U0PRIYA"))
    shown = reads(s.acting.modal("U0PRIYA"))
    assert shown.startswith(f"Details of {id}")
    assert "organization: Example Ltd" in shown
    assert "Reason: I start Monday" in shown
    assert "For Alex Smith" in shown


def test_a_long_slack_absence_of_a_name_is_not_needed(s: Stage) -> None:
    s.slack.add_person("U0NEW", "kim.wu@example.com", "Kim")
    ask(s, "U0NEW", "/miro-access", "for Design because we draw")
    press(s, "U0CAROL", "details", card(s, "U0CAROL"))
    assert "name: Kim Wu" in reads(s.acting.modal("U0CAROL"))
