"""Access for some days, a team that is left, and what needs no approval."""

from bot.sandbox.stage import POLICY
from tests.screens.acts import asks, passes, presses, sends, types
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, CAROL, LENA, PRIYA

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

DAYS = Story(
    "For some days",
    (
        picture(
            "days-form", "Where the policy proposes days, they stand in the form.",
            ALEX, FORM, "Last day",
            types(ALEX, "/miro-access for Engineering because of the workshop"),
        ),
        picture(
            "days-approver", "The approver's card.",
            PRIYA, CARD, "until ",
            sends(),
        ),
        picture(
            "days-done", "Done, and until when.",
            ALEX, CARD, "Ends ",
            presses(PRIYA, "Approve", "R-1"),
        ),
        picture(
            "days-notice", "A day before the end.",
            ALEX, REPLY, "Then it's removed",
            passes(days=6, hours=14),
        ),
        picture(
            "days-extend", "**Extend** opens the form once more; the same people are asked.",
            ALEX, FORM, "Last day",
            presses(ALEX, "Extend", "Then it's removed"),
        ),
        picture(
            "days-over", "The end: nobody has to ask for it.",
            ALEX, CARD, "no longer in Engineering",
            passes(days=2),
        ),
    ),
    POLICY.replace("request-access = {", 'request-access = { longest = "30d", proposed = "7d",'),
)  # fmt: skip

LATER = Story(
    "Starting later",
    (
        picture(
            "later-form", "A start that was typed stands in the form.",
            LENA, FORM, "Start",
            types(LENA, "/miro-offboard deactivate jo@example.com on Friday, 18:00 because of the last day"),
        ),
        picture(
            "later-approver", "The approver's card.",
            CAROL, CARD, "Starts",
            sends(),
        ),
        picture(
            "later-waiting", "Approved; until it starts, it can be moved or withdrawn.",
            LENA, CARD, "I'll make the changes then.",
            presses(CAROL, "Deactivate", "Confidential"),
        ),
        picture(
            "later-move", "**Change Start** moves it to a later time.",
            LENA, FORM, "Later than the current start",
            presses(LENA, "Change Start", "I'll make the changes then."),
        ),
    ),
    prepare=lambda scene: scene.member("jo@example.com", "Jo Park", "Engineering"),
)  # fmt: skip

_OWN = 'rules = [ { when = { for = "self" }, approval = false } ]'
_LEAVE = 'leave-team = { ask = ["anyone"], for_others = ["it"], '

LEAVING = Story(
    "Leaving a team, and no approval needed",
    (
        picture(
            "approver-leave", "Somebody is taken out of a team.",
            PRIYA, CARD, "Remove @Alex Smith from Design?",
            asks(CAROL, "/miro leave-team @alex Design because the workshop is over"),
        ),
        picture(
            "done-unasked", "What the policy lets everybody do by themselves is done at once.",
            ALEX, CARD, "no longer in Engineering",
            types(ALEX, "/miro leave-team Engineering because I changed teams"), sends(),
        ),
    ),
    POLICY.replace(_LEAVE, f"{_LEAVE}{_OWN}, "),
    lambda scene: scene.member("alex@example.com", "Alex Smith", "Engineering", "Design"),
)  # fmt: skip
