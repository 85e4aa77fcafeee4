"""What a list may look like, and how each wrong row of it is named."""

import csv
import tracemalloc
from io import StringIO
from pathlib import Path

import pytest

from approvals.refusals import Refused
from bot.sandbox.stage import POLICY
from bot.work.bulk.table import TEMPLATE, meant, rows
from tests.bot.bulk.scene import listed
from tests.bot.bulk.wrong import WAYS, people, table
from tests.bot.journeys.scenes import playing
from tests.bot.journeys.shell import machine

PLAIN = POLICY.replace('organization = "Example Ltd"', "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_list_is_read_as_people_save_it(encoding: str, delimiter: str) -> None:
    out = StringIO()
    csv.writer(out, delimiter=delimiter).writerows(
        [["E-Mail", "Full Name", " New team ", "Action"], ["zoë@example.com", "Zoë", "Büro, Köln\n2", "Join"]]
    )
    data = out.getvalue().encode(encoding)
    data = b"\xff\xfe" + data if encoding == "utf-16-le" else data
    [row] = rows(data)
    action, raw = meant(row)
    assert (row.line, action.NAME) == (2, "request-access")
    assert raw == {"person": "zoë@example.com", "teams": "Büro, Köln\n2"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("email,team\n", "no rows below"),
        ("email,colour\na@example.com,red\n", "I don't know the heading 'colour'"),
        ("email,mail\na,b\n", "Two headings mean"),
        ("PK\x03\x04\0\x08\0", "isn't a CSV file"),
        ("team\nDesign\n", "needs a heading “email”"),
        ('email\n"a@example.com\n', "Line 2 isn't readable"),
        ("email\n" + "a@example.com\n" * 5001, "more than 5,000 rows"),
    ],
)
def test_what_is_no_list_is_refused_with_the_remedy(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        list(rows(text.encode()))


def test_rows_of_a_long_list_take_no_more_memory_than_those_of_a_short_one() -> None:
    peaks = []
    for count in (1_000, 5_000):
        data = ("email,action\n" + "zo\xeb@example.com,offboard\n" * count).encode()
        tracemalloc.start()
        assert sum(1 for _ in rows(data)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 1.5 * min(peaks)


def test_the_template_is_a_list() -> None:
    actions = [meant(row)[0].NAME for row in rows("\n".join(TEMPLATE).encode())]
    assert actions == ["request-access", "move-team", "leave-team", "offboard", "update-details"]


def test_every_wrong_row_is_named_with_its_line_and_a_remedy(tmp_path: Path) -> None:
    text, expected = table(200, len(WAYS))
    with playing(tmp_path, PLAIN, prepare=lambda miro, slack: people(miro, 200)) as s:
        reading = listed(s, text)
    assert reading.problems.keys() == expected.keys()
    for line, said in expected.items():
        assert said in reading.problems[line]
    assert len(expected) == len(WAYS) == 200 - len(reading.lines)


def test_a_list_needs_the_token_of_miro(tmp_path: Path) -> None:
    with machine(tmp_path, PLAIN) as (s, shell):
        (tmp_path / "list.csv").write_text("email,action\nperson.0@example.com,offboard\n")
        shell.environ["MIRO_SCIM_TOKEN"] = ""
        send = ("bulk", str(tmp_path / "list.csv"), "--as", "carol@example.com", "--reason", "Quarter ends")
        assert shell.types(*send, "--check", exits=1).startswith("Error: Set MIRO_SCIM_TOKEN (or ")
        assert s.miro.log == []


def test_a_list_is_sent_followed_and_answered_in_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path, PLAIN) as (s, shell):
        people(s.miro, 3)
        file = tmp_path / "list.csv"
        file.write_text(
            "email,action,team\nperson.0@example.com,join,Engineering\nperson.1@example.com,join,X\n"
        )
        send = ("bulk", str(file), "--as", "carol@example.com", "--reason", "=Quarter ends")
        assert "Line 3: There's no team X." in shell.types(*send, exits=1)
        assert "This start is over" in shell.types(*send, "--skip", "--start", "2020-01-01", exits=1)
        assert s.bot.store.requests() == []
        assert "R-1 saved" in shell.types(*send, "--skip")
        s.settle()
        shell.types("approve", "R-1", "--as", "sam@example.com")
        shell.types("bulk", "pause", "R-1", "--as", "carol@example.com")
        s.settle()
        assert "1 still to do" in shell.types("bulk", "watch", "R-1", "--once")
        shell.types("bulk", "continue", "R-1", "--as", "carol@example.com")
        s.settle()
        assert "1 of 1 lines have ended: 1 done" in shell.types("bulk", "watch", "R-1")
        [row] = csv.DictReader(StringIO(shell.types("bulk", "result", "R-1")))
        assert (row["line"], row["email"], row["state"]) == ("2", "person.0@example.com", "done")
        assert row["verified_at"] == f"{s.clock():%Y-%m-%dT%H:%M:%SZ}"
        assert shell.types("bulk", "--template").splitlines()[0].startswith("email,action")
