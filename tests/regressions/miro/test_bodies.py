"""What the bot sends is what Miro's published description allows; other forms are switched on by name."""

import json
from typing import Any

import pytest

from bot.miro.accounts import HasAccount
from bot.miro.wire import ENTERPRISE, USER, Dialect
from bot.sandbox.server import Answer
from bot.sandbox.server import Call as Heard
from tests.bot.miro.examples import EXAMPLES, HR, Example
from tests.bot.miro.scene import NOBODY, answering
from tests.miro_description import CONTRADICTIONS, DESCRIPTION, faults

pytestmark = pytest.mark.regression

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GROUP = DESCRIPTION["paths"]["/Groups/{id}"]["patch"]["requestBody"]["content"]["application/json"]["example"]


def sent(one: Example, *names: str) -> tuple[str, str, Any]:
    """Method, path and body of a goal's call as it leaves the bot, with a dialect's forms switched on."""
    heard: list[Heard] = []

    def answers(call: Heard) -> Answer:
        heard.append(call)
        return Answer(204)

    with answering(answers, dialect=Dialect.named(names)) as miro:
        miro.send(one.goal.call(one.before), "3074457365265951581")
    body = json.loads(heard[0].body) if heard[0].body else None
    return heard[0].method, heard[0].path.removeprefix("/api/v1/scim"), body


@pytest.mark.parametrize("one", EXAMPLES, ids=str)
def test_every_body_is_one_of_miros_description(one: Example) -> None:
    assert faults(*sent(one)) == []


@pytest.mark.parametrize("attribute", ["department", "costCenter", "manager", "employeeNumber", "division"])
def test_an_account_with_what_hr_knows_names_the_core_schema_alone(attribute: str) -> None:
    goal = HasAccount("Ada", "ada@example.com", "Ada", "Example", {attribute: "12"})
    method, path, body = sent(Example("account", goal, NOBODY, "POST", "/Users", None))
    assert body["schemas"] == [USER]
    assert ENTERPRISE in body
    assert faults(method, path, body) == []


def test_the_form_of_the_rfc_is_a_dialect() -> None:
    goal = HasAccount("Ada", "ada@example.com", "Ada", "Example", HR)
    example = Example("account", goal, NOBODY, "POST", "/Users", None)
    method, path, body = sent(example, "extension-schemas")
    assert body["schemas"] == [USER, ENTERPRISE]
    assert faults(method, path, body) == [f"/schemas/1 isn't one of {USER}"]


def test_the_form_of_the_rfc_names_no_extension_that_is_not_sent() -> None:
    assert sent(EXAMPLES[0], "extension-schemas")[2]["schemas"] == [USER]


@pytest.mark.parametrize("name", ["boolean-active", "lowercase-ops"])
def test_other_forms_are_none_of_the_descriptions(name: str) -> None:
    assert faults(*sent(EXAMPLES[2], name)) != []


# -- the judge ---------------------------------------------------------------------------------------------


def test_the_description_stands_by_its_own_example_but_for_what_it_contradicts() -> None:
    assert faults("PATCH", "/Groups/1", GROUP) == []
    assert all(reason.endswith(".") for reason in CONTRADICTIONS.values())


def patched(**operation: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": [operation]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/Users", {"schemas": [USER]}),
        ("POST", "/Users", {"userName": "a@example.com", "nickName": "Ada"}),
        ("POST", "/Users", {"userName": "a@example.com", "name": {"givenName": "Ada"}}),
        ("POST", "/Users", {"userName": "a@example.com", "active": "true"}),
        ("POST", "/Users", {"userName": "a@example.com", ENTERPRISE: {"employeeNumber": "1" * 21}}),
        ("POST", "/Users", {"userName": "a@example.com", ENTERPRISE: {"costCentre": "1"}}),
        ("POST", "/Users", ["a@example.com"]),
        ("PATCH", "/Users/7", {"Operations": [{"op": "Replace", "path": "active", "value": "true"}]}),
        ("PATCH", "/Users/7", patched(op="Replace", path="active", value=True)),
        ("PATCH", "/Users/7", patched(op="replace", path="active", value="true")),
        ("PATCH", "/Users/7", patched(op="Replace", path="nickName", value="Ada")),
        ("PATCH", "/Users/7", patched(op="Replace", path="displayName")),
        ("PATCH", "/Users/7", patched(op="Replace", path=f"{ENTERPRISE}:costCentre", value="1")),
        ("PATCH", "/Groups/7", patched(op="Add", path="members", value=[{"id": "7"}])),
        ("PATCH", "/Groups/7", patched(op="Add", path="members", value=[{"value": 7}])),
        ("PATCH", "/Groups/7", patched(op="Replace", path="description", value="x")),
    ],
)
def test_what_the_description_does_not_allow_is_found(method: str, path: str, body: Any) -> None:
    assert faults(method, path, body) != []
