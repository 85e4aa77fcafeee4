"""Every limit Slack sets is found at its exact number, and nothing is found where Slack finds nothing."""

from collections.abc import Callable

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.sandbox.slack.limits import Surface, problems
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


def in_message(*blocks: JSON) -> list[str]:
    return problems("message", {"text": "words", "blocks": list(blocks)})


SENTENCE = {
    "type": "rich_text_section",
    "elements": [{"type": "text", "text": "Ada", "style": {"bold": True}}],
}
DATE = {"type": "date", "timestamp": 1767225600, "format": "{date_short_pretty}", "fallback": "1 January"}
CONFIRM = {"title": plain("Sure?"), "text": plain("Really."), "confirm": plain("Yes"), "deny": plain("No")}


def test_a_rich_card_with_everything_in_it_is_without_fault() -> None:
    quote = {"type": "rich_text_quote", "elements": [{"type": "user", "user_id": "U01"}, DATE]}
    listed = {"type": "rich_text_list", "style": "ordered", "elements": [SENTENCE, SENTENCE]}
    card = [
        {"type": "header", "text": plain("Make Ada an admin?")},
        rich(SENTENCE, listed, quote),
        section(fields=[mrkdwn("*Team*")], accessory=button(action_id="more", confirm=CONFIRM)),
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("R-1"), plain("waiting")]},
        actions(button(style="primary"), button(action_id="deny"), select()),
    ]
    assert in_message(*card) == []


def test_a_form_with_every_kind_of_field_is_without_fault() -> None:
    ticks = {"action_id": "t", "options": options(10)}
    elements: list[JSON] = [
        {"type": "plain_text_input", "action_id": "t", "multiline": True, "max_length": 3000},
        {"type": "multi_static_select", "action_id": "t", "options": options(100)},
        {"type": "external_select", "action_id": "t", "min_query_length": 1, "placeholder": plain("Find")},
        {"type": "users_select", "action_id": "t", "initial_user": "U01"},
        {"type": "radio_buttons", "initial_option": option(value="T-3"), **ticks},
        {"type": "checkboxes", "initial_options": [option(value="T-3")], **ticks},
        {"type": "datepicker", "action_id": "t", "initial_date": "2026-01-05"},
    ]
    assert problems("modal", modal(*(field(each) for each in elements))) == []


AT_THE_LIMIT: dict[str, tuple[int, Callable[[int], JSON]]] = {
    "the text of a section": (3000, lambda n: section("x" * n)),
    "a field of a section": (2000, lambda n: section(fields=[mrkdwn("x" * n)])),
    "the number of fields": (10, lambda n: section(fields=[plain("x")] * n)),
    "a header": (150, lambda n: {"type": "header", "text": plain("x" * n)}),
    "the elements of a context": (10, lambda n: {"type": "context", "elements": [plain("x")] * n}),
    "the elements of an actions block": (
        25,
        lambda n: actions(*(button(action_id=f"b{i}") for i in range(n))),
    ),
    "the label of a button": (75, lambda n: actions(button(text=plain("x" * n)))),
    "the value of a button": (2000, lambda n: actions(button(value="x" * n))),
    "the address of a button": (3000, lambda n: actions(button(url="x" * n))),
    "the spoken label of a button": (75, lambda n: actions(button(accessibility_label="x" * n))),
    "an action_id": (255, lambda n: actions(button(action_id="x" * n))),
    "a block_id": (255, lambda n: section(block_id="x" * n)),
    "the label of an option": (75, lambda n: actions(select(options=[option(text="x" * n)]))),
    "the value of an option": (150, lambda n: actions(select(options=[option(value="x" * n)]))),
    "the description of an option": (
        75,
        lambda n: actions(select(options=[{**option(), "description": plain("x" * n)}])),
    ),
    "the number of options": (100, lambda n: actions(select(options=options(n)))),
    "the number of groups of options": (
        100,
        lambda n: actions(
            select(options=None, option_groups=[{"label": plain("A"), "options": options(1)}] * n)
        ),
    ),
    "the choices of radio buttons": (
        10,
        lambda n: field({"type": "radio_buttons", "action_id": "r", "options": options(n)}),
    ),
    "the choices of checkboxes": (
        10,
        lambda n: field({"type": "checkboxes", "action_id": "r", "options": options(n)}),
    ),
    "an overflow menu": (5, lambda n: actions({"type": "overflow", "action_id": "o", "options": options(n)})),
    "a placeholder": (150, lambda n: actions(select(placeholder=plain("x" * n)))),
    "the label of a field": (2000, lambda n: field(select(), label=plain("x" * n))),
    "the hint of a field": (2000, lambda n: field(select(), hint=plain("x" * n))),
    "what a field holds at first": (
        3000,
        lambda n: field({"type": "plain_text_input", "action_id": "t", "initial_value": "x" * n}),
    ),
    "the title of a confirmation": (
        100,
        lambda n: actions(button(confirm=CONFIRM | {"title": plain("x" * n)})),
    ),
    "the text of a confirmation": (
        300,
        lambda n: actions(button(confirm=CONFIRM | {"text": plain("x" * n)})),
    ),
    "the buttons of a confirmation": (
        30,
        lambda n: actions(button(confirm=CONFIRM | {"deny": plain("x" * n)})),
    ),
}


