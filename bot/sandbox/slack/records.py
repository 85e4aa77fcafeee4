"""The things a Slack workspace is made of, as the stand-in keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JSON = dict[str, Any]


class Refused(Exception):
    """The Web API says no, with this error code."""

    def __init__(self, error: str, **more: Any):
        super().__init__(error)
        self.answer: JSON = {"ok": False, "error": error, **more}


@dataclass(frozen=True)
class Person:
    """Somebody with an account; strangers belong to another workspace (Slack Connect)."""

    id: str
    email: str | None
    name: str
    team_id: str
    enterprise_id: str | None = None
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_email_confirmed: bool = True
    tz: str = "Europe/Berlin"
    locale: str = "en-US"
    manager: str | None = None


@dataclass(frozen=True)
class Channel:
    """A channel, or (with `person`) the direct messages between that person and the bot."""

    id: str
    name: str
    members: frozenset[str]
    is_archived: bool = False
    is_private: bool = False
    is_ext_shared: bool = False
    person: str | None = None


@dataclass
class Message:
    """A message as it stands now; chat.update changes it."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[JSON]
    ephemeral_for: str | None = None
    thread_ts: str | None = None
    edited: bool = False
    metadata: JSON | None = None


@dataclass(frozen=True)
class Group:
    """A user group."""

    id: str
    handle: str
    users: tuple[str, ...]
    disabled: bool = False


@dataclass(frozen=True)
class ProfileField:
    """A field that admins added to everybody's profile; only admins change what stands in a protected one."""

    id: str
    label: str
    type: str = "user"
    is_protected: bool = True


@dataclass(frozen=True)
class ApiCall:
    """One Web API call; `answer` is None where the line was cut."""

    method: str
    params: JSON
    answer: JSON | None
    at: float


@dataclass(frozen=True)
class Fault:
    """What goes wrong with the next `times` calls of `method`, after `skip` that go well.

    `method` may be "*" or "response_url"; `times` None is for ever. `cut` ends the connection without an
    answer, before the call was carried out or after. `body` is sent as it is, with these `headers`, which may
    be false. `to` spares all calls but those for one person or channel.
    """

    method: str
    times: int | None = 1
    error: str | None = None
    status: int | None = None
    retry_after: int = 1
    cut: Literal["before", "after"] | None = None
    skip: int = 0
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    to: str | None = None

    def concerns(self, method: str, params: JSON) -> bool:
        """Whether this is a call that goes wrong."""
        names = ("user", "user_id", "channel")
        return self.method in ("*", method) and (
            self.to is None or self.to in [params.get(name) for name in names]
        )


@dataclass
class Trigger:
    user: str
    at: float
    used: bool = False


@dataclass
class ResponseUrl:
    user: str
    channel: str
    at: float
    message: Message | None = None
    uses: int = 0
