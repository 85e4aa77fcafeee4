"""Sources without SCIM: a list in CSV, and a signed event; both are the word of a directory."""

import hmac
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import pytest

from approvals.refusals import Refused
from bot.directory import lists
from bot.directory.asking.feeder import QUIET
from bot.directory.store import MISSING, Directories
from bot.directory.webhook import Webhook
from bot.sandbox.stage import POLICY, Stage
from tests.bot.directory.scenes import states
from tests.bot.journeys.scenes import playing, press, teams_of, told

HR = """
[directory.hr]
title = "HR"
teams = { "R&D" = "Engineering" }
attributes = ["name", "department"]
unattended = ["access", "leave", "details", "deactivate"]
approvers = ["it"]
hold_above = 3
owner = ["it"]
"""
LIST = """email,id,given_name,family_name,department,groups
alex@example.com,7,Alex,Smith,Labs,R&D;All
jo@example.com,8,Jo,Park,,All
lena@example.com,9,Lena,Vogt,,
"""


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, f"{POLICY}{HR}") as scene:
        yield scene


def take(s: Stage, text: str, whole: bool = False) -> tuple[int, int]:
    with s.bot.store.writing():
        directories = Directories(s.bot.store.database, s.clock)
        return lists.take(directories, "hr", lists.read(text.encode()), whole=whole)


def settle(s: Stage) -> list[tuple[str, str]]:
    s.settle()
    s.clock.pass_(QUIET * 2)
    s.settle()
    return states(reversed(s.bot.store.requests()))


def test_a_list_is_followed_and_the_same_list_again_changes_nothing(s: Stage) -> None:
    assert take(s, LIST) == (3, 0)
    assert settle(s) == [("request-access", "done")] * 3
    assert "Engineering" in teams_of(s, "alex@example.com")
    assert take(s, LIST) == (0, 0)
    assert len(settle(s)) == 3


def test_who_is_missing_has_left_only_if_the_list_is_whole(s: Stage) -> None:
    take(s, LIST)
    settle(s)
    short = "\n".join(LIST.splitlines()[:2])
    assert take(s, short) == (0, 0)
    assert len(settle(s)) == 3
    assert take(s, short, whole=True) == (0, 2)
    assert len(settle(s)) == 3
    assert "HR wants to close the accounts of 2 people" in told(s, "U0CAROL")[-1]
    assert take(s, "\n".join(LIST.splitlines()[:3])) == (1, 0)
    assert len(settle(s)) == 3
    press(s, "U0CAROL", "directory-released")
    assert settle(s)[3:] == [("offboard", "done")]
    assert (lena := s.miro.user("lena@example.com")) and not lena.active
    with pytest.raises(Refused, match="names nobody"):
        take(s, LIST.splitlines()[0], whole=True)


def test_a_list_with_a_mistake_is_refused_with_all_of_them() -> None:
    with pytest.raises(Refused) as refused:
        lists.read(b"email,active\nada@example.com,maybe\nada,\nbo@example.com,,x\n")
    assert "line 2, active: write true or false" in str(refused.value)
    assert "line 3, email: write an address" in str(refused.value)
    assert "line 4: it has 3 cells" in str(refused.value)
    with pytest.raises(Refused, match="line 3: it has a cell under an empty heading: name that column"):
        lists.read(b"email,,active\nada@example.com, ,yes\nbo@example.com,no,\n")


