"""The values of fields in a view or message, in the shapes of Slack's `state.values`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.limits import elements_of, options_of

JSON = dict[str, Any]
Values = dict[str, dict[str, JSON]]


class NotPossible(Exception):
    """A person can't do this in Slack: no such button, no such choice, a required field is empty."""


@dataclass(frozen=True)
class Kind:
    """How one type of field writes its value."""

    holds: str
    initial: str
    several: bool = False
    offers: bool = False


KINDS = {
    **dict.fromkeys(
        ("plain_text_input", "email_text_input", "url_text_input", "number_input"),
        Kind("value", "initial_value"),
    ),
    **dict.fromkeys(
        ("static_select", "external_select", "radio_buttons"),
        Kind("selected_option", "initial_option", offers=True),
    ),
    "multi_static_select": Kind("selected_options", "initial_options", several=True, offers=True),
    "multi_external_select": Kind("selected_options", "initial_options", several=True, offers=True),
    "checkboxes": Kind("selected_options", "initial_options", several=True, offers=True),
    "users_select": Kind("selected_user", "initial_user"),
    "multi_users_select": Kind("selected_users", "initial_users", several=True),
    "channels_select": Kind("selected_channel", "initial_channel"),
    "multi_channels_select": Kind("selected_channels", "initial_channels", several=True),
    "conversations_select": Kind("selected_conversation", "initial_conversation"),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations", several=True),
    "datepicker": Kind("selected_date", "initial_date"),
    "timepicker": Kind("selected_time", "initial_time"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time"),
}


def placed(blocks: Sequence[JSON]) -> Iterator[tuple[JSON, JSON]]:
    """Every (block, element) that a person can press or fill."""
    return ((block, element) for block in blocks for element in elements_of(block))


def untouched(blocks: Sequence[JSON]) -> Values:
    """The values of untouched fields: for those with an initial value Slack sends that, not null."""
    values: Values = {}
    for block, element in placed(blocks):
        if kind := KINDS.get(element["type"]):
            empty: list[Any] | None = [] if kind.several else None
            held = {"type": element["type"], kind.holds: element.get(kind.initial, empty)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = held
    return values


def kept(old: Values, blocks: Sequence[JSON]) -> Values:
    """The values after views.update: a field with the same block_id and action_id keeps its value."""
    values = untouched(blocks)
    for block_id, fields in values.items():
        for action_id, fresh in fields.items():
            typed = old.get(block_id, {}).get(action_id)
            if typed and typed["type"] == fresh["type"]:
                fields[action_id] = typed
    return values


def filled(element: Mapping[str, Any], value: Any) -> JSON:
    """The field's entry for `value`: an option's value or label, a person's id, a text; None empties it.

    Where several can be chosen, a text is one of them.
    """
    kind = KINDS.get(element["type"])
    if kind is None:
        raise NotPossible(f"a {element['type']} can't be filled in")
    if kind.several and isinstance(value, str):
        value = [value]
    if not kind.offers:
        return {"type": element["type"], kind.holds: _written(element, value)}
    if not kind.several:
        chosen: Any = None if value is None else _option(element, value)
    else:
        chosen = [_option(element, each) for each in value or []]
    return {"type": element["type"], kind.holds: chosen}


def _written(element: Mapping[str, Any], value: Any) -> Any:
    """Slack's own form stops at the lengths the field asks for."""
    length = len(value) if isinstance(value, str) else 0
    if length and not element.get("min_length", 0) <= length <= element.get("max_length", 3000):
        raise NotPossible(f"{length} characters don't fit the field {element['action_id']}")
    return value or None if isinstance(value, str) else value


def _option(element: Mapping[str, Any], wanted: Any) -> JSON:
    if isinstance(wanted, dict):
        return wanted
    for option in options_of(element):
        if wanted in (option["value"], option["text"]["text"]):
            return option
    offered = json.dumps([option["text"]["text"] for option in options_of(element)])
    raise NotPossible(f"{wanted!r} is not offered by {element['action_id']}: {offered}")


def missing(blocks: Sequence[JSON], values: Values) -> list[str]:
    """The labels of empty required fields; Slack doesn't send a form that has any."""
    return [
        block["label"]["text"]
        for block, element in placed(blocks)
        if block["type"] == "input"
        and not block.get("optional")
        and not values[block["block_id"]][element["action_id"]][KINDS[element["type"]].holds]
    ]
