"""The shape of every Block Kit object the bot may use, with the lengths and counts Slack allows.

Numbers are those of slack_sdk 3.47 and @slack/types 3.2.0; what spans several objects (ids used twice, a
form without a button) is in `limits`. Problems are worded as Slack's (adobe/spacecat-api-service#176).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Problems = Iterator[str]
Check = Callable[[Any, str], Problems]


def problem(words: str, where: str) -> str:
    return f"{words} [json-pointer:{where}]"


def string(most: int, least: int = 1) -> Check:
    def check(value: Any, where: str) -> Problems:
        if not isinstance(value, str):
            yield problem("must be a string", where)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", where)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", where)

    return check


def kind(*types: type) -> Check:
    def check(value: Any, where: str) -> Problems:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            yield problem("must be a " + " or ".join(each.__name__ for each in types), where)

    return check


def choice(*words: str) -> Check:
    def check(value: Any, where: str) -> Problems:
        if value not in words:
            yield problem(f"must be one of {', '.join(words)}", where)

    return check


def many(each: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, where: str) -> Problems:
        if not isinstance(value, list):
            yield problem("must be an array", where)
            return
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", where)
        if len(value) < least:
            yield problem(f"no less than {least} items allowed", where)
        for index, item in enumerate(value):
            yield from each(item, f"{where}/{index}")

    return check


def shape(must: Mapping[str, Check], /, **may: Check) -> Check:
    """An object with exactly these fields; `typed` checks its `type`."""
    known = {**must, **may, "type": string(50)}

    def check(value: Any, where: str) -> Problems:
        if not isinstance(value, dict):
            yield problem("must be an object", where)
            return
        for name in must:
            if value.get(name) is None:
                yield problem(f"missing required field: {name}", where)
        for name, part in value.items():
            if name not in known:
                yield problem(f"invalid additional property: {name}", where)
            elif part is not None:
                yield from known[name](part, f"{where}/{name}")

    return check


def typed(*tables: Mapping[str, Check]) -> Check:
    """An object whose `type` names its shape in one of the tables."""
    shapes = {name: each for table in tables for name, each in table.items()}

    def check(value: Any, where: str) -> Problems:
        name = value.get("type") if isinstance(value, dict) else None
        if name not in shapes:
            yield problem(f"unsupported type: {name}", where)
        else:
            yield from shapes[name](value, where)

    return check


def plain(most: int) -> Check:
    return typed({"plain_text": shape({"text": string(most)}, emoji=kind(bool))})


def text(most: int) -> Check:
    marked = {"mrkdwn": shape({"text": string(most)}, verbatim=kind(bool))}
    return typed(marked, {"plain_text": shape({"text": string(most)}, emoji=kind(bool))})


ID = string(255)
YES_NO = kind(bool)
COLOUR = choice("primary", "danger")
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)}, style=COLOUR
)
OPTION = shape({"text": plain(75), "value": string(150)}, description=plain(75), url=string(3000))
MARKED_OPTION = shape({"text": text(75), "value": string(150)}, description=text(75))
OPTIONS = many(OPTION, 100)
GROUPS = many(shape({"label": plain(75), "options": OPTIONS}), 100)


def _element(must: Mapping[str, Check] | None = None, /, **may: Check) -> Check:
    return shape(must or {}, action_id=ID, confirm=CONFIRM, focus_on_load=YES_NO, **may)


def _picker(initial: str, first: Check, **may: Check) -> Check:
    return _element(placeholder=plain(150), **{initial: first}, **may)


def _menus(prefix: str, suffix: str, listed: Callable[[Check], Check], **may: Check) -> dict[str, Check]:
    """The five menus, each with its own name for the initial choice."""
    ids, choices = listed(ID), listed(OPTION)
    query, filters = kind(int), kind(dict)
    return {
        f"{prefix}static_select": _picker(
            f"initial_option{suffix}", choices, options=OPTIONS, option_groups=GROUPS, **may
        ),
        f"{prefix}external_select": _picker(
            f"initial_option{suffix}", choices, min_query_length=query, **may
        ),
        f"{prefix}users_select": _picker(f"initial_user{suffix}", ids, **may),
        f"{prefix}channels_select": _picker(
            f"initial_channel{suffix}", ids, response_url_enabled=YES_NO, **may
        ),
        f"{prefix}conversations_select": _picker(
            f"initial_conversation{suffix}",
            ids,
            filter=filters,
            default_to_current_conversation=YES_NO,
            response_url_enabled=YES_NO,
            **may,
        ),
    }


def _field(**may: Check) -> Check:
    return _picker("initial_value", string(3000, 0), dispatch_action_config=kind(dict), **may)


TEN = many(MARKED_OPTION, 10)
IMAGE = {"image": shape({"alt_text": string(2000)}, image_url=string(3000), slack_file=kind(dict))}
BUTTON = {
    "button": _element(
        {"text": plain(75)},
        value=string(2000),
        url=string(3000),
        style=COLOUR,
        accessibility_label=string(75),
    )
}
MENUS = _menus("", "", lambda one: one)
MULTI = _menus("multi_", "s", lambda one: many(one, 100, 0), max_selected_items=kind(int))
TICKS = {
    "radio_buttons": _element({"options": TEN}, initial_option=MARKED_OPTION),
    "checkboxes": _element({"options": TEN}, initial_options=many(MARKED_OPTION, 10)),
}
DATES = {
    "datepicker": _picker("initial_date", string(10)),
    "timepicker": _picker("initial_time", string(5), timezone=string(100)),
}
MOMENT = {"datetimepicker": _element(initial_date_time=kind(int))}
OVERFLOW = {"overflow": _element({"options": many(OPTION, 5)})}
WRITING = {
    "plain_text_input": _field(multiline=YES_NO, min_length=kind(int), max_length=kind(int)),
    "email_text_input": _field(),
    "url_text_input": _field(),
    "number_input": _element(
        {"is_decimal_allowed": YES_NO},
        placeholder=plain(150),
        dispatch_action_config=kind(dict),
        **dict.fromkeys(("initial_value", "min_value", "max_value"), string(100)),
    ),
}

STYLE = shape({}, **dict.fromkeys(("bold", "italic", "strike", "code", "underline", "unlink"), YES_NO))
LEAVES = {
    "text": shape({"text": string(3000)}, style=STYLE),
    "link": shape({"url": string(3000)}, text=string(3000), unsafe=YES_NO, style=STYLE),
    "user": shape({"user_id": ID}, style=STYLE),
    "usergroup": shape({"usergroup_id": ID}, style=STYLE),
    "channel": shape({"channel_id": ID}, style=STYLE),
    "emoji": shape({"name": ID}, unicode=ID, skin_tone=kind(int), style=STYLE),
    "broadcast": shape({"range": choice("here", "channel", "everyone")}, style=STYLE),
    "date": shape(
        {"timestamp": kind(int), "format": string(300)}, fallback=string(300), url=string(3000), style=STYLE
    ),
}
INLINE = many(typed(LEAVES), 1000)
PARAGRAPH = {"rich_text_section": shape({"elements": INLINE})}
RICH = {
    **PARAGRAPH,
    "rich_text_list": shape(
        {"style": choice("bullet", "ordered"), "elements": many(typed(PARAGRAPH), 1000)},
        **dict.fromkeys(("indent", "offset", "border"), kind(int)),
    ),
    "rich_text_quote": shape({"elements": INLINE}, border=kind(int)),
    "rich_text_preformatted": shape({"elements": INLINE}, border=kind(int), language=string(50)),
}
ACCESSORY = typed(BUTTON, IMAGE, OVERFLOW, MENUS, MULTI, TICKS, DATES)
CLICKABLE = typed(BUTTON, OVERFLOW, MENUS, MULTI, TICKS, DATES, MOMENT)
FILLABLE = typed(WRITING, MENUS, MULTI, TICKS, DATES, MOMENT)


def _block(must: Mapping[str, Check], /, **may: Check) -> Check:
    return shape(must, block_id=ID, **may)


BLOCKS = {
    "section": _block({}, text=text(3000), fields=many(text(2000), 10), accessory=ACCESSORY, expand=YES_NO),
    "header": _block({"text": plain(150)}),
    "divider": _block({}),
    "context": _block(
        {"elements": many(typed(IMAGE, dict.fromkeys(("plain_text", "mrkdwn"), text(3000))), 10)}
    ),
    "actions": _block({"elements": many(CLICKABLE, 25)}),
    "input": _block(
        {"label": plain(2000), "element": FILLABLE}, hint=plain(2000), optional=YES_NO, dispatch_action=YES_NO
    ),
    "image": _block(
        {"alt_text": string(2000)}, image_url=string(3000), slack_file=kind(dict), title=plain(2000)
    ),
    "rich_text": _block({"elements": many(typed(RICH), 1000)}),
}
