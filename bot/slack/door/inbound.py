"""Parses and validates what Slack sends: well-formed, of a documented shape, with clean text.

Shapes: docs.slack.dev/apis/events-api, /reference/interaction-payloads and
/interactivity/implementing-slash-commands.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NoReturn, Self
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError, model_validator

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
    shape = _shape_of(clean)
    try:
        shape.model_validate(clean)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = cleaned(".".join(map(str, first["loc"])))[:80]
        raise Malformed(f"{place}: {first['type']}") from None
    return clean


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


class Named(BaseModel):
    """A person, channel, team or enterprise by its id."""

    id: Id


class Authorization(BaseModel):
    """The installation an event is for; Bolt reads the ids."""

    enterprise_id: str = ""
    team_id: str = ""
    user_id: str = ""


class Common(BaseModel):
    """The fields that any payload may have and Bolt reads."""

    team_id: str = ""
    enterprise_id: str = ""
    team: Named | None = None
    enterprise: Named | None = None
    authorizations: list[Authorization] = []
    response_url: str = ""
    trigger_id: str = ""


class SlashCommand(Common):
    """A slash command: a flat form."""

    command: Id
    user_id: Id
    text: str = ""
    trigger_id: Id
    channel_id: str = ""


class Option(BaseModel):
    """A chosen option."""

    value: str


class Element(BaseModel):
    """A field of a form with its initial or current value."""

    value: str = ""
    initial_value: str = ""
    selected_option: Option | None = None
    initial_option: Option | None = None
    selected_options: list[Option] = []
    initial_options: list[Option] = []
    selected_user: str = Field("", max_length=255)
    initial_user: str = Field("", max_length=255)
    selected_users: list[Id] = []
    initial_users: list[Id] = []
    selected_date: str = ""
    initial_date: str = ""


class Block(BaseModel):
    """A block of a view; for an input block its field is read."""

    type: str
    block_id: str = ""
    element: Element | None = None

    @model_validator(mode="after")
    def _check_input(self) -> Self:
        if self.type == "input" and not (self.block_id and self.element):
            raise ValueError("an input has an id and an element")
        return self


class State(BaseModel):
    """{block id: {action id: field}} of a form."""

    values: dict[str, dict[str, Element]]


class View(BaseModel):
    """A modal or an App Home."""

    id: Id
    type: str = ""
    hash: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    blocks: list[Block] = []
    state: State | None = None


class SentView(View):
    """A submitted form; one of this bot has a callback id and a state."""

    type: Id
    callback_id: Id
    state: State


class Pressed(BaseModel):
    """A pressed button, or a choice in a menu."""

    action_id: Id
    block_id: str = ""
    value: str = ""
    type: str = ""


class Container(BaseModel):
    """The place of a button."""

    type: str = ""
    channel_id: str = ""
    message_ts: str = ""
    thread_ts: str = ""
    view_id: str = ""


class Message(BaseModel):
    """The message of a shortcut or a button."""

    text: str = ""
    user: str = ""
    bot_id: str = ""
    ts: str = ""
    thread_ts: str = ""


class Place(BaseModel):
    """A channel; for App Home Slack leaves it out, and local-slack sends it without an id."""

    id: str = ""


class Interaction(Common):
    """An action of a person on a view, button or shortcut."""

    user: Named
    channel: Place | None = None
    container: Container | None = None
    message: Message | None = None


class BlockActions(Interaction):
    """A button was pressed."""

    trigger_id: Id
    actions: list[Pressed] = Field(min_length=1)
    view: View | None = None


class ViewSubmission(Interaction):
    """A form was submitted."""

    view: SentView


class ViewClosed(Interaction):
    """A form was closed."""

    view: View


class Suggestion(Interaction):
    """A person types in a menu whose options come from the bot."""

    action_id: Id
    value: str = ""
    view: View | None = None


class Shortcut(Interaction):
    """A global shortcut."""

    callback_id: Id
    trigger_id: Id


class MessageAction(Shortcut):
    """A shortcut in the menu of a message."""

    message: Message
    channel: Place


class Event(BaseModel):
    """Any event; only those the bot subscribes to are read further."""

    type: Id


class File(BaseModel):
    """A file in a message (docs.slack.dev/reference/objects/file-object)."""

    name: str = ""
    size: int = 0
    url_private: str = ""
    is_external: bool = False


class Said(Event):
    """A message from anybody."""

    channel: Id
    ts: Id
    user: str = ""
    bot_id: str = ""
    text: str = ""
    subtype: str = ""
    channel_type: str = ""
    thread_ts: str = ""
    files: list[File] = []


class HomeOpened(Event):
    """App Home was opened."""

    user: Id
    tab: str = "home"


class EventCallback(Common):
    """The envelope of an event."""

    event: Event
    event_id: str = ""


class SaidCallback(EventCallback):
    """The envelope of a message."""

    event: Said


class HomeCallback(EventCallback):
    """The envelope of an opened App Home."""

    event: HomeOpened


class UrlVerification(Common):
    """Slack's check of the request URL."""

    challenge: str


_SHAPES: Mapping[str, type[Common]] = {
    "block_actions": BlockActions,
    "view_submission": ViewSubmission,
    "view_closed": ViewClosed,
    "block_suggestion": Suggestion,
    "shortcut": Shortcut,
    "message_action": MessageAction,
    "event_callback": EventCallback,
    "url_verification": UrlVerification,
    "app_rate_limited": Common,
}
_EVENTS: Mapping[str, type[Common]] = {
    "message": SaidCallback,
    "app_mention": SaidCallback,
    "app_home_opened": HomeCallback,
}


def _shape_of(payload: Payload) -> type[Common]:
    """The shape for a payload, by its type. Raises Malformed if it has none."""
    if "command" in payload:
        return SlashCommand
    kind = payload.get("type")
    if not isinstance(kind, str) or kind not in _SHAPES:
        raise Malformed("type: no kind of delivery that Slack documents for this app")
    event = payload.get("event")
    if kind == "event_callback" and isinstance(event, dict) and isinstance(event.get("type"), str):
        return _EVENTS.get(event["type"], EventCallback)
    return _SHAPES[kind]
