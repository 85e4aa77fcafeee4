"""The Web API's methods about people and user groups."""

from typing import Any

from bot.sandbox.slack.records import JSON, Person, Refused
from bot.sandbox.slack.state import MANAGER_FIELD, SlackState


def auth_test(slack: SlackState, params: JSON) -> JSON:
    return {
        "url": "https://example.slack.com/",
        "team": "Example",
        "user": "miro",
        "team_id": slack.team_id,
        "user_id": slack.bot_user,
        "bot_id": "B" + slack.bot_user[1:],
        "enterprise_id": slack.enterprise_id,
        "is_enterprise_install": slack.org_install,
    }


def users_info(slack: SlackState, params: JSON) -> JSON:
    person = slack.people.get(str(params.get("user")))
    if person is None:
        raise Refused("user_not_found")
    locale = {"locale": person.locale} if is_true(params.get("include_locale")) else {}
    return {"user": _as_user(slack, person) | locale}


def users_lookup_by_email(slack: SlackState, params: JSON) -> JSON:
    wanted = str(params.get("email", "")).casefold()
    for person in slack.people.values():
        # Deactivated people and other workspaces' people aren't found by e-mail.
        if (person.email or "").casefold() == wanted and not (person.deleted or person.is_stranger):
            return {"user": _as_user(slack, person)}
    raise Refused("users_not_found")


def users_list(slack: SlackState, params: JSON) -> JSON:
    start, limit = int(params.get("cursor") or 0), int(params.get("limit") or 1000)
    everybody = [_as_user(slack, person) for person in slack.people.values()]
    more = str(start + limit) if start + limit < len(everybody) else ""
    return {"members": everybody[start : start + limit], "response_metadata": {"next_cursor": more}}


def _as_user(slack: SlackState, person: Person) -> JSON:
    flags = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_email_confirmed", "tz")
    user: JSON = {name: getattr(person, name) for name in flags}
    user |= {"id": person.id, "team_id": person.team_id, "real_name": person.name}
    user |= {"name": person.name.lower().replace(" ", "."), "is_app_user": False}
    user["profile"] = {"real_name": person.name, "display_name": "", "team": person.team_id}
    allowed = slack.scopes is None or "users:read.email" in slack.scopes
    if person.email and allowed and not person.is_stranger:
        user["profile"]["email"] = person.email
    if person.is_stranger:
        user["is_stranger"] = True
    if person.enterprise_id:
        user["enterprise_user"] = {"id": person.id, "enterprise_id": person.enterprise_id, "teams": []}
    return user


def users_profile_get(slack: SlackState, params: JSON) -> JSON:
    person = slack.people.get(str(params.get("user")))
    if person is None:
        raise Refused("user_not_found")
    # An empty table is an empty list, as PHP writes it.
    fields: Any = {MANAGER_FIELD: {"value": person.manager, "alt": ""}} if person.manager else []
    return {"profile": _as_user(slack, person)["profile"] | {"fields": fields}}


def team_profile_get(slack: SlackState, params: JSON) -> JSON:
    fields = [
        {
            "id": each.id,
            "label": each.label,
            "type": each.type,
            "options": {"is_scim": False, "is_protected": each.is_protected},
        }
        for each in slack.profile_fields
    ]
    return {"profile": {"fields": fields}}


def usergroups_list(slack: SlackState, params: JSON) -> JSON:
    groups = [each for each in slack.groups.values() if not each.disabled]
    listed: list[JSON] = [{"id": each.id, "handle": each.handle, "name": each.handle} for each in groups]
    if is_true(params.get("include_users")):
        listed = [row | {"users": list(each.users)} for row, each in zip(listed, groups, strict=True)]
    return {"usergroups": listed}


def usergroups_users_list(slack: SlackState, params: JSON) -> JSON:
    group = slack.groups.get(str(params.get("usergroup")))
    if group is None or group.disabled:
        raise Refused("no_such_subteam")
    return {"users": list(group.users)}


def is_true(value: Any) -> bool:
    """Whether a flag is set: JSON's true, or "1" in a form."""
    return str(value).lower() in ("1", "true")
