"""App Home of an employee, of a manager on a telephone, of a team's owner, and of an operator."""

from approvals.people import Standing
from bot.sandbox.stage import POLICY
from tests.screens.acts import asks, happens, presses, presses_home, sends
from tests.screens.company import Company
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, CAROL, DANA, JO, LENA, PRIYA
from tests.screens.stories.operating import only_admin

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of

_KIM = '"kim@example.com" = "priya@example.com"\n[groups.it]'

MANAGER_HOME = Story(
    "App Home of employee and manager",
    (
        picture(
            "home-manager", "Several wait: each with what it changes.",
            PRIYA, HOME, "Waiting for you: 3",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
            asks(JO, "/miro-access for Design because of the workshop"),
            asks(LENA, "/miro-offboard deactivate kim@example.com because last day today"),
        ),
        picture(
            "approve-all", "**Approve All** shows each line; admin rights and offboarding aren't among them.",
            PRIYA, FORM, "Approve Together",
            presses_home(PRIYA, "Approve All 2: Request Access"),
        ),
        picture(
            "approved-all", "What became of each.",
            PRIYA, FORM, "Approved 2 of 2",
            sends("Approve All 2"),
        ),
        picture(
            "home-offboard", "What is grave is decided one by one.",
            PRIYA, HOME, "Waiting for you: 1",
            note="Slack asks “Are you sure?” first.",
        ),
        picture(
            "home-employee", "An employee's: what is open, and what ended last.",
            ALEX, HOME, "Recently closed",
            asks(ALEX, "/miro-access for Design because of the workshop"),
        ),
    ),
    POLICY.replace("\n[groups.it]", _KIM, 1),
    lambda scene: scene.member("kim@example.com", "Kim Berg", "Design"),
)  # fmt: skip

_HR = POLICY.replace('["manager", "it"] }', '["hr"] }', 1)


def _nobody_left(scene: Company) -> None:
    """Lena alone could decide, and leaves."""
    scene.is_now(LENA.id, Standing.LEFT)


OPERATOR_HOME = Story(
    "App Home of operator and owner",
    (
        picture(
            "home-owner", "What is asked about somebody's teams.",
            DANA, HOME, "About your teams",
            presses_home(DANA, "Rename a Group"),
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
        ),
        picture(
            "home-operator", "An operator's: what stopped, what nobody can decide, and who has admin rights.",
            CAROL, HOME, "No approver available",
            asks(JO, "/miro-move from Research to Design because I change teams"),
            presses(PRIYA, "Approve", "R-2"), happens(_nobody_left),
        ),
    ),
    _HR.replace("[groups.it]", '[owners]\n"Engineering" = ["dana@example.com"]\n[groups.it]'),
    only_admin,
)  # fmt: skip
