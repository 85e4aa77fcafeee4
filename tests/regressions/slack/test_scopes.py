"""A doctor compares the scopes that Slack granted with those that the manifest asks for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.slack.records import Fault
from bot.sandbox.stage import POLICY, Stage
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from tests.bot.journeys.shell import Shell, machine

pytestmark = pytest.mark.regression

ALL = frozenset(SCOPES) | frozenset(OPTIONAL_SCOPES)
WITH_A_GROUP = POLICY.replace('for_others = ["hr", "it"]', 'for_others = ["@hr-team", "it"]')
AS_A_GROUP = POLICY.replace('people = ["lena@example.com"]', 'slack = "@hr-team"')
WITH_A_FIELD = f'manager_field = "Manager"\n{POLICY}'


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as both:
        yield both


def examined(scene: tuple[Stage, Shell], scopes: frozenset[str], policy: str = POLICY) -> dict[str, Any]:
    """What a doctor says of Slack when the token has these scopes."""
    stage, shell = scene
    stage.slack.scopes = scopes
    (stage.folder / "policy.toml").write_text(policy, encoding="utf-8")
    return doctor(shell, exits=0 if lacks_nothing(scopes, policy) else 1)


def lacks_nothing(scopes: frozenset[str], policy: str) -> bool:
    needed = {*SCOPES}
    needed |= {"usergroups:read"} if policy in (WITH_A_GROUP, AS_A_GROUP) else set()
    needed |= {"users.profile:read"} if policy == WITH_A_FIELD else set()
    return needed <= scopes


def doctor(shell: Shell, exits: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {one["what"]: one for one in shell.json("doctor", exits=exits)}["Slack"]
    return found


def test_all_that_the_manifest_asks_for_is_well(scene: tuple[Stage, Shell]) -> None:
    assert examined(scene, ALL) == {"what": "Slack", "ok": True, "text": "team T01", "status": "ok"}


def test_more_than_that_is_well_too(scene: tuple[Stage, Shell]) -> None:
    assert examined(scene, ALL | {"files:write"})["ok"]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_missing_scope_is_named_with_its_use_and_the_remedy(scene: tuple[Stage, Shell], scope: str) -> None:
    found = examined(scene, ALL - {scope})
    assert not found["ok"]
    assert f"{scope} is missing ({SCOPES[scope]})" in found["text"]
    assert "OAuth & Permissions, Bot Token Scopes" in found["text"]
    assert "reinstall the app" in found["text"]


def test_a_longer_scope_does_not_stand_for_a_shorter_one(scene: tuple[Stage, Shell]) -> None:
    """`users:read.email` alone names no colleague."""
    text = examined(scene, ALL - {"users:read"})["text"]
    assert "users:read is missing" in text and "users:read.email is missing" not in text


def test_all_that_is_missing_is_said_at_once(scene: tuple[Stage, Shell]) -> None:
    text = examined(scene, frozenset({"chat:write"}))["text"]
    assert [scope for scope in SCOPES if f"{scope} is missing" in text] == [*SCOPES][:1] + [*SCOPES][2:]


@pytest.mark.parametrize("scope", OPTIONAL_SCOPES)
def test_a_declined_scope_that_nothing_needs_is_a_note(scene: tuple[Stage, Shell], scope: str) -> None:
    found = examined(scene, ALL - {scope})
    assert found["ok"]
    assert found["text"].startswith(f"team T01. Note: {scope} isn't granted; only {OPTIONAL_SCOPES[scope]}")


@pytest.mark.parametrize(
    ("scope", "policy", "why"),
    [
        ("usergroups:read", WITH_A_GROUP, "the policy names @hr-team"),
        ("usergroups:read", AS_A_GROUP, "the policy names @hr-team"),
        ("users.profile:read", WITH_A_FIELD, "the policy reads managers from the field Manager"),
    ],
)
def test_a_declined_scope_that_the_policy_needs_is_wrong(
    scene: tuple[Stage, Shell], scope: str, policy: str, why: str
) -> None:
    found = examined(scene, ALL - {scope}, policy)
    assert not found["ok"]
    assert f"{scope} is missing ({why})" in found["text"]
    assert examined(scene, ALL, policy)["text"] == "team T01"


def test_a_policy_that_cannot_be_used_hides_no_missing_scope(scene: tuple[Stage, Shell]) -> None:
    stage, shell = scene
    stage.slack.scopes = ALL - {"im:history"}
    (stage.folder / "policy.toml").write_text("operators = [", encoding="utf-8")
    assert "im:history is missing" in doctor(shell, exits=1)["text"]


@pytest.mark.parametrize(
    "header", [" , ".join(sorted(ALL)), ",".join(sorted(ALL, reverse=True)) + ","], ids=["spaces", "comma"]
)
@pytest.mark.parametrize("name", ["X-OAuth-Scopes", "x-oauth-scopes", "X-Oauth-Scopes"])
def test_the_header_is_read_however_it_is_written(scene: tuple[Stage, Shell], name: str, header: str) -> None:
    assert answered(scene, {name: header})["text"] == "team T01"


def test_a_token_without_any_scope_lacks_all(scene: tuple[Stage, Shell]) -> None:
    text = answered(scene, {"X-OAuth-Scopes": ""}, exits=1)["text"]
    assert all(f"{scope} is missing" in text for scope in SCOPES)


def test_what_slack_does_not_say_is_not_taken_for_granted(scene: tuple[Stage, Shell]) -> None:
    found = answered(scene, {})
    assert found["ok"]
    assert found["text"].endswith("Note: Slack didn't list the token's scopes, so they aren't checked")


def answered(scene: tuple[Stage, Shell], headers: dict[str, str], exits: int = 0) -> dict[str, Any]:
    """What a doctor says of Slack when `auth.test` is answered with these headers."""
    stage, shell = scene
    said = {"ok": True, "team_id": "T01", "user_id": "U0BOT", "enterprise_id": None}
    body = json.dumps(said).encode()
    media = {"Content-Type": "application/json"}
    stage.slack.faults.append(Fault("auth.test", times=None, body=body, headers=media | headers))
    return doctor(shell, exits)
