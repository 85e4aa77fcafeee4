"""What somebody reads who may not, or can't, do what they tried."""


class Refused(Exception):
    """Not allowed, or not possible. The text is the one shown to the person who tried.

    Refused
     ├─ Settled   somebody was first
     ├─ Outdated  the click belongs to an older picture
     └─ Unsure    what it depends on isn't known now
    """


class Settled(Refused):
    """Somebody was first: nothing is left to decide."""


class Outdated(Refused):
    """The click belongs to an older picture of what will change."""


class Unsure(Refused):
    """It depends on who is in a Slack user group, and that isn't known: nothing is decided by a guess."""

    def __init__(self, handle: str) -> None:
        super().__init__(
            f"I can't tell who is in {handle}, so I don't know who decides this. "
            "Try again in some minutes; if it stays so, ask your IT team."
        )
        self.handle = handle
