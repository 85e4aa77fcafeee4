"""The stand-in's state: people, channels, messages, triggers, response URLs, faults."""

import copy
import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from bot.sandbox.slack.inputs import Values, placed
from bot.sandbox.slack.records import (
    JSON,
    ApiCall,
    Channel,
    Fault,
    Group,
    Message,
    Person,
    ProfileField,
    Refused,
    ResponseUrl,
    Trigger,
)

T = TypeVar("T")
MANAGER_FIELD = "Xf01MANAGER"
TRIGGER_SECONDS = 3.0


@dataclass
class SlackState:
    """The workspace as data; read and change it only while holding `lock`."""

    team_id: str
    enterprise_id: str | None
    bot_user: str
    signing_secret: str
    now: Callable[[], float] = time.time
    org_install: bool = False
    scopes: frozenset[str] | None = None
    calls_a_minute: int | None = None
    app_id: str = "A01BOT"
    base: str = "http://127.0.0.1:9"
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    profile_fields: list[ProfileField] = field(
        default_factory=lambda: [ProfileField(MANAGER_FIELD, "Manager")]
    )
    messages: list[Message] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    """{path of the `url_private`: content}."""
    uploads: dict[str, tuple[str, int, bytes | None]] = field(default_factory=dict)
    """{id of a file that is on its way: (name, bytes it will have, content)}."""
    views: dict[str, list[JSON]] = field(default_factory=lambda: defaultdict(list))
    homes: dict[str, JSON] = field(default_factory=dict)
    typed: dict[str, Values] = field(default_factory=dict)
    log: list[ApiCall] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._count = 0
        self._taken: dict[str, deque[float]] = defaultdict(deque)

    # -- who and where

    def add_person(self, user_id: str, email: str | None, name: str, **flags: Any) -> None:
        """`flags`: deleted, is_bot, is_restricted, is_ultra_restricted, is_stranger, team_id, enterprise_id,
        is_email_confirmed, tz, locale, manager."""
        home = {"team_id": self.team_id, "enterprise_id": self.enterprise_id}
        with self.lock:
            self.people[user_id] = Person(user_id, email, name, **(home | flags))

    def change_person(self, user_id: str, **changes: Any) -> None:
        with self.lock:
            self.people[user_id] = replace(self.people[user_id], **changes)

    def add_channel(self, channel_id: str, name: str, members: Iterable[str] = (), **flags: Any) -> None:
        """`flags`: is_archived, is_private, is_ext_shared. The bot is a member only if `members` names it."""
        with self.lock:
            self.channels[channel_id] = Channel(channel_id, name, frozenset(members), **flags)

    def change_channel(self, channel_id: str, **changes: Any) -> None:
        with self.lock:
            self.channels[channel_id] = replace(self.channels[channel_id], **changes)

    def add_group(self, group_id: str, handle: str, users: Iterable[str], disabled: bool = False) -> None:
        with self.lock:
            self.groups[group_id] = Group(group_id, handle, tuple(users), disabled)

    def change_profile_field(self, field_id: str = MANAGER_FIELD, **changes: Any) -> None:
        """`changes`: label, type, is_protected."""
        with self.lock:
            self.profile_fields = [
                replace(each, **changes) if each.id == field_id else each for each in self.profile_fields
            ]

    def direct(self, user_id: str) -> Channel:
        """The bot's direct messages with this person, opened if necessary."""
        channel_id = "D" + user_id
        with self.lock:
            if channel_id not in self.channels:
                members = frozenset((user_id, self.bot_user))
                self.channels[channel_id] = Channel(channel_id, "directmessage", members, person=user_id)
            return self.channels[channel_id]

    def names(self) -> dict[str, str]:
        """{id: name} of people and channels."""
        with self.lock:
            people = {each.id: each.name for each in self.people.values()}
            return people | {each.id: each.name for each in self.channels.values()}

    # -- what people see

    def seen_by(self, user_id: str, channel: str | None = None) -> list[Message]:
        """The messages this person sees, newest last: in their channels, and ephemeral ones for them."""
        with self.lock:
            places = {each.id for each in self.channels.values() if user_id in each.members}
            return [
                message
                for message in self.messages
                if message.channel == (channel or message.channel)
                and message.ephemeral_for in (None, user_id)
                and (message.channel in places or message.ephemeral_for == user_id)
            ]

    def dm_of(self, user_id: str) -> list[Message]:
        """This person's direct messages with the bot, newest last."""
        return self.seen_by(user_id, self.direct(user_id).id)

    def add_message(self, channel: str, user: str, text: str, blocks: list[JSON], **more: Any) -> Message:
        with self.lock:
            message = Message(channel, self.stamp(), user, text, self.with_ids(blocks), **more)
            self.messages.append(message)
            self.tell()
            return message

    # -- waiting for the bot

    def until(self, look: Callable[[], T | Literal[False] | None], seconds: float = 10.0) -> T:
        """Returns the result of `look()` once it is truthy; calls it after each change and every 0.02 s.
        Raises TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (seen := look()):
                if time.monotonic() >= deadline:
                    raise TimeoutError(f"not seen in {seconds} s; the bot's last calls: {self.log[-3:]}")
                self._changed.wait(0.02)
            return seen

    def tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # -- ids, triggers, response URLs

    def number(self) -> int:
        with self.lock:
            self._count += 1
            return self._count

    def stamp(self) -> str:
        return f"{int(self.now())}.{self.number():06d}"

    def with_ids(self, blocks: list[JSON]) -> list[JSON]:
        """A copy with ids for all blocks and elements: Slack generates those that were left out."""
        mine = copy.deepcopy(blocks)
        for block in mine:
            block.setdefault("block_id", f"b{self.number()}")
        for _, element in placed(mine):
            element.setdefault("action_id", f"a{self.number()}")
        return mine

    def trigger(self, user_id: str) -> str:
        trigger_id = f"{self.number()}.{self.number()}.{self.number():032x}"
        with self.lock:
            self.triggers[trigger_id] = Trigger(user_id, self.now())
        return trigger_id

    def exchange(self, trigger_id: Any) -> str:
        """The person whose trigger it is; valid once, for three seconds (docs.slack.dev, views.open)."""
        with self.lock:
            trigger = self.triggers.get(str(trigger_id))
            if trigger is None:
                raise Refused("invalid_trigger_id")
            if trigger.used:
                raise Refused("exchanged_trigger_id")
            if self.now() - trigger.at > TRIGGER_SECONDS:
                raise Refused("expired_trigger_id")
            trigger.used = True
            return trigger.user

    def response_url(self, user_id: str, channel: str, message: Message | None = None) -> str:
        with self.lock:
            key = f"{self.team_id}/{self.number()}"
            self.response_urls[key] = ResponseUrl(user_id, channel, self.now(), message)
            return f"{self.base}/response/{key}"

    # -- faults

    def fault(self, method: str, **how: Any) -> None:
        """Makes the next calls of `method` go wrong (see `Fault`); a fault that is used up is dropped."""
        with self.lock:
            self.faults.append(Fault(method, **how))

    def take_fault(self, method: str, params: JSON) -> Fault | None:
        with self.lock:
            fault = next((each for each in self.faults if each.concerns(method, params)), None)
            if fault is None:
                return None
            place = self.faults.index(fault)
            if fault.skip:
                self.faults[place] = replace(fault, skip=fault.skip - 1)
                return None
            if fault.times == 1:
                del self.faults[place]
            elif fault.times is not None:
                self.faults[place] = replace(fault, times=fault.times - 1)
            return fault

    def crowded(self, method: str) -> int:
        """Seconds to wait if a method was called too often within a minute, else 0.

        Slack counts by method, workspace and app (docs.slack.dev/apis/web-api/rate-limits); here every method
        has the same tier.
        """
        with self.lock:
            if self.calls_a_minute is None:
                return 0
            calls, now = self._taken[method], self.now()
            while calls and now - calls[0] >= 60:
                calls.popleft()
            if len(calls) >= self.calls_a_minute:
                return math.ceil(calls[0] + 60 - now)
            calls.append(now)
            return 0
