"""What can be done before a picture is taken, as words for the list of pictures."""

from collections.abc import Callable
from datetime import timedelta

from tests.screens.company import Company
from tests.screens.picture import Act, Viewer
from tests.screens.play import Play


def types(who: Viewer, text: str, channel: str = "") -> Act:
    """Somebody writes to the bot, or types a command."""

    def act(play: Play) -> None:
        play.at(who, channel)
        play.page.write(text)
        play.heard()

    return act


def presses(who: Viewer, label: str, on: str, channel: str = "") -> Act:
    """Somebody presses a button of the newest message that has it and these words."""

    def act(play: Play) -> None:
        play.at(who, channel)
        play.page.press_on(on, label)
        play.heard()

    return act


def presses_home(who: Viewer, label: str) -> Act:
    """Somebody presses a button of the Home tab."""

    def act(play: Play) -> None:
        play.at_home(who)
        play.page.press_home(label)
        play.heard()

    return act


def fills(label: str, text: str) -> Act:
    """Whoever has a form before them types into a field."""
    return lambda play: play.page.fill(label, text)


def chooses(label: str, option: str) -> Act:
    """Whoever has a form before them chooses one of several."""
    return lambda play: play.page.choose(label, option)


def sends(label: str = "Send") -> Act:
    """Whoever has a form before them sends it."""

    def act(play: Play) -> None:
        play.page.press_form(label)
        play.heard()

    return act


def asks(who: Viewer, command: str) -> Act:
    """Somebody types a command that says everything, and sends the form as it opens."""
    return in_order(types(who, command), sends())


def at_once(*acts: Act) -> Act:
    """Several things that people do before the bot gets round to drawing what follows from the first."""

    def act(play: Play) -> None:
        play.scene.resting = True
        in_order(*acts)(play)
        play.scene.resting = False
        play.scene.settle()

    return act


def passes(**span: float) -> Act:
    """Time passes: `days=2`, `hours=3`."""
    return lambda play: play.scene.pass_(timedelta(**span))


def happens(what: Callable[[Company], object]) -> Act:
    """Something happens outside of Slack."""

    def act(play: Play) -> None:
        what(play.scene)
        play.scene.settle()

    return act


def in_order(*acts: Act) -> Act:
    """One thing after the other."""

    def act(play: Play) -> None:
        for one in acts:
            one(play)

    return act
