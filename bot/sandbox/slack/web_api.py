"""Slack's Web API over HTTP, as far as the bot calls it, on the stand-in's state."""

import json
from collections.abc import Callable
from urllib.parse import parse_qsl

from bot.sandbox.server import Answer, Call
from bot.sandbox.slack import views, web_messages, web_people
from bot.sandbox.slack.records import JSON, ApiCall, Fault, Refused
from bot.sandbox.slack.state import SlackState

Method = Callable[[SlackState, JSON], JSON]


def answer(slack: SlackState, call: Call) -> Answer | None:
    """Answers one call of `/api/<method>`; None cuts the connection."""
    method = call.path.removeprefix("/api/")
    params = parameters(call)
    fault = slack.take_fault(method, params)
    if fault is None and (wait := slack.crowded(method)):
        fault = Fault(method, status=429, retry_after=wait)
    with slack.lock:
        if fault is None or fault.cut == "after":
            content: JSON = _carried_out(slack, method, params, call)
            granted = EVERY_SCOPE if slack.scopes is None else slack.scopes
            answered = Answer.of(200, content, X_OAuth_Scopes=",".join(sorted(granted)))
        else:
            answered, content = failed(fault)
        cut = fault is not None and fault.cut is not None
        slack.log.append(ApiCall(method, params, None if cut else content, slack.now()))
        slack.tell()
    return None if cut else answered


def file(slack: SlackState, call: Call) -> Answer:
    """Answers a call of a file's `url_private`: without its scope, or a token, with the page to sign in."""
    if fault := slack.take_fault("files", {}):
        return failed(fault)[0]
    try:
        _authorized(call)
    except Refused:
        return Answer(302, b"", {"Location": "https://example.slack.com/?redir=files"})
    if slack.scopes is not None and "files:read" not in slack.scopes:
        return Answer(200, b"<!DOCTYPE html>", {"Content-Type": "text/html; charset=utf-8"})
    content = slack.files.get(call.path)
    return Answer(404) if content is None else Answer(200, content, {"Content-Type": "text/csv"})


def upload(slack: SlackState, call: Call) -> Answer:
    """Answers a file at the address that files.getUploadURLExternal gave; it needs no token."""
    if fault := slack.take_fault("upload", {}):
        return failed(fault)[0]
    id = call.path.rpartition("/")[2]
    if id not in slack.uploads:
        return Answer(404)
    slack.uploads[id] = (*slack.uploads[id][:2], call.body)
    return Answer(200, f"OK - {len(call.body)}".encode())


def failed(fault: Fault) -> tuple[Answer, JSON]:
    """(HTTP answer, its content) of a call with this fault."""
    if fault.body is not None:
        return Answer(fault.status or 200, fault.body, fault.headers), {}
    if fault.status == 429:
        content: JSON = {"ok": False, "error": fault.error or "ratelimited"}
        return Answer.of(429, content, Retry_After=str(fault.retry_after)), content
    if fault.status is not None:
        # Slack's edge answers its own failures with HTML, not JSON.
        return Answer(fault.status, b"<html>Server Error</html>", {"Content-Type": "text/html"}), {}
    content = {"ok": False, "error": fault.error or "internal_error"}
    return Answer.of(200, content), content


def parameters(call: Call) -> JSON:
    """The arguments, from the query, a form or JSON; blocks and views may be JSON in a string."""
    if call.headers.get("content-type", "").startswith("application/json"):
        sent: JSON = json.loads(call.body or b"{}")
    else:
        sent = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
    for name in ("blocks", "view", "metadata", "files"):
        if isinstance(sent.get(name), str):
            sent[name] = json.loads(sent[name])
    return {name: value for name, value in {**call.query, **sent}.items() if name != "token"}


def _carried_out(slack: SlackState, method: str, params: JSON, call: Call) -> JSON:
    carry_out, scope = METHODS.get(method, (None, None))
    try:
        _authorized(call)
        if carry_out is None:
            raise Refused("unknown_method")
        if scope and slack.scopes is not None and scope not in slack.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(slack.scopes)))
        return {"ok": True, **carry_out(slack, params)}
    except Refused as refused:
        return refused.answer


def _authorized(call: Call) -> None:
    token = call.headers.get("authorization", "").removeprefix("Bearer ")
    if not token:
        raise Refused("not_authed")
    if not token.startswith(("xoxb-", "xoxe.xoxb-")):
        raise Refused("invalid_auth")


def views_open(slack: SlackState, params: JSON) -> JSON:
    view = views.checked(params.get("view"), "modal")
    return {"view": views.opened(slack, slack.exchange(params.get("trigger_id")), view)}


def views_push(slack: SlackState, params: JSON) -> JSON:
    view = views.checked(params.get("view"), "modal")
    return {"view": views.pushed(slack, slack.exchange(params.get("trigger_id")), view)}


def views_update(slack: SlackState, params: JSON) -> JSON:
    old = views.found(slack, params.get("view_id"), params.get("external_id"))
    _same_hash(params, old)
    return {"view": views.updated(slack, old["id"], params.get("view"))}


def views_publish(slack: SlackState, params: JSON) -> JSON:
    user = str(params.get("user_id"))
    if user not in slack.people:
        raise Refused("user_not_found")
    if user in slack.homes:
        _same_hash(params, slack.homes[user])
    return {"view": views.published(slack, user, params.get("view"))}


def _same_hash(params: JSON, old: JSON) -> None:
    if params.get("hash") and params["hash"] != old["hash"]:
        raise Refused("hash_conflict")


METHODS: dict[str, tuple[Method, str | None]] = {
    "auth.test": (web_people.auth_test, None),
    "users.info": (web_people.users_info, "users:read"),
    "users.list": (web_people.users_list, "users:read"),
    "users.lookupByEmail": (web_people.users_lookup_by_email, "users:read.email"),
    "users.profile.get": (web_people.users_profile_get, "users.profile:read"),
    "team.profile.get": (web_people.team_profile_get, "users.profile:read"),
    "usergroups.list": (web_people.usergroups_list, "usergroups:read"),
    "usergroups.users.list": (web_people.usergroups_users_list, "usergroups:read"),
    "conversations.open": (web_messages.conversations_open, "im:write"),
    # Slack asks for the scope of the kind of channel; an app without any gets no names.
    "conversations.info": (web_messages.conversations_info, None),
    "conversations.members": (web_messages.conversations_members, None),
    "chat.postMessage": (web_messages.chat_post_message, "chat:write"),
    "chat.postEphemeral": (web_messages.chat_post_ephemeral, "chat:write"),
    "chat.update": (web_messages.chat_update, "chat:write"),
    "chat.delete": (web_messages.chat_delete, "chat:write"),
    "files.getUploadURLExternal": (web_messages.files_get_upload_url, "files:write"),
    "files.completeUploadExternal": (web_messages.files_complete_upload, "files:write"),
    "views.open": (views_open, None),
    "views.push": (views_push, None),
    "views.update": (views_update, None),
    "views.publish": (views_publish, None),
}
"""The methods and the scope each needs; views need none (method docs: `"scopes": {}`)."""

EVERY_SCOPE = frozenset(scope for _, scope in METHODS.values() if scope) | {
    "files:read",
    *("commands", "im:history", "app_mentions:read", "channels:read", "groups:read"),
}
"""All scopes: for these methods, and for the events Slack sends."""