def test_a_list_is_read_as_a_spreadsheet_saves_it() -> None:
    text = "email;given_name;groups\r\njo@example.com;Jörg;\r\njo@example.com;Jörg;\r\n"
    other = text.replace("email;given_name;groups", "sep=;\r\nE-Mail Address;First Name;Groups")
    assert lists.read(other.encode()) == lists.read(text.encode())
    for encoding in ("cp1252", "utf-8-sig", "utf-16"):
        assert [line.given_name for line in lists.read(text.encode(encoding))] == ["Jörg"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "needs a heading “email”"),
        (b"email,colour\nada@example.com,red\n", "I don't know the heading 'colour'"),
        *(
            (f"email,{word}\nada@example.com,2026-01-05\n".encode(), f"know the heading '{word}'.*groups")
            for word in ("joins", "to", "team", "Which team", "ends", "leaves", "status", "type")
        ),
        (b"email,mail\na,b\n", "Two headings mean email"),
        (b"email\n", "names nobody"),
        (b"email\n" + b"a" * lists.MOST_BYTES, "is larger than 20 MB: leave out columns"),
        (b"PK\x03\x04\x14\0\x08\0", "isn't a CSV file"),
        (
            b"email,active\nada@example.com,yes\n\nAda@example.com,no\n",
            "line 4: it contradicts line 2 about Ada",
        ),
    ],
)
def test_what_is_no_list_or_contradicts_itself_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        lists.read(data)


def post(
    s: Stage, body: str, secret: str = "secret", at: float | None = None, signed_for: str = "hr"
) -> tuple[str, dict[str, str]]:
    stamp = str(int(s.clock.seconds() if at is None else at))
    of_source = hmac.new(secret.encode(), signed_for.encode(), "sha256").hexdigest()
    signature = hmac.new(of_source.encode(), f"v0:{stamp}:{body}".encode(), "sha256").hexdigest()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/events/hr",
        "CONTENT_LENGTH": str(len(body.encode())),
        "wsgi.input": io.BytesIO(body.encode()),
        "HTTP_X_MIRO_BOT_TIMESTAMP": stamp,
        "HTTP_X_MIRO_BOT_SIGNATURE": f"v0={signature}",
    }
    setup_testing_defaults(environ)
    answered = list[str]()
    scim = Webhook(lambda environ, start: [b"{}"], s.bot.context, "secret")
    content = scim(environ, lambda status, headers, error=None: answered.append(status))  # type: ignore[arg-type]
    return answered[0], json.loads(b"".join(content))


def test_a_signed_event_is_followed_and_any_other_is_refused(s: Stage) -> None:
    event = '{"email": "alex@example.com", "groups": ["R&D"]}'
    assert post(s, event, "another")[0] == "401 Unauthorized"
    assert post(s, event, at=s.clock.seconds() - 301)[0] == "401 Unauthorized"
    assert post(s, event, signed_for="okta")[0] == "401 Unauthorized"
    assert post(s, '{"email": "alex"}')[1]["error"].startswith("email: ")
    assert post(s, "[")[0] == post(s, "[]")[0] == "400 Bad Request"
    wrong = '{"email": "alex@example.com", "groups": "staff", "salary": 1}'
    assert "groups: write a list" in (answer := post(s, wrong)[1]["error"])
    assert "salary: isn't known, remove it. The fields are email, id" in answer
    assert post(s, event) == ("200 OK", {"ok": "saved"})
    assert settle(s) == [("request-access", "done")]
    assert "Engineering" in teams_of(s, "alex@example.com")
    post(s, '{"email": "alex@example.com", "active": false}')
    assert settle(s)[1:] == [("offboard", "done")]


