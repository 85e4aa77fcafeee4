"""An identity provider: sends SCIM over HTTP, and reads the answers."""

from types import TracebackType
from typing import Any

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
JSON = dict[str, Any]


class Provider:
    """One provider with its token; statuses that a test doesn't name have to be those of a success."""

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"},
            timeout=20,
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> "Provider":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Any request."""
        return self._http.request(method, path, json=body, **more)

    def get(self, path: str, **query: Any) -> JSON:
        """The body of a GET."""
        return self._read(self.call("GET", path, params=query), 200)

    def find(self, kind: str, filter_: str, **query: Any) -> list[JSON]:
        """The resources that match a filter."""
        page = self.get(f"/{kind}", filter=filter_, **query)
        assert page["totalResults"] == len(page["Resources"])
        found: list[JSON] = page["Resources"]
        return found

    def create(self, kind: str, body: JSON) -> JSON:
        """A new resource, as answered."""
        return self._read(self.call("POST", f"/{kind}", body), 201)

    def put(self, path: str, body: JSON) -> JSON:
        """A replaced resource, as answered."""
        return self._read(self.call("PUT", path, body), 200)

    def patch(self, path: str, *operations: JSON) -> JSON:
        """A changed resource, as answered; {} for 204."""
        answer = self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})
        return {} if answer.status_code == 204 and not answer.content else self._read(answer, 200)

    def delete(self, path: str) -> None:
        """A deletion, answered with 204."""
        answer = self.call("DELETE", path)
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    def error(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """(status, scimType) of an error as RFC 7644, section 3.12, has it."""
        return error(self.call(method, path, body, **more))

    @staticmethod
    def _read(answer: httpx.Response, status: int) -> JSON:
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/scim+json"
        body: JSON = answer.json()
        return body


def error(answer: httpx.Response) -> tuple[int, str]:
    """(status, scimType) of an answer that has to be a SCIM error."""
    assert answer.headers["Content-Type"] == "application/scim+json", answer.text
    body = answer.json()
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(answer.status_code)
    assert body["detail"]
    return answer.status_code, body.get("scimType", "")


def alex(**more: Any) -> JSON:
    """A user as both providers create one."""
    return {
        "schemas": [USER],
        "userName": "alex.smith@example.com",
        "externalId": "00u1",
        "name": {"givenName": "Alex", "familyName": "Smith"},
        "emails": [{"primary": True, "value": "alex.smith@example.com", "type": "work"}],
        "displayName": "Alex Smith",
        "active": True,
    } | more
