"""Refusals, with the sentence for the person who tried."""

from collections.abc import Sequence

from approvals.people import listed


class Refused(Exception):
    """Not allowed, or not possible. The text is the one shown to the person who tried.

    Refused
     ├─ Settled         already decided
     ├─ Outdated        the click is on an older revision
     ├─ UnknownManager  depends on a manager who isn't known
     └─ Unsure          depends on something not known now
         └─ Held        depends on a team name in the policy that Miro doesn't know
    """


class Settled(Refused):
    """Already decided by somebody else: nothing is left to do."""


class Outdated(Refused):
    """The click is on an older revision of the plan."""


class UnknownManager(Refused):
    """It depends on a person's manager, who isn't known."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"I don't know who manages {name}, so I can't tell whether you can request this. "
            "Ask your IT team."
        )


class Unsure(Refused):
    """It depends on the members of a Slack user group, who aren't known: nothing is decided by a guess."""

    def __init__(self, handle: str) -> None:
        super().__init__(
            f"I can't see who is in {handle}, so I don't know who decides this. "
            "Try again in a few minutes. If it still fails, ask your IT team."
        )
        self.handle = handle


class Held(Unsure):
    """It depends on team names in the policy that match no Miro group: nothing is asked or decided."""

    def __init__(self, names: Sequence[str], is_listed: bool) -> None:
        text = "I don't have Miro's list of teams yet, so I don't know who decides this. Try again soon."
        if is_listed:
            text = (
                f"This is on hold: the policy names {listed(names)}, but Miro has no such team. "
                "Ask your IT team to fix the policy."
            )
        Refused.__init__(self, text)
        self.handle = ""
