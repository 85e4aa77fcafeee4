"""What a shell prints, for people and for programs, tells two people of one display name apart."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.request import Draft
from approvals.states import EventType
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, newest_request, request, wait
from tests.bot.journeys.shell import Shell, machine

pytestmark = pytest.mark.regression

TWIN, OTHER = "U0ALEXTWO", "alex.smith@example.com"
ALEX, TWO = "Alex Smith (alex@example.com)", f"Alex Smith ({OTHER})"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    """Two people of one name; each has asked for the same."""
    with machine(tmp_path) as (s, shell):
        s.slack.add_person(TWIN, OTHER, "Alex Smith")
        for user in ("U0ALEX", TWIN):
            ask(s, user, "/miro-access", "for Engineering because of the project")
        yield s, shell


def listed(shell: Shell, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shell.json(*words)
    return found


def test_a_list_for_programs_tells_them_apart(both: tuple[Stage, Shell]) -> None:
    second, first = listed(both[1], "requests")
    assert (first["requester"], second["requester"]) == (ALEX, TWO)
    assert (first["requester_account"], second["requester_account"]) == ("U0ALEX", TWIN)
    assert first["what"] == f"give {ALEX} access to Engineering"
    assert second["what"] == f"give {TWO} access to Engineering"
    assert (first["subject_account"], first["subject_email"]) == ("U0ALEX", "alex@example.com")
    assert (second["subject_account"], second["subject_email"]) == (TWIN, OTHER)


@pytest.mark.parametrize("words", [("requests",), ("show", "R-2")])
def test_what_people_read_tells_them_apart(both: tuple[Stage, Shell], words: tuple[str, ...]) -> None:
    text = both[1].types(*words)
    assert f"give {TWO} access" in text
    assert f"requester           {TWO}" in text or f"(requested by {TWO})" in text


def test_one_request_is_shown_with_the_accounts(both: tuple[Stage, Shell]) -> None:
    text = both[1].types("show", "R-2")
    assert f"requester in Slack  {TWIN}" in text and f"subject in Slack    {TWIN}" in text
    whole = both[1].json("show", "R-2")
    assert (whole["requester"], whole["subject"], whole["subject_in_miro"]) == (TWO, TWO, OTHER)


@pytest.mark.parametrize("words", [("ask",), ("withdraw", "R-2")])
def test_what_was_done_is_told_with_the_address(both: tuple[Stage, Shell], words: tuple[str, ...]) -> None:
    if words == ("ask",):
        words = ("ask", "request-access", "teams=Design", "--reason", "because of the project")
    done = both[1].json(*words, "--as", OTHER)
    assert TWO in done["what"] and (done["requester"], done["requester_email"]) == (TWO, OTHER)


def test_the_address_that_miro_has_is_the_one_that_is_shown(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
        ask(s, "U0ALEX", "/miro-access", "for Design because of the project")
        approve(s, "U0PRIYA")
        s.slack.change_person("U0ALEX", email="alex.jones@example.com")
        for _ in range(2):
            wait(s, hours=7)
        ask(s, "U0LENA", "/miro-offboard", "<@U0ALEX> because last day today")
        id = newest_request(s).id
        whole = shell.json("show", id)
        assert whole["subject_in_miro"] == "alex@example.com"
        assert whole["subject_email"] == "alex.jones@example.com"
        assert ALEX in whole["what"] and "alex.jones" not in whole["what"]
        assert whole["what"] in shell.types("requests")


def unsigned(s: Stage, id: str) -> str:
    """An entry by somebody of whom the record holds no more than the id."""
    by = request(s, id).requester
    s.bot.store.append(request(s, id), [Draft(EventType.UNREACHED, by, {"role": "result"}, {"text": ""})])
    return by


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_names_nobody_by_a_display_name_alone(both: tuple[Stage, Shell], form: str) -> None:
    by = unsigned(both[0], "R-2")
    text = both[1].types("audit", "export", "--format", form, "R-2")
    rows = [json.loads(one) for one in text.splitlines()] if form == "jsonl" else None
    last = (rows or list(csv.DictReader(io.StringIO(text))))[-1]
    assert last["who" if form == "jsonl" else "by"] == f"{by} ({TWO})"


def test_a_history_names_nobody_by_a_display_name_alone(both: tuple[Stage, Shell]) -> None:
    by = unsigned(both[0], "R-2")
    assert both[1].json("show", "R-2")["events"][-1]["who"] == f"{by} ({TWO})"
    assert f"{by} ({TWO})" in both[1].types("show", "R-2")
