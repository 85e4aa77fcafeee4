"""Asks people again who were judged unreachable: a message has reached them since, or they acted in Slack."""

import logging
from dataclasses import replace

from approvals.decide.actor import is_operator
from approvals.decide.asking import returned
from approvals.ids import PersonId, RequestId
from approvals.people import Person
from approvals.record.database import Overtaken
from approvals.record.outbox import Card
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.cards.waiting import turn
from bot.context import Desk
from bot.slack.deliver.audience import SPARED

log = logging.getLogger(__name__)

MOST = 100
"""Requests of each kind that are looked through, those that end soonest first."""


def ask_again(desk: Desk, who: Person) -> bool:
    """Seats somebody again in open requests, and sends what didn't arrive; whether there was anything."""
    sight = desk.sight(who)
    ids = [one.id for one in (*sight.waiting(MOST), *sight.mine(MOST).requests)]
    if is_operator(desk.policy, who):
        ids += [id for id, _ in desk.store.finding.in_trouble()]
    return any([_seat(desk, id, who) | _revive(desk, id, who) for id in dict.fromkeys(ids)])


def _seat(desk: Desk, id: RequestId, who: Person) -> bool:
    """Has a waiting request ask somebody again; whether it does."""
    while True:
        request = desk.store.request(id)
        back = [one for one in request.asking.unreachable if who.is_(desk.person(one))]
        if request.state is not State.WAITING or request.untouchable or not back:
            return False
        try:
            desk.store.append(request, [returned(request, desk.table(request), back)])
        except Overtaken:
            continue
        except (KeyError, Refused) as error:
            log.warning("%s can't be routed anew: %s", id, error)
            return False
        return True


def _revive(desk: Desk, id: RequestId, who: Person) -> bool:
    """Puts messages on their way again that no verdict should have ended."""
    request = desk.store.request(id)
    cards = [one for one in desk.store.outbox.of(id) if _is_missing(desk, request, one, who)]
    for card in cards:
        desk.store.outbox.put(replace(card, ended=""))
    if cards:
        desk.store.outbox.redraw(id)
    return bool(cards)


def _is_missing(desk: Desk, request: Request, card: Card, who: Person) -> bool:
    """Whether somebody never got this message and would still need it; reminders and older asks are over."""
    if card.ended in ("", SPARED) or card.ts or "channel" in card.role or card.role == "reminder":
        return False
    address = PersonId(card.address)
    is_over = card.role == "approver" and card.round != turn(request, address)
    return not is_over and who.is_(desk.person(address))
