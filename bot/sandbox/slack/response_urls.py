"""Posts to a response_url: answer, replace or delete, up to five times within half an hour."""

import json
from typing import Any

from bot.sandbox.server import Answer, Call
from bot.sandbox.slack.records import JSON, ApiCall, Message, Refused, ResponseUrl
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.web_api import failed
from bot.sandbox.slack.web_messages import content

GOOD_FOR_SECONDS = 30 * 60
USES = 5


def answer(slack: SlackState, call: Call) -> Answer | None:
    """Answers one post to `/response/<key>`; None cuts the connection."""
    params: JSON = json.loads(call.body or b"{}")
    fault = slack.take_fault("response_url", params)
    with slack.lock:
        if fault is None or fault.cut == "after":
            answered, content = _carried_out(slack, call.path.removeprefix("/response/"), params)
        else:
            answered, content = failed(fault)
        cut = fault is not None and fault.cut is not None
        slack.log.append(ApiCall("response_url", params, None if cut else content, slack.now()))
        slack.tell()
    return None if cut else answered


def _carried_out(slack: SlackState, key: str, params: JSON) -> tuple[Answer, JSON]:
    try:
        _respond(slack, _usable(slack, key), params)
    except Refused as refused:
        # Here errors have an HTTP status; slack_sdk's WebhookClient raises for none of them.
        status = 404 if refused.answer["error"] in ("used_url", "expired_url", "no_service") else 400
        return Answer.of(status, refused.answer), refused.answer
    return Answer(200, b"ok", {"Content-Type": "text/plain"}), {"ok": True}


def _usable(slack: SlackState, key: str) -> ResponseUrl:
    url = slack.response_urls.get(key)
    if url is None:
        raise Refused("no_service")
    if url.uses >= USES:
        raise Refused("used_url")
    if slack.now() - url.at > GOOD_FOR_SECONDS:
        raise Refused("expired_url")
    url.uses += 1
    return url


def _respond(slack: SlackState, url: ResponseUrl, params: JSON) -> None:
    if params.get("delete_original"):
        if url.message in slack.messages:
            slack.messages.remove(url.message)
        return
    text, blocks = content(params)
    if params.get("replace_original") and url.message in slack.messages:
        # Replacing a message can't make it ephemeral or stop it being so. After a slash command there is
        # nothing to replace, not even the bot's own answer (bolt-python#1268): a new message is posted.
        url.message.text, url.message.blocks = text, slack.with_ids(blocks)
        return
    spoken(slack, url.user, url.channel, params)


def spoken(slack: SlackState, user: str, channel: str, params: JSON) -> Message:
    """Adds a message from a response_url or an ack, ephemeral unless `response_type` says otherwise."""
    text, blocks = content(params)
    alone: dict[str, Any] = {} if params.get("response_type") == "in_channel" else {"ephemeral_for": user}
    more = alone | {"thread_ts": params.get("thread_ts")}
    return slack.add_message(channel, slack.bot_user, text, blocks, **more)
