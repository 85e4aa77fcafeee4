"""Several steps in order, and time that passes without an answer."""

from bot.sandbox.stage import POLICY
from tests.screens.acts import asks, passes, presses
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, CAROL, PRIYA

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

_ASK = 'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"]'
_TWO_STEPS = POLICY.replace(
    _ASK,
    _ASK.replace(
        'approvers = ["manager", "it"]', 'steps = [{approvers = ["manager"]}, {approvers = ["it"]}]'
    ),
)
_ESCALATED = POLICY.replace(
    _ASK, _ASK.replace('["manager", "it"]', '["manager"], escalate = { after = "1d", to = ["it"] }')
)

STEPS = Story(
    "Steps",
    (
        picture(
            "step-first", "Two steps: the manager is asked first.",
            PRIYA, CARD, "access to",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
        ),
        picture(
            "step-second", "Then those who look after Miro.",
            CAROL, CARD, "access to",
            presses(PRIYA, "Approve", "R-1"),
        ),
        picture(
            "step-first-over", "The manager's card meanwhile.",
            PRIYA, CARD, "R-1",
        ),
        picture(
            "step-waiting", "The requester's card meanwhile.",
            ALEX, CARD, "R-1",
        ),
    ),
    _TWO_STEPS,
)  # fmt: skip

ESCALATED = Story(
    "Nobody answers for a day",
    (
        picture(
            "escalated-to", "Whom the policy names can decide too.",
            CAROL, CARD, "access to",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"), passes(hours=25),
        ),
        picture(
            "escalated", "The manager's card then.",
            PRIYA, CARD, "access to",
        ),
        picture(
            "escalated-waiting", "The requester's.",
            ALEX, CARD, "R-1",
        ),
    ),
    _ESCALATED,
)  # fmt: skip