@pytest.mark.parametrize("what", AT_THE_LIMIT)
def test_a_limit_is_passed_at_its_number_and_not_before(what: str) -> None:
    most, block = AT_THE_LIMIT[what]

    assert in_message(block(most)) == []
    [found] = in_message(block(most + 1))
    assert f"less than {most + 1} characters" in found or f"no more than {most} items" in found
    assert "[json-pointer:/blocks/0/" in found


VIEWS_AT_THE_LIMIT: dict[str, tuple[int, Callable[[int], JSON]]] = {
    "the title of a modal": (24, lambda n: modal(section(), title=plain("x" * n))),
    "the send button of a modal": (24, lambda n: modal(section(), submit=plain("x" * n))),
    "the cancel button of a modal": (24, lambda n: modal(section(), close=plain("x" * n))),
    "the private metadata": (3000, lambda n: modal(section(), private_metadata="x" * n)),
    "the callback_id": (255, lambda n: modal(section(), callback_id="x" * n)),
    "the blocks of a modal": (100, lambda n: modal(*[section()] * n)),
}


@pytest.mark.parametrize("what", VIEWS_AT_THE_LIMIT)
def test_a_limit_of_a_view_is_passed_at_its_number_and_not_before(what: str) -> None:
    most, view = VIEWS_AT_THE_LIMIT[what]

    assert problems("modal", view(most)) == []
    assert len(problems("modal", view(most + 1))) == 1


