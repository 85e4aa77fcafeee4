"""A list of changes as people keep it: a table in a file, or pasted text. Bytes in, rows out; pure.

Headings are forgiving, and so are encodings and delimiters; what a row means is said once, here.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from approvals.refusals import Refused
from approvals.text import cleaned
from bot.actions import ACTIONS
from bot.actions.form import Action, Input
from bot.actions.many import MOST_LINES

MOST_BYTES = 5_000_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
COLUMNS = {
    "email": "person mail address emailaddress who user username login upn",
    "action": "change what request type do operation",
    "team": "teams group groups to toteam newteam joins which team whichteam",
    "from": "fromteam oldteam leaves leaving",
    "until": "lastday end enddate ends",
    "for_days": "days fordays",
    "rights": "role admin adminrights whichrights",
    "new_email": "newaddress newmail newemailaddress",
    "department": "dept",
    "cost_centre": "costcenter costcentre",
    "employee_number": "personnelnumber employeeid",
    "division": "",
    "organization": "organisation company",
    "manager": "boss",
    "display_name": "name fullname",
    "given_name": "givenname firstname",
    "family_name": "familyname lastname surname",
    "license": "licence usertype",
}
"""{column: other headings for it}, compared without case, blanks and signs."""
ACTION_WORDS = {
    "request-access": "join joins joiner add access onboard onboarding new hire invite",
    "leave-team": "leave leaves remove",
    "move-team": "move moves mover transfer switch",
    "offboard": "leaver offboarding deactivate delete terminate",
    "update-details": "update details attributes change",
    "reactivate": "reactivation return restore",
    "make-admin": "promote grant",
    "remove-admin": "demote revoke",
    "change-license": "license licence upgrade",
}
_UNHEADED = ("email", "action", "team", "from")
"""The columns of a list that begins with an address."""


def _plain(text: str) -> str:
    """A heading or an action without case, blanks and signs."""
    return re.sub(r"[\W_]", "", text).casefold()


_VERBS = {_plain(word): name for name, words in ACTION_WORDS.items() for word in (name, *words.split())}
_NAMES = ("display_name", "given_name", "family_name")
TEMPLATE = (
    "email,action,team,from,until,department,cost centre,manager",
    "ada@example.com,join,Engineering,,,R&D,CS-17,",
    "bo@example.com,move,Design,Engineering,,,,",
    "cy@example.com,leave,Engineering,,,,,",
    "di@example.com,offboard,,,,,,",
    "ed@example.com,update,,,,Sales,,Flo Grant",
)
"""Lines of an example; `delete` instead of `offboard` deletes the account."""


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, and its cells by column; an empty `problem`, or why it can't be read."""

    line: int
    cells: Mapping[str, str]
    problem: str = ""


