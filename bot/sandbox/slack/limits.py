"""All reasons for which Slack would refuse a message, modal, Home tab or list of options."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from bot.sandbox.slack.block_shapes import (
    BLOCKS,
    GROUPS,
    OPTION,
    YES_NO,
    Check,
    Problems,
    choice,
    many,
    plain,
    problem,
    shape,
    string,
    typed,
)

Surface = Literal["message", "modal", "home", "options"]

# Undocumented: apps were refused (`msg_blocks_too_long`) at 11,341 and 13,297 (bolt-js#2867, #2509).
ALL_TEXT_OF_A_MESSAGE = 12_000
LARGEST_VIEW = 250_000

ANY_BLOCK = typed(BLOCKS)
MESSAGE_BLOCKS = many(ANY_BLOCK, 50, 0)
VIEW_BLOCKS = many(ANY_BLOCK, 100)
PRIVATE = {
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "private_metadata": string(3000, 0),
}
MODAL = shape(
    {"type": choice("modal"), "title": plain(24), "blocks": VIEW_BLOCKS},
    submit=plain(24),
    close=plain(24),
    clear_on_close=YES_NO,
    notify_on_close=YES_NO,
    submit_disabled=YES_NO,
    **PRIVATE,
)
HOME = shape({"type": choice("home"), "blocks": VIEW_BLOCKS}, **PRIVATE)


def problems(surface: Surface, payload: Mapping[str, Any]) -> list[str]:
    """Slack's objections to `payload`, each with a JSON pointer to its place; empty if there are none."""
    return list(_SURFACES[surface](payload))


def _message(payload: Mapping[str, Any]) -> Problems:
    blocks = payload.get("blocks") or []
    yield from string(40_000, 0)(payload.get("text") or "", "/text")
    yield from MESSAGE_BLOCKS(blocks, "/blocks")
    yield from _together(blocks, "/blocks")
    if sum(len(words) for words in _texts(blocks)) > ALL_TEXT_OF_A_MESSAGE:
        yield problem(f"must be less than {ALL_TEXT_OF_A_MESSAGE + 1} characters in all", "/blocks")


def _view(whole: Check) -> Callable[[Mapping[str, Any]], Problems]:
    def check(view: Mapping[str, Any]) -> Problems:
        blocks = view.get("blocks") or []
        yield from whole(view, "/view")
        yield from _together(blocks, "/view/blocks")
        if len(json.dumps(view).encode()) > LARGEST_VIEW:
            yield problem(f"must be less than {LARGEST_VIEW + 1} bytes", "/view")
        has_input = any(block.get("type") == "input" for block in _objects(blocks))
        if whole is MODAL and has_input and not view.get("submit"):
            yield problem("missing required field: submit", "/view")

    return check


def _options(payload: Mapping[str, Any]) -> Problems:
    if "option_groups" in payload:
        yield from GROUPS(payload["option_groups"], "/option_groups")
    else:
        yield from many(OPTION, 100, 0)(payload.get("options"), "/options")


def _together(blocks: Any, where: str) -> Problems:
    """Problems between objects: ids used twice, fields that need each other."""
    sound = _objects(blocks)
    yield from _twice([block.get("block_id") for block in sound], "block_id", where)
    for index, block in enumerate(sound):
        here = f"{where}/{index}"
        elements = list(elements_of(block))
        yield from _twice([element.get("action_id") for element in elements], "action_id", here)
        if block.get("type") == "section" and not (block.get("text") or block.get("fields")):
            yield problem("missing required field: text", here)
        for element in elements:
            yield from _choices(element, here)
    if sum(bool(element.get("focus_on_load")) for block in sound for element in elements_of(block)) > 1:
        yield problem("only one element can have focus_on_load", where)


def elements_of(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The elements of one block that a person can press or fill."""
    listed = block.get("elements") if block.get("type") == "actions" else []
    yield from _objects([*_objects(listed), block.get("accessory"), block.get("element")])


def _twice(ids: Sequence[Any], name: str, where: str) -> Problems:
    given = [each for each in ids if each is not None]
    for each in sorted({str(each) for each in given if given.count(each) > 1}):
        yield problem(f"`{name}`: {each} used more than once", where)


def _choices(element: Mapping[str, Any], where: str) -> Problems:
    if element.get("type") in ("static_select", "multi_static_select"):
        if bool(element.get("options")) == bool(element.get("option_groups")):
            yield problem("must provide either options or option_groups", where)
    elif not element.get("options"):
        return
    offered = [option.get("value") for option in options_of(element)]
    for option in _objects([element.get("initial_option"), *_objects(element.get("initial_options"))]):
        if option.get("value") not in offered:
            yield problem(f"initial option {option.get('value')} is not one of the options", where)


def options_of(element: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The options of a menu, those in groups included."""
    grouped = [group.get("options") or [] for group in _objects(element.get("option_groups"))]
    return [option for listed in (element.get("options"), *grouped) for option in _objects(listed)]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)


_SURFACES: dict[Surface, Callable[[Mapping[str, Any]], Problems]] = {
    "message": _message,
    "modal": _view(MODAL),
    "home": _view(HOME),
    "options": _options,
}
