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
from tests.bot.journeys.shell import Shell, machine

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


def test_a_cell_under_an_empty_heading_is_named() -> None:
    fine, wrong = rows(b"email,,team\na@example.com, ,Design\nb@example.com,Design,\n")
    assert (fine.problem, fine.cells) == ("", {"email": "a@example.com", "team": "Design"})
    assert "under an empty heading" in wrong.problem


@pytest.mark.parametrize("mark", ["sep=;\n", "SEP=|\r\n", '"sep=;"\n', "sep=\t\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_line_that_excel_puts_first_is_no_row(mark: str, encoding: str) -> None:
    sign = mark.strip('\r\n"')[-1]
    text = f"{mark}E-Mail{sign}Team\na@example.com{sign}Office, Cologne\n"
    [row] = rows(text.encode(encoding))
    assert (row.line, row.cells) == (3, {"email": "a@example.com", "team": "Office, Cologne"})


def test_the_help_names_options_columns_and_limits(tmp_path: Path) -> None:
    said = Shell(tmp_path).types("bulk", "--help")
    for text in ("--check", "--skip", "cost centre", "offboard", "5,000", "5 MB", "continue"):
        assert text in said, text


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
        assert "This start has passed" in shell.types(*send, "--skip", "--start", "2020-01-01", exits=1)
        assert s.bot.store.requests() == []
        assert "R-1 saved" in shell.types(*send, "--skip")
        s.settle()
        shell.types("approve", "R-1", "--as", "sam@example.com")
        shell.types("bulk", "pause", "R-1", "--as", "carol@example.com")
        s.settle()
        assert "1 still to do" in shell.types("bulk", "watch", "R-1", "--once")
        shell.types("bulk", "continue", "R-1", "--as", "carol@example.com")
        s.settle()
        assert "Done. Lines: 1 done." in shell.types("bulk", "watch", "R-1")
        [row] = csv.DictReader(StringIO(shell.types("bulk", "result", "R-1")))
        assert (row["line"], row["email"], row["state"]) == ("2", "person.0@example.com", "done")
        assert row["verified_at"] == f"{s.clock():%Y-%m-%dT%H:%M:%SZ}"
        assert shell.types("bulk", "--template").splitlines()[0].startswith("email,action")
        for words in (("--template", "--json"), ("--json", "--template"), ("send", "--template", "--json")):
            assert "--template prints CSV" in shell.types("bulk", *words, exits=2)


def test_a_check_judges_who_may_request_a_line_as_the_bot_does(tmp_path: Path) -> None:
    by_managers = PLAIN.replace(
        'offboard = { for_others = ["hr", "it"]', 'offboard = { for_others = ["manager"]'
    )
    with machine(tmp_path, by_managers) as (s, shell):
        people(s.miro, 1)
        s.miro.add_user("jo@example.com", "Jo Park")
        file = tmp_path / "list.csv"
        file.write_text("email,action\nperson.0@example.com,offboard\njo@example.com,offboard\n")
        send = ("bulk", str(file), "--reason", "They leave", "--check", "--as")
        seen = shell.types(*send, "priya@example.com", exits=1)
        assert "Line 2: You can't request this." in seen and "Line 3" not in seen
        assert "Lines to carry out: 1 (1 offboard). Already as requested: 0. With a problem: 1." in seen
        assert "Nobody in Slack has" in shell.types(*send, "stranger@example.com", exits=1)
        assert "This start has passed" in shell.types(
            *send, "priya@example.com", "--skip", "--start", "2020-01-01", exits=1
        )
        assert s.bot.store.requests() == []


def test_a_check_and_its_problems_are_json_for_a_program(tmp_path: Path) -> None:
    with machine(tmp_path, PLAIN) as (s, shell):
        people(s.miro, 2)
        file = tmp_path / "list.csv"
        file.write_text("email,team\nperson.0@example.com,Everybody\nperson.1@example.com,X\n")
        send = ("bulk", str(file), "--as", "carol@example.com", "--reason", "Quarter ends")
        assert s.miro.default_team
        wrong = [{"line": 3, "text": "There's no team X. If it's new, create it in Miro. "
                  "I'll pick it up within 10 minutes."}]  # fmt: skip
        for more in ((), ("--check",)):
            assert shell.json(*send, *more, exits=1) == {"changes": {}, "already": 1, "problems": wrong}
        assert shell.json(*send, "--check", "--skip")["already"] == 1
        file.write_text("email,team\nperson.0@example.com,Engineering\nperson.1@example.com,X\n")
        sent = shell.json(*send, "--skip")
        assert (sent["id"], sent["changes"], sent["problems"]) == ("R-1", {"request-access": 1}, wrong)


def test_sums_say_what_to_do_next_and_nothing_that_was_done(tmp_path: Path) -> None:
    with machine(tmp_path, PLAIN) as (s, shell):
        people(s.miro, 1)
        file = tmp_path / "list.csv"
        send = ("bulk", str(file), "--as", "carol@example.com", "--reason", "Quarter ends")
        file.write_text("email,team\nperson.0@example.com,Everybody\n")
        assert shell.types(*send, "--check") == (
            "Lines to carry out: 0. Already as requested: 1. With a problem: 0."
        )
        file.write_text("email,team\nperson.0@example.com,X\n")
        assert shell.types(*send, "--skip", exits=1).endswith("Correct the lines with a problem.")


def test_a_list_that_has_ended_has_nothing_left_to_do(tmp_path: Path) -> None:
    with machine(tmp_path, PLAIN) as (s, shell):
        people(s.miro, 1)
        (tmp_path / "list.csv").write_text("email,action\nperson.0@example.com,offboard\n")
        shell.types("bulk", str(tmp_path / "list.csv"), "--as", "carol@example.com", "--reason", "They leave")
        s.settle()
        assert "1 still to do" in shell.types("bulk", "watch", "R-1", "--once")
        shell.types("withdraw", "R-1", "--as", "carol@example.com")
        assert shell.types("bulk", "watch", "R-1").endswith("R-1: Withdrawn. Lines: 1 not begun.")