def table(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row that isn't empty, the heading too. Raises Refused for what isn't CSV."""
    encoding = _encoding(data)
    first = next(filter(str.strip, _lines(data, encoding)), "")
    # Excel's own first line, which isn't a row.
    mark = re.fullmatch(r'"?sep=(\t|[^\w\s"])"?\s*', first, re.IGNORECASE)
    texts, delimiter = _lines(data, encoding), mark[1] if mark else max(",;\t", key=first.count)
    if "@" in first and delimiter not in first:
        # Slack makes a blank of a tab, and people type blanks.
        texts, delimiter = ("\t".join(line.split(None, 2)) for line in texts), "\t"
    lines = csv.reader(texts, delimiter=delimiter, strict=True)
    before = 0
    while True:
        try:
            cells = next(lines, None)
        except csv.Error as error:
            raise Refused(
                f"Line {lines.line_num} isn't readable as a table: {error}. Check its quotes."
            ) from error
        if cells is None:
            break
        line, before = before + 1, lines.line_num
        if mark:
            mark = None
        elif any(cell.strip() for cell in cells):
            yield line, cells


def rows(data: bytes) -> Iterator[Row]:
    """The rows below the heading, without empty ones. Raises Refused for what isn't such a table."""
    if len(data) > MOST_BYTES:
        raise Refused(f"The list is larger than {MOST_BYTES // 1_000_000} MB. Split it into smaller ones.")
    columns: list[str] = []
    count = 0
    for line, cells in table(data):
        if not columns and "@" in cells[0]:
            columns = list(_UNHEADED)
        elif not columns:
            columns = headings(cells, COLUMNS)
            continue
        count += 1
        if count > MOST_LINES:
            raise Refused(f"The list has more than {MOST_LINES:,} rows. Split it into smaller ones.")
        yield _row(line, columns, cells)
    if not count:
        raise Refused("The list has no rows below its heading. See `miro-bot bulk --template`.")


def _encoding(data: bytes) -> str:
    """The encoding of a text. Raises Refused for anything else."""
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        is_text = not any("\0" in line for line in _lines(data, encoding))
    except UnicodeDecodeError:
        is_text, encoding = encoding == "utf-8" and b"\0" not in data, "cp1252"
    if not is_text:  # a workbook, or UTF-16 cut off
        raise Refused("This isn't a CSV file. Open it, save it as CSV (UTF-8), and use that file.")
    return encoding


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    """The lines of a text, one at a time."""
    return io.TextIOWrapper(
        io.BytesIO(data), encoding, "replace" if encoding == "cp1252" else "strict", newline=""
    )


def headings(cells: list[str], known_as: Mapping[str, str]) -> list[str]:
    """The column of each heading, '' for an empty one. `known_as`: as COLUMNS.

    Raises Refused for an unknown or repeated one, and without an address.
    """
    names = {_plain(word): name for name, others in known_as.items() for word in (name, *others.split())}
    columns = [names.get(_plain(cell), "") for cell in cells]
    unknown = [cell.strip() for cell, name in zip(cells, columns, strict=True) if cell.strip() and not name]
    known = ", ".join(known_as).replace("_", " ")
    if unknown:
        raise Refused(f"I don't know the heading {unknown[0][:40]!r}. Use these, or leave it out: {known}.")
    if twice := [name for name in columns if name and columns.count(name) > 1]:
        raise Refused(f"Two headings mean {twice[0]}. Leave one out.")
    if "email" not in columns:
        raise Refused(f"The first line needs a heading “email”. The others are: {known}.")
    return columns


def misplaced(columns: list[str], cells: list[str]) -> str:
    """Why some cells of a row belong to no column, and the remedy; or ''."""
    if any(map(str.strip, cells[len(columns) :])):
        return (
            f"it has {len(cells)} cells under {len(columns)} headings: put quotes around a cell with a comma"
        )
    if any(cell.strip() for name, cell in zip(columns, cells, strict=False) if not name):
        return "it has a cell under an empty heading: name that column, or leave it out"
    return ""


def _row(line: int, columns: list[str], cells: list[str]) -> Row:
    if wrong := misplaced(columns, cells):
        return Row(line, {}, f"{wrong.capitalize()}.")
    values = {name: cleaned(cell).strip() for name, cell in zip(columns, cells, strict=False)}
    return Row(line, {name: value for name, value in values.items() if value})


def meant(row: Row) -> tuple[type[Action], dict[str, str]]:
    """(action, raw text of its form) of a row. Raises Refused with the remedy."""
    cells = dict(row.cells)
    word = _plain(cells.pop("action", ""))
    name = _VERBS.get(word, "") if word else _guessed(cells)
    if not name:
        wrong = f"I don't know the action {row.cells['action'][:30]!r}" if word else "It names no action"
        raise Refused(
            f"{wrong}. Use join, move, leave, offboard, delete, update, or another from --template."
        )
    action = ACTIONS[name]
    form, raw = action.form(), dict[str, str]()
    if "how" in form:
        raw["how"] = "delete" if word == "delete" else "deactivate"
    for column, text in cells.items():
        field = _field(action, column)
        if not field and column in _NAMES:
            continue  # lists of people have their names beside the addresses
        if not field:
            label = column.replace("_", " ")
            raise Refused(f"The action {name} takes no {label!r}. Leave that cell empty.")
        raw[field] = text
    if "person" not in raw:
        raise Refused("It has no e-mail address. Add one like ada@example.com.")
    return action, raw


def _guessed(cells: Mapping[str, str]) -> str:
    """The action of a row that names none, by its teams."""
    if "team" in cells:
        return "move-team" if "from" in cells else "request-access"
    return "leave-team" if "from" in cells else ""


def _field(action: type[Action], column: str) -> str:
    """The field of an action's form that a column fills, or ''."""
    form = action.form()
    if column == "email":
        column = "person"
    if column in ("team", "from"):
        teams = [name for name, asked in form.items() if asked.is_team]
        leaves = column == "from"
        exact = [name for name in teams if form[name].leaves == leaves]
        only = teams if len(teams) == 1 and action.NAME == "leave-team" else []
        return (exact or only or [""])[0]
    if column == "new_email":
        column = next((name for name, asked in form.items() if asked.is_address), "")
    if column == "license":
        column = next((name for name, asked in form.items() if asked.kind is Input.CHOICE), "")
    return column if column in form else ""
