"""Deciding: the approver's card on a telephone, its details, yes, no, and what follows."""

from bot.sandbox.stage import POLICY
from tests.screens.acts import asks, at_once, chooses, fills, happens, passes, presses, sends
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, CAROL, DANA, PRIYA, SAM

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

APPROVED = Story(
    "Approved",
    (
        picture(
            "approver", "The approver's card: the question, what will change, why you, and until when.",
            PRIYA, CARD, "access to Engineering?",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
        ),
        picture(
            "details", "**Details**: everything that doesn't fit on a card.",
            PRIYA, FORM, "Details of R-1",
            presses(PRIYA, "Details", "R-1"),
        ),
        picture(
            "approver-home", "App Home of a manager.",
            PRIYA, HOME, "Waiting for you: 1",
        ),
        picture(
            "approver-done", "The same card afterwards, without buttons.",
            PRIYA, CARD, "approved by",
            presses(PRIYA, "Approve", "R-1"),
        ),
        picture(
            "done", "The person changed, who asked too, is told what is so now.",
            ALEX, CARD, "✅ You're in Engineering",
        ),
        picture(
            "nothing-to-do", "What is so already isn't asked of anybody.",
            ALEX, CARD, "Nothing to do",
            asks(ALEX, "/miro-access for Engineering because I forgot"),
        ),
    ),
)  # fmt: skip

DENIED = Story(
    "Denied",
    (
        picture(
            "deny-form", "**Deny** asks why, because the requester reads it.",
            PRIYA, FORM, "Deny R-1",
            asks(ALEX, "/miro-access for Design because I like their boards"),
            presses(PRIYA, "Deny", "R-1"),
            chooses("Reason", "Other"), fills("In your words", "Ask again when the project starts."),
        ),
        picture(
            "approver-denied", "The approver's card afterwards.",
            PRIYA, CARD, "Denied by",
            sends("Deny"),
        ),
        picture(
            "denied", "What the requester reads.",
            ALEX, CARD, "Ask again when the project starts.",
        ),
        picture(
            "too-late", "Two press at the same time: one wins, the other reads who was first.",
            CAROL, ANSWER, "Nothing left to do",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
            at_once(presses(PRIYA, "Approve", "R-2"), passes(seconds=8), presses(CAROL, "Approve", "R-2")),
        ),
    ),
)  # fmt: skip

CHANGED = Story(
    "What will change changes",
    (
        picture(
            "changed-before", "A card that was read while Miro was otherwise.",
            PRIYA, CARD, "access to",
            asks(ALEX, "/miro-access for Design because of the workshop"),
        ),
        picture(
            "changed-after", "What is approved is what was read: the bot looked again, and asks once more.",
            PRIYA, CARD, "Updated changes in Miro",
            happens(lambda scene: scene.miro.change_user("alex@example.com", active=False)),
            presses(PRIYA, "Approve", "R-1"),
        ),
    ),
    prepare=lambda scene: scene.member("alex@example.com", "Alex Smith", "Engineering"),
)  # fmt: skip

_ONE = 'approvers = ["it"], expires = "1d" }\nremove'
_TWO = POLICY.replace(_ONE, _ONE.replace("expires", "agree = 2, expires"))

MANY = Story(
    "Several have to agree",
    (
        picture(
            "refused", "What can't be is said before anybody is asked.",
            DANA, CARD, "Not possible",
            asks(DANA, "/miro-admin @jo Company Admin because Jo joins IT"),
        ),
        picture(
            "approver-two", "An admin's rights: two have to agree.",
            CAROL, CARD, "2 must approve",
            asks(DANA, '/miro-admin @alex Company Admin from Engineering to Design because Alex joins IT'),
        ),
        picture(
            "approver-one-yes", "The other's card, once one of them agreed.",
            SAM, CARD, "approved",
            presses(CAROL, "Make Admin", "Company Admin"),
            note="Slack asks “Are you sure?” first.",
        ),
        picture(
            "approver-said-yes", "The card of the one who agreed.",
            CAROL, CARD, "approved",
        ),
        picture(
            "waiting-one-yes", "The requester's card meanwhile.",
            DANA, CARD, "approved",
        ),
        picture(
            "done-admin", "The person changed is told.",
            ALEX, CARD, "✅ You're a Company Admin",
            presses(SAM, "Make Admin", "Company Admin"),
        ),
        picture(
            "done-others", "The requester, too, in the third person.",
            DANA, CARD, "is a Company Admin",
        ),
    ),
    _TWO,
    lambda scene: scene.member("alex@example.com", "Alex Smith", "Engineering"),
)  # fmt: skip
