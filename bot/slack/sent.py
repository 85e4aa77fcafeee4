"""What a form says once it was sent: that it is saved and looked at, or which field is wrong."""

from approvals.request import Request
from bot.actions import ACTIONS
from bot.actions.fill import Problems
from bot.cards.blocks import Block
from bot.slack import forms
from bot.slack.words.reading import about_end

NEXT = "I'm looking what would change and who decides. I'll write to you; you don't have to do anything."
"""Who decides isn't known before Miro was looked at: it may be so already, or be refused."""


def sent(request: Request) -> str:
    """What the form turns into."""
    lead = "Practice: nothing will change. " if request.practice else ""
    end = "".join(f" {one}" for one in about_end(ACTIONS[request.action], request.reason, request.scope.days))
    return f"{lead}Sent: {request.id}. {NEXT}{end}"


def at_fields(problems: Problems, view: Block) -> dict[str, str]:
    """Problems by block id; Slack takes errors only for blocks that are there."""
    shown = {block.get("block_id") for block in view.get("blocks", []) if block.get("type") == "input"}
    written = forms.halves(view)
    found: dict[str, str] = {}
    for name, text in problems.fields.items():
        place = name if name in shown else "reason"
        place = place + forms.EMAIL if written.get(place + forms.EMAIL) else place
        found[place] = f"{found[place]} {text}" if place in found else text
    return found
