"""What somebody reads who may not, or can't, do what they tried."""


class Refused(Exception):
    """Not allowed, or not possible. The text is the one shown to the person who tried.

    Refused
     ├─ Settled   somebody was first
     └─ Outdated  the click belongs to an older picture
    """


class Settled(Refused):
    """Somebody was first: nothing is left to decide."""


class Outdated(Refused):
    """The click belongs to an older picture of what will change."""
