"""What Slack's answers about people must look like for anything to follow from them."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Odd(Exception):
    """An answer that can't be understood; the text names the place, and nothing of what stood there."""


class _Shape(BaseModel):
    # Strict: "false" isn't False, and 0 isn't "nobody".
    model_config = ConfigDict(strict=True)


class _Profile(_Shape):
    email: str | None = None
    real_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class _EnterpriseUser(_Shape):
    id: str | None = None
    enterprise_id: str | None = None


class _User(_Shape):
    """As far as the bot reads it (UsersInfoResponse in @slack/web-api).

    Slack sends `deleted` and `profile` of everybody; another flag that isn't there is off.
    """

    id: str
    deleted: bool
    profile: _Profile
    team_id: str | None = None
    enterprise_id: str | None = None
    enterprise_user: _EnterpriseUser | None = None
    name: str | None = None
    real_name: str | None = None
    tz: str | None = None
    is_bot: bool | None = None
    is_app_user: bool | None = None
    is_stranger: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    is_email_confirmed: bool | None = None


def user(said: dict[str, Any], asked: str = "") -> dict[str, Any]:
    """The user of an answer, who is the one that was asked for. Raises Odd."""
    try:
        found = _User.model_validate(said["user"])
    except (ValidationError, KeyError) as error:
        raise Odd("its user has another form than Slack's users have") from error
    # On Grid an account has an id in its workspace and one in the enterprise.
    ids = {found.id, found.enterprise_user.id if found.enterprise_user else None}
    if not found.id or (asked and asked not in ids):
        raise Odd("it is about somebody else than I asked for")
    return dict(said["user"])


def ids(values: Iterable[Any]) -> list[str]:
    """A list of ids. Raises Odd."""
    found = list(values)
    if not all(isinstance(one, str) and one for one in found):
        raise Odd("something else stands among its ids")
    return found


def entries(values: Iterable[Any], *names: str) -> tuple[list[dict[str, Any]], bool]:
    """The objects that hold a text under each of these names, and whether that is all there is."""
    found = list(values)
    good = [
        one
        for one in found
        if isinstance(one, dict) and all(isinstance(one.get(name), str) for name in names)
    ]
    return good, len(good) == len(found)
