"""Asking: help, plain words, Home, and the form of every action."""

from tests.screens.acts import asks, chooses, fills, passes, presses, presses_home, sends, types
from tests.screens.company import CHANNEL_NAME
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, CAROL, DANA, LENA

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

WAYS = Story(
    "Ways to ask",
    (
        picture(
            "home-first", "App Home, before anything was asked for.",
            ALEX, HOME, "Your teams",
            types(ALEX, "/miro whoami"), passes(seconds=5),
        ),
        picture(
            "help", "The answer to `/miro help`: buttons for what one may ask for.",
            ALEX, ANSWER, "What do you need in Miro?",
            types(ALEX, "/miro help", CHANNEL_NAME), channel=CHANNEL_NAME,
        ),
        picture(
            "whole-page", "The same in local-slack's whole page.",
            ALEX, PAGE, "What do you need in Miro?", channel=CHANNEL_NAME,
        ),
        picture(
            "help-operator", "An operator may ask for more.",
            CAROL, ANSWER, "What do you need in Miro?",
            types(CAROL, "/miro help"),
        ),
        picture(
            "whoami", "The answer to `/miro whoami`: where mistaken identities are found.",
            ALEX, ANSWER, "Slack: U0ALEX",
            types(ALEX, "/miro whoami"),
        ),
        picture(
            "review", "A message in plain words is answered with one sentence; nothing is asked for yet.",
            ALEX, ANSWER, "Review and Send",
            types(ALEX, "I need access to Engineering because I start on Monday"),
        ),
        picture(
            "review-notes", "What the bot can't do is said aloud, and not dropped.",
            ALEX, ANSWER, "when this should end",
            types(ALEX, "I need temporary access to Design because of the workshop"),
        ),
        picture(
            "not-understood", "A message that means nothing to the bot.",
            ALEX, ANSWER, "I didn't understand",
            types(ALEX, "The thing from yesterday"),
        ),
        picture(
            "review-form", "**Review and Send** opens the form, filled in from the message.",
            ALEX, FORM, "Request Access",
            presses(ALEX, "Review and Send", "access to Engineering for you?"),
        ),
        picture(
            "sent", "The form, once it is sent: the request's number, and what comes next.",
            ALEX, FORM, "Sent: R-1",
            sends(),
        ),
        picture(
            "waiting", "The requester's card while somebody decides.",
            ALEX, CARD, "Waiting for",
        ),
        picture(
            "status", "The answer to `/miro status`.",
            ALEX, ANSWER, "R-1 · Waiting for a decision",
            types(ALEX, "/miro status"),
        ),
        picture(
            "home-open", "App Home, with an open request.",
            ALEX, HOME, "R-1 · Waiting for a decision",
        ),
        picture(
            "joined", "Somebody else asked for the same already: nobody is asked twice.",
            LENA, CARD, "Already requested",
            asks(LENA, "/miro-access @alex for Engineering because Alex joins us"),
        ),
        picture(
            "joined-ended", "And they hear how it ended.",
            LENA, CARD, "Withdrawn by",
            presses(ALEX, "Withdraw", "Waiting for"),
        ),
    ),
)  # fmt: skip

FORMS = Story(
    "Forms",
    (
        picture(
            "form-access", "`/miro-access for Engineering because I start on Monday`",
            ALEX, FORM, "Request Access",
            types(ALEX, "/miro-access for Engineering because I start on Monday"),
        ),
        picture(
            "form-error", "What is missing is said at its field, all at once.",
            ALEX, FORM, "Give a reason",
            types(ALEX, "/miro-access for Engineering"), sends(),
        ),
        picture(
            "form-managed", "No form opens for a team that an identity provider manages, but an answer.",
            ALEX, ANSWER, "managed elsewhere",
            types(ALEX, "/miro-access for Sales because I sell"),
        ),
        picture(
            "form-others", "An operator's form for somebody else.",
            CAROL, FORM, "Request Access",
            types(CAROL, "/miro-access @jo for Design because Jo designs now"),
            note="Slack shows the name of Jo Park.",
        ),
        picture(
            "form-move", "`/miro-move from Engineering to Design because I change teams`",
            ALEX, FORM, "Move to Another Team",
            types(ALEX, "/miro-move from Engineering to Design because I change teams"),
        ),
        picture(
            "form-admin", '`/miro-admin @alex from Engineering to "IT Administration" because Alex joins IT`',
            DANA, FORM, "Make Miro Admin",
            types(DANA, '/miro-admin @alex from Engineering to "IT Administration" because Alex joins IT'),
        ),
        picture(
            "form-remove-admin", "`/miro remove-admin @alex because the project is over`",
            DANA, FORM, "Remove Miro Admin",
            types(DANA, "/miro remove-admin @alex because the project is over"),
        ),
        picture(
            "form-offboard", "`/miro-offboard jo@example.com because last day today`",
            LENA, FORM, "Offboard From Miro",
            types(LENA, "/miro-offboard jo@example.com because last day today"),
        ),
        picture(
            "form-reactivate", "`/miro reactivate jo@example.com because Jo is back`",
            LENA, FORM, "Reactivate in Miro",
            types(LENA, "/miro reactivate jo@example.com because Jo is back"),
        ),
        picture(
            "form-rename", "The button **Rename a Group** of App Home.",
            DANA, FORM, "Rename a Group",
            presses_home(DANA, "Rename a Group"),
            chooses("Which team", "Engineering"),
            fills("New security name", "g_app_proeng_all"), fills("Why", "the directory calls it so"),
        ),
    ),
)  # fmt: skip
