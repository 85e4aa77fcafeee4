"""Policies for random lives: pieces that are put together, and may each be replaced while requests wait."""

from collections.abc import Sequence
from functools import lru_cache

from approvals.policy.check import BrokenPolicy, load
from approvals.policy.model import Policy
from tests.approvals.scene import ACTIONS

HEAD = """\
operators = ["ida@example.com"]
domains = ["example.com"]
"""

TOP = (
    'fallback = ["fay@example.com"]\ncommand_line_decides = true\n',
    "command_line_decides = false\n",
    'fallback = ["fay@example.com", "max@example.com"]\n',
    'fallback = ["fay@example.com"]\nrests = ["Sat", "Sun"]\nzone = "Europe/Berlin"\n',
)

MANAGERS = (
    '[managers]\n"ada@example.com" = "bo@example.com"\n"eve@example.com" = "bo@example.com"\n',
    '[managers]\n"ada@example.com" = "cy@example.com"\n"eve@example.com" = "ada@example.com"\n',
    'manager_field = "Manager"\n',  # as Slack says
)

GROUPS = (
    '[groups.owners]\npeople = ["cy@example.com", "dee@example.com", "eve@example.com"]\n',
    '[groups.owners]\npeople = ["cy@example.com", "cy.two@example.com", "dee@example.com"]\n',
    '[groups.owners]\npeople = ["dee@example.com", "ada.two@example.com", "max@example.com"]\n',
    '[groups.owners]\npeople = ["cy@example.com"]\nslack = "@owners"\n',
    '[groups.owners]\npeople = ["bo@example.com", "dee@example.com", "eve@example.com"]\n'
    'told = ["dee@example.com"]\nbecause = "you own Miro"\n',
)

ACCESS = (
    """
[actions.request-access]
ask = ["anyone"]
for_others = ["anyone"]
approvers = ["manager"]
remind = "8h"
escalate = { after = "1d", to = ["owners"] }
""",
    """
[actions.request-access]
ask = ["anyone"]
for_others = ["ida@example.com", "bo@example.com"]
approvers = ["owners"]
""",
    """
[actions.request-access]
ask = ["anyone"]
for_others = ["anyone"]
approval = false
""",
    """
[actions.request-access]
ask = ["anyone"]
for_others = ["anyone"]
approvers = ["owners"]
[[actions.request-access.rules]]
when = { team = ["Design", "Research"] }
approvers = ["@desk", "ida@example.com"]
agree = 2
[[actions.request-access.rules]]
when = { for = "others" }
steps = [{ approvers = ["manager"] }, { approvers = ["owners"] }]
""",
    """
[actions.request-access]
ask = ["anyone"]
for_others = ["anyone"]
steps = [{ approvers = ["requester-manager"] }, { approvers = ["@desk", "owners"] }]
expires = "5d"
""",
    """
[actions.request-access]
ask = ["anyone"]
for_others = ["anyone"]
approvers = ["owners", "manager"]
[[actions.request-access.rules]]
when = { requester_group = "@desk" }
approval = false
""",
    "",  # nobody can ask for it any more
)

ADMIN = (
    """
[actions.make-admin]
ask = ["anyone"]
for_others = ["anyone"]
approvers = ["owners"]
agree = 2
""",
    """
[actions.make-admin]
ask = ["anyone"]
for_others = ["anyone"]
steps = [{ approvers = ["requester-manager", "ida@example.com"] }, { approvers = ["owners"], agree = 2 }]
""",
    """
[actions.make-admin]
ask = ["anyone"]
for_others = ["anyone"]
same_person_twice = true
steps = [{ approvers = ["owners"] }, { approvers = ["owners", "ida@example.com"] }]
""",
    """
[actions.make-admin]
ask = ["anyone"]
for_others = ["anyone"]
approvers = ["owners"]
escalate = [{ after = "1d", to = ["max@example.com"] }, { after = "12h", to = ["ida@example.com"] }]
expires = "2d"
""",
    """
[actions.make-admin]
ask = ["anyone"]
for_others = ["ida@example.com"]
approvers = ["cy@example.com", "ida@example.com"]
fallback = ["max@example.com"]
remind = "never"
""",
    """
[actions.make-admin]
ask = ["ida@example.com", "ada@example.com"]
for_others = ["ida@example.com", "ada@example.com"]
approval = false
""",
    "",
)

OFFBOARD = (
    """
[actions.offboard]
for_others = ["anyone"]
approvers = ["@desk", "max@example.com"]
agree = 2
remind = "2h"
""",
    """
[actions.offboard]
for_others = ["anyone"]
approvers = ["manager"]
fallback = ["max@example.com"]
expires = "8h"
""",
    """
[actions.offboard]
for_others = ["ida@example.com", "ada@example.com"]
escalate = { after = "12h", to = ["@desk"] }
steps = [{ approvers = ["manager"] }, { approvers = ["owners"] }]
""",
)

SLOTS = (TOP, MANAGERS, GROUPS, ACCESS, ADMIN, OFFBOARD)
Book = tuple[int, ...]
"""Which of the pieces stands in each slot."""
FIRST: Book = (0, 0, 0, 0, 0, 0)


def text(book: Book) -> str:
    """The policy file that a book is."""
    return HEAD + "\n".join(slot[pick] for slot, pick in zip(SLOTS, book, strict=True))


def changed(book: Book, slot: int, pick: int) -> Book:
    """The book with one piece replaced."""
    slot %= len(SLOTS)
    kept: Sequence[int] = book
    return (*kept[:slot], pick % len(SLOTS[slot]), *kept[slot + 1 :])


@lru_cache(maxsize=4096)
def policy(text: str) -> Policy | None:
    """The policy as the bot reads it; None for one that it refuses, so that the old one stays in force."""
    try:
        return load(text, ACTIONS)
    except BrokenPolicy:
        return None
