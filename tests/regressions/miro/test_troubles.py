"""What is the matter with Miro: who asked reads the kind at once, operators and health read Miro's words."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from approvals.request import Draft
from approvals.states import What
from bot.miro.errors import Trouble
from bot.sandbox.miro import Fault
from bot.sandbox.stage import Stage
from bot.troubles import SENTENCES
from tests.bot.journeys.scenes import approve, ask, last, playing, request, state, told, wait

pytestmark = pytest.mark.regression

ACCESS = ("/miro-access", "for Engineering because of the workshop")
KINDS: list[tuple[dict[str, Any], str, str]] = [
    ({"status": 401}, "Miro refuses the bot's token.", "The token can't authorize an organization"),
    ({"status": 403}, "Miro refuses the bot's token.", "SCIM integration is disabled"),
    ({"status": 429}, "Miro is limiting calls.", ""),
    ({"status": 429, "retry_after": 99}, "Miro is limiting calls.", ""),
    ({"status": 503}, "Miro is busy.", "Service Unavailable"),
    ({"status": 500}, "Miro has an error of its own.", "(500)"),
    ({"status": 502, "body": "html"}, "Miro has an error of its own.", "(502)"),
    ({"status": 302}, "Miro gave an answer I can't use.", "302"),
    ({"status": 200, "body": "html"}, "Miro's answer couldn't be read.", ""),
    ({"cut": "before"}, "Miro isn't responding.", ""),
]


def troubled(s: Stage, methods: str, how: dict[str, Any]) -> Fault:
    fault = Fault(methods, "", times=9_999, **how)
    s.miro.faults.append(fault)
    return fault


def health(s: Stage) -> tuple[bool, str]:
    said = httpx.get(f"{s.url}/healthz").json()
    return said["ok"], said["miro"]


def warnings(s: Stage, part: str) -> list[str]:
    """What an operator was told with these words, apart from cards."""
    return [one for one in told(s, "U0CAROL") if part in one and "What waits is saved" in one]


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


@pytest.mark.parametrize(("how", "kind", "words"), KINDS, ids=str)
def test_who_asked_reads_the_kind_at_once_and_no_more_when_it_goes_on(
    s: Stage, how: dict[str, Any], kind: str, words: str
) -> None:
    troubled(s, "GET", how)
    began = s.clock()
    id = ask(s, "U0ALEX", *ACCESS)
    assert f"{kind} {id} is saved and continues by itself." in last(s, "U0ALEX")
    assert (s.clock() - began).total_seconds() <= 5
    s.miro.faults.clear()
    wait(s, minutes=2)
    assert state(s, id) == "waiting"
    assert kind not in "".join(told(s, "U0ALEX"))


@pytest.mark.parametrize(("how", "kind", "words"), KINDS, ids=str)
def test_operators_log_and_health_read_it_after_the_second_try(
    s: Stage, caplog: pytest.LogCaptureFixture, how: dict[str, Any], kind: str, words: str
) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    troubled(s, "GET", how)
    approve(s, "U0PRIYA")
    ok, said = health(s)
    assert not ok and kind.rstrip(".") in said and words in said and f"{id} waits." in said
    assert any(id in line and kind.rstrip(".") in line and words in line for line in caplog.messages)
    before = len(told(s, "U0CAROL"))
    wait(s, minutes=2)
    [heard] = told(s, "U0CAROL")[before:]
    assert kind.rstrip(".") in heard and words in heard and f"{id} waits." in heard
    s.miro.faults.clear()
    wait(s, minutes=5)
    assert state(s, id) == "done"
    assert health(s) == (True, "takes the token")
    assert sum("It works again." in one for one in told(s, "U0CAROL")) == 1


def test_a_trouble_of_writes_alone_shows_although_looks_are_well(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    troubled(s, "POST|PATCH", {"status": 403})
    approve(s, "U0PRIYA")
    for _ in range(5):
        wait(s, minutes=10)
        assert not health(s)[0]
    assert len(warnings(s, "(403)")) == 1
    s.miro.faults.clear()
    wait(s, minutes=20)
    assert (state(s, id), health(s)) == ("done", (True, "takes the token"))


def test_many_that_wait_tell_operators_once(s: Stage) -> None:
    troubled(s, "GET", {"status": 401})
    ids = [ask(s, user, *ACCESS) for user in ("U0ALEX", "U0JO", "U0SAM", "U0LENA")]
    for _ in range(12):
        wait(s, hours=4)
    assert len(warnings(s, "(401)")) == 1
    ok, said = health(s)
    # The second request of Alex isn't tried before the first is through.
    assert not ok and "R-1 and 3 others wait." in said
    s.miro.faults.clear()
    for _ in range(3):
        wait(s, minutes=16)
    assert {state(s, id) for id in ids} == {"waiting"}
    assert health(s)[0]
    assert sum("It works again." in one for one in told(s, "U0CAROL")) == 1


def test_another_kind_is_told_as_well(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    fault = troubled(s, "GET", {"status": 401})
    approve(s, "U0PRIYA")
    wait(s, minutes=2)
    s.miro.faults.remove(fault)
    troubled(s, "GET", {"status": 200, "body": "html"})
    for _ in range(3):
        wait(s, minutes=15)
    assert "couldn't be read" in request(s, id).held
    assert len(warnings(s, "couldn't be read")) == 1
    assert "token" not in health(s)[1]


def test_what_ends_meanwhile_keeps_health_bad_no_longer(s: Stage) -> None:
    troubled(s, "GET", {"status": 401})
    id = ask(s, "U0ALEX", *ACCESS)
    wait(s, seconds=30)
    assert not health(s)[0]
    s.bot.store.append(request(s, id), [Draft(What.WITHDRAWN, words={"text": "Not needed."})])
    s.miro.faults.clear()
    wait(s, seconds=90)
    assert health(s) == (True, "takes the token")


def test_no_trouble_is_without_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert set(SENTENCES) == set(Trouble)
    assert all(text.endswith(".") and "answering" not in text for text in SENTENCES.values())
