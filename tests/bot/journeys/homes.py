"""Small builders for journeys in App Home: open it, read it, press what stands on it."""

from typing import Any

from bot.sandbox.slack.deliveries import Reply
from bot.sandbox.slack.inputs import placed
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import read

ACCESS = ("/miro-access", "for Engineering because I start Monday")
OFFBOARD = ("U0LENA", "/miro-offboard", "jo@example.com because last day today")
ADMIN = ("U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT")


def opened(s: Stage, user: str) -> str:
    """Opens App Home; what stands there once the bot knows who it is."""
    assert s.acting.open_home(user).ok
    s.settle()
    if "haven't been able to check" in page(s, user):
        s.bot.housekeeping.tick()
        s.settle()
    return page(s, user)


def page(s: Stage, user: str) -> str:
    """What stands in somebody's App Home."""
    return read(s.slack.homes[user])


def part(shown: str, heading: str, until: str) -> str:
    """What stands under a heading."""
    assert heading in shown, shown
    return shown.partition(heading)[2].partition(until)[0]


def presses(s: Stage, user: str, action: str, value: str | None = None, view: Any = None) -> Reply:
    """Presses a button on App Home and lets the bot work. `value` begins with the request's number."""
    shown = view or s.slack.homes[user]
    elements = [one for _, one in placed(shown["blocks"]) if one["action_id"] == action]
    fitting = [one["value"] for one in elements if value in (None, one["value"].partition(":")[0])]
    assert fitting, f"no {action} {value} in {read(shown)}"
    reply = s.acting.click(user, shown, action, fitting[0])
    assert reply.ok, reply
    s.settle()
    return reply


def may(s: Stage, user: str, action: str) -> list[str]:
    """The requests that have such a button on somebody's App Home."""
    elements = [one for _, one in placed(s.slack.homes[user]["blocks"]) if one["action_id"] == action]
    return [one["value"].partition(":")[0] for one in elements]


def published(s: Stage, user: str) -> int:
    """How often somebody's App Home was drawn in Slack."""
    return sum(one.method == "views.publish" and one.params["user_id"] == user for one in s.slack.log)
