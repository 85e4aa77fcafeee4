"""Looking after it: a request that stopped, an offboarding, and one card in a channel."""

from datetime import timedelta

from approvals.decide.actor import Actor
from approvals.ids import GroupId, RequestId
from bot.directory.store import Directories, Kind
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import CHANNEL as CHANNEL_ID
from bot.sandbox.stage import POLICY
from bot.work.ask import handed
from bot.work.reviewing import reviews
from tests.bot.directory.scenes import OKTA
from tests.screens.acts import asks, happens, passes, presses
from tests.screens.company import CHANNEL_NAME, Company
from tests.screens.picture import Of, Story, picture
from tests.screens.stories.cast import ALEX, CAROL, DANA, JO, LENA, PRIYA, SAM

CARD, REPLY, ANSWER, FORM, HOME, PAGE = Of


_BUSY = Fault("GET", "/Users", times=100, status=503)


def only_admin(scene: Company) -> None:
    """Jo alone looks after a team, which Miro won't let go."""
    research = scene.miro.add_team("Research")
    scene.miro.add_user("jo@example.com", "Jo Park", teams=[research], team_admin_of=[research])


def _helped(scene: Company) -> None:
    """Carol joins that team in Miro and becomes its admin."""
    jo = scene.miro.user("jo@example.com")
    carol = scene.miro.user("carol@example.com")
    assert jo and carol
    research = next(id for id in jo.groups if scene.miro.team(id).team_name == "Research")
    scene.miro.join("carol@example.com", research)
    scene.miro.change_team(research, admins=(*scene.miro.team(research).admins, carol.id))


STOPPED = Story(
    "Stopped",
    (
        picture(
            "approver-two-changes", "The approver's card where something is lost on the way.",
            PRIYA, CARD, "Move @Jo Park",
            asks(JO, "/miro-move from Research to Design because I change teams"),
        ),
        picture(
            "stopped-operator", "Miro refused halfway: what is done, what isn't, and what helps.",
            CAROL, CARD, "is incomplete",
            presses(PRIYA, "Approve", "R-1"),
        ),
        picture(
            "stopped", "What the requester reads.",
            JO, CARD, "is incomplete",
        ),
        picture(
            "resumed", "**Resume** does only what is left.",
            JO, CARD, "✅ You're in Design",
            happens(_helped), presses(CAROL, "Resume", "is incomplete"),
        ),
        picture(
            "operator-done", "The operator's card afterwards.",
            SAM, CARD, "changes are verified in Miro",
        ),
    ),
    prepare=only_admin,
)  # fmt: skip


def _handed(scene: Company) -> None:
    """Carol hands it over to Priya."""
    context, carol = scene.bot.context, Actor(scene.bot.store.people.meet(email="carol@example.com"))
    context.decide(RequestId("R-1"), lambda request: handed(context, request, carol, "priya@example.com"))


def _by_hand(scene: Company) -> None:
    """Priya makes Carol the admin in Miro, and takes Jo out."""
    _helped(scene)
    jo = scene.miro.user("jo@example.com")
    assert jo
    research = next(id for id in jo.groups if scene.miro.team(id).team_name == "Research")
    scene.miro.leave("jo@example.com", research)


HANDED = Story(
    "Handed over",
    (
        picture(
            "handed", "**Hand Over**: a named colleague reads what is left, and where in Miro.",
            PRIYA, CARD, "Please finish it by hand",
            asks(JO, "/miro-move from Research to Design because I change teams"),
            presses(PRIYA, "Approve", "R-1"), happens(_handed),
        ),
        picture(
            "handed-done", "Done once Miro shows it.",
            JO, CARD, "by hand by",
            happens(_by_hand), presses(PRIYA, "I've Done It", "Please finish"),
        ),
    ),
    prepare=only_admin,
)  # fmt: skip

COOLING = Story(
    "Deleted some days later",
    (
        picture(
            "cooling-off", "Deactivated now. Until the deletion one click keeps the account.",
            LENA, CARD, "unless it's kept",
            asks(LENA, "/miro-offboard deactivate jo@example.com because last day today"),
            presses(PRIYA, "Deactivate", "Confidential"),
        ),
    ),
    POLICY.replace("offboard = {", 'offboard = { delete_after = "30d",'),
    lambda scene: scene.member("jo@example.com", "Jo Park", "Design"),
)  # fmt: skip

