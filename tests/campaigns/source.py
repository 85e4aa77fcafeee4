"""An identity provider that pushes joiners, and repeats all it said whenever a bot comes up again."""

import httpx

from bot.app import Bot
from bot.directory.service import application
from bot.directory.tokens import Tokens
from bot.sandbox.stage import Stage
from tests.bot.directory.provider import GROUP, Provider, alex

_SECRET = "of-a-campaign"
_GROUPS = ("miroUsers", "g_app_proeng_all")
JOINERS = 11


def register(stage: Stage) -> None:
    """Makes the token that the provider has."""
    Tokens(stage.bot.store.database, stage.bot.context.now).create("okta", lambda: _SECRET)


def push(bot: Bot) -> None:
    """Looks for everybody and every group, creates whom it doesn't find, and says all it has to say."""
    scim = httpx.WSGITransport(application(bot.context))
    with Provider("http://bot/scim/v2", f"miro-bot-directory-{_SECRET}", scim) as okta:
        ids = [_pushed(okta, number) for number in range(JOINERS)]
        for name in _GROUPS:
            found = okta.find("Groups", f'displayName eq "{name}"')
            group = found[0] if found else okta.create("Groups", {"schemas": [GROUP], "displayName": name})
            everybody = [{"value": id} for id in ids]
            okta.patch(f"/Groups/{group['id']}", {"op": "replace", "path": "members", "value": everybody})


def _pushed(okta: Provider, number: int) -> str:
    email = f"person.{number}@example.com"
    body = alex(userName=email, externalId=f"00u{number}", emails=[{"primary": True, "value": email}])
    found = okta.find("Users", f'userName eq "{email}"')
    return str((okta.put(f"/Users/{found[0]['id']}", body) if found else okta.create("Users", body))["id"])
