"""The Web API's methods about channels and messages."""

from typing import Any

from bot.sandbox.slack.limits import ALL_TEXT_OF_A_MESSAGE, problems
from bot.sandbox.slack.records import JSON, Channel, Message, Refused
from bot.sandbox.slack.state import SlackState


def conversations_open(slack: SlackState, params: JSON) -> JSON:
    users = str(params.get("users") or "").split(",")
    if len(users) != 1 or not users[0]:
        raise Refused("users_list_not_supplied")
    return {"channel": {"id": opened(slack, users[0]).id}}


def opened(slack: SlackState, user_id: str) -> Channel:
    """The direct messages with this person; they can't be opened for a deactivated person."""
    person = slack.people.get(user_id)
    if person is None:
        raise Refused("user_not_found")
    # Old ones stay open and take messages that nobody reads (python-slack-sdk#1156): check `deleted`.
    if person.deleted and "D" + user_id not in slack.channels:
        raise Refused("user_disabled")
    return slack.direct(user_id)


def conversations_info(slack: SlackState, params: JSON) -> JSON:
    channel = slack.channels.get(str(params.get("channel")))
    if channel is None or (channel.is_private and slack.bot_user not in channel.members):
        raise Refused("channel_not_found")
    return {"channel": _as_channel(slack, channel)}


def conversations_members(slack: SlackState, params: JSON) -> JSON:
    channel = slack.channels.get(str(params.get("channel")))
    if channel is None or (channel.is_private and slack.bot_user not in channel.members):
        raise Refused("channel_not_found")
    start, limit = int(params.get("cursor") or 0), int(params.get("limit") or 100)
    if not 0 < limit <= 999:
        raise Refused("invalid_limit")
    everybody = sorted(channel.members)
    more = str(start + limit) if start + limit < len(everybody) else ""
    return {"members": everybody[start : start + limit], "response_metadata": {"next_cursor": more}}


def _as_channel(slack: SlackState, channel: Channel) -> JSON:
    flags = ("id", "is_archived", "is_private", "is_ext_shared")
    known: JSON = {name: getattr(channel, name) for name in flags}
    known |= {"is_im": channel.person is not None, "is_channel": channel.person is None}
    if channel.person:
        return known | {"user": channel.person}
    return known | {"name": channel.name, "is_member": slack.bot_user in channel.members}


def chat_post_message(slack: SlackState, params: JSON) -> JSON:
    channel = _for_posting(slack, params.get("channel"))
    more = _besides(params)
    if (channel.id, more["thread_ts"]) not in [(each.channel, each.ts) for each in slack.messages]:
        more["thread_ts"] = None  # of a deleted message there is no thread (slack-go/slack#1571)
    message = slack.add_message(channel.id, slack.bot_user, *content(params), **more)
    return {"channel": channel.id, "ts": message.ts, "message": as_slack(slack, message)}


def chat_post_ephemeral(slack: SlackState, params: JSON) -> JSON:
    channel = _for_posting(slack, params.get("channel"))
    user = str(params.get("user"))
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    more = _besides(params) | {"ephemeral_for": user}
    return {"message_ts": slack.add_message(channel.id, slack.bot_user, *content(params), **more).ts}


def files_get_upload_url(slack: SlackState, params: JSON) -> JSON:
    name, length = str(params.get("filename") or ""), str(params.get("length") or "")
    if not (name and length.isdigit() and int(length)):
        raise Refused("invalid_arguments")
    id = f"F{slack.number():08X}"
    slack.uploads[id] = name, int(length), None
    return {"upload_url": f"{slack.base}/upload/v1/{id}", "file_id": id}


def files_complete_upload(slack: SlackState, params: JSON) -> JSON:
    """Without a channel a file stays private; a person's id isn't one (slackapi/bolt-js#2115)."""
    files, place = params.get("files") or [], str(params.get("channel_id") or "")
    if not files or (place and place[0] not in "CGDZ"):
        raise Refused("invalid_arguments")
    channel, paths = _for_posting(slack, place) if place else None, list[str]()
    for file in files:
        name, length, content = slack.uploads.get(file["id"], ("", 0, None))
        if content is None or len(content) != length:
            raise Refused("file_not_found")
        paths.append(f"/files-pri/{slack.team_id}-{file['id']}/{name}")
        slack.files[paths[-1]] = content
    for file in files:
        del slack.uploads[file["id"]]
    if channel:
        text, thread = str(params.get("initial_comment") or ""), params.get("thread_ts")
        slack.add_message(channel.id, slack.bot_user, text, [], thread_ts=thread, files=tuple(paths))
    return {"files": [{"id": file["id"], "title": file.get("title")} for file in files]}


def chat_update(slack: SlackState, params: JSON) -> JSON:
    message = _own(slack, params, "cant_update_message")
    if slack.channels[message.channel].is_archived:
        raise Refused("is_inactive")
    text, blocks = content(params)
    # Text without blocks takes the old blocks away and leaves "(edited)"; blocks leave no such mark.
    message.edited = message.edited or not blocks
    message.text = text or (message.text if blocks else "")
    message.blocks = slack.with_ids(blocks)
    message.metadata = params.get("metadata", message.metadata)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": as_slack(slack, message),
    }


def chat_delete(slack: SlackState, params: JSON) -> JSON:
    message = _own(slack, params, "cant_delete_message")
    slack.messages.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def _for_posting(slack: SlackState, place: Any) -> Channel:
    if place in slack.people:
        return opened(slack, str(place))
    channel = slack.channels.get(str(place))
    if channel is None or (channel.is_private and slack.bot_user not in channel.members):
        raise Refused("channel_not_found")
    if channel.is_archived:
        raise Refused("is_archived")
    if slack.bot_user not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _own(slack: SlackState, params: JSON, otherwise: str) -> Message:
    """The bot's own message; a user id doesn't count as its channel, ephemeral messages aren't found."""
    if params.get("channel") not in slack.channels:
        raise Refused("channel_not_found")
    for message in slack.messages:
        same = (message.channel, message.ts) == (params["channel"], params.get("ts"))
        if same and message.ephemeral_for is None:
            if message.user != slack.bot_user:
                raise Refused(otherwise)
            return message
    raise Refused("message_not_found")


def content(params: JSON) -> tuple[str, list[JSON]]:
    text, blocks = str(params.get("text") or ""), params.get("blocks") or []
    objections = problems("message", params)
    if any(f"{ALL_TEXT_OF_A_MESSAGE + 1} characters in all" in each for each in objections):
        raise Refused("msg_blocks_too_long")
    if objections:
        messages = [f"[ERROR] {each}" for each in objections]
        raise Refused("invalid_blocks", errors=objections, response_metadata={"messages": messages})
    if not text and not blocks:
        raise Refused("no_text")
    return text, blocks


def _besides(params: JSON) -> JSON:
    return {"thread_ts": params.get("thread_ts"), "metadata": params.get("metadata")}


def as_slack(slack: SlackState, message: Message) -> JSON:
    """The message as in Slack's answers and payloads."""
    shown: JSON = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    shown |= {"team": slack.team_id, "blocks": message.blocks}
    if message.user == slack.bot_user:
        shown |= {"bot_id": "B" + slack.bot_user[1:], "app_id": slack.app_id}
    if message.edited:
        shown["edited"] = {"user": message.user, "ts": message.ts}
    optional = {"thread_ts": message.thread_ts, "metadata": message.metadata}
    return shown | {name: value for name, value in optional.items() if value}
