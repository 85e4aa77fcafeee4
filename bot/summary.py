"""A request in words, for tables and programs: the command line prints it, and files have a row of it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from approvals.ids import BOT, PersonId, RequestId, stamp
from approvals.people import Person
from approvals.record.store import Store
from approvals.request import Request
from approvals.sentence import Sentence
from approvals.states import State
from bot.actions import COMMANDS
from bot.actions.tables import Tables
from bot.cards.catalogue import texts, written
from bot.policies import kept


def summary(store: Store, request: Request) -> dict[str, Any]:
    """A request for a table or a program: `{column: value}`, '' for what isn't known.

    People are named with their address, because anybody can choose any display name; addresses, Slack
    accounts and the address in Miro also have columns of their own. Times are ISO 8601 in UTC.
    """
    requester = person(store, request.requester)
    subject = person(store, request.subject) if request.subject else Person(PersonId(""))
    in_miro, outcome = request.plan.user_name or "", request.outcome
    waits = request.state is State.WAITING
    withdrawn_by = outcome.by if outcome and request.state is State.WITHDRAWN else BOT
    decided_by, decided_at = _decision(request)
    return {
        "id": request.id,
        "date": stamp(request.asked_at),
        "action": request.action,
        "what": _phrase(store, request, in_miro),
        "state": request.state.value,
        **_named("requester", requester),
        **_named("subject", subject),
        "subject_in_miro": in_miro,
        "reason": request.reason,
        "starts_at": stamp(request.starts_at) if request.starts_at else "",
        "waiting_for": [person(store, id).addressed for id, _ in request.asking.approvers] if waits else [],
        "decided_by": [person(store, id).addressed for id in decided_by],
        "decided_at": stamp(decided_at) if decided_at else "",
        "withdrawn_by": person(store, withdrawn_by).addressed if withdrawn_by != BOT else "",
        "practice": request.practice,
        "outcome": says(store, outcome.text if outcome else request.progress.held),
        "not_verified": texts(outcome.unshown) if outcome else [],
        "link": permalink(store, request.id),
    }


def _decision(request: Request) -> tuple[tuple[PersonId, ...], datetime | None]:
    """Who decided a request, and when; nobody while it is open, expired, withdrawn or ended by the bot."""
    if request.asking.approved_at:
        return request.asking.decided_by, request.asking.approved_at
    if request.outcome and request.outcome.by != BOT and request.state is not State.WITHDRAWN:
        return (request.outcome.by,), request.outcome.at
    return (), None


def permalink(store: Store, id: RequestId) -> str:
    """The link to the newest card of a request in the policy's channel; '' where there is none."""
    cards = [card for card in store.outbox.of(id) if card.role == "channel" and card.ts]
    return store.outbox.permalink(cards[-1]) if cards else ""


def _named(role: str, person: Person) -> dict[str, str]:
    account = person.account.slack_id if person.account else ""
    return {role: person.addressed, f"{role}_email": person.email, f"{role}_account": account}


def says(store: Store, sentence: Sentence | None) -> str:
    """A sentence of the record in words."""
    return written(sentence, lambda id: person(store, id).addressed)


def _phrase(store: Store, request: Request, in_miro: str) -> str:
    """The request as a verb phrase, by the policy in the record: the file may be missing or broken by now."""
    try:
        policy, people, groups = kept(store, request.policy), store.people, store.groups
        facts = Tables(policy, groups.all, people.meet, people, groups.get, request.asked_at).facts

        def shown(id: PersonId) -> Person:
            person = facts.person(id)
            is_changed = in_miro and id == request.subject
            return replace(person, name=(replace(person, email=in_miro) if is_changed else person).addressed)

        return (
            COMMANDS[request.action]
            .model_validate(request.details)
            .phrase(replace(facts, person=shown, team=facts.known_team))
        )
    except (KeyError, ValueError):
        return request.action


def person(store: Store, id: PersonId) -> Person:
    """The person with this id, or a nameless one if their data was deleted."""
    try:
        return store.people.person(id)
    except KeyError:
        return Person(id, name="Somebody")
