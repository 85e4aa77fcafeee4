"""The forms that Slack's answers about people must have to be used."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Odd(Exception):
    """An answer of another form; the text names the place and leaves out the value."""


class _Shape(BaseModel):
    # Strict: "false" isn't False, 0 isn't "".
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
    """The fields the bot reads (UsersInfoResponse in @slack/web-api).

    Slack always sends `deleted` and `profile`; any other missing flag is off.
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


def user(answer: dict[str, Any], asked: str = "") -> dict[str, Any]:
    """The user in an answer. Raises Odd for another form, or another account than the one asked for."""
    try:
        account = _User.model_validate(answer["user"])
    except (ValidationError, KeyError) as error:
        raise Odd("its user has another form than Slack's users have") from error
    # On Grid an account has an id in its workspace and one in the enterprise.
    ids = {account.id, account.enterprise_user.id if account.enterprise_user else None}
    if not account.id or (asked and asked not in ids):
        raise Odd("it is about somebody else than I asked for")
    return dict(answer["user"])


def ids(values: Iterable[Any]) -> list[str]:
    """The values as a list of ids. Raises Odd if one isn't a text."""
    listed = list(values)
    if not all(isinstance(id, str) and id for id in listed):
        raise Odd("something else stands among its ids")
    return listed


def entries(values: Iterable[Any], *names: str) -> tuple[list[dict[str, Any]], bool]:
    """(objects with a text under each of these names, whether these are all of the values)."""
    listed = list(values)
    good = [
        each
        for each in listed
        if isinstance(each, dict) and all(isinstance(each.get(name), str) for name in names)
    ]
    return good, len(good) == len(listed)
