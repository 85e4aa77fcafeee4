"""Forms are filled, sent and changed in the stand-in as in Slack, and hold what a person typed."""

import pytest

from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.inputs import NotPossible
from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.blocks import JSON, modal, options, plain, section
from tests.sandbox.bolt_bot import FORM, Bot


def filled_in(bot: Bot) -> JSON:
    values: JSON = bot.heard[-1]["view"]["state"]["values"]
    return {block_id: next(iter(fields.values())) for block_id, fields in values.items()}


def test_fields_nobody_touched_hold_their_initial_values(bot: Bot, acting: Gestures) -> None:
    acting.command("U01", "/miro", "form")
    acting.submit("U01", {"teams": ["T-0", "T-2"]})

    assert filled_in(bot) == {
        "reason": {"type": "plain_text_input", "value": "because"},
        "team": {"type": "static_select", "selected_option": options(2)[1]},
        "teams": {"type": "multi_static_select", "selected_options": [options(3)[0], options(3)[2]]},
        "board": {"type": "external_select", "selected_option": None},
        "person": {"type": "users_select", "selected_user": None},
        "radio": {"type": "radio_buttons", "selected_option": None},
        "ticks": {"type": "checkboxes", "selected_options": []},
        "until": {"type": "datepicker", "selected_date": "2026-01-05"},
    }


def test_every_kind_of_field_can_be_filled(slack: Workspace, bot: Bot, acting: Gestures) -> None:
    acting.command("U01", "/miro", "form")
    typed = {"reason": "On Monday", "team": "T-0", "teams": ["T-1"], "board": "New board", "person": "U02"}
    reply = acting.submit(
        "U01", typed | {"radio": "T-1", "ticks": ["T-0", "T-1"], "until": None}, complete=False
    )

    held = filled_in(bot)
    assert held["reason"]["value"] == "On Monday" and held["team"]["selected_option"]["value"] == "T-0"
    assert held["board"]["selected_option"] == {"text": plain("New board"), "value": "B-1"}
    assert held["person"] == {"type": "users_select", "selected_user": "U02"}
    assert [each["value"] for each in held["ticks"]["selected_options"]] == ["T-0", "T-1"]
    assert held["until"]["selected_date"] is None
    assert reply.ok and slack.views["U01"] == []


def test_a_form_with_an_empty_required_field_is_not_sent(bot: Bot, acting: Gestures) -> None:
    acting.command("U01", "/miro", "form")

    with pytest.raises(NotPossible, match="Team"):
        acting.submit("U01", {})
    with pytest.raises(NotPossible, match="not offered"):
        acting.submit("U01", {"team": "T-77"})
    assert [heard.get("command") for heard in bot.heard] == ["/miro"]


def test_errors_are_shown_at_their_fields_and_what_was_typed_stays(
    slack: Workspace, bot: Bot, acting: Gestures
) -> None:
    bot.answers_to_form = [{"response_action": "errors", "errors": {"reason": "Say more"}}]
    acting.command("U01", "/miro", "form")
    reply = acting.submit("U01", {"teams": ["T-0"], "reason": "No"})

    assert reply.errors == {"reason": "Say more"} and len(slack.views["U01"]) == 1
    acting.submit("U01", {"reason": "A longer reason"})
    assert [each["value"] for each in filled_in(bot)["teams"]["selected_options"]] == ["T-0"]
    assert slack.views["U01"] == []


def test_an_error_at_no_field_is_trouble(slack: Workspace, bot: Bot, acting: Gestures) -> None:
    bot.answers_to_form = [{"response_action": "errors", "errors": {"nowhere": "Say more"}}]
    acting.command("U01", "/miro", "form")

    assert acting.submit("U01", {"teams": ["T-0"]}).problem == "trouble_connecting: nowhere"


def test_a_submission_can_change_the_modal_push_another_or_close_all(
    slack: Workspace, bot: Bot, acting: Gestures
) -> None:
    second = modal(section("Sure?"), callback_id="form", title=plain("Second"))
    bot.answers_to_form = [
        {"response_action": "update", "view": {**FORM, "title": plain("Updated")}},
        {"response_action": "push", "view": second},
        {"response_action": "push", "view": modal(section("x" * 3001))},
        {"response_action": "clear"},
    ]
    acting.command("U01", "/miro", "form")

    def titles() -> list[str]:
        return [view["title"]["text"] for view in slack.views["U01"]]

    acting.submit("U01", {"teams": ["T-0"], "reason": "Kept"})
    assert titles() == ["Updated"]
    acting.submit("U01")
    assert titles() == ["Updated", "Second"] and filled_in(bot)["reason"]["value"] == "Kept"
    assert "must be less than 3001 characters" in str(acting.submit("U01").problem)
    assert titles() == ["Updated", "Second"]
    acting.submit("U01")
    assert titles() == []


def test_a_click_inside_a_form_carries_what_was_typed_so_far(bot: Bot, acting: Gestures) -> None:
    acting.command("U01", "/miro", "form")
    acting.fill("U01", {"reason": "Half a sen"})
    acting.click("U01", None, "more")

    assert filled_in(bot)["reason"]["value"] == "Half a sen" and "message" not in bot.heard[-1]


def test_suggestions_come_from_the_bot(bot: Bot, acting: Gestures) -> None:
    acting.command("U01", "/miro", "form")

    offered = acting.suggest("U01", None, "board", "Ne")
    assert [each["text"]["text"] for each in offered] == ["Ne", "Other board"]
    assert (bot.heard[-1]["type"], bot.heard[-1]["block_id"]) == ("block_suggestion", "board")
    with pytest.raises(NotPossible):
        acting.suggest("U01", None, "board", "")


def test_a_closed_modal_is_told_where_the_bot_asked_for_it(
    slack: Workspace, bot: Bot, acting: Gestures
) -> None:
    acting.command("U01", "/miro", "form")
    acting.close("U01")

    assert bot.heard[-1]["type"] == "view_closed" and slack.views["U01"] == []
    with pytest.raises(NotPossible):
        acting.submit("U01")
