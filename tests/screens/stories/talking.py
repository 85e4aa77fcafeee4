"""What is said while a request waits: reminders, a question and its answer."""

from bot.sandbox.stage import POLICY
from tests.screens.acts import asks, fills, passes, presses, sends
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, LENA, PRIYA, SAM

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

_ASKED = 'approvers = ["manager", "it"]'

REMINDED = Story(
    "Reminders",
    (
        picture(
            "reminder", "One reply in the thread of the card: first after the time that the policy names.",
            PRIYA, REPLY, "Reminder:",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"), passes(hours=4),
        ),
        picture(
            "reminded-waiting", "The requester's card meanwhile.",
            ALEX, CARD, "Reminded",
        ),
        picture(
            "remind-answer", "**Remind**, pressed too soon.",
            ALEX, ANSWER, "Remind again in",
            presses(ALEX, "Remind", "R-1"),
        ),
        picture(
            "joined-remind", "Whoever asked for the same later may remind, too.",
            LENA, ANSWER, "I'm reminding",
            passes(hours=5),
            asks(LENA, "/miro-access @alex for Engineering because Alex joins us"),
            presses(LENA, "Remind", "Already requested"),
        ),
    ),
    POLICY.replace(_ASKED, f'{_ASKED}, remind = "4h"', 1),
)  # fmt: skip

QUESTION = Story(
    "Ask a Question",
    (
        picture(
            "question-form", "**Ask a Question** opens a form.",
            PRIYA, FORM, "Ask About R-1",
            asks(ALEX, "/miro-access for Design because of the workshop"),
            presses(PRIYA, "Ask a Question", "R-1"), fills("Question", "Which boards, and for how long?"),
        ),
        picture(
            "question", "What the requester reads, in the thread of their card.",
            ALEX, REPLY, "asks",
            sends("Ask"),
        ),
        picture(
            "question-waiting", "The requester's card meanwhile.",
            ALEX, CARD, "Waiting for",
        ),
        picture(
            "approver-question", "Everybody who may decide reads the question.",
            SAM, CARD, "asked:",
        ),
        picture(
            "answer-form", "**Answer** opens a form with the question.",
            ALEX, FORM, "Answer for R-1",
            presses(ALEX, "Answer", "R-1"),
            fills("Answer", "The boards of the spring workshop, until May."),
        ),
        picture(
            "approver-answered", "The same cards with the answer; the request is still open.",
            PRIYA, CARD, "access to",
            sends("Answer"),
        ),
        picture(
            "answered", "The one who asked is told in the thread.",
            PRIYA, REPLY, "answered",
        ),
        picture(
            "question-answered", "The requester's card afterwards.",
            ALEX, CARD, "You answered",
        ),
    ),
)  # fmt: skip
