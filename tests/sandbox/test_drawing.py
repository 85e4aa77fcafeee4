"""Messages and modals are drawn as a person reads them, and their words are counted without the buttons."""

from datetime import timedelta, timezone

from bot.sandbox.slack.drawing import as_text, words
from bot.sandbox.slack.records import Message
from tests.sandbox.blocks import (
    JSON,
    actions,
    button,
    field,
    modal,
    mrkdwn,
    option,
    options,
    plain,
    rich,
    section,
    select,
)

NAMES = {"U01": "Ada Example", "C01": "it"}


def message(*blocks: JSON, text: str = "For the notification") -> Message:
    return Message("C01", "1.000001", "U0BOT", text, list(blocks))


def drawn(*blocks: JSON) -> str:
    return as_text(message(*blocks), NAMES)


def test_a_card_is_drawn_line_by_line() -> None:
    leave = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Leave Engineering"}]}
    join = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "Join IT", "style": {"bold": True}}],
    }
    reason = [{"type": "user", "user_id": "U01"}, {"type": "text", "text": ": on Monday\nearly"}]
    card = [
        {"type": "header", "text": plain("Make Ada an admin?")},
        rich(
            {"type": "rich_text_quote", "elements": reason},
            {"type": "rich_text_list", "style": "ordered", "elements": [join, leave]},
            {"type": "rich_text_list", "style": "bullet", "elements": [leave], "indent": 1},
        ),
        {"type": "section", "fields": [plain("Team"), plain("IT")]},
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("asked by <@U01> in <#C01>"), plain("R-1")]},
        actions(button(), button(action_id="deny", text=plain("Deny"))),
    ]
    assert drawn(*card).split("\n") == [
        "Make Ada an admin?",
        "> @Ada Example: on Monday",
        "> early",
        "1. *Join IT*",
        "2. Leave Engineering",
        "  • Leave Engineering",
        "Team",
        "IT",
        "──────",
        "asked by @Ada Example in #it  R-1",
        "[Approve] [Deny]",
    ]


def test_times_are_drawn_in_the_readers_zone() -> None:
    date = {"type": "date", "timestamp": 1767225600, "format": "{date_short_pretty} at {time}"}
    sentence = rich({"type": "rich_text_section", "elements": [date]})
    marked = section(text="x") | {"text": mrkdwn("<!date^1767225600^{date_long}|soon>")}
    east = timezone(timedelta(hours=9))

    assert as_text(message(sentence), zone=east) == "Jan 1, 2026 at 09:00"
    assert drawn(marked) == "Thursday, January 1, 2026"


def test_marked_text_is_unescaped_and_links_show_their_words() -> None:
    text = mrkdwn("&lt;b&gt; &amp; <https://example.com|the board> <!subteam^S1|@it> <!here>")

    assert drawn({"type": "section", "text": text}) == "<b> & the board @it @here"


def test_plain_text_is_drawn_as_it_is() -> None:
    assert drawn(section("<@U01> &amp; *stars*")) == "<@U01> &amp; *stars*"


def test_the_text_of_a_message_is_drawn_only_where_it_has_no_blocks() -> None:
    assert drawn(section("Block")) == "Block"
    assert as_text(message(text="Ask <@U01>"), NAMES) == "Ask @Ada Example"


def test_a_form_shows_its_fields_with_what_they_hold() -> None:
    form = modal(
        field({"type": "plain_text_input", "action_id": "reason"}, label=plain("Reason")),
        field({"type": "plain_text_input", "action_id": "mail", "initial_value": "ada@example.com"}),
        field(select(placeholder=plain("Pick one")), optional=True, hint=plain("Yours")),
        field(select(initial_option=option())),
        field({"type": "users_select", "action_id": "who", "initial_user": "U01"}),
        field({"type": "radio_buttons", "action_id": "r", "options": options(2), "initial_option": option()}),
        field({"type": "checkboxes", "action_id": "c", "options": options(1)}),
        actions({"type": "overflow", "action_id": "o", "options": options(2)}),
        close=plain("Cancel"),
    )
    form["blocks"][5]["element"]["initial_option"] = options(2)[1]
    assert as_text(form, NAMES).split("\n") == [
        "Ask",
        "Reason: ____",
        "Team: ada@example.com",
        "Team (optional): [Pick one ▾]",
        "  Yours",
        "Team: [Engineering ▾]",
        "Team: [Ada Example ▾]",
        "Team: ( ) Engineering (•) Engineering",
        "Team: [ ] Engineering",
        "[⋯ Engineering | Engineering]",
        "[Send] [Cancel]",
    ]


def test_words_on_buttons_and_menus_do_not_count() -> None:
    assert words("Make Ada's account (ada@example.com) an admin?\n[Approve] [Ask a Question]") == 6
    assert words("Team: [Pick one ▾]\nReason: ____") == 2
