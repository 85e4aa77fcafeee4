"""A look that is answered strangely is held and looked at again; only what is understood decides anything."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.miro.client import Miro
from bot.miro.errors import Away, Declined, Locked, Trouble, Unclear
from bot.miro.goals import ScimCall
from bot.sandbox.miro.service import Fault
from bot.sandbox.server import Answer
from bot.sandbox.server import Call as Heard
from bot.sandbox.stage import Clock, Stage
from tests.bot.journeys.scenes import approve, ask, calls, history, playing, state
from tests.bot.miro.scene import always, answering, page

pytestmark = pytest.mark.regression

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ADA = {"id": "7", "userName": "ada@example.com"}
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I draw the plans")
MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
STRANGE = [302, 304, 308, 404, 409, 418, 423, 451, 500, 502, 504, 521]
RETRIED = [408, 425, 429, 503]
LOOKS: dict[str, Callable[[Miro], Any]] = {
    "person": lambda miro: miro.look("ada@example.com"),
    "person by id": lambda miro: miro.by_id("7"),
    "other admin": lambda miro: miro.other_admin("7"),
    "admins": lambda miro: miro.roster()[0],
    "groups": lambda miro: miro.groups(),
    "group": lambda miro: miro.group("100"),
    "manager": lambda miro: miro.manager_of("ada@example.com"),
    "ping": lambda miro: miro.ping(),
}
each_look = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
DEACTIVATE = ScimCall("PATCH", "/Users/{user}", {"schemas": [], "Operations": []})


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        running.miro.add_user("alex@example.com", "Alex Smith", teams=[running.teams["Engineering"]])
        yield running


# -- requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["scim", "html", "empty", "rest"])
@pytest.mark.parametrize("status", [302, 400, 404, 409, 423])
def test_a_strange_status_before_the_question_refuses_nobody(s: Stage, status: int, body: Any) -> None:
    s.miro.faults.append(Fault("GET", "/Users", status=status, body=body))
    id = ask(s, *MOVE)
    assert state(s, id) == "checking"
    s.clock.sleep(31)
    s.settle()
    assert state(s, id) == "waiting"


@pytest.mark.parametrize("status", [302, 404, 409, 423])
def test_a_strange_status_after_the_approval_stops_nothing(s: Stage, status: int) -> None:
    id = ask(s, *MOVE)
    s.miro.faults.append(Fault("GET", "/Users", status=status, body="html", times=2))
    approve(s, "U0PRIYA")
    assert state(s, id) not in ("done", "stopped", "refused")
    for _ in range(3):
        s.clock.sleep(120)
        s.settle()
    assert state(s, id) == "done"
    assert "stopped" not in history(s, id)


@pytest.mark.parametrize("status", RETRIED)
def test_a_busy_miro_is_asked_again_when_it_says(s: Stage, status: int) -> None:
    s.miro.faults.append(Fault("GET", "/Users", status=status, retry_after=3))
    id = ask(s, *MOVE)
    assert state(s, id) == "checking"
    s.clock.sleep(3)
    s.settle()
    assert state(s, id) == "waiting"


# -- looks -------------------------------------------------------------------------------------------------


@each_look
@pytest.mark.parametrize("status", STRANGE)
def test_a_status_that_answers_no_look_is_no_verdict(look: Callable[[Miro], Any], status: int) -> None:
    page_of_a_proxy = Answer(
        status, b"<html><h1>Not what you think</h1></html>", {"Content-Type": "text/html"}
    )
    with answering(always(page_of_a_proxy)) as miro, pytest.raises(Away) as raised:
        look(miro)
    assert raised.value.kind is (Trouble.SERVER if status >= 500 else Trouble.STATUS)
    assert status == 304 or raised.value.words == "Not what you think"


@each_look
@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Sign in</html>"),
        Answer(200, b'{"totalResults": 1, "Resour'),
        Answer(200, b"null"),
        Answer.of(200, {"schemas": [ERROR], "status": "404", "detail": "No resource with ID 7"}),
    ],
    ids=lambda answer: answer.body.decode()[:20],
)
def test_a_yes_that_shows_nothing_is_no_answer(look: Callable[[Miro], Any], answer: Answer) -> None:
    with answering(always(answer)) as miro, pytest.raises(Away) as raised:
        look(miro)
    assert raised.value.kind is Trouble.UNREADABLE


def test_a_filter_that_miro_refuses_is_no_verdict_and_told_in_its_words() -> None:
    refusal = {
        "schemas": [ERROR],
        "status": "400",
        "scimType": "invalidFilter",
        "detail": "Filter is invalid",
    }
    with answering(always(Answer.of(400, refusal))) as miro, pytest.raises(Away) as raised:
        miro.look("ada@example.com")
    assert (raised.value.kind, raised.value.words) == (Trouble.STATUS, "Filter is invalid")


@pytest.mark.parametrize(("status", "kind"), [(401, Trouble.TOKEN), (403, Trouble.FORBIDDEN)])
@each_look
def test_a_refused_token_is_told_apart(look: Callable[[Miro], Any], status: int, kind: Trouble) -> None:
    with answering(always(Answer.of(status, {"detail": "No"}))) as miro, pytest.raises(Locked) as raised:
        look(miro)
    assert (raised.value.kind, raised.value.words) == (kind, "No")


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [ERROR], "status": "404", "detail": "No resource with ID 7"},
        {"schemas": [ERROR], "status": 404},
        {"status": "404", "detail": "No resource with ID 7"},
    ],
    ids=str,
)
def test_nobody_is_there_where_scim_says_so(body: dict[str, Any]) -> None:
    with answering(always(Answer.of(404, body))) as miro:
        assert miro.by_id("7") is None
        assert miro.group("7") is None


PARTIAL = [201, 202, 203, 204, 205, 206, 207, 208, 226]


@each_look
@pytest.mark.parametrize("status", PARTIAL)
def test_only_a_200_is_a_whole_answer(look: Callable[[Miro], Any], status: int) -> None:
    roles = [{"value": "ORGANIZATION_INTERNAL_ADMIN", "type": "organization_user_role", "primary": True}]

    def like_a_whole_one(call: Heard) -> Answer:
        person = {**ADA, "active": True, "roles": roles, "displayName": "Ada"}
        if call.path.endswith(("/Users", "/Groups")):
            return Answer(status, page(person).body)
        return Answer(status, json.dumps({**person, "id": call.path.rpartition("/")[2]}).encode())

    with answering(like_a_whole_one) as miro, pytest.raises(Away) as raised:
        look(miro)
    assert raised.value.kind is Trouble.STATUS


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Endpoint is not found", "reason": "notFound", "code": 404}},
        {"status": 404, "code": "notFound", "message": "Not found", "type": "error"},
        {"schemas": [ERROR], "status": "500", "detail": "Board service is down"},
        ["No resource with ID 7"],
        {},
        {"detail": "Not Found"},
        {"detail": "No resource"},
        {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Not Found"},
        {"status": 404, "detail": "No resource at /api/v1/scim/Users/7"},
        {"detail": "No resource with ID 77"},
        {"detail": "No resource with ID 1-7"},
        {"detail": ["No resource with ID 7"]},
        {"schemas": ["urn:example:gateway:Error"], "detail": "Resource not found"},
        {"schemas": "urn:ietf:params:scim:api:messages:2.0:Error", "detail": "Not Found"},
    ],
    ids=str,
)
def test_a_404_of_somebody_else_says_nothing_about_a_person(body: Any) -> None:
    with answering(always(Answer.of(404, body))) as miro:
        for look in (LOOKS["person by id"], lambda miro: miro.group("7")):
            with pytest.raises(Away):
                look(miro)


# -- writes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", RETRIED)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_what_was_not_taken_is_sent_again_after_the_time_that_miro_names(status: int, method: str) -> None:
    heard: list[str] = []
    clock = Clock()
    start = clock()

    def busy_once(call: Heard) -> Answer:
        heard.append(call.method)
        if len(heard) == 1:
            return Answer(status, b"", {"Retry-After": "7"})
        return page({**ADA, "active": True}) if method == "GET" else Answer(204)

    with answering(busy_once, clock) as miro:
        if method == "GET":
            assert miro.look("ada@example.com")
        else:
            miro.send(ScimCall(method, "/Users" if method == "POST" else "/Users/{user}", {"a": 1}), "7")
    assert heard == [method, method]
    assert (clock() - start).total_seconds() == 7


@pytest.mark.parametrize("status", [400, 404, 405, 409, 413, 415, 422, 423])
def test_a_refused_write_is_told_in_miros_words(status: int) -> None:
    refusal = always(Answer.of(status, {"detail": "Not like that"}))
    with answering(refusal) as miro, pytest.raises(Declined, match="Not like that"):
        miro.send(DEACTIVATE, "7")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 500, 502, 504, 599])
def test_a_write_that_was_sent_elsewhere_or_broke_is_unclear(status: int) -> None:
    elsewhere = always(Answer(status, b"", {"Location": "http://127.0.0.1:9/"}))
    with answering(elsewhere) as miro, pytest.raises(Unclear):
        miro.send(DEACTIVATE, "7")


def test_a_write_that_was_sent_elsewhere_is_looked_at_and_sent_again(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.miro.faults.append(Fault("PATCH", "", status=302, body="html"))
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert "GET /Users" in calls(s, "GET", "PATCH")
