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
    """What it depends on isn't known at the moment: nothing is decided by a guess."""
