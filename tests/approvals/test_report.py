"""The record as people and spreadsheets read it."""

import csv
import io
import json

import pytest

from approvals.decide import deny
from approvals.report import COLUMNS, as_csv, as_json, history, row
from approvals.request import Draft
from approvals.states import What
from tests.approvals.scene import Scene, asked
from tests.approvals.tamper import by_hand


@pytest.fixture
def denied(scene: Scene) -> Scene:
    """A record with one request, which Cy denied."""
    request = scene.waiting()
    scene.store.append(request, deny(request, scene.who("cy"), "not now", scene.table, False))
    return scene


def lines(scene: Scene) -> list[str]:
    """The history of the first request."""
    return history(scene.store.events("R-1"), scene.store.people)


def cells(scene: Scene) -> list[dict[str, str]]:
    """The table that a spreadsheet shows."""
    rows = [row(event, scene.store.people) for event in scene.store.events()]
    return list(csv.DictReader(io.StringIO(as_csv(rows))))


def test_a_row_tells_who_did_what_when(denied: Scene) -> None:
    *_, last = denied.store.events()
    told = row(last, denied.store.people)
    assert (told["seq"], told["request"], told["event"]) == (4, "R-1", "denied")
    assert (told["at"], told["who"]) == ("2026-03-02T09:00:00.000Z", "cy@example.com UCY01")
    assert told["details"] == {"text": "not now"}
    assert set(told["hash_of_words"]) == {"who", "text"}


def test_who_is_not_signed_is_looked_up(denied: Scene) -> None:
    _, first, planned, _ = denied.store.events()
    assert row(first, denied.store.people)["who"] == "Ada"
    assert row(planned, denied.store.people)["who"] == "bot"


def test_a_forgotten_word_reads_as_forgotten(denied: Scene) -> None:
    with by_hand(denied.store.path) as connection:  # type: ignore[attr-defined]
        connection.execute("DELETE FROM words WHERE text = 'not now'")
    *_, last = denied.store.events()
    assert row(last, denied.store.people)["details"] == {"text": "(forgotten)"}


def test_a_history_has_one_line_an_entry(denied: Scene) -> None:
    told = lines(denied)
    assert [line.split()[4] for line in told] == ["asked", "planned", "denied"]
    assert told[-1].endswith("cy@example.com UCY01         text: not now")


def test_a_reason_cannot_forge_an_entry(scene: Scene) -> None:
    forged = "please\n    9  2026-03-02 09:00:00 UTC  approved   Cy\r\x1b[2K\u2028"
    scene.store.ask(asked(scene.person("ada").id, reason=forged))
    [line] = lines(scene)
    assert line.isprintable()
    assert "please" in line


def test_long_words_are_cut_in_a_history(scene: Scene) -> None:
    scene.store.ask(asked(scene.person("ada").id, reason="because " * 100))
    [line] = lines(scene)
    assert "…" in line
    assert len(line) < 500


def test_json_has_one_object_a_line(denied: Scene) -> None:
    rows = [row(event, denied.store.people) for event in denied.store.events()]
    assert [json.loads(line) for line in as_json(rows).splitlines()] == rows


def test_a_spreadsheet_has_a_heading_and_every_entry(denied: Scene) -> None:
    table = cells(denied)
    assert list(table[0]) == list(COLUMNS)
    assert [one["event"] for one in table] == ["policy-in-force", "asked", "planned", "denied"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(scene: Scene, sign: str) -> None:
    request = scene.waiting()
    words = {"who": f'{sign}HYPERLINK("https://example.org")', "text": "no"}
    scene.store.append(request, [Draft(What.DENIED, scene.person("cy").id, {}, words)])
    assert cells(scene)[-1]["who"] == f'\'{sign}HYPERLINK("https://example.org")'