def test_an_older_event_never_overwrites_a_newer_one(s: Stage) -> None:
    def sent(minute: int, **said: object) -> None:
        event = {"email": "alex@example.com", "id": "7", "changed_at": f"2026-03-02T09:{minute}:00+01:00"}
        assert post(s, json.dumps(event | said))[0] == "200 OK"

    sent(20, department="Labs", groups=["R&D"])
    sent(30, email="alex.smith@example.com", groups=["All"])
    sent(10, department="Old", given_name="Alex", groups=[], active=True)
    sent(40, email="alex.smith@example.com", active=False)
    sent(25, department="New", family_name="Smith", active=True)
    [user] = Directories(s.bot.store.database, s.clock).snapshot("hr").users
    assert (user.user_name, user.given_name, user.family_name) == ("alex.smith@example.com", "Alex", "Smith")
    assert (user.enterprise["department"], user.active, len(user.group_ids)) == ("New", False, 1)
    for wrong in ("x", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"):
        answer = post(s, json.dumps({"email": "a@b", "changed_at": wrong}))[1]["error"]
        assert "changed_at: write a time like" in answer


def test_a_word_from_the_future_is_refused_and_blocks_nothing(s: Stage) -> None:
    def sent(email: str, **ahead: float) -> tuple[str, dict[str, str]]:
        at = (s.clock() + timedelta(**ahead)).isoformat()
        return post(s, json.dumps({"email": email, "department": str(ahead), "changed_at": at}))

    status, answer = sent("alex@example.com", days=400)
    assert (
        status == "400 Bad Request" and "changed_at of alex@example.com is in the future" in answer["error"]
    )
    assert sent("alex@example.com", minutes=9)[0] == "200 OK"
    with pytest.raises(Refused, match="in the future"):
        take(s, "email,changed_at\njo@example.com,2027-01-01T00:00:00Z\n", whole=True)
    [user] = Directories(s.bot.store.database, s.clock).snapshot("hr").users
    assert user.enterprise["department"] == "{'minutes': 9}"


def test_an_older_event_brings_back_nobody_who_is_missing_from_a_newer_list(s: Stage) -> None:
    def is_missing() -> bool:
        users = Directories(s.bot.store.database, s.clock).snapshot("hr").users
        return any(user.body.get(MISSING) for user in users if user.user_name == "alex@example.com")

    def sent(day: int) -> None:
        event = {"email": "alex@example.com", "department": "Old", "changed_at": f"2026-02-0{day}T00:00:00Z"}
        assert post(s, json.dumps(event))[0] == "200 OK"

    one = "email,changed_at\njo@example.com,2026-02-05T00:00:00Z\n"
    both = f"{one}alex@example.com,2026-02-01T00:00:00Z\n".replace("05T", "09T")
    sent(2)
    assert take(s, one, whole=True) == (1, 1)
    for day in (1, 3, 4):
        sent(day)
        assert is_missing()
    assert take(s, one.replace("05T", "07T"), whole=True) == (1, 0)
    sent(6)
    assert is_missing()
    sent(8)
    assert not is_missing()
    assert take(s, one.replace("05T", "07T"), whole=True) == (0, 1)
    assert take(s, both) == (2, 0)
    assert not is_missing()


def test_receipts_of_events_are_kept_only_as_long_as_a_signature_counts(s: Stage) -> None:
    event, at = '{"email": "alex@example.com"}', s.clock.seconds()
    post(s, event, at=at)
    s.bot.housekeeping.tick()
    count = "SELECT count(*) AS n FROM receipts WHERE key LIKE 'event %'"
    assert [row["n"] for row in s.bot.store.database.rows(count)] == [1]
    s.clock.pass_(timedelta(hours=2))
    s.bot.housekeeping.tick()
    assert [row["n"] for row in s.bot.store.database.rows(count)] == [0]
    assert post(s, event, at=at)[0] == "401 Unauthorized"


def test_an_event_delivered_again_brings_back_nobody_who_has_left_since(s: Stage) -> None:
    joined, at = '{"email": "alex@example.com", "active": true, "groups": ["R&D"]}', s.clock.seconds()
    post(s, joined, at=at)
    settle(s)
    post(s, '{"email": "alex@example.com", "active": false}')
    ended = settle(s)
    assert post(s, joined, at=at) == ("200 OK", {"ok": "saved"})
    assert settle(s) == ended == [("request-access", "done"), ("offboard", "done")]


@pytest.mark.parametrize("address", ["Ada Test <ada@example.com>", "ada@example.com bo@example.com"])
def test_what_is_more_than_an_address_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        lists.read(f"email\n{address}\n".encode())
