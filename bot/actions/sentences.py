"""Shared parts of sentences: shortened names, lists of teams, and how to undo."""

from approvals.ids import GroupId
from approvals.people import Person, listed
from bot.actions.form import Facts


def clip(text: str, longest: int = 30, words: int = 3) -> str:
    """A name shortened for a sentence on a phone; Details show the full name."""
    whole, kept = " ".join(text.split()), " ".join(text.split()[:words])
    if kept == whole and len(kept) <= longest:
        return kept
    return f"{kept[: longest - 1].rstrip()}…"


def labels(teams: tuple[GroupId, ...], facts: Facts) -> str:
    """'Engineering and Design'."""
    return listed([facts.team(id).label for id in teams])


def places(teams: tuple[GroupId, ...], miro_team: str, facts: Facts) -> str:
    """'Engineering and the team Research', '' for none."""
    beside = [f"the team {miro_team}"] if miro_team else []
    return listed([*(facts.team(id).label for id in teams), *beside])


def first(person: Person) -> str:
    """The short name for a sentence about somebody."""
    return person.given or person.called.partition(" ")[0].partition("@")[0]


def undone(by: str, how: str, facts: Facts, *, what: str = "", but: str = "") -> str:
    """'To undo the rights: /miro remove-admin.'; or how in Miro, if that action isn't in the policy."""
    return f"To undo{what}{but}: {how}." if facts.can_be_asked(by) else in_miro(but)


def in_miro(but: str = "") -> str:
    """How to undo it in Miro, if no action does."""
    return f"This can be undone{but} in Miro."


def but_boards(facts: Facts) -> str:
    """What can't be undone for a person who left a team: the boards."""
    return " (all but boards)" if facts.boards_pass else ""
