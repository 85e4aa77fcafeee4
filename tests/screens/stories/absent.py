"""People who are away, who left, and who never belonged here."""

from approvals.people import Standing
from bot.sandbox.stage import POLICY
from tests.screens.acts import asks, happens, in_order, passes, presses_home, types
from tests.screens.picture import Act, Of, Story, Viewer, picture
from tests.screens.stories.cast import ALEX, CAROL, JO, LENA, PRIYA, SAM

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

_MANAGER = POLICY.replace('approvers = ["manager", "it"] }', 'approvers = ["manager"] }', 1)
_LED = _MANAGER.replace("operators", 'fallback = ["it"]\noperators', 1)


def _is(who: Viewer, standing: Standing) -> Act:
    """Slack says so of somebody, from now on."""
    return happens(lambda scene: scene.is_now(who.id, standing))


DELEGATED = Story(
    "Away",
    (
        picture(
            "away-none", "The answer to `/miro away`.",
            PRIYA, ANSWER, "No delegate set",
            in_order(*(types(who, "/miro whoami") for who in (PRIYA, LENA))), passes(seconds=5),
            types(PRIYA, "/miro away"),
        ),
        picture(
            "away-form", "**Name a Delegate** of App Home.",
            PRIYA, FORM, "Name a Delegate",
            presses_home(PRIYA, "Name a Delegate"),
            note="In Slack the first list holds everybody.",
        ),
        picture(
            "away-set", "The answer to `/miro away until 2026-03-06 lena@example.com`.",
            PRIYA, ANSWER, "stands in for you",
            types(PRIYA, "/miro away until 2026-03-06 lena@example.com"),
        ),
        picture(
            "away-told", "The delegate is told.",
            LENA, ANSWER, "You stand in",
        ),
        picture(
            "delegate", "The delegate's card.",
            LENA, CARD, "is away and you stand in",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
        ),
        picture(
            "delegate-waiting", "The requester's card.",
            ALEX, CARD, "stands in for",
        ),
        picture(
            "away-home", "App Home of whoever is away.",
            PRIYA, HOME, "stands in for you",
        ),
    ),
    _MANAGER,
)  # fmt: skip

LEFT = Story(
    "Somebody left",
    (
        picture(
            "fallback", "Who can't decide any more is stepped over: the policy's fallback is asked.",
            CAROL, CARD, "can no longer decide",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
            asks(JO, "/miro-access for Design because of the workshop"), _is(PRIYA, Standing.LEFT),
        ),
        picture(
            "fallback-waiting", "The requester's card says so, too.",
            ALEX, CARD, "asked instead",
        ),
        picture(
            "requester-left", "What a leaver asked for ends.",
            SAM, CARD, "has left the company",
            _is(JO, Standing.LEFT),
        ),
        picture(
            "home-guest", "App Home of a guest.",
            LENA, HOME, "Guests can't request",
            types(LENA, "/miro whoami"), _is(LENA, Standing.GUEST),
        ),
    ),
    _LED,
)  # fmt: skip

STUCK = Story(
    "Nobody is left to decide",
    (
        picture(
            "stuck", "The only one who could decide has left: operators are told, and nothing is approved.",
            CAROL, CARD, "No approver available for R-1",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"), _is(PRIYA, Standing.LEFT),
        ),
        picture(
            "stuck-waiting", "The requester's card.",
            ALEX, CARD, "The operators have been notified",
        ),
        picture(
            "stuck-home", "App Home of an operator then.",
            CAROL, HOME, "No approver available",
        ),
    ),
    _MANAGER,
)  # fmt: skip
