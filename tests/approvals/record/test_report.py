"""The record as people and spreadsheets read it."""

import csv
import io
import json
from hashlib import sha256
from typing import Any

import pytest

from approvals.decide.decide import deny
from approvals.ids import GroupId, PersonId
from approvals.record.evidence.report import ENTRY, Named, as_csv, as_jsonl, entry_row, exported, name, row
from approvals.request import Draft
from approvals.states import EventType
from tests.approvals.record.tamper import by_hand, unguarded
from tests.approvals.scene import Scene, asked


@pytest.fixture
def denied(scene: Scene) -> Scene:
    """A record with one request, which Cy denied."""
    request = scene.waiting()
    scene.store.append(request, deny(request, scene.who("cy"), "not now", scene.table))
    return scene


def rows(scene: Scene) -> list[dict[str, Any]]:
    """What is exported."""
    return [exported(one, lambda id: name(id, scene.store.people)) for one in scene.store.sealed()]


def named(scene: Scene) -> Named:
    """Ids as the tables of the company know them."""

    def meaning(id: str) -> str:
        group = scene.store.groups.get(GroupId(id))
        if group:
            return group.known_name
        return scene.store.people.person(PersonId(id)).email if id.startswith("P-") else ""

    return meaning


def cells(scene: Scene) -> list[dict[str, str]]:
    """The table that a spreadsheet shows."""
    told = (entry_row(one | {"link": ""}, named(scene)) for one in rows(scene))
    return list(csv.DictReader(io.StringIO("".join(as_csv(ENTRY, told)))))


def bare(cell: str) -> str:
    """A cell without what keeps it from being a formula."""
    return cell.removeprefix("'")


def test_a_row_tells_who_did_what_when(denied: Scene) -> None:
    *_, last = denied.store.events()
    told = row(last, denied.store.people)
    assert (told["seq"], told["request"], told["event"]) == (4, "R-1", "denied")
    assert (told["at"], told["who"]) == ("2026-03-02T09:00:00.000Z", "cy@example.com UCY01")
    assert told["details"] == {"text": "not now"}


def test_who_is_not_signed_is_looked_up_and_said_so(denied: Scene) -> None:
    _, first, planned, _ = denied.store.events()
    assert row(first, denied.store.people)["who"] == "P-1 (Ada (ada@example.com))"
    assert row(planned, denied.store.people)["who"] == "bot"


def test_a_word_that_is_gone_reads_as_missing(denied: Scene) -> None:
    with by_hand(denied.store) as connection:
        connection.execute("DELETE FROM words WHERE text = 'not now'")
    *_, last = denied.store.events()
    assert row(last, denied.store.people)["details"] == {"text": "(missing)"}


# -- to be checked elsewhere -------------------------------------------------------------------------------


def test_jsonl_has_one_object_a_line(denied: Scene) -> None:
    assert [json.loads(line) for line in as_jsonl(rows(denied))] == rows(denied)


def test_a_third_party_can_check_the_chain(denied: Scene) -> None:
    """With nothing but the export, and what the help of `audit export` says."""
    prev = "0" * 64
    for one in rows(denied):
        columns = ("seq", "request", "version", "event", "format", "at", "by", "body")
        row = sha256("\n".join(str(one[name]) for name in columns).encode()).hexdigest()
        assert one["hash"] == sha256(f"{one['prev']}{row}".encode()).hexdigest()
        assert one["prev"] == prev
        prev = one["hash"]
    assert prev == denied.store.head().head


def test_a_third_party_can_check_every_word(denied: Scene) -> None:
    checked = []
    for one in map(json.loads, as_jsonl(rows(denied))):
        for key, seal in json.loads(one["body"]).get("words", {}).items():
            word = one["who"] if key == "who" else one["details"][key]
            assert seal == one["digests"][key] == sha256(f"{one['salts'][key]}\n{word}".encode()).hexdigest()
            checked.append(key)
    assert checked == ["details", "reason", "plan", "routing", "text", "who"]


