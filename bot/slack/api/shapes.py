"""The forms that Slack's answers about people must have to be used (@slack/web-api names all fields).

Strict: "false" isn't False, 0 isn't "". Slack leaves out missing values, or sends null; PHP writes an empty
table as an empty list.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


Id = Annotated[str, Field(min_length=1)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
_empty = BeforeValidator(lambda value: value or {})


class Workspace(_Strict):
    """The workspace of the token."""

    user_id: Text = ""
    team_id: Text = ""
    enterprise_id: Text = ""
    url: Text = ""


class Profile(_Strict):
    """What somebody says of themselves."""

    email: Text = ""
    real_name: Text = ""
    first_name: Text = ""
    last_name: Text = ""


class Enterprise(_Strict):
    """Somebody in an organization on Enterprise Grid."""

    id: Text = ""
    enterprise_id: Text = ""


class User(_Strict):
    """An account. Slack always sends `deleted` and `profile`; any other missing flag is off."""

    id: Id
    deleted: bool
    profile: Profile
    team_id: str | None = None
    enterprise_id: Text = ""
    enterprise_user: Annotated[Enterprise, _empty] = Enterprise()
    name: Text = ""
    real_name: Text = ""
    tz: Text = ""
    is_bot: bool | None = None
    is_app_user: bool | None = None
    is_stranger: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    is_email_confirmed: bool | None = None


class Group(_Strict):
    """A user group."""

    id: str
    handle: str


def groups(values: list[Any]) -> list[Group]:
    """Those with an id and a handle: an odd one hides no other."""
    good = [each for each in values if isinstance(each, dict)]
    good = [each for each in good if all(isinstance(each.get(name), str) for name in ("id", "handle"))]
    return [Group.model_validate(each) for each in good]


class Cursor(_Strict):
    """Where the next page begins; '' after the last one."""

    next_cursor: Text = ""


class Members(_Strict):
    """A page of the members of a channel."""

    members: list[Id]
    response_metadata: Annotated[Cursor, _empty] = Cursor()


class Value(_Strict):
    """A field that is filled in."""

    value: Text = ""


class Fields(_Strict):
    """{id: field} of a profile."""

    fields: Annotated[dict[str, Value], _empty] = {}


class Definition(_Strict):
    """A field that profiles may have."""

    id: str
    label: str
    type: Any = None
    options: Any = None


class Definitions(_Strict):
    """All fields of a workspace's profiles."""

    fields: Annotated[list[Definition], BeforeValidator(lambda value: value or [])] = []