def test_a_message_has_fifty_blocks_and_a_home_tab_a_hundred() -> None:
    assert in_message(*[section()] * 50) == []
    assert in_message(*[section()] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert problems("home", {"type": "home", "blocks": [section()] * 100}) == []
    assert len(problems("home", {"type": "home", "blocks": [section()] * 101})) == 1


def test_the_texts_of_a_message_have_a_limit_in_all() -> None:
    assert in_message(*[section("x" * 3000)] * 4) == []
    assert in_message(*[section("x" * 3000)] * 4, section("x")) == [
        "must be less than 12001 characters in all [json-pointer:/blocks]"
    ]


def test_a_view_has_a_limit_in_bytes() -> None:
    rows = [section("ä" * 3000, block_id=f"b{each}") for each in range(20)]

    [found] = problems("modal", modal(*rows, private_metadata=""))

    assert found == "must be less than 250001 bytes [json-pointer:/view]"


FAULTY: dict[str, tuple[Surface, JSON, str]] = {
    "a header in mrkdwn": (
        "message",
        {"blocks": [{"type": "header", "text": mrkdwn("*Bold*")}]},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text]",
    ),
    "an option in mrkdwn": (
        "message",
        {"blocks": [actions(select(options=[{"text": mrkdwn("x"), "value": "x"}]))]},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text]",
    ),
    "an action_id twice in a block": (
        "message",
        {"blocks": [actions(button(), button(text=plain("Deny")))]},
        "`action_id`: approve used more than once [json-pointer:/blocks/0]",
    ),
    "a block_id twice": (
        "message",
        {"blocks": [section(block_id="a"), section(block_id="a")]},
        "`block_id`: a used more than once [json-pointer:/blocks]",
    ),
    "a form that can't be sent": (
        "modal",
        modal(field(select()), submit=None),
        "missing required field: submit [json-pointer:/view]",
    ),
    "a first choice that isn't offered": (
        "message",
        {"blocks": [actions(select(initial_option=option(value="T-9")))]},
        "initial option T-9 is not one of the options [json-pointer:/blocks/0]",
    ),
    "a menu without choices": (
        "message",
        {"blocks": [actions(select(options=None))]},
        "must provide either options or option_groups [json-pointer:/blocks/0]",
    ),
    "an empty text": (
        "message",
        {"blocks": [section("")]},
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a block Slack doesn't know": (
        "message",
        {"blocks": [{"type": "table"}]},
        "unsupported type: table [json-pointer:/blocks/0]",
    ),
    "a key Slack doesn't know": (
        "message",
        {"blocks": [section(colour="red")]},
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "a style Slack doesn't know": (
        "message",
        {"blocks": [actions(button(style="warning"))]},
        "must be one of primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "a text field among buttons": (
        "message",
        {"blocks": [actions({"type": "plain_text_input", "action_id": "t"})]},
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0]",
    ),
    "a list whose items are no sections": (
        "message",
        {"blocks": [rich({"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text"}]})]},
        "unsupported type: text [json-pointer:/blocks/0/elements/0/elements/0]",
    ),
    "rich text without a section": (
        "message",
        {"blocks": [rich({"type": "text", "text": "Ada"})]},
        "unsupported type: text [json-pointer:/blocks/0/elements/0]",
    ),
    "a date without a format": (
        "message",
        {"blocks": [rich({**SENTENCE, "elements": [{"type": "date", "timestamp": 1767225600}]})]},
        "missing required field: format [json-pointer:/blocks/0/elements/0/elements/0]",
    ),
    "a section of nothing": (
        "message",
        {"blocks": [{"type": "section"}]},
        "missing required field: text [json-pointer:/blocks/0]",
    ),
    "more than a hundred suggestions": (
        "options",
        {"options": options(101)},
        "no more than 100 items allowed [json-pointer:/options]",
    ),
}


@pytest.mark.parametrize("what", FAULTY)
def test_what_slack_refuses_is_named_with_its_place(what: str) -> None:
    surface, payload, problem = FAULTY[what]

    assert problem in problems(surface, payload)


def test_nonsense_is_named_and_not_stumbled_over() -> None:
    for blocks in ("text", [7], [{"type": "actions", "elements": 7}], [actions(select(initial_option=7))]):
        assert problems("message", {"blocks": blocks})


@pytest.mark.parametrize("what", AT_THE_LIMIT)
def test_slacks_own_models_take_what_is_at_the_limit(what: str) -> None:
    most, block = AT_THE_LIMIT[what]

    [parsed] = Block.parse_all([block(most)])

    assert parsed.to_dict()["type"] == block(most)["type"]


@pytest.mark.parametrize("what", VIEWS_AT_THE_LIMIT)
def test_slacks_own_models_refuse_the_same_views(what: str) -> None:
    most, view = VIEWS_AT_THE_LIMIT[what]

    View(**view(most)).to_dict()
    with pytest.raises(SlackObjectFormationError):
        View(**view(most + 1)).to_dict()
