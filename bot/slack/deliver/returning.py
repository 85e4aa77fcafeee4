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
from bot.context import Context
from bot.slack.deliver.audience import SPARED

log = logging.getLogger(__name__)

MOST = 100
"""The most requests of each kind that are checked, by expiry."""


def ask_again(context: Context, who: Person) -> bool:
    """Asks a person again in open requests, and resends undelivered messages; returns whether any."""
    sight = context.sight(who)
    ids = [request.id for request in (*sight.waiting(MOST), *sight.mine(MOST).requests)]
    if is_operator(context.policy, who):
        ids += [id for id, _ in context.store.finding.in_trouble()]
    return any([_seat(context, id, who) | _revive(context, id, who) for id in dict.fromkeys(ids)])


def _seat(context: Context, id: RequestId, who: Person) -> bool:
    """Makes a waiting request ask a person again; returns whether it does."""

    def asks(request: Request) -> list[Draft]:
        back = [person for person in request.asking.unreachable if who.is_(context.person(person))]
        if request.state is not State.WAITING or request.untouchable or not back:
            raise Refused("it asks nobody again")
        return [returned(request, context.table(request), back)]

    try:
        return context.decide(id, asks) is not None
    except (KeyError, Refused) as error:
        log.info("%s isn't routed anew: %s", id, error)
        return False


def _revive(context: Context, id: RequestId, who: Person) -> bool:
    """Queues undelivered messages again; returns whether there were any."""
    request = context.store.request(id)
    cards = [card for card in context.store.outbox.of(id) if _is_missing(context, request, card, who)]
    for card in cards:
        context.store.outbox.put(replace(card, ended=""))
    if cards:
        context.store.outbox.redraw(id)
    return bool(cards)


def _is_missing(context: Context, request: Request, card: Card, who: Person) -> bool:
    """Whether a person never got this message and still needs it, unlike reminders and older asks."""
    if card.ended in ("", SPARED) or card.ts or "channel" in card.role or card.role == "reminder":
        return False
    address = PersonId(card.address)
    is_over = card.role == "approver" and card.round != turn(request, address)
    return not is_over and who.is_(context.person(address))
