"""Many people at once: who they are, and the forms that they send."""

from collections.abc import Iterator

from approvals.ids import GroupId
from approvals.people import Group
from bot.actions import ACTIONS
from bot.sandbox.slack import payloads, views
from bot.sandbox.slack.deliveries import Delivery
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.workspace import Workspace
from bot.slack import forms
from bot.slack.words.reading import Draft
from tests.bot.slack.scenes import tables


def email(number: int) -> str:
    """The address of one of them."""
    return f"person.{number}@example.com"


def submissions(slack: Workspace, team_id: str, team: str, count: int) -> Iterator[Delivery]:
    """What Slack sends when so many new people press Send, each in a form of their own.

    Forms opened by the bot would be bounded by Slack's limit for `views.open`.
    """
    acting = Gestures(slack, "http://127.0.0.1:9")
    group = Group(GroupId(team_id), team, team)
    form = forms.Form(Draft(ACTIONS["request-access"]), tables([group]), False).view()
    for number in range(count):
        user = f"U1{number:04}"
        slack.add_person(user, email(number), f"Person {number}")
        view = views.opened(slack, user, form)
        shown = acting.fill(user, {"teams": team, "reason": "It is needed for the workshop."}, view)
        yield Delivery.of_interaction(payloads.view_submission(slack, user, shown))
