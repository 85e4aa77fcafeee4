"""The event that asks the approvers: what will change, who decides, and by when."""

import json
from dataclasses import replace
from typing import Any

from approvals.decide.asking import asking, looked_at, told
from approvals.decide.case import Route
from approvals.decide.deadlines import later
from approvals.ids import stamp
from approvals.people import Person, listed
from approvals.policy.model import Rule
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import State, What
from bot.actions import Action
from bot.context import Desk
from bot.miro.goals import counted
from bot.miro.plan import Plan
from bot.work import ending


def waiting(
    desk: Desk, request: Request, command: Action, plan: Plan, live: Request | None = None
) -> list[Draft]:
    """The event that asks the approvers; approved at once, where nobody's approval is needed.

    `live` is the request whose end this one moves. Raises Refused when there are none.
    """
    requester, hash = desk.store.people.person(request.requester), desk.policies.hash
    ground, now = desk.ground(command, requester), desk.now()
    rule, route = Rule(approval=False), Route(0, 0, 0, is_settled=True)
    if not request.is_end:
        ground.check_fillable()
        rule, route = ground.rule, ground.tally(replace(request, votes=(), lost=(), level=0, step=0))
        _check_rights(plan, rule, command)
    body = {
        "revision": plan.revision,
        "expires_at": stamp(later(now, rule.expires, ground.policy)),
        "lanes": [*command.lanes, *([f"miro:{plan.miro_id}"] if plan.miro_id else [])],
        "policy": hash,
        **asking(route, ground.policy, rule, now),
        **({"subject": command.subject} if command.subject else {}),
    }
    subject = ground.case.subject
    words = {
        "plan": json.dumps(_stored(desk, request, plan, subject, live), ensure_ascii=False),
        "details": command.model_dump_json(),
        "case": looked_at(ground.case),
        "asked_by": requester.sealed(requester.account),
        "about": subject.sealed(subject.account) if subject else "",
        **told(route),
    }
    drafts = [Draft(What.PLANNED, body=body, words=words)]
    return [*drafts, *([] if rule.ladder else [Draft(What.APPROVED, body={"revision": plan.revision})])]


def _check_rights(plan: Plan, rule: Rule, command: Action) -> None:
    """Refuses admin rights that come along with what nobody has to approve."""
    if plan.rights and not rule.ladder and "rights" not in command.form():
        raise Refused(
            f"{listed(plan.rights)} rights would come back with the account, and the policy asks nobody "
            "about this. I change nothing. Ask your IT team: somebody has to decide it."
        )


def _stored(
    desk: Desk, request: Request, plan: Plan, subject: Person | None, live: Request | None
) -> dict[str, Any]:
    known = subject.miro_id if subject else ""
    is_new = bool(known) and plan.miro_id not in ("", known)
    warnings = ["Miro has a new account for this address."] if is_new else []
    if plan.vanished:
        warnings.append(
            "Miro had an account for this person: it was deleted, or is a guest's. Look there first."
        )
    stored = plan.stored()
    gives = [step["key"] for step in stored["steps"]]
    if live:
        gives += ending.given(live)
        stored["steps"] = [*stored["steps"], _stays(desk, live, request.days)]
        stored["goes_on"] = live.id
    again = request.state is not State.CHECKING
    is_other = plan.revision != request.revision
    return stored | {"warnings": warnings, "again": again and is_other, "anew": again, "gives": gives}


def _stays(desk: Desk, live: Request, days: int | None) -> dict[str, Any]:
    """The line an approver reads where only the end moves."""
    assert live.ends_at
    was = f"instead of ending on {live.ends_at:%-d %B}"
    until = f"Stays for {counted(days)} from now" if days else "Stays without an end"
    did = f"moved the end to {counted(days)} from then" if days else "took the end away"
    return {
        "key": f"stay {live.id}",
        "text": f"{until}, {was}.",
        "did": did,
        "detail": "",
        "hazards": 0,
        "call": "",
    }
