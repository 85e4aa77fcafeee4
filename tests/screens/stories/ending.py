"""Other endings: nobody answered, not possible; and practice."""

from tests.screens.acts import asks, passes, presses
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, PRIYA

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

ENDINGS = Story(
    "Other endings",
    (
        picture(
            "expired", "Nobody answered in time.",
            ALEX, CARD, "Expired without an answer",
            asks(ALEX, "/miro-access for Design because of the workshop"), passes(days=4),
        ),
        picture(
            "approver-expired", "The approver's card then.",
            PRIYA, CARD, "Expired without an answer",
        ),
        picture(
            "again", "**Ask Again** opens the form as it was filled in.",
            ALEX, FORM, "Request Access",
            presses(ALEX, "Ask Again", "Expired without an answer"),
        ),
    ),
)  # fmt: skip

PRACTICE = Story(
    "Practice",
    (
        picture(
            "practice", "Under `--practice` every card begins so.",
            PRIYA, CARD, "Practice: nothing will change",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
        ),
        picture(
            "rehearsed", "What the requester reads in the end.",
            ALEX, CARD, "This was practice",
            presses(PRIYA, "Approve", "Practice"),
        ),
    ),
    practice=True,
)  # fmt: skip
