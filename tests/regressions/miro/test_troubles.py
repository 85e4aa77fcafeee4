"""What is the matter with Miro: who asked reads the kind at once, operators and health read Miro's words."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from approvals.ids import RequestId
from approvals.request import Draft
from approvals.states import EventType
from bot.miro.errors import Trouble, Troubled
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Clock, Stage
from bot.troubles import SENTENCES, Troubles
from tests.bot.journeys.scenes import approve, ask, last, playing, request, state, told, wait
from tests.says import says

pytestmark = pytest.mark.regression

ACCESS = ("/miro-access", "for Engineering because of the workshop")
KINDS: list[tuple[dict[str, Any], str, str]] = [
    ({"status": 401}, "Miro refuses the bot's token.", "The token can't authorize an organization"),
    ({"status": 403}, "Miro refuses the bot's token.", "SCIM integration is disabled"),
    ({"status": 429}, "Miro is limiting calls.", ""),
    ({"status": 429, "retry_after": 99}, "Miro is limiting calls.", ""),
    ({"status": 503}, "Miro is busy.", "Service Unavailable"),
    ({"status": 500}, "Miro reports an internal error.", "(500)"),
    ({"status": 502, "body": "html"}, "Miro reports an internal error.", "(502)"),
    ({"status": 302}, "Miro sent an unexpected answer.", "302"),
    ({"status": 200, "body": "html"}, "Miro's answer is unreadable.", ""),
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
    return [one for one in told(s, "U0CAROL") if part in one and "Waiting requests are saved" in one]


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
    assert "is unreadable" in says(request(s, id).progress.held)
    assert len(warnings(s, "is unreadable")) == 1
    assert "token" not in health(s)[1]


def test_what_ends_meanwhile_keeps_health_bad_no_longer(s: Stage) -> None:
    troubled(s, "GET", {"status": 401})
    id = ask(s, "U0ALEX", *ACCESS)
    wait(s, seconds=30)
    assert not health(s)[0]
    s.bot.store.append(request(s, id), [Draft(EventType.WITHDRAWN, words={"text": "Not needed."})])
    s.miro.faults.clear()
    wait(s, seconds=90)
    assert health(s) == (True, "takes the token")


def test_no_trouble_is_without_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert set(SENTENCES) == set(Trouble)
    assert all(text.endswith(".") and "answering" not in text for text in SENTENCES.values())


# -- kinds that take turns ---------------------------------------------------------------------------------

TURNS: list[list[tuple[dict[str, Any], str]]] = [
    [({"cut": "before"}, "Miro isn't responding."), ({"status": 502, "body": "html"}, "internal error")],
    [({"status": 401}, "refuses the bot's token"), ({"status": 200, "body": "html"}, "is unreadable")],
    [
        ({"status": 503}, "Miro is busy."),
        ({"status": 302}, "sent an unexpected answer"),
        ({"status": 500}, "internal error"),
    ],
]


def met_in_turn(s: Stage, turns: list[tuple[dict[str, Any], str]], rounds: int) -> None:
    """Each time that is tried again, Miro has the next of these troubles."""
    for n in range(rounds * len(turns)):
        s.miro.faults.clear()
        troubled(s, "GET", turns[n % len(turns)][0])
        wait(s, minutes=16)


@pytest.mark.parametrize("turns", TURNS, ids=["two", "two others", "three"])
def test_troubles_that_take_turns_are_each_told_once_and_never_called_over(
    s: Stage, turns: list[tuple[dict[str, Any], str]]
) -> None:
    troubled(s, "GET", turns[-1][0])
    id = ask(s, "U0ALEX", *ACCESS)
    met_in_turn(s, turns, 1)
    assert warnings(s, ""), "operators hear of it by the second try, whatever the tries came to"
    met_in_turn(s, turns, 3)
    assert [len(warnings(s, words)) for _, words in turns] == [1] * len(turns)
    assert not health(s)[0] and "Resolved" not in "".join(told(s, "U0CAROL"))
    s.miro.faults.clear()
    wait(s, minutes=16)
    assert (state(s, id), health(s)) == ("waiting", (True, "takes the token"))
    [over] = [one for one in told(s, "U0CAROL") if "It works again." in one]
    assert all(words in over for _, words in turns)


def test_what_is_withdrawn_while_miro_is_away_is_no_sign_that_it_works_again(s: Stage) -> None:
    troubled(s, "GET", {"status": 401})
    id = ask(s, "U0ALEX", *ACCESS)
    wait(s, minutes=16)
    assert len(warnings(s, "(401)")) == 1
    s.bot.store.append(request(s, id), [Draft(EventType.WITHDRAWN, words={"text": "Not needed."})])
    wait(s, minutes=2)
    assert "It works again." not in "".join(told(s, "U0CAROL"))
    assert "No request waits for this anymore: Miro refuses" in last(s, "U0CAROL")


def test_one_that_goes_on_ends_no_trouble_that_another_still_has() -> None:
    heard = list[str]()
    troubles = Troubles(heard.append, Clock())
    for kind in (Trouble.NO_ANSWER, Trouble.SERVER, Trouble.NO_ANSWER):
        for id in ("R-1", "R-2"):
            troubles.note(Troubled("It went wrong.", kind), RequestId(id))
    assert len(heard) == 2
    troubles.went_on(RequestId("R-1"))
    assert heard[2:] == ["Resolved: Miro reports an internal error."]
    troubles.went_on(RequestId("R-2"))
    assert heard[3:] == ["It works again. Resolved: Miro isn't responding."]


# -- a kind that had ended ----------------------------------------------------------------------------------


@pytest.mark.parametrize("away", [timedelta(hours=2), timedelta(days=2), -timedelta(hours=3)], ids=str)
def test_a_kind_that_had_ended_and_starts_anew_is_told_again(away: timedelta) -> None:
    heard, clock = list[str](), Clock()
    troubles = Troubles(heard.append, clock)

    def meets(kind: Trouble, *ids: str) -> list[str]:
        before = len(heard)
        for id in ids:
            troubles.note(Troubled("It went wrong.", kind), RequestId(id))
        return heard[before:]

    assert len(meets(Trouble.TOKEN, "R-1", "R-1")) == 1
    assert len(meets(Trouble.SERVER, "R-1")) == 1
    clock.pass_(away)
    assert meets(Trouble.TOKEN, "R-2") == [], "a request's first try may be the only one"
    assert len(meets(Trouble.TOKEN, "R-2")) == 1
    assert meets(Trouble.TOKEN, "R-1", "R-2") == []


def test_a_kind_that_lasts_is_told_once_however_long(s: Stage) -> None:
    troubled(s, "GET", {"status": 401})
    ask(s, "U0ALEX", *ACCESS)
    for _ in range(24):
        wait(s, minutes=15)
    assert len(warnings(s, "(401)")) == 1


def test_operators_of_a_request_that_waits_read_of_the_token_twice(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    fault = troubled(s, "GET", {"status": 401})
    ask(s, "U0JO", *ACCESS)
    wait(s, minutes=2)
    s.miro.faults.remove(fault)
    other = troubled(s, "GET", {"status": 200, "body": "html"})
    for _ in range(8):
        wait(s, minutes=16)
    s.miro.faults.remove(other)
    troubled(s, "GET", {"status": 401})
    wait(s, minutes=16)
    assert [len(warnings(s, part)) for part in ("(401)", "is unreadable")] == [2, 1]
