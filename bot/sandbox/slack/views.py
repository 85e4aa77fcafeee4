"""Modals and Home tabs: opening, stacking, changing and closing them as Slack does."""

import copy
from typing import Any

from bot.sandbox.slack.inputs import kept, untouched
from bot.sandbox.slack.limits import LARGEST_VIEW, Surface, problems
from bot.sandbox.slack.records import JSON, Refused
from bot.sandbox.slack.state import SlackState

DEEPEST_STACK = 3


def checked(view: Any, surface: Surface) -> JSON:
    """The view. Raises Refused if Slack wouldn't take it."""
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] missing view"]})
    objections = problems(surface, view)
    if any(f"less than {LARGEST_VIEW + 1} bytes" in each for each in objections):
        raise Refused("view_too_large")
    if objections:
        # Messages answer `invalid_blocks`, views `invalid_arguments` (grafana-cold-storage/oncall#210).
        messages = [f"[ERROR] {each}" for each in objections]
        raise Refused("invalid_arguments", response_metadata={"messages": messages})
    return view


def opened(slack: SlackState, user_id: str, view: Any) -> JSON:
    """Opens a modal; it replaces any that is open."""
    with slack.lock:
        made = _made(slack, checked(view, "modal"))
        slack.views[user_id] = [made]
        slack.tell()
        return made


def pushed(slack: SlackState, user_id: str, view: Any) -> JSON:
    """Opens a modal on top of the newest one."""
    with slack.lock:
        stack = slack.views.get(user_id)
        if not stack:
            raise Refused("not_found")
        if len(stack) >= DEEPEST_STACK:
            raise Refused("push_limit_reached")
        made = _made(slack, checked(view, "modal"))
        made |= {"root_view_id": stack[0]["id"], "previous_view_id": stack[-1]["id"]}
        stack.append(made)
        slack.tell()
        return made


def updated(slack: SlackState, view_id: str, view: Any) -> JSON:
    """Gives a modal new content and a new hash; its id and typed values stay."""
    with slack.lock:
        old = found(slack, view_id)
        typed = slack.typed.get(view_id, {})
        made = _made(slack, checked(view, "home" if old["type"] == "home" else "modal"), old)
        slack.typed[view_id] = kept(typed, made["blocks"])
        for stack in slack.views.values():
            stack[:] = [made if each["id"] == view_id else each for each in stack]
        for user_id, home in slack.homes.items():
            slack.homes[user_id] = made if home["id"] == view_id else home
        slack.tell()
        return made


def published(slack: SlackState, user_id: str, view: Any) -> JSON:
    """Sets the Home tab of this person."""
    with slack.lock:
        made = _made(slack, checked(view, "home"), slack.homes.get(user_id))
        slack.homes[user_id] = made
        slack.tell()
        return made


def closed(slack: SlackState, view_id: str) -> None:
    """Closes this modal; the one below shows again."""
    with slack.lock:
        for stack in slack.views.values():
            stack[:] = [each for each in stack if each["id"] != view_id]
        slack.tell()


def found(slack: SlackState, view_id: Any = None, external_id: Any = None) -> JSON:
    """The open modal or Home tab with this id."""
    everything = [view for stack in slack.views.values() for view in stack] + list(slack.homes.values())
    for view in everything:
        if (view_id and view["id"] == view_id) or (external_id and view["external_id"] == external_id):
            return view
    raise Refused("not_found")


def owner(slack: SlackState, view: JSON) -> str | None:
    """The id of the person who has this modal open, or None."""
    ids = {user: [each["id"] for each in stack] for user, stack in slack.views.items()}
    return next((user for user, open_ids in ids.items() if view["id"] in open_ids), None)


def with_values(slack: SlackState, view: JSON) -> JSON:
    """The view as sent with a click or a submission: with the values of its fields."""
    with slack.lock:
        return {**copy.deepcopy(view), "state": {"values": copy.deepcopy(slack.typed[view["id"]])}}


def _made(slack: SlackState, view: JSON, old: JSON | None = None) -> JSON:
    view_id = old["id"] if old else f"V{slack.number():06d}"
    _unique(slack, view, view_id)
    blocks = slack.with_ids(view["blocks"])
    if old is None or old["type"] == "home":
        slack.typed[view_id] = untouched(blocks)
    rest = dict.fromkeys(("title", "submit", "close", "previous_view_id")) | dict.fromkeys(
        ("callback_id", "private_metadata", "external_id"), ""
    )
    return {
        **rest,
        **{"clear_on_close": False, "notify_on_close": False, "root_view_id": view_id},
        **({"root_view_id": old["root_view_id"], "previous_view_id": old["previous_view_id"]} if old else {}),
        **{name: copy.deepcopy(part) for name, part in view.items() if name != "blocks"},
        "id": view_id,
        "team_id": slack.team_id,
        "app_id": slack.app_id,
        "bot_id": "B" + slack.bot_user[1:],
        "app_installed_team_id": slack.enterprise_id if slack.org_install else slack.team_id,
        "hash": f"{slack.now():.0f}.{slack.number():08x}",
        "state": {"values": {}},
        "blocks": blocks,
    }


def _unique(slack: SlackState, view: JSON, view_id: str) -> None:
    try:
        other = found(slack, external_id=view.get("external_id"))
    except Refused:
        return
    if other["id"] != view_id:
        raise Refused("duplicate_external_id")
