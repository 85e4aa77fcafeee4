"""A small Miro with people in it, served on loopback, and a client that asks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bot.sandbox.miro.patch import PATCH_OP
from bot.sandbox.miro.service import Exchange, Miro

SCIM = "application/scim+json"


class Asking:
    """Grace leads both teams and the organization, Ada is in Engineering; a clock that only tests move."""

    def __init__(self, **settings: Any) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.miro = Miro(now=lambda: self.time, sleep=self.slept.append, **settings)
        self.engineering = self.miro.add_team("Engineering")
        self.it = self.miro.add_team("IT Administration")
        both = (self.engineering, self.it)
        self.grace = self.miro.add_user("grace@example.com", "Grace Example", admin=True, team_admin_of=both)
        self.ada = self.miro.add_user("ada@example.com", "Ada Example", teams=[self.engineering])
        # Reading the certificates of the world would be most of a test's time, and loopback has none.
        token = {"Authorization": "Bearer sandbox-token"}
        self.http = httpx.Client(headers=token, trust_env=False, verify=False)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query)

    def post(self, path: str, content: Any) -> httpx.Response:
        return self.http.post(path, json=content, headers={"Content-Type": SCIM})

    def put(self, path: str, content: Any) -> httpx.Response:
        return self.http.put(path, json=content, headers={"Content-Type": SCIM})

    def patch(self, path: str, *operations: dict[str, Any], **query: Any) -> httpx.Response:
        body = {"schemas": [PATCH_OP], "Operations": operations}
        return self.http.patch(path, json=body, params=query, headers={"Content-Type": SCIM})

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path)

    def found(self, filter: str, kind: str = "Users") -> list[str]:
        """The ids that a filter finds."""
        answer = self.get(f"/{kind}", filter=filter, attributes="id").json()
        return [resource["id"] for resource in answer["Resources"]]

    @property
    def last(self) -> Exchange:
        return self.miro.log[-1]


@contextmanager
def sandbox(**settings: Any) -> Iterator[Asking]:
    """Serves a fresh Miro for one test."""
    asking = Asking(**settings)
    with asking.miro.serve() as url, asking.http as http:
        http.base_url = httpx.URL(url)
        yield asking


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "Replace", "path": path, "value": value}


def add(*ids: str) -> dict[str, Any]:
    return {"op": "Add", "path": "members", "value": [{"value": id} for id in ids]}


def remove(id: str) -> dict[str, Any]:
    return {"op": "Remove", "path": f'members[value eq "{id}"]'}


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and detail of an answer, as SCIM's body has them too."""
    body = answer.json()
    assert body["status"] == str(answer.status_code), body
    return answer.status_code, body["detail"]
