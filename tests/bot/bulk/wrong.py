"""A list in which some rows are wrong, each in one of twenty ways."""

from bot.sandbox.miro.service import Miro

HEADING = "email,action,team,from,until,days,department,rights,full name"
WAYS: dict[str, tuple[str, str]] = {
    "a misspelt team": ("{who},join,Enginering", "Did you mean Engineering?"),
    "no address": (
        "not an address,join,Engineering",
        "email: 'not an address' isn't an e-mail address",
    ),
    "another company's address": (
        "x@elsewhere.test,join,Engineering",
        "I can only change accounts of example.com",
    ),
    "an unknown action": ("{who},frobnicate,Engineering", "I don't know the action"),
    "an empty address": (",join,Engineering", "It has no e-mail address"),
    "nothing to do": ("{who},,", "It names no action"),
    "a repeated row": ("repeated@example.com,join,Engineering", "It repeats line"),
    "a contradiction": ("repeated@example.com,offboard,", "It contradicts line"),
    "a cell too many": ("{who},join,Engineering,,,,,,,R&D, again", "put quotes around a cell"),
    "a team managed elsewhere": ("{who},join,Sales", "Okta tile"),
    "nobody in Miro": ("nobody.{number}@example.com,offboard,", "No Miro account found"),
    "a move from nowhere": ("{who},move,Design", "Fill this in: from which team"),
    "a day that is over": ("{who},join,Design,,2020-01-01", "This day has passed"),
    "no day": ("{who},join,Design,,tomorrow", "Enter a date like"),
    "no number of days": ("{who},join,Design,,,many", "Enter a whole number of days"),
    "no detail": ("{who},update,", "Fill in at least one detail"),
    "too long a detail": ("{who},update,,,,," + "x" * 121, "Write at most 120 characters"),
    "a cell of another action": ("{who},offboard,,,,,R&D", "takes no 'department'"),
    "unknown rights": ("{who},promote,,,,,,Emperor", "Choose one of"),
    "leaving the only team": ("{who},leave,,Everybody", "would be left without a team"),
}
"""{what is wrong: (the row, a part of what is said about it)}."""


def people(miro: Miro, count: int) -> None:
    """Everybody in the list has an account."""
    assert miro.default_team
    for number in range(count):
        miro.add_user(f"person.{number}@example.com", f"Person {number}", teams=[miro.default_team])
    miro.add_user("repeated@example.com", "Re Peated", teams=[miro.default_team])


def table(rows: int, wrong: int) -> tuple[str, dict[int, str]]:
    """(a list of so many rows, {line: what must be said about it} of those that are wrong)."""
    lines, expected = [HEADING, "repeated@example.com,join,Engineering"], dict[int, str]()
    ways, every = list(WAYS.values()), (rows - 1) // wrong
    for number in range(rows - 1):
        who = f"person.{number}@example.com"
        if number % every == every - 1 and len(expected) < wrong:
            row, said = ways[len(expected) % len(ways)]
            expected[len(lines) + 1] = said
            lines.append(row.format(who=who, number=number))
        else:
            lines.append(f"{who},join,Engineering")
    return "\n".join(lines) + "\n", expected
