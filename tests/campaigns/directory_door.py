"""What an identity provider may send to `/scim/v2`: filters of every form, and odd requests of every kind.

Whatever comes is answered as SCIM, and a filter selects what the core's own comparison does.
"""

import json
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import quote

from scim2_models import Group, ResourceType, ScimFilter, SearchRequest

from bot.directory.models import MODEL, PROVIDER
from bot.directory.service import Application, as_rfc
from bot.directory.storage import Entries
from bot.directory.store import ENTERPRISE, Directories, Kind
from bot.directory.tokens import Tokens
from bot.sandbox.stage import Stage
from tests.bot.directory.provider import ERROR, GROUP, PATCH, USER, alex
from tests.campaigns import odd

NAMES = ("alex.smith@example.com", "Dana", "Zoë", 'O"Hara', "a_b%", "ǅ", "\u212a", "İ", "miroUsers")
ATTRIBUTES = (
    "id", "externalId", "userName", "displayName", "active", "title", "name", "name.givenName", "emails",
    "emails.value", "emails.primary", "groups", "groups.value", "members", "members.value", "members.type",
    "meta", "meta.lastModified", "meta.created", "schemas", "manager", "roles", "nobody", "password",
    f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager", f"{ENTERPRISE}:manager.value", f"{USER}:userName",
)  # fmt: skip
OPERATORS = ("eq", "eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "is", "")
PARAMETERS = ("startIndex", "count", "sortBy", "sortOrder", "attributes", "excludedAttributes")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ODD")


class Provider:
    """Sends to the application of a bot, and checks the form of each answer."""

    def __init__(self, s: Stage, random: Random) -> None:
        on = s.bot.store.database
        self.random, self.directories = random, Directories(on, s.bot.context.now)
        tokens = Tokens(on, s.bot.context.now)
        self.app, self.token = Application(on, self.directories, tokens), tokens.create("okta")
        self.entries = Entries(self.directories, "okta", lambda user: {})
        self.ids = [self._made("Users", alex(userName=name, title=name, externalId=name)) for name in NAMES]
        members = [{"value": id, "display": name} for id, name in zip(self.ids, NAMES, strict=True)]
        for name in NAMES:
            some = random.sample(members, 3)
            group = {"schemas": [GROUP], "displayName": name, "members": some}
            self.ids.append(self._made("Groups", group))

    def _made(self, kind: str, body: Any) -> str:
        status, answer = self.sent("POST", f"/{kind}", json.dumps(body).encode())
        assert status == 201, answer
        return str(answer["id"])

    def sent(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """(status, body) of the answer: SCIM's, with headers that a server may send."""
        place, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": f"/scim/v2{place}", "QUERY_STRING": query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
            "HTTP_AUTHORIZATION": f"Bearer {self.token}", "CONTENT_TYPE": "application/scim+json",
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body),
        }  # fmt: skip
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, sent: list[tuple[str, str]], _: Any = None) -> Any:
            started.append((status, sent))

        content = b"".join(self.app(environ | headers, start))
        [(line, fields)] = started
        status, shown = int(line[:3]), dict(fields)
        assert status in {*range(200, 210), 304, *range(400, 420), 501}, (line, content)
        assert shown["Content-Type"] == "application/scim+json"
        assert all(" " <= sign <= "\xff" for field in fields for part in field for sign in part), fields
        answer: Any = json.loads(content) if content else {}
        assert status < 400 or (answer["schemas"], answer["status"]) == ([ERROR], str(status)), content
        return status, answer

    # -- filters -------------------------------------------------------------------------------------------

    def filter(self, depth: int = 3) -> str:
        """A filter, mostly a valid one."""
        random = self.random
        match random.randrange(8) if depth else 0:
            case 0 | 1 | 2:
                value = random.choice((*NAMES, *self.ids, "true", "00u1", "2026-03-02T09:00:00Z", ""))
                literal = json.dumps(value) if random.random() < 0.9 else value
                return f"{random.choice(ATTRIBUTES)} {random.choice(OPERATORS)} {literal}"
            case 3:
                return f"{random.choice(ATTRIBUTES)} pr"
            case 4:
                return f"{random.choice(('not ', ''))}({self.filter(depth - 1)})"
            case 5:
                return f"{random.choice(('emails', 'members', 'groups', 'name'))}[{self.filter(0)}]"
            case _:
                joint = random.choice((" and ", " and ", " or ", " AND ", " xor "))
                return joint.join(self.filter(depth - 1) for _ in range(2))

    def search(self) -> str:
        """Searches by a filter, and compares what is found with what the core finds without an index."""
        random, wanted = self.random, self.filter()
        if random.random() < 0.2:
            wanted = odd.text(random, wanted).encode("utf-8", "replace").decode()[:3_000] or "id pr"
        kind = random.choice((Kind.USER, Kind.GROUP))
        status, answer = self.sent("GET", f"/{kind}s?count=100&attributes=id&filter={quote(wanted)}")
        if status == 200:
            model = MODEL if kind is Kind.USER else Group
            with PROVIDER:
                compared = ScimFilter[model](as_rfc(wanted)) if wanted else None  # type: ignore[valid-type]
                found = {str(one.id) for one in self._all(kind) if compared is None or compared.match(one)}
            assert {one["id"] for one in answer["Resources"]} == found, wanted
        else:
            assert (status, answer["scimType"]) in ((400, "invalidFilter"), (400, "invalidValue")), wanted
        return wanted

    def _all(self, kind: Kind) -> list[Any]:
        [type_] = [one for one in PROVIDER.resource_types if one.name == kind]
        assert isinstance(type_, ResourceType)
        return self.entries.search([type_], SearchRequest[MODEL](count=100)).resources

    # -- requests ------------------------------------------------------------------------------------------

    def odd_request(self) -> tuple[str, str, bytes]:
        """Sends a request of which something is odd: its body, path, parameters or headers."""
        random = self.random
        place = f"/{random.choice(('Users', 'Groups'))}/{random.choice(self.ids)}"
        method, body = random.choice((("PUT", self._resource()), ("PATCH", self._patch())))
        if random.random() < 0.3:
            method, place, body = "POST", place.rpartition("/")[0], self._resource()
        sent = odd.document(random, body) if random.random() < 0.8 else json.dumps(body).encode()
        if random.random() < 0.2:
            method, place = random.choice(METHODS), self._place()
        headers = {} if random.random() < 0.8 else dict([random.choice(HEADERS)])
        self.sent(method, place, sent, **headers)
        return method, place, sent

    def _resource(self) -> Any:
        random = self.random
        name = f"{random.choice(NAMES)}{random.randrange(30)}"
        members = [{"value": id, "$ref": None} for id in random.sample(self.ids, 3)]
        group = {"schemas": [GROUP], "displayName": name, "members": members}
        details = {
            "department": "IT",
            "manager": random.choice((self.ids[0], {"value": "x"}, [{"value": "y"}])),
        }
        return random.choice((alex(userName=name, externalId=name) | {ENTERPRISE: details}, group))

    def _patch(self) -> Any:
        random = self.random
        one = {"value": random.choice(self.ids)}
        operations: list[Any] = [
            {"op": "Replace", "path": "active", "value": random.choice(("False", True, "odd"))},
            {"op": "replace", "value": {"displayName": "D", "name.givenName": "A"}},
            {"op": "add", "value": {f"emails[{self.filter(0)}].value": "x", "manager": 7, "title": "T"}},
            {"op": "Add", "path": "members", "value": [one, one | {"$ref": None}]},
            {"op": "Remove", "path": "members", "value": [one]},
            {"op": "remove", "path": f'members[value eq "{one["value"]}"]'},
            {"op": "replace", "path": "members", "value": [one]},
            {"op": "add", "value": {"members": [one]}},
            {"op": "Add", "path": "manager", "value": one["value"]},
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new@example.com"},
            {"op": "remove", "path": f"emails[{self.filter(0)}]"},
            {"op": random.choice(("add", "remove", "move")), "path": random.choice(ATTRIBUTES), "value": "x"},
        ]
        return {"schemas": [PATCH], "Operations": random.sample(operations, random.randint(1, 3))}

    def _place(self) -> str:
        random = self.random
        text = odd.text(random, "/Users").encode("utf-8", "replace").decode("latin-1")[:3_000]
        query = random.choice(
            ("startIndex", "count", "sortBy", "sortOrder", "attributes", "excludedAttributes")
        )
        value = quote(odd.text(random, "userName,members").encode("utf-8", "replace")[:3_000])
        asked = f"{random.choice(('/Users', '/Groups', '/', '/Users/.search'))}?{query}={value}"
        return random.choice((text, f"/Users/{text}", "/Schemas", "/Me", "/Bulk", asked, asked, asked))


HEADERS = (
    ("HTTP_IF_MATCH", '"'), ("HTTP_IF_MATCH", 'W/"1"'), ("HTTP_IF_NONE_MATCH", "*"), ("CONTENT_TYPE", ""),
    ("CONTENT_TYPE", "text/plain"), ("CONTENT_TYPE", "application/json; charset=odd"),
    ("HTTP_HOST", "a b<>\xe9"), ("HTTP_HOST", "[::"), ("SERVER_PORT", "x"), ("HTTP_AUTHORIZATION", ""),
    ("HTTP_AUTHORIZATION", "Bearer \xff"),
)  # fmt: skip
