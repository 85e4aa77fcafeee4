"""What the form says once it was sent: who decides and by when, or which field is wrong."""

from approvals.deadlines import later
from approvals.people import Standing, listed
from approvals.policy import ASKERS_MANAGER, MANAGER
from approvals.refusals import Refused, Unsure
from approvals.request import Request
from approvals.routing import Ground
from approvals.who import Who
from bot.desk import Desk
from bot.lifecycle import ACTIONS
from bot.lifecycle.fill import Problems
from bot.slack import forms, phrases
from bot.slack.blocks import Block, when

CHECKED = "once I've checked it with Miro"
"""What comes before anybody is asked: it may be refused, or be so already."""


def sent(desk: Desk, request: Request, who: Who) -> str:
    """What the form turns into: who decides, and by when, as far as the local tables can tell."""
    lead = "Practice: nothing will change. " if request.practice else ""
    end = "".join(
        f" {one}" for one in phrases.about_end(ACTIONS[request.action], request.reason, request.days)
    )
    text = _who_decides(desk, request, who) or "I'm looking who decides."
    return f"{lead}Sent: {request.id}. {text} I'll write to you; you don't have to do anything.{end}"


def _is_new(who: Who) -> bool:
    """Whether Slack hasn't been asked yet who this is."""
    return who.account is not None and who.account.standing is Standing.UNKNOWN


def _has_unknown_manager(ground: Ground) -> bool:
    """Whether it is still to be found out who the person concerned is, and so who manages them."""
    return not ground.case.concerned.email and not any(ground.named((MANAGER,)))


def _who_decides(desk: Desk, request: Request, who: Who) -> str:
    """A sentence, or '' where somebody has to be looked up first."""
    ground = desk.ground(desk.command(request), who.person)
    try:
        rule = ground.rule
        if _is_new(who) and {MANAGER, ASKERS_MANAGER} & set(rule.everybody()):
            return ""  # who manages somebody isn't known before their address is
        if MANAGER in rule.everybody() and _has_unknown_manager(ground):
            return ""
        named = [one for step in rule.ladder[:1] for one in ground.named(step.approvers)]
        if not named or any(one.person is None or one.person.account is None for one in named):
            return "" if rule.ladder else "No approval is needed."
        problem = ground.unfillable()
        if problem:
            return f"Nobody can decide this: {problem}."
        asked = ground.tally(request).approvers
    except Unsure:
        return ""
    except Refused as error:
        return str(error)
    zone = who.account.zone if who.account else ""
    step = rule.ladder[0]
    told = [one for one in asked if one.told]
    names = [one.person.called for one in (told if len(told) >= step.agree else asked)]
    all_of_them = step.agree == len(names) > 1
    word = "and" if all_of_them else "or"
    shown = listed(names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} others"], word)
    shown = f"{step.agree} of {shown}" if 1 < step.agree < len(names) else shown
    then = " first" if len(rule.ladder) > 1 else ""
    until = when(later(desk.now(), rule.expires, desk.policy), zone or "UTC", desk.now())
    until += "" if zone else " UTC"
    return f"{shown} {'decide' if step.agree > 1 else 'decides'}{then} by {until}, {CHECKED}."


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
