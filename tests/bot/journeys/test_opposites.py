"""Words that take away open no form that gives, and what no form can do is said instead of dropped."""

import pytest

from bot.actions.leave_team import LeaveTeam
from bot.actions.make_admin import MakeAdmin
from bot.sandbox.stage import Stage
from bot.slack.answers import NOT_FOR_YOU
from tests.bot.journeys.scenes import buttons, last, read, say
from tests.bot.journeys.scenes import read as reads
from tests.bot.journeys.test_shortcuts import choices, choose, field, make_request, meet

[TEAM_ADMINS] = MakeAdmin.NOT_HERE
TURNED = "I read this as a wish to take admin rights away"


def form(s: Stage, user: str) -> str:
    """What is on the form that is open; '' without one."""
    return reads(s.acting.modal(user)) if s.slack.views.get(user) else ""


@pytest.mark.parametrize("text", ["@alex no longer", "revoke @alex", "don't make @alex admin"])
def test_a_command_to_give_rights_with_words_that_take_them_opens_no_form(s: Stage, text: str) -> None:
    meet(s, "U0DANA")
    s.acting.command("U0DANA", "/miro-admin", text.replace("@alex", "<@U0ALEX|alex>"))
    assert form(s, "U0DANA") == ""
    assert last(s, "U0DANA").startswith(f"{TURNED}. /miro-admin isn't for that")


def test_who_may_not_take_rights_away_is_told_so(s: Stage) -> None:
    meet(s, "U0ALEX")
    s.acting.command("U0ALEX", "/miro-admin", "<@U0SAM> should no longer be one")
    assert form(s, "U0ALEX") == ""
    assert last(s, "U0ALEX").startswith(f"{TURNED}. You can't ask for this.")


def test_what_one_may_not_ask_for_is_said_before_a_form_is_filled_in(s: Stage) -> None:
    meet(s, "U0ALEX")
    for command, text in (("/miro-admin", "<@U0SAM>"), ("/miro", "make-admin <@U0SAM>")):
        s.acting.command("U0ALEX", command, text)
        assert (form(s, "U0ALEX"), last(s, "U0ALEX")) == ("", NOT_FOR_YOU)
    read_as = f"I read this as a wish to {MakeAdmin.ABOUT}. {NOT_FOR_YOU}"
    s.acting.command("U0ALEX", "/miro", "make me admin")
    assert (form(s, "U0ALEX"), last(s, "U0ALEX")) == ("", read_as)
    said = say(s, "U0ALEX", "make me admin")
    assert (read(said), buttons(said)) == (read_as, [])


def test_who_may_ask_for_others_is_told_of_themselves_at_the_form(s: Stage) -> None:
    meet(s, "U0DANA")
    assert buttons(say(s, "U0DANA", "make me admin")) == ["review", "cancel"]


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
    assert last(s, "U0DANA") == TEAM_ADMINS


def test_a_message_that_no_form_can_answer_is_answered_in_a_sentence(s: Stage) -> None:
    said = say(s, "U0ALEX", "I don't need Miro access any more")
    assert (read(said), buttons(said)) == (LeaveTeam.BARE, [])


def test_a_message_of_others_that_no_form_can_answer_leaves_the_choice(s: Stage) -> None:
    view = make_request(s, "U0CAROL", "I don't need Miro access any more", author="U0JO")
    assert LeaveTeam.BARE in reads(view)
    assert "offboard" in choices(view)
    chosen = choose(s, "U0CAROL", "offboard")
    assert field(chosen, "reason")["initial_value"] == "I don't need Miro access any more"


def test_what_was_chosen_and_cannot_be_is_said_once(s: Stage) -> None:
    make_request(s, "U0CAROL", "I don't need Miro access any more", author="U0JO")
    view = choose(s, "U0CAROL", "request-access")
    assert LeaveTeam.BARE in reads(view)
    assert choices(view) == []


KIM = "onboard kim@example.com to Design with department Research"


def test_an_operator_who_names_a_department_fills_it_in(s: Stage) -> None:
    s.acting.command("U0CAROL", "/miro", KIM)
    view = s.acting.modal("U0CAROL")
    assert field(view, "department")["initial_value"] == "Research"
    assert "I left out" not in reads(view)


def test_anybody_else_reads_that_it_was_left_out(s: Stage) -> None:
    s.acting.command("U0LENA", "/miro", KIM)
    assert "I left out the department: only operators fill that in." in form(s, "U0LENA")
    assert "I left out the department" in read(say(s, "U0LENA", KIM))
