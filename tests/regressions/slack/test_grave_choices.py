"""Rights and the fate of an account are chosen by the person who asks, never filled in for them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.actions import ACTIONS
from bot.sandbox.slack.records import JSON
from bot.sandbox.stage import CHANNEL, Stage
from tests.bot.journeys.scenes import last, playing, press, refused_form, say
from tests.bot.journeys.shell import machine

pytestmark = pytest.mark.regression

TAKE = "It sounds like you want to take admin rights away"
GIVE = "It sounds like you want to give somebody admin rights"
RIGHTS = "Choose one of: Company Admin, Content Admin, User Admin, Security Admin."
FORMS = [
    ("U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT", "rights"),
    ("U0DANA", "/miro", "remove-admin <@U0ALEX> because Alex left IT", "rights"),
    ("U0LENA", "/miro-offboard", "jo@example.com because last day today", "how"),
    ("U0LENA", "/miro-offboard", "remove the account of jo@example.com because last day", "how"),
    ("U0LENA", "/miro", "offboard jo@example.com, delete after 30 days", "how"),
]


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


def field(s: Stage, user: str, name: str) -> JSON:
    """The element of a field in the form that somebody has open."""
    blocks: list[Any] = s.acting.modal(user)["blocks"]
    return next(one["element"] for one in blocks if one.get("block_id") == name)


@pytest.mark.parametrize(("user", "command", "text", "name"), FORMS)
def test_a_form_opens_with_nothing_grave_chosen(
    s: Stage, user: str, command: str, text: str, name: str
) -> None:
    s.acting.command(user, command, text)
    assert "initial_option" not in field(s, user, name)


@pytest.mark.parametrize(("user", "command", "text", "name"), FORMS[:3])
def test_a_form_without_a_choice_is_refused_at_its_field(
    s: Stage, user: str, command: str, text: str, name: str
) -> None:
    s.acting.command(user, command, text)
    sent = s.acting.submit(user, complete=False)
    assert sent.errors == {name: RIGHTS if name == "rights" else "Choose one of: deactivate, delete."}
    assert s.bot.store.requests() == []


@pytest.mark.parametrize(
    ("user", "text", "name"),
    [
        ("U0DANA", "make <@U0ALEX> admin", "rights"),
        ("U0DANA", "demote <@U0ALEX>", "rights"),
        ("U0LENA", "offboard jo@example.com", "how"),
    ],
)
def test_a_message_fills_in_no_choice_that_it_does_not_say(s: Stage, user: str, text: str, name: str) -> None:
    answer = say(s, user, text)
    press(s, user, "review", answer)
    assert "initial_option" not in field(s, user, name)


def test_a_message_shortcut_fills_in_no_choice_either(s: Stage) -> None:
    message = s.acting.write("U0DANA", "make <@U0ALEX> admin", CHANNEL)
    s.acting.message_shortcut("U0DANA", "make-request", message)
    assert "initial_option" not in field(s, "U0DANA", "rights")


@pytest.mark.parametrize(
    ("command", "text", "means"),
    [
        ("/miro-admin", "<@U0ALEX> content admin, not Company Admin", TAKE),
        ("/miro-admin", "revoke Company Admin from <@U0ALEX>", TAKE),
        ("/miro-admin", "<@U0ALEX> is no longer User Admin", TAKE),
        ("/miro-admin", "take away admin rights from <@U0ALEX>", TAKE),
        ("/miro", "make-admin demote <@U0ALEX>", TAKE),
        ("/miro", "remove-admin make <@U0ALEX> admin", GIVE),
        ("/miro", "remove-admin <@U0ALEX> should be Company Admin", GIVE),
        ("/miro", "remove-admin <@U0ALEX> needs Company Admin", GIVE),
        ("/miro", "remove-admin promote <@U0ALEX> to Company Admin", GIVE),
        ("/miro-access", "remove <@U0ALEX> from Design", "It sounds like you want to leave a team"),
        ("/miro", "request-access <@U0ALEX> no longer needed for Design", "It sounds like you want to leave"),
    ],
)
def test_a_command_whose_text_asks_for_the_opposite_opens_no_form(
    s: Stage, command: str, text: str, means: str
) -> None:
    s.acting.command("U0CAROL", command, text)
    assert s.slack.views.get("U0CAROL", []) == []
    assert last(s, "U0CAROL").startswith(means)


def test_the_command_to_type_instead_is_named(s: Stage) -> None:
    s.acting.command("U0CAROL", "/miro-admin", "demote <@U0ALEX>")
    assert last(s, "U0CAROL") == f"{TAKE}. /miro-admin doesn't do that: type /miro remove-admin instead."


def test_an_action_that_was_chosen_for_a_message_isnt_turned_round(s: Stage) -> None:
    message = s.acting.write("U0JO", "we talked about it", CHANNEL)
    s.acting.message_shortcut("U0CAROL", "make-request", message)
    shown = s.acting.modal("U0CAROL")
    carried = json.dumps({"text": "take away Company Admin from <@U0ALEX>", "author": "U0JO"})
    s.acting.click("U0CAROL", {**shown, "private_metadata": carried}, "choose:make-admin")
    assert "Which rights" not in str(s.acting.modal("U0CAROL"))


@pytest.mark.parametrize(
    ("user", "text", "name"),
    [
        ("U0CAROL", "demote <@U0ALEX> to Content Admin", "rights"),
        ("U0CAROL", "demote <@U0ALEX> from Company Admin to User Admin", "rights"),
        ("U0CAROL", "make <@U0ALEX> admin, User Admin or Company Admin", "rights"),
        ("U0CAROL", "make <@U0ALEX> admin like a Company Admin", "rights"),
        ("U0CAROL", "make-admin <@U0ALEX> security and company admin", "rights"),
        ("U0CAROL", "make-admin <@U0ALEX> Content, User & Company Admin", "rights"),
        ("U0CAROL", "make-admin <@U0ALEX> user/company admin", "rights"),
        ("U0CAROL", "make <@U0ALEX> Company Admin or User", "rights"),
        ("U0LENA", "deactivate jo@example.com, delete on Friday", "how"),
    ],
)
def test_what_remains_or_is_one_of_several_is_not_filled_in(
    s: Stage, user: str, text: str, name: str
) -> None:
    s.acting.command(user, "/miro", text)
    assert "initial_option" not in field(s, user, name)


@pytest.mark.parametrize(
    ("user", "command", "text", "name", "value"),
    [
        ("U0DANA", "/miro-admin", "<@U0ALEX> as Company Admin because of IT", "rights", "Company Admin"),
        ("U0DANA", "/miro-admin", "<@U0ALEX> user admin because of IT", "rights", "User Admin"),
        ("U0DANA", "/miro-admin", "the user <@U0ALEX>, User Admin because of IT", "rights", "User Admin"),
        ("U0LENA", "/miro-offboard", "delete jo@example.com because last day", "how", "delete"),
        ("U0LENA", "/miro", "I need to delete jo@example.com because last day", "how", "delete"),
        ("U0LENA", "/miro", "I need to deactivate jo@example.com because last day", "how", "deactivate"),
    ],
)
def test_what_was_typed_is_filled_in(
    s: Stage, user: str, command: str, text: str, name: str, value: str
) -> None:
    s.acting.command(user, command, text)
    assert field(s, user, name)["initial_option"]["value"] == value


def test_a_choice_that_there_is_not_is_refused(s: Stage) -> None:
    text = "<@U0ALEX> because Alex joins IT"
    s.acting.command("U0DANA", "/miro-admin", text)
    view = s.acting.modal("U0DANA")
    radio = next(one for one in view["blocks"] if one.get("block_id") == "rights")
    radio["element"]["options"].append({"text": {"type": "plain_text", "text": "Owner"}, "value": "Owner"})
    assert s.acting.submit("U0DANA", {"rights": "Owner"}).errors == {"rights": RIGHTS}
    assert refused_form(s, "U0DANA", "/miro-admin", text) == {}


@pytest.mark.parametrize("action", ["make-admin", "remove-admin", "offboard"])
def test_the_command_line_wants_it_said(tmp_path: Path, action: str) -> None:
    name, asker = ("how", "lena") if action == "offboard" else ("rights", "dana")
    words = ("ask", action, "person=jo@example.com", "--as", f"{asker}@example.com", "--reason", "It is time")
    with machine(tmp_path) as (_, shell):
        assert f"Add {name}." in shell.types(*words, exits=2)


def test_every_grave_field_is_required() -> None:
    grave = {
        (name, field)
        for name, action in ACTIONS.items()
        for field, asked in action.form().items()
        if asked.grave
    }
    assert grave == {("make-admin", "rights"), ("remove-admin", "rights"), ("offboard", "how")}
    assert all(ACTIONS[name].model_fields[field].is_required() for name, field in grave)
