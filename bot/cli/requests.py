"""List and show requests: `requests`, `show`, and the filters that `audit export` shares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial, wraps
from itertools import chain
from typing import Any

import click

from approvals.ids import RequestId, SlackId
from approvals.record.evidence import report
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.actions import COMMANDS
from bot.cards.settled import state_name
from bot.cli.common import JSON, day, find, meaning, open_record, say, say_exactly, say_json, say_json_list
from bot.summary import says, summary

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
