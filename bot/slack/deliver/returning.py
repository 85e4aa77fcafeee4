"""Asks people again who were unreachable, after a message reached them or they acted in Slack."""

import logging
from dataclasses import replace

from approvals.decide.actor import is_operator
from approvals.decide.asking import returned
from approvals.ids import PersonId, RequestId
from approvals.people import Person
from approvals.record.outbox import Card
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import State
from bot.cards.waiting import turn
from bot.context import Desk
from bot.slack.deliver.audience import SPARED

log = logging.getLogger(__name__)

MOST = 100
"""The most requests of each kind that are checked, by expiry."""


def ask_again(desk: Desk, who: Person) -> bool:
    """Asks a person again in open requests, and resends undelivered messages; returns whether any."""
    sight = desk.sight(who)
    ids = [request.id for request in (*sight.waiting(MOST), *sight.mine(MOST).requests)]
    if is_operator(desk.policy, who):
        ids += [id for id, _ in desk.store.finding.in_trouble()]
    return any([_seat(desk, id, who) | _revive(desk, id, who) for id in dict.fromkeys(ids)])


def _seat(desk: Desk, id: RequestId, who: Person) -> bool:
    """Makes a waiting request ask a person again; returns whether it does."""

    def asks(request: Request) -> list[Draft]:
        back = [person for person in request.asking.unreachable if who.is_(desk.person(person))]
        if request.state is not State.WAITING or request.untouchable or not back:
            raise Refused("it asks nobody again")
        return [returned(request, desk.table(request), back)]

    try:
        return desk.decide(id, asks) is not None
    except (KeyError, Refused) as error:
        log.info("%s isn't routed anew: %s", id, error)
        return False


def _revive(desk: Desk, id: RequestId, who: Person) -> bool:
    """Queues undelivered messages again; returns whether there were any."""
    request = desk.store.request(id)
    cards = [card for card in desk.store.outbox.of(id) if _is_missing(desk, request, card, who)]
    for card in cards:
        desk.store.outbox.put(replace(card, ended=""))
    if cards:
        desk.store.outbox.redraw(id)
    return bool(cards)


def _is_missing(desk: Desk, request: Request, card: Card, who: Person) -> bool:
    """Whether a person never got this message and still needs it, unlike reminders and older asks."""
    if card.ended in ("", SPARED) or card.ts or "channel" in card.role or card.role == "reminder":
        return False
    address = PersonId(card.address)
    is_over = card.role == "approver" and card.round != turn(request, address)
    return not is_over and who.is_(desk.person(address))
