"""How something is undone, in the few words that fit on a card."""

from bot.actions.form import Facts


def undone(by: str, how: str, facts: Facts, *, what: str = "", but: str = "") -> str:
    """'To undo the rights: /miro remove-admin.'; in Miro itself, where the policy doesn't mention it."""
    return f"To undo{what}{but}: {how}." if facts.can_be_asked(by) else in_miro(but)


def in_miro(but: str = "") -> str:
    """The same where nothing can be asked for that would undo it."""
    return f"It can be undone{but} in Miro itself."


def but_boards(facts: Facts) -> str:
    """What no undoing brings back to somebody who has left a team."""
    return " (all but boards)" if facts.boards_pass else ""