AWAY = Story(
    "Miro doesn't answer",
    (
        picture(
            "held", "Saved, and nobody is asked yet.",
            ALEX, CARD, "Miro",
            happens(lambda scene: scene.miro.faults.append(_BUSY)),
            asks(ALEX, "/miro-access for Engineering because I start on Monday"),
        ),
    ),
)  # fmt: skip

CONFIDENTIAL = Story(
    "Offboarding",
    (
        picture(
            "approver-offboard", "An offboarding is confidential until it is done.",
            PRIYA, CARD, "Confidential",
            asks(LENA, "/miro-offboard deactivate jo@example.com because last day today"),
        ),
        picture(
            "confidential-joined", "Somebody who may ask for it asks for the same.",
            CAROL, CARD, "Already requested",
            asks(CAROL, "/miro-offboard deactivate jo@example.com because the contract ends"),
        ),
        picture(
            "done-offboard", "What the requester reads. The leaver is told nothing.",
            LENA, CARD, "is deactivated",
            presses(PRIYA, "Deactivate", "Confidential"),
        ),
    ),
    prepare=lambda scene: scene.member("jo@example.com", "Jo Park", "Design"),
)  # fmt: skip


def _review(scene: Company) -> None:
    """Carol starts a review of Design."""
    carol = Actor(scene.bot.store.people.meet(email="carol@example.com"))
    until = scene.clock() + timedelta(days=10)
    reviews.start(scene.bot.context, carol, GroupId(scene.teams["Design"]), until)


REVIEW = Story(
    "Access reviews",
    (
        picture(
            "access-review", "The owners of a team are asked who keeps access.",
            DANA, CARD, "Who keeps access to Design?",
            happens(_review),
        ),
        picture(
            "home-review", "The same in App Home, until everything is decided.",
            DANA, HOME, "Who keeps access to Design?",
        ),
        picture(
            "access-review-form", "**Open Review**: nothing is chosen beforehand.",
            DANA, FORM, "Keep All",
            presses(DANA, "Open Review", "Who keeps"),
        ),
    ),
    POLICY.replace("[groups.it]", '[owners]\n"Design" = ["dana@example.com"]\n[groups.it]'),
    lambda scene: scene.member("jo@example.com", "Jo Park", "Design"),
)  # fmt: skip


def _leavers(scene: Company) -> None:
    """412 people are in Miro, and Okta says of each that they have left."""
    okta = Directories(scene.bot.store.database, scene.clock)
    for number in range(412):
        email = f"person.{number}@example.com"
        scene.member(email, "A Person", "Design")
        okta.create("okta", Kind.USER, {"userName": email, "active": False})
    okta.create("okta", Kind.GROUP, {"displayName": "miroUsers"})


PUSHED = Story(
    "A directory wants a lot at once",
    (
        picture(
            "directory-held", "More than the policy lets through in an hour waits for an operator.",
            CAROL, CARD, "wants to close the accounts of 412 people",
            passes(minutes=1), passes(minutes=1),
        ),
    ),
    f"{POLICY}{OKTA}",
    _leavers,
)  # fmt: skip

CHANNEL = Story(
    "One card in a channel",
    (
        picture(
            "channel", "One card for everybody who may decide, in the channel that the policy names.",
            CAROL, CARD, "access to Engineering",
            asks(ALEX, "/miro-access for Engineering because I start on Monday"), channel=CHANNEL_NAME,
            note="Slack draws the date in each reader's own zone; local-slack shows it in UTC.",
        ),
        picture(
            "not-yours", "Somebody who may not decide presses a button.",
            DANA, ANSWER, "can decide R-1",
            presses(DANA, "Approve", "Give @Alex", CHANNEL_NAME), channel=CHANNEL_NAME,
        ),
        picture(
            "channel-done", "The same card afterwards.",
            SAM, CARD, "approved by",
            presses(CAROL, "Approve", "Give @Alex", CHANNEL_NAME), channel=CHANNEL_NAME,
        ),
    ),
    policy=f'tell = "{CHANNEL_ID}"\n' + POLICY,
)  # fmt: skip
