"""The client of Miro's REST API: sent like SCIM's calls, with another token and at other prices."""

from collections.abc import Mapping
from typing import Any

from bot.miro import judging, wire
from bot.miro.errors import Away, Declined, Locked, Unclear
from bot.miro.goals import ScimCall
from bot.miro.transport import Transport

_PRICES = {1: 10, 2: 20, 3: 100, 4: 400}
"""{level of a call: credits of the shared pool}. By Miro's page on rate limiting REST has 100,000 credits a
minute, for calls at 50, 100, 500 and 2,000; SCIM has 20,000: so each costs a fifth."""
LEVELS = {
    "GET /v1/oauth-token": 1,
    "GET /v2/orgs/{id}/teams": 1,
    "GET /v2/orgs/{id}/teams/{id}/members": 2,
    "GET /v2/orgs/{id}/teams/{id}/members/{id}": 1,
    "POST /v2/orgs/{id}/teams/{id}/members": 2,
    "PATCH /v2/orgs/{id}/teams/{id}/members/{id}": 2,
    "DELETE /v2/orgs/{id}/teams/{id}/members/{id}": 1,
    "POST /v2/orgs/{id}/teams": 1,
}
"""{call: its level}, by Miro's API description; 3 for any other."""
SCOPES = {
    "sessions:delete": "end sessions",
    "organizations:read": "see licenses and last activity",
    "organizations:teams:read": "see who is the only admin of a team",
    "organizations:teams:write": "create teams, and change who is in them",
}
"""{scope: what the bot can't do without it}."""


class RestAway(Away):
    """The REST API couldn't be reached, or was busy; SCIM may well work."""


class RestCall(ScimCall):
    """One write. `{org}` in its path is the organization, `{address}` in its query or body the account's."""


def endpoint(path: str) -> str:
    """The path without ids: every second part, as in /v2/orgs/{id}/members."""
    parts = path.strip("/").split("/")
    return "/" + "/".join("{id}" if number and not number % 2 else part for number, part in enumerate(parts))


def cost(method: str, path: str, size: int = 0) -> int:
    """Credits of one call."""
    return _PRICES[LEVELS.get(f"{method} {endpoint(path)}", 3)]


def _is_platforms(text: bytes) -> bool:
    """Whether an error is Miro's own, not of a gateway."""
    sent = wire.content(text)
    return isinstance(sent, Mapping) and sent.get("status") == 404 and sent.get("type") == "error"


class Rest(Transport):
    """Miro's REST API with one token, for one organization. Thread-safe."""

    media = "application/json"
    cost = staticmethod(cost)
    endpoint = staticmethod(endpoint)

    def __init__(self, org: str, *line: Any) -> None:
        """`line`: as of `Transport`."""
        super().__init__(*line)
        self._org = org

    def scopes(self) -> frozenset[str]:
        """The token's scopes. Raises Away and Locked.

        Miro's pages show the answer of this call with a list, and with one text.
        """
        sent = self.read("/v1/oauth-token")
        scopes = sent.get("scopes") if isinstance(sent, Mapping) else None
        return frozenset(scopes.split() if isinstance(scopes, str) else map(str, scopes or ()))

    def ping(self) -> None:
        """Reads the organization. Raises Away and Locked, also if it isn't the token's."""
        self.read("/v2/orgs/{org}")

    def read(self, path: str, query: Mapping[str, str] | None = None, or_none: bool = False) -> Any:
        """The answer to a GET as JSON; `{org}` is the organization. Raises Away and Locked.

        `or_none`: None if it isn't there, by the 404 of Miro's platform.
        """
        try:
            status, text = self.exchange("GET", path.replace("{org}", self._org), query or {})
        except Unclear as error:
            raise RestAway(str(error), error.kind, error.words) from error
        if status == 404 and or_none and _is_platforms(text):
            return None
        judging.check_look(status, text)
        return wire.content(text)

    def send(self, call: RestCall, address: str) -> int:
        """Sends one write about the account with an address; returns the status.

        Raises RestAway if nothing was done, Unclear, and Declined also where the token is refused: it isn't
        the token that everything else depends on.
        """
        path, _, query = call.path.partition("?")
        pairs = dict(part.split("=", 1) for part in query.split("&") if part)
        pairs, body = ({**each} for each in (pairs, call.body or {}))
        for values in (pairs, body):
            values |= {name: value.replace("{address}", address) for name, value in values.items()}
        try:
            place = path.replace("{org}", self._org)
            status, text = self.exchange(call.method, place, pairs, body or None)
            judging.check_write(status, text)
        except Away as error:
            raise RestAway(str(error), error.kind, error.words, error.wait) from error
        except Locked as error:
            raise Declined(status, error.words) from error
        return status
