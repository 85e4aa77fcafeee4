"""The stand-in's records of a Slack workspace: people, channels, messages, faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JSON = dict[str, Any]


class Refused(Exception):
    """The Web API refuses a call with this error code."""

    def __init__(self, error: str, **more: Any):
        super().__init__(error)
        self.answer: JSON = {"ok": False, "error": error, **more}


@dataclass(frozen=True)
class Person:
    """A person with an account; a stranger belongs to another workspace (Slack Connect)."""

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
    """The current content of a message; chat.update changes it."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[JSON]
    ephemeral_for: str | None = None
    thread_ts: str | None = None
    edited: bool = False
    metadata: JSON | None = None
    files: tuple[str, ...] = ()
    """Paths of their `url_private`."""


@dataclass(frozen=True)
class Group:
    """A user group."""

    id: str
    handle: str
    users: tuple[str, ...]
    disabled: bool = False


@dataclass(frozen=True)
class ProfileField:
    """A profile field that admins added; a protected one can be changed by admins only."""

    id: str
    label: str
    type: str = "user"
    is_protected: bool = True


@dataclass(frozen=True)
class ApiCall:
    """One Web API call; `answer` is None if the connection was cut."""

    method: str
    params: JSON
    answer: JSON | None
    at: float


@dataclass(frozen=True)
class Fault:
    """A fault of the next `times` calls of `method` (None: of all), after `skip` calls that go well.

    `method` may be "*" or "response_url". `cut` closes the connection without an answer, before or after the
    call is carried out. `body` is sent unchanged, with these `headers`, which may be wrong. `to` limits the
    fault to calls for one person or channel.
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
        """Whether this call goes wrong."""
        places = [params.get(name) for name in ("user", "user_id", "channel")]
        return self.method in ("*", method) and (
            self.to is None or self.to in places or f"D{self.to}" in places
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
