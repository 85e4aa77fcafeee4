"""What people read who may not, or can't, do what they tried."""

from collections.abc import Sequence

from approvals.people import listed


class Refused(Exception):
    """Not allowed, or not possible. The text is the one shown to the person who tried.

    Refused
     ├─ Settled         somebody was first
     ├─ Outdated        the click belongs to an older picture
     ├─ UnknownManager  it depends on a manager who isn't known
     └─ Unsure          what it depends on isn't known now
         └─ Held        it depends on a team that nobody knows by the name in the policy
    """


class Settled(Refused):
    """Somebody was first: nothing is left to decide."""


class Outdated(Refused):
    """The click belongs to an older picture of what will change."""


class UnknownManager(Refused):
    """It depends on who manages somebody, and nobody is known to."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"I don't know who manages {name}, so I can't tell whether you can request this. "
            "Ask your IT team."
        )


class Unsure(Refused):
    """It depends on who is in a Slack user group, and that isn't known: nothing is decided by a guess."""

    def __init__(self, handle: str) -> None:
        super().__init__(
            f"I can't see who is in {handle}, so I don't know who decides this. "
            "Try again in a few minutes. If it still fails, ask your IT team."
        )
        self.handle = handle


class Held(Unsure):
    """It depends on names of teams in the policy that mean no group of Miro: nothing is asked or decided."""

    def __init__(self, names: Sequence[str], is_listed: bool) -> None:
        text = "I don't have Miro's list of teams yet, so I don't know who decides this. Try again soon."
        if is_listed:
            text = (
                f"This is on hold: the policy names {listed(names)}, but Miro has no such team. "
                "Ask your IT team to fix the policy."
            )
        Refused.__init__(self, text)
        self.handle = ""
