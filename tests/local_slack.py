"""People acting in local-slack, for end-to-end tests against a Slack that nobody here wrote."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import httpx
from websocket import WebSocket, WebSocketTimeoutException, create_connection

from bot.sandbox.slack.inputs import NotPossible
from bot.sandbox.slack.limits import elements_of
from bot.sandbox.slack.local_slack import LocalSlack

JSON = dict[str, Any]
T = TypeVar("T")


class People:
    """Acts as any person, over the control API and the page's own WebSocket."""

    def __init__(self, slack: LocalSlack):
        self.slack = slack
        self._direct: dict[str, str] = {}

    def until_joined(self, joined: bool = True) -> None:
        """Waits until the bot's Socket Mode connection is there, or gone: what is said before is dropped."""
        self.until(lambda: self._snapshot()["apps"][0]["connected"] is joined)

    # -- acting

    def command(self, user: str, command: str, text: str = "", channel: str | None = None) -> None:
        """Types a slash command; returns when the bot has acknowledged it."""
        place = channel or self.direct(user)
        self._control("command", {"user": user, "channel": place, "command": command, "text": text})

    def say(self, user: str, text: str, channel: str | None = None) -> None:
        """Says something to the bot, directly unless in a channel."""
        self._control("message", {"user": user, "channel": channel or self.direct(user), "text": text})

    def open_home(self, user: str) -> None:
        self._control("open-home", {"user": user})

    def interact(self, user: str, message: JSON, action_id: str, value: str | None = None) -> None:
        """Presses a button of a message: the one with this action_id (and value, where several have it)."""
        action = _button(message.get("blocks") or [], action_id, value)
        body = {"channel": message["channel"], "messageTs": message["ts"], "user": user, "action": action}
        self._control("interact", body)

    def click_home(self, user: str, action_id: str, value: str | None = None) -> None:
        """Presses a button of the person's Home tab, as the page does it."""
        action = _button(self.home(user)["blocks"], action_id, value)
        with self._page() as page:
            page.send(t="block_action", user=user, action=action)

    def submit_view(self, user: str, values: Mapping[str, JSON], seconds: float = 10.0) -> dict[str, str]:
        """Sends the newest form, `values` being what its fields hold by block_id (`{"value": …}`,
        `{"selected_option": …}`); gives the errors it then shows, by block_id."""
        if not (open_views := self.views()):
            raise NotPossible("no modal is open")
        with self._page(seconds) as page:
            page.send(t="view_submit", user=user, values=_by_action(open_views[-1], values))
            while True:
                answer = page.frame()
                if answer["t"] in ("view", "view_errors"):
                    return dict(answer.get("errors") or {})

    # -- looking

    def direct(self, user: str) -> str:
        """The channel of this person's direct messages with the bot, opened if need be."""
        if user not in self._direct:
            answer = httpx.post(
                self.slack.api_url + "conversations.open",
                json={"users": user},
                headers={"Authorization": f"Bearer {self.slack.bot_token}"},
                trust_env=False,
            )
            self._direct[user] = str(answer.json()["channel"]["id"])
        return self._direct[user]

    def messages(self, channel: str) -> list[JSON]:
        return list(self._look(f"messages/{channel}")["messages"])

    def dm_of(self, user: str) -> list[JSON]:
        """What is in this person's direct messages with the bot, newest last."""
        return self.messages(self.direct(user))

    def state(self) -> JSON:
        """The workspace, its apps, people and channels."""
        return self._look("state")

    def log(self) -> list[JSON]:
        """Everything between the bot and local-slack: time in ms, direction, kind, summary, detail."""
        return list(self._look("log")["log"])

    def views(self) -> list[JSON]:
        """The open modals, newest last. There is one stack for the whole workspace."""
        return list(self._snapshot()["modalStack"])

    def home(self, user: str) -> JSON:
        """The Home tab published for this person."""
        [published] = self._snapshot()["homeViews"][user].values()
        return dict(published)

    def until(self, seen: Callable[[], T | Literal[False] | None], seconds: float = 20.0) -> T:
        """Gives what `seen()` sees as soon as it is true, looking again whenever something happens."""
        deadline = time.monotonic() + seconds
        with self._page() as page:
            while not (found := seen()):
                if (left := deadline - time.monotonic()) <= 0:
                    raise TimeoutError(f"not seen in {seconds} s: {self.log()[-3:]}")
                page.frame_within(min(left, 0.2))
            return found

    def reset(self) -> None:
        """Everything as it was at the start."""
        self._direct.clear()
        self._control("reset", {})

    # -- the wire

    def _snapshot(self) -> JSON:
        with self._page() as page:
            return dict(page.first)

    def _look(self, path: str) -> JSON:
        answer = httpx.get(f"{self.slack.url}/_control/{path}", trust_env=False)
        return dict(answer.raise_for_status().json())

    def _control(self, path: str, body: JSON) -> None:
        # The answer waits for the bot's acknowledgement.
        url = f"{self.slack.url}/_control/{path}"
        httpx.post(url, json=body, trust_env=False, timeout=30).raise_for_status()

    @contextmanager
    def _page(self, seconds: float = 10.0) -> Iterator["Page"]:
        address = self.slack.url.replace("http://", "ws://") + "/ui"
        socket = create_connection(address, timeout=seconds, http_no_proxy=["127.0.0.1"])
        try:
            yield Page(socket)
        finally:
            socket.close()


class Page:
    """The page's WebSocket: first everything as it is, then a frame for each change."""

    def __init__(self, socket: WebSocket):
        self._socket = socket
        self.first: JSON = self.frame()["state"]

    def frame(self) -> JSON:
        return dict(json.loads(self._socket.recv()))

    def frame_within(self, seconds: float) -> JSON | None:
        self._socket.settimeout(seconds)
        try:
            return self.frame()
        except WebSocketTimeoutException:
            return None

    def send(self, **frame: Any) -> None:
        self._socket.send(json.dumps(frame))


def _button(blocks: Sequence[JSON], action_id: str, value: str | None) -> JSON:
    """The click as the page sends it: a block without an id is known by its place."""
    for place, block in enumerate(blocks):
        for element in elements_of(block):
            if element.get("action_id") == action_id and value in (None, element.get("value")):
                told = {name: element[name] for name in ("type", "value", "text") if name in element}
                return told | {"action_id": action_id, "block_id": block.get("block_id", f"b{place}")}
    raise NotPossible(f"no {action_id} ({value}) in {json.dumps(blocks)[:300]}")


def _by_action(form: JSON, values: Mapping[str, JSON]) -> dict[str, dict[str, JSON]]:
    """The values as the page sends them: by block_id and action_id, each with its type."""
    fields = {block["block_id"]: block["element"] for block in form["blocks"] if block["type"] == "input"}
    if unknown := set(values) - set(fields):
        raise NotPossible(f"no field {unknown} among {sorted(fields)}")
    return {
        block_id: {fields[block_id]["action_id"]: {"type": fields[block_id]["type"], **held}}
        for block_id, held in values.items()
    }
