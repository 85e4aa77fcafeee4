"""Many at once: a pasted list, its one card, and what became of it."""

from bot.sandbox.stage import POLICY
from tests.screens.acts import fills, presses, sends, types
from tests.screens.company import Company
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import CAROL, SAM


def _people(scene: Company) -> None:
    for name in ("Ed", "Flo", "Gil"):
        scene.member(f"{name.lower()}@example.com", f"{name} Grant", "Design")


BULK = Story(
    "Many at once",
    (
        picture(
            "bulk-approver", "One card for a list that was pasted after `/miro bulk`; Details has its lines.",
            SAM, Of.CARD, "of 3 people",
            types(CAROL, "/miro bulk"), fills("List", "ed@example.com,join,Engineering"),
            fills("List, continued", "flo@example.com,join,Engineering"),
            fills("List, continued further", "gil@example.com,offboard"),
            fills("Reason", "The quarter ends."),
            sends("Check and Send"),
        ),
        picture(
            "bulk-done", "How far it is, and in the end **Undo** for all of it.",
            CAROL, Of.CARD, "lines done",
            presses(SAM, "Approve All", "of 3 people"),
        ),
    ),
    POLICY.replace(', expires = "8h"', ""),
    _people,
)  # fmt: skip
