"""Words that take away open no form that gives, and what no form can do is said instead of dropped."""

import pytest

from bot.actions.people.make_admin import MakeAdmin
from bot.sandbox.stage import Stage
from bot.slack.answers import NOT_FOR_YOU
from bot.slack.words.replies import SENTENCES
from tests.bot.journeys.scenes import buttons, last, read, say
from tests.bot.journeys.scenes import read as reads
from tests.bot.journeys.test_shortcuts import choices, choose, field, make_request, meet

TURNED = "It sounds like you want to take admin rights away"
EXACT = SENTENCES["exact"].format(example=MakeAdmin.EXAMPLE)
NOTHING = SENTENCES["negation"]


def form(s: Stage, user: str) -> str:
    """What is on the form that is open; '' without one."""
    return reads(s.acting.modal(user)) if s.slack.views.get(user) else ""


@pytest.mark.parametrize("text", ["@alex no longer", "revoke @alex", "don't make @alex admin"])
def test_a_command_to_give_rights_with_words_that_take_them_opens_no_form(s: Stage, text: str) -> None:
    meet(s, "U0DANA")
    s.acting.command("U0DANA", "/miro-admin", text.replace("@alex", "<@U0ALEX|alex>"))
    assert form(s, "U0DANA") == ""
    assert last(s, "U0DANA").startswith(f"{TURNED}. /miro-admin doesn't do that")


def test_what_one_may_not_ask_for_is_said_before_a_form_is_filled_in(s: Stage) -> None:
    meet(s, "U0ALEX")
    for command, text in (("/miro-admin", "<@U0SAM>"), ("/miro", "make-admin <@U0SAM>")):
        s.acting.command("U0ALEX", command, text)
        assert (form(s, "U0ALEX"), last(s, "U0ALEX")) == ("", NOT_FOR_YOU)
    read_as = f"It sounds like you want to {MakeAdmin.ABOUT}. {NOT_FOR_YOU}"
    s.acting.command("U0ALEX", "/miro", "make <@U0SAM> admin")
    assert (form(s, "U0ALEX"), last(s, "U0ALEX")) == ("", read_as)
    said = say(s, "U0ALEX", "make <@U0SAM> admin")
    assert (read(said), buttons(said)) == (read_as, [])


def test_what_is_grave_is_asked_for_by_an_exact_sentence(s: Stage) -> None:
    meet(s, "U0DANA")
    meet(s, "U0ALEX")
    said = say(s, "U0DANA", "make me admin")
    assert (read(said).splitlines()[0], buttons(said)) == (EXACT, ["open:make-admin"])
    said = say(s, "U0ALEX", "make me admin")
    assert (read(said), buttons(said)) == (EXACT, [])


def test_a_message_of_who_was_not_looked_up_yet_gets_its_button(s: Stage) -> None:
    s.slack.add_person("U0NEW", "new@example.com", "New Colleague")
    s.slack.direct("U0NEW")
    assert "review" in buttons(say(s, "U0NEW", "make <@U0SAM> admin"))


def test_who_was_not_looked_up_yet_gets_the_form(s: Stage) -> None:
    s.slack.add_person("U0NEW", "new@example.com", "New Colleague")
    s.acting.command("U0NEW", "/miro", "revoke the admin rights of <@U0SAM>")
    assert form(s, "U0NEW").startswith("Remove Miro Admin\n")


@pytest.mark.parametrize("command", ["/miro-admin", "/miro"])
def test_an_admin_of_a_team_is_made_in_miro(s: Stage, command: str) -> None:
    s.acting.command("U0DANA", command, "make <@U0ALEX> team admin of Design")
    assert form(s, "U0DANA") == ""
    assert last(s, "U0DANA") == SENTENCES["team-admin"]


def test_a_message_that_asks_for_nothing_is_answered_with_what_helps(s: Stage) -> None:
    said = say(s, "U0ALEX", "I don't need Miro access any more")
    assert read(said).startswith(NOTHING) and buttons(said) == ["open:leave-team"]


def test_a_message_of_others_that_asks_for_nothing_leaves_the_choice(s: Stage) -> None:
    view = make_request(s, "U0CAROL", "I don't need Miro access any more", author="U0JO")
    assert NOTHING in reads(view)
    assert "offboard" in choices(view)
    chosen = choose(s, "U0CAROL", "offboard")
    assert field(chosen, "reason")["initial_value"] == "I don't need Miro access any more"
