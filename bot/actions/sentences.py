"""Parts of sentences that actions share: names that fit, teams in a row, and how something is undone."""

from approvals.ids import GroupId
from approvals.people import Person, listed
from bot.actions.form import Facts


def clip(text: str, longest: int = 30, words: int = 3) -> str:
    """A name as it fits into a sentence on a phone; all of it stands under Details."""
    whole, kept = " ".join(text.split()), " ".join(text.split()[:words])
    if kept == whole and len(kept) <= longest:
        return kept
    return f"{kept[: longest - 1].rstrip()}…"


def labels(teams: tuple[GroupId, ...], facts: Facts) -> str:
    """'Engineering and Design'."""
    return listed([facts.team(id).label for id in teams])


def first(person: Person) -> str:
    """The short name for a sentence about somebody."""
    return person.given or person.called.partition(" ")[0].partition("@")[0]


def undone(by: str, how: str, facts: Facts, *, what: str = "", but: str = "") -> str:
    """'To undo the rights: /miro remove-admin.'; in Miro itself, where the policy doesn't mention it."""
    return f"To undo{what}{but}: {how}." if facts.can_be_asked(by) else in_miro(but)


def in_miro(but: str = "") -> str:
    """The same where nothing can be asked for that would undo it."""
    return f"This can be undone{but} in Miro."


def but_boards(facts: Facts) -> str:
    """What no undoing brings back to somebody who has left a team."""
    return " (all but boards)" if facts.boards_pass else ""
