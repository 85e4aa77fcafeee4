"""A NUL in what Miro answers, which no record can hold: it hides nothing else, and stops nothing half-way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.record.database import plain
from bot.miro import wire
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, last, playing, request, state, wait
from tests.bot.miro.scene import answering, page

pytestmark = pytest.mark.regression

ACCESS = ("U0ALEX", "/miro-access", "for Design because I draw the plans")
URN = wire.ENTERPRISE
ADA = {"id": "7", "userName": "ada@example.com", "active": True}
NUL = "\0"


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        running.miro.add_user("alex@example.com", "Alex Smith", teams=[running.teams["Engineering"]])
        yield running


@pytest.mark.parametrize(
    "entry",
    [{"id": "1", "displayName": f"Des{NUL}ign"}, {"id": f"1{NUL}", "displayName": "Plans"}],
    ids=["name", "id"],
)
def test_a_group_of_such_a_name_or_id_hides_no_other(s: Stage, entry: dict[str, str]) -> None:
    def extended(page: Any) -> Any:
        return {"totalResults": page["totalResults"] + 1, "Resources": [entry, *page["Resources"]]}

    s.miro.faults.append(Fault("GET", "/Groups", times=9_999, saying=extended))
    wait(s, hours=1)
    assert s.bot.housekeeping.refresh.problem == ""
    assert {group.known_name for group in s.bot.store.groups.all()} >= {"Design", "Engineering"}


@pytest.mark.parametrize("body", ["scim", "rest"])
@pytest.mark.parametrize("detail", ["The moon\0is full", "\0The moon is full", "The moon is\0\0\0 full"])
def test_a_refusal_with_one_is_told_once(s: Stage, detail: str, body: Any) -> None:
    id = ask(s, *ACCESS)
    s.miro.faults.append(Fault("PATCH", "", times=9, status=409, detail=detail, body=body))
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    assert "The moon is full" in last(s, "U0ALEX")
    assert len(request(s, id).progress.tried) == 1


def test_words_of_an_outage_with_one_reach_operators(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "", times=9_999, status=503, detail=f"Maintenance{NUL}window"))
    ask(s, *ACCESS)
    wait(s, minutes=2)
    wait(s, minutes=2)
    assert "Maintenance window" in last(s, "U0CAROL")


@pytest.mark.parametrize(
    "more",
    [
        {"displayName": f"Ada{NUL}Fox"},
        {"userType": NUL},
        {"roles": [{"value": f"Content{NUL}Admin", "type": NUL, "primary": False}]},
        {"groups": [{"value": f"3{NUL}", "display": NUL}]},
        {URN: {"department": f"R{NUL}D"}},
        {URN: {"manager": {"displayName": NUL, NUL: "x"}}},
    ],
    ids=str,
)
def test_an_account_with_one_can_be_kept(more: dict[str, Any]) -> None:
    with answering(lambda _: page({**ADA, **more})) as miro:
        found = miro.look("ada@example.com")
    assert found and "\\u0000" not in found.model_dump_json(by_alias=True)
    plain([found.display_name, *found.group_ids, *found.admin_roles])


@pytest.mark.parametrize("text", [b"\0\0\0 busy", b"<html>\0gone</html>", "busy".encode("utf-16")], ids=repr)
def test_what_is_no_json_is_quoted_without_one(text: bytes) -> None:
    plain([wire.complaint(503, text)])