def test_a_forgery_is_exported_as_it_is(denied: Scene) -> None:
    with unguarded(denied.store) as connection:
        connection.execute("UPDATE ledger SET body = 'nonsense', at = 'noon', by = 'P-x' WHERE seq = 2")
        connection.execute("UPDATE ledger SET body = '[]' WHERE seq = 3")
        connection.execute("DELETE FROM words WHERE text = 'not now'")
    _, first, planned, last = rows(denied)
    assert (first["body"], first["at"], first["who"]) == ("nonsense", "noon", "P-x")
    assert planned["body"] == "[]"
    assert last["details"]["text"] == "(missing)"
    assert cells(denied)[-1]["details"] == "(missing)"


# -- in a spreadsheet --------------------------------------------------------------------------------------


def test_a_spreadsheet_has_a_heading_and_every_entry(denied: Scene) -> None:
    table = cells(denied)
    assert tuple(table[0]) == ENTRY
    assert [one["event"] for one in table] == ["policy-in-force", "asked", "planned", "denied"]
    assert (table[-1]["date"], table[-1]["by"]) == ("2026-03-02T09:00:00.000Z", "cy@example.com UCY01")


def test_a_spreadsheet_has_no_digest_no_salt_and_no_json(denied: Scene) -> None:
    for one, whole in zip(cells(denied), rows(denied), strict=True):
        seals = [*whole["salts"].values(), *whole["digests"].values(), whole["hash"], "{"]
        assert [cell for cell in one.values() if any(seal in cell for seal in seals)] == []


def test_what_is_in_a_list_stands_side_by_side(scene: Scene) -> None:
    plan = {"steps": [{"text": "Join IT.", "hazards": 0}, {"text": "Leave.", "sure": True}], "none": None}
    scene.waiting(plan=plan, approvers=[scene.person("cy").id], lanes=["person:P-5", "admins"])
    told = cells(scene)[-1]["details"].split("; ")
    assert "plan.steps.text: Join IT. | Leave." in told
    assert "plan.steps.hazards: 0" in told and "plan.steps.sure: yes" in told
    assert "approvers: P-3 (cy@example.com)" in told


def test_names_stand_beside_ids_and_in_nobodys_own_words(scene: Scene) -> None:
    scene.store.groups.keep([(GroupId("307"), "Engineering")])
    details = {"person": "P-5", "teams": ["307", "308"]}
    scene.store.ask(asked(scene.person("ada").id, subject="P-5", details=details, reason="307"))
    told = cells(scene)[-1]["details"].split("; ")
    assert "subject: P-5 (eve@example.com)" in told and "details.person: P-5 (eve@example.com)" in told
    assert "details.teams: 307 (Engineering) | 308" in told
    assert "reason: 307" in told


def test_a_reason_that_looks_like_json_stays_a_reason(scene: Scene) -> None:
    scene.store.ask(asked(scene.person("ada").id, reason='{"who": "cy"}'))
    assert 'reason: {"who": "cy"}' in cells(scene)[-1]["details"]


SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "'="]


@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_is_a_formula(scene: Scene, sign: str) -> None:
    request = scene.waiting()
    said = f'{sign}HYPERLINK("https://example.org")'
    scene.store.append(
        request, [Draft(EventType.DENIED, scene.person("cy").id, {}, {"who": said, "text": said})]
    )
    told = cells(scene)[-1]
    assert told["by"] == f"'{said}"
    assert bare(told["by"]) == said


@pytest.mark.parametrize("sign", SIGNS)
def test_no_name_is_a_formula(scene: Scene, sign: str) -> None:
    ada = scene.person("ada")
    scene.store.groups.keep([(GroupId(f"{sign}307"), f"{sign}cmd|' /C calc'!A0")])
    scene.store.people.learn(ada.id, name=f"{sign}cmd|' /C calc'!A0", email=f"{sign}x@example.com")
    scene.store.ask(asked(ada.id, subject=ada.id, details={"teams": [f"{sign}307"]}))
    for cell in cells(scene)[-1].values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"))


def test_entries_are_walked_through_and_not_held(denied: Scene) -> None:
    """What is printed first doesn't wait for what is last."""
    lines = as_jsonl(exported(entry, str) for entry in denied.store.sealed())
    assert json.loads(next(lines))["seq"] == 1
    denied.store.ask(asked(denied.person("ada").id))
    assert [json.loads(line)["seq"] for line in lines][:3] == [2, 3, 4]
