"""Parses and validates what Slack sends: well-formed, of a documented shape, with clean text.

Shapes: docs.slack.dev/apis/events-api, /reference/interaction-payloads and
/interactivity/implementing-slash-commands.
"""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any, NoReturn
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError, create_model

from approvals.text import cleaned

Payload = dict[str, Any]

DEEPEST = 50
"""The most levels of nesting; Slack's deepest, lists in rich text, stay below twenty."""
MOST_FIELDS = 100
"""The most fields of a form; a slash command has about fifteen."""

_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class Malformed(ValueError):
    """A request that isn't as Slack documents; the text says where, without quoting it."""


# -- the encoding ----------------------------------------------------------------------------------------


def read(body: bytes, media_type: str) -> Payload:
    """The payload of an HTTP request: JSON for an event, else a form. Raises Malformed."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Malformed("the body isn't UTF-8") from None
    if media_type.partition(";")[0].strip().lower() == "application/json" or text.startswith("{"):
        return checked(parsed(text))
    form = fields(text)
    if "payload" in form:
        return checked(parsed(form["payload"]))
    return checked(form)


def fields(text: str) -> dict[str, str]:
    """The fields of an `application/x-www-form-urlencoded` body. Raises Malformed."""
    if _BROKEN_ESCAPE.search(text):
        raise Malformed("the form has a broken percent escape")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Malformed("the body is no form") from None
    return _unique(pairs)


def parsed(text: str) -> Any:
    """A JSON document without duplicate keys, NaN and Infinity. Raises Malformed."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed("the payload isn't JSON") from None


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    listed = list(pairs)
    named = dict(listed)
    if len(named) != len(listed):
        raise Malformed("a name stands there twice")
    return named


def _refuse_constant(_: str) -> NoReturn:
    raise Malformed("the payload has a number that JSON doesn't know")


# -- the shape -------------------------------------------------------------------------------------------


def checked(payload: object) -> Payload:
    """The payload with cleaned text and without nulls. Raises Malformed if its shape is wrong.

    Null is the same as a missing value: Slack sends `"team": null`, local-slack null for untouched fields.
    """
    if not isinstance(payload, dict):
        raise Malformed("the payload is no object")
    clean: Payload = _clean(payload)
    kind = "command" if "command" in clean else clean.get("type")
    if not isinstance(kind, str) or kind not in _NEEDED:
        raise Malformed("type: no kind of delivery that Slack documents for this app")
    needed, event = _NEEDED[kind], ""
    try:
        _DELIVERY.model_validate(clean)
        if kind == "event_callback" and (event := str(_at(clean, "event.type"))) in _EVENTS:
            needed += _EVENTS[event]
            _EVENT.model_validate(clean["event"])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = cleaned(".".join(map(str, first["loc"])))[:80]
        raise Malformed(f"{place}: {first['type']}") from None
    missing = [path for path in needed.split() if _at(clean, path) in (None, "", [])]
    inputs = [block for block in _at(clean, "view.blocks") or () if block.get("type") == "input"]
    if missing or not all(block.get("block_id") and "element" in block for block in inputs):
        raise Malformed(f"{' '.join(missing) or 'view.blocks'}: missing")
    return clean


def _at(value: Any, path: str) -> Any:
    """What stands at a place like "view.type", or None."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return cleaned(value)
    if depth > DEEPEST:
        raise Malformed("the payload is nested too deeply")
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {cleaned(name): _clean(item, depth + 1) for name, item in value.items() if item is not None}
    return value


Id = Annotated[str, Field(min_length=1, max_length=255)]


def _shape(ids: str = "", texts: str = "", **others: Any) -> type[BaseModel]:
    """The shape of an object: fields with ids, with "!" where they are needed; fields with texts; and others:
    {field: its shape, or [shape] for a list}. All others may be missing."""
    fields: dict[str, Any] = {name: (str, "") for name in texts.split()}
    for name in ids.split():
        is_needed = name.endswith("!")
        fields[name.rstrip("!")] = (Id, ...) if is_needed else (str, Field("", max_length=255))
    for name, shape in others.items():
        fields[name] = (list[shape[0]], []) if isinstance(shape, list) else (shape, None)  # type: ignore[valid-type]
    return create_model("Shape", **fields)


_NAMED, _OPTION = _shape("id!"), _shape("value!")
_ELEMENT = _shape(
    "selected_user initial_user selected_date initial_date",
    "value initial_value",
    selected_option=_OPTION,
    initial_option=_OPTION,
    selected_options=[_OPTION],
    initial_options=[_OPTION],
    selected_users=[Id],
    initial_users=[Id],
)
_BLOCK = _shape("type! block_id", element=_ELEMENT)
_STATE = create_model("State", values=(dict[str, dict[str, _ELEMENT]], ...))  # type: ignore[valid-type]
_VIEW = _shape(
    "id! type hash callback_id",
    "private_metadata",
    title=_shape(texts="text"),
    blocks=[_BLOCK],
    state=_STATE,
)
_FILE = create_model(
    "File", size=(int, 0), is_external=(bool, False), __base__=_shape("", "name url_private")
)
_EVENT = _shape("channel ts user bot_id subtype channel_type thread_ts tab", "text", files=[_FILE])
_DELIVERY = _shape(
    "team_id enterprise_id trigger_id action_id callback_id command user_id channel_id event_id",
    "response_url value text challenge",
    team=_NAMED,
    enterprise=_NAMED,
    user=_NAMED,
    channel=_shape("id"),  # App Home has none; local-slack sends one without an id
    authorizations=[_shape("enterprise_id team_id user_id")],
    container=_shape("type channel_id message_ts thread_ts view_id"),
    message=_shape("user bot_id ts thread_ts", "text"),
    actions=[_shape("action_id! block_id type", "value")],
    view=_VIEW,
    event=_shape("type!"),
)
_NEEDED = {
    "command": "command user_id trigger_id",
    "block_actions": "user trigger_id actions",
    "view_submission": "user view.type view.callback_id view.state",
    "view_closed": "user view",
    "block_suggestion": "user action_id",
    "shortcut": "user callback_id trigger_id",
    "message_action": "user callback_id trigger_id message channel",
    "event_callback": "event",
    "url_verification": "challenge",
    "app_rate_limited": "",
}
"""{kind of payload: what it needs}."""
_EVENTS = {
    "message": " event.channel event.ts",
    "app_mention": " event.channel event.ts",
    "app_home_opened": " event.user",
}
"""The same for the events that the bot subscribes to."""
