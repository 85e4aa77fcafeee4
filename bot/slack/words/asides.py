"""Messages that ask for no form: help and status are answered, what would act is told its command."""

import re

from approvals.decide.actor import Who
from bot.cards.blocks import Message, message
from bot.context import Desk
from bot.slack.answers import VERBS

DECIDE = "Press the button: words alone never act. What waits for you is in App Home too."
AWAY = "Type /miro away until 2026-12-04 @colleague, or name a delegate in App Home."

_NUMBER = r"(?:R-)?[0-9]{1,18}"
_ASKED = re.compile(rf"/?(?:miro )?(help|whoami|status)(?: ({_NUMBER}))?", re.I)
_ACTING = re.compile(rf"/?(?:miro )?(?:please )?(remind|withdraw)(?: ({_NUMBER}))?(?: please)?", re.I)
_DECIDING = re.compile(
    r"(?:(?:yes|no|ok|okay)\b[,.!]? ?)?(?:please )?"
    rf"(?:(?:i )?(?:approved?|deny|denied|reject(?:ed)?)(?: (?:it|this|that|everything|{_NUMBER}\b.*))?)?",
    re.I | re.S,
)


def answered(desk: Desk, who: Who, text: str) -> Message | None:
    """The answer to a message that means no action; None where it is none of these.

    What reads is answered; free text never acts by itself.
    """
    whole = " ".join(text.split()).rstrip(" ?!.")
    if asked := _ASKED.fullmatch(whole):
        said = VERBS[asked[1].casefold()](desk, who, asked[2] or "")
        said.pop("response_type")
        return said
    if acting := _ACTING.fullmatch(whole):
        verb = acting[1].casefold()
        number = (acting[2] or "R-42").upper()
        number = number if number.startswith("R-") else f"R-{number}"
        return message(f"Type /miro {verb} {number}, or press {verb.capitalize()} on its card.")
    if re.match(r"/?(?:miro )?away\b", whole, re.I):
        return message(AWAY)
    return message(DECIDE) if whole and _DECIDING.fullmatch(whole) else None
