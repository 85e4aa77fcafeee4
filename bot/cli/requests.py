"""List and show requests: `requests`, `show`, and the filters that `audit export` shares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial, wraps
from itertools import chain
from typing import Any

import click

from approvals.ids import BOT, PersonId, RequestId, SlackId, stamp
from approvals.people import Person
from approvals.record.evidence import report
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Request
from approvals.sentence import Sentence
from approvals.states import State
from bot.actions import COMMANDS
from bot.actions.tables import Tables
from bot.cards.catalogue import texts, written
from bot.cards.settled import state_name
from bot.cli.common import JSON, day, find, meaning, open_record, say, say_exactly, say_json, say_json_list
from bot.policies import kept

COLUMNS = (
    *("id", "date", "action", "what", "requester", "requester_email", "subject", "subject_email"),
    *("state", "decided_by", "decided_at", "outcome", "not_verified", "reason", "link"),
    *("withdrawn_by", "practice"),
)
"""Those of `summary` that a person reads in a table."""
_TIMES = ("date", "starts_at", "decided_at")
_UNSHOWN = ("action", "practice", "requester_email", "subject_email")
"""What `show` says in other lines: in the sentence, beside the name."""
_LABELS = {
    "id": "request", "date": "requested at", "what": "change", "requester_account": "requester in Slack",
    "subject_account": "subject in Slack", "subject_in_miro": "subject in Miro",
}  # fmt: skip
STATES = [state.value for state in State]


@dataclass(frozen=True)
class Filters:
    """Which requests are wanted; whatever is left empty filters nothing."""

    person: str = ""
    """An address or Slack id, of the requester or the subject."""
    actions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def ids(self, store: Store) -> list[RequestId]:
        """The ids of the requests that match, newest first. Raises Refused for an unknown person."""
        person = None
        if self.person:
            is_address = "@" in self.person
            people = store.people
            person = people.by_email(self.person) if is_address else people.by_slack(SlackId(self.person))
            if person is None:
                raise Refused(f"The record has no person {self.person}. Check the spelling.")
        return store.numbers(
            states=self.states,
            actions=self.actions,
            person=person.id if person else None,
            since=self.since,
            until=self.until,
        )


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that choose requests; the command gets them as `filters`."""

    @wraps(command)  # with the options that it has already
    def filtered(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in ("person", "action", "state", "since", "until")}
        chosen["until"] = chosen["until"] and chosen["until"] + timedelta(days=1)
        command(filters=Filters(*chosen.values()), **given)

    options = (
        click.option("--person", default="", metavar="EMAIL", help="Requested by or for this person."),
        click.option(
            "--action", multiple=True, type=click.Choice(sorted(COMMANDS)), help="Only this action."
        ),
        click.option(
            "--state", multiple=True, type=click.Choice(STATES), help="Only this state, as in --json."
        ),
        click.option("--since", callback=day, metavar="DATE", help="Requested on this day or later (UTC)."),
        click.option("--until", callback=day, metavar="DATE", help="Requested on this day or earlier (UTC)."),
    )
    result: Callable[..., None] = filtered
    for option in reversed(options):
        result = option(result)
    return result


def summary(store: Store, request: Request) -> dict[str, Any]:
    """A request for a table or a program: `{column: value}`, '' for what isn't known.

    People are named with their address, because anybody can choose any display name; addresses, Slack
    accounts and the address in Miro also have columns of their own. Times are ISO 8601 in UTC.
    """
    requester = _person(store, request.requester)
    subject = _person(store, request.subject) if request.subject else Person(PersonId(""))
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
        "waiting_for": [_person(store, id).addressed for id, _ in request.asking.approvers] if waits else [],
        "decided_by": [_person(store, id).addressed for id in decided_by],
        "decided_at": stamp(decided_at) if decided_at else "",
        "withdrawn_by": _person(store, withdrawn_by).addressed if withdrawn_by != BOT else "",
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
    return written(sentence, lambda id: _person(store, id).addressed)


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


def _person(store: Store, id: PersonId) -> Person:
    try:
        return store.people.person(id)
    except KeyError:
        return Person(id, name="Somebody")


def _line(store: Store, request: Request) -> str:
    """One request on one line of a terminal."""
    row = summary(store, request)
    who = f"requested by {row['requester']}"
    if row["decided_by"]:
        who += f", decided by {', '.join(row['decided_by'])}"
    if row["withdrawn_by"]:
        who += f", withdrawn by {row['withdrawn_by']}"
    return f"{row['id']:<7}  {row['date'][:10]}  {state_name(request):<25}  {sentence(row)} ({who})"


def sentence(row: Mapping[str, Any]) -> str:
    """What a `summary` requests, for people: practice is said first."""
    return f"{'Practice: ' if row['practice'] else ''}{row['what']}"


@click.command("requests")
@filters
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
@JSON
def list_requests(filters: Filters, as_csv: bool, as_json: bool) -> None:
    """List requests, newest first.

    In CSV, a cell that a spreadsheet could take for a formula begins with a '.
    """
    if as_csv and as_json:
        raise click.UsageError("Choose --csv or --json, not both.")
    with open_record() as store:
        requests = store.each(filters.ids(store))
        rows = (summary(store, request) for request in requests)
        if as_json:
            say_json_list(rows)
        elif as_csv:
            for line in report.as_csv(COLUMNS, rows):
                say_exactly(line)
        elif first := next(requests, None):
            for request in chain([first], requests):
                say(_line(store, request))
        else:
            say("No requests.")


@click.command()
@click.argument("id", metavar="REQUEST")
@JSON
def show(id: str, as_json: bool) -> None:
    """Show a request and its history."""
    with open_record() as store:
        request = find(store, id)
        events = list(store.events(request.id))
        if as_json:
            rows = [report.row(event, store.people) for event in events]
            say_json(summary(store, request) | {"events": rows})
            return
        row = summary(store, request)
        for name, value in (row | {"what": sentence(row), "state": state_name(request)}).items():
            text = ", ".join(value) if isinstance(value, list) else value
            if name in _TIMES and text:
                text = f"{text[:16].replace('T', ' ')} UTC"
            if text and name not in _UNSHOWN:
                say(f"{_LABELS.get(name, name.replace('_', ' ')):<18}  {text}")
        say(*report.history(events, store.people, partial(says, store), partial(meaning, store)))
