"""The card of every other action, as whoever decides reads it."""

from tests.screens.acts import asks, presses
from tests.screens.company import Company
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import CAROL, DANA, LENA, PRIYA

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of


def _accounts(scene: Company) -> None:
    scene.member("alex@example.com", "Alex Smith", "Engineering", "IT Administration", admin=True)
    scene.member("jo@example.com", "Jo Park", "Design")
    scene.member("kim@example.com", "Kim Berg", "Design")
    scene.miro.change_user("kim@example.com", active=False)


ACTIONS = Story(
    "Every action, as whoever decides reads it",
    (
        picture(
            "approver-remove-admin", "Admin rights are taken away.",
            CAROL, CARD, "Remove Company Admin from",
            asks(DANA, "/miro remove-admin @alex Company Admin because the project is over"),
        ),
        picture(
            "approver-reactivate", "A deactivated account is opened again.",
            CAROL, CARD, "Reactivate",
            asks(LENA, "/miro reactivate kim@example.com because Kim is back"),
        ),
        picture(
            "approver-rename", "A team's security group gets its directory name.",
            CAROL, CARD, "g_app_proeng_all",
            asks(DANA, '/miro rename Engineering to "g_app_proeng_all" because the directory calls it so'),
        ),
        picture(
            "approver-delete", "An account is deleted, which can't be taken back.",
            PRIYA, CARD, "Confidential",
            asks(LENA, "/miro-offboard delete jo@example.com because Jo left in January"),
        ),
        picture(
            "approver-offboard-admin", "An admin is offboarded: rights first.",
            PRIYA, CARD, "deactivate @Alex Smith?",
            asks(LENA, "/miro-offboard deactivate alex@example.com because last day today"),
        ),
    ),
    prepare=_accounts,
)  # fmt: skip

GROUPS = Story(
    "Groups are created and deleted, where Miro's groups are user groups",
    (
        picture(
            "approver-delete-group", "Who decides reads how many people lose what.",
            CAROL, CARD, "Delete the group Design",
            asks(DANA, "/miro delete-group Design because the studio has closed"),
        ),
        picture(
            "done-create-group", "A new group can be asked for as soon as it was seen in Miro.",
            DANA, CARD, "The group Data Science exists in Miro",
            asks(DANA, '/miro create-group "Data Science" because of the new team'),
            presses(CAROL, "Approve", "Create the group Data Science"),
        ),
    ),
    prepare=_accounts,
    group_model="user-group",
)  # fmt: skip
