"""Ask, decide and look, from a shell."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import click

from approvals.decide import decide
from approvals.decide.actor import Who, is_operator
from approvals.ids import PersonId, RequestId
from approvals.people import Person, listed
from approvals.record import report
from approvals.record.outbox import Note
from approvals.record.report import history
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.sentence import Sentence
from approvals.states import State
from approvals.text import cleaned
from bot.actions import ACTIONS, Action
from bot.actions.fill import operators_form
from bot.actions.tables import Tables
from bot.app import Bot
from bot.cards.blocks import message
from bot.cards.catalogue import written
from bot.cards.named import mark
from bot.cli.common import (
    JSON,
    acting_as,
    check_folder,
    failed,
    find,
    is_there,
    meaning,
    open_bot,
    open_record,
    say,
    say_beside,
    say_json,
    settings,
    thrown_away,
)
from bot.context import CONFIDENTIAL, Desk
from bot.policies import kept
from bot.slack.words.reading import about_end
from bot.work.ask import LONGEST_REASON, asked


def summary(store: Store, request: Request) -> dict[str, Any]:
    """What is read of a request: people by name and address, as anybody can choose any name; fields of their
    own hold their addresses and Slack accounts, and the address that Miro has ('' for what isn't known)."""
    asker = _person(store, request.requester)
    about = _person(store, request.subject) if request.subject else Person(PersonId(""))
    in_miro = request.plan.user_name or ""
    waits = request.state is State.WAITING
    return {
        "id": request.id,
        "state": request.state.value,
        "what": _phrase(store, request, in_miro),
        "asked_by": asker.addressed,
        "asked_by_email": asker.email,
        "asked_by_account": _account(asker),
        "about": about.addressed,
        "about_email": about.email,
        "about_account": _account(about),
        "about_in_miro": in_miro,
        "reason": request.reason,
        "waiting_for": [_person(store, id).addressed for id, _ in request.asking.approvers] if waits else [],
        "text": says(store, request.outcome.text if request.outcome else request.progress.held),
    }


def _account(person: Person) -> str:
    return person.account.slack_id if person.account else ""


def says(store: Store, sentence: Sentence | None) -> str:
    return written(sentence, lambda id: _person(store, id).addressed)


def _phrase(store: Store, request: Request, in_miro: str) -> str:
    """What was asked for, by the policy of the record: the file may be away or broken by now."""
    try:
        policy, people, groups = kept(store, request.policy), store.people, store.groups
        facts = Tables(policy, groups.all, people.meet, people, groups.get).facts

        def shown(id: PersonId) -> Person:
            person = facts.person(id)
            is_changed = in_miro and id == request.subject
            return replace(person, name=(replace(person, email=in_miro) if is_changed else person).addressed)

        return ACTIONS[request.action].model_validate(request.details).phrase(replace(facts, person=shown))
    except (KeyError, ValueError):
        return request.action


def _person(store: Store, id: PersonId) -> Person:
    try:
        return store.people.person(id)
    except KeyError:
        return Person(id, name="Somebody")


@click.command("requests")
@click.option(
    "--state", multiple=True, type=click.Choice([one.value for one in State]), help="Only these states."
)
@JSON
def list_requests(state: tuple[str, ...], as_json: bool) -> None:
    """List requests, newest first."""
    with open_record() as store:
        found = [summary(store, one) for one in store.requests(states=state)]
    if as_json:
        say_json(found)
    for one in [] if as_json else found:
        say(f"{one['id']:<7} {one['state']:<14} {one['what']} (asked by {one['asked_by']})")
    if not found and not as_json:
        say("No requests.")


@click.command()
@click.argument("id")
@JSON
def show(id: str, as_json: bool) -> None:
    """Show one request and its whole history."""
    with open_record() as store:
        request = find(store, id)
        events = list(store.events(request.id))
        if as_json:
            rows = [report.row(event, store.people) for event in events]
            say_json(summary(store, request) | {"events": rows})
            return
        for name, value in summary(store, request).items():
            told = ", ".join(value) if isinstance(value, list) else value
            if told and not name.endswith("_email"):  # which stands beside the name
                say(f"{name.replace('_', ' '):<12} {told}")
        say(*history(events, store.people, partial(says, store), partial(meaning, store)))


def _filled(action: str, fields: tuple[str, ...], operator: bool) -> dict[str, str]:
    """The fields as typed. Raises UsageError, saying which there are; those in brackets may be left out."""
    raw = dict(field.partition("=")[::2] for field in fields)
    model, shown = ACTIONS[action].model_fields, operators_form(ACTIONS[action], operator)
    needed = [name for name, asked in shown.items() if model[name].is_required() and not asked.own]
    takes = " ".join(f"{name}=…" if name in needed else f"[{name}=…]" for name in shown)
    wrong = [field for field in fields if "=" not in field or field.partition("=")[0] not in model]
    missing = [name for name in needed if not raw.get(name)]
    twice = [name for name, count in Counter(one.partition("=")[0] for one in fields).items() if count > 1]
    if twice:
        why = f"{twice[0]} is given twice; several teams go into one, like teams=A,B"
        raise click.UsageError(f"{action} takes {takes}; {why}.")
    if wrong or missing:
        why = f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        why = f"{wrong[0]!r} isn't one of them" if wrong else why
        raise click.UsageError(f"{action} takes {takes}; {why}.")
    return raw


def _asked(bot: Bot, action: str, fields: tuple[str, ...], email: str, reason: str) -> Request:
    who = acting_as(bot, email)
    raw = _filled(action, fields, is_operator(bot.desk.policy, who.person))
    _check_teams(bot.store, ACTIONS[action], raw)
    return asked(bot.desk, ACTIONS[action], raw, reason, who)


def _check_teams(store: Store, action: type[Action], raw: Mapping[str, str]) -> None:
    """Refuses teams where none is known: without a running bot nobody would ever find them."""
    fields = [name for name, one in action.form().items() if one.is_team]
    if any(raw.get(name) for name in fields) and not store.groups.all():
        raise Refused(
            "This record knows no team of Miro yet, so nothing was asked: `miro-bot run` takes the list. "
            "Start it, or name the record it runs on in MIRO_BOT_DATABASE."
        )


@click.command()
@click.argument("action", type=click.Choice(sorted(ACTIONS)))
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--as", "email", required=True, help="Who asks.")
@click.option("--reason", required=True)
@JSON
def ask(action: str, fields: tuple[str, ...], email: str, reason: str, as_json: bool) -> None:
    """Ask for a change; a running bot takes it on from there."""
    known = settings()
    check_folder(known.database)
    if not is_there(known.database):
        with thrown_away(known, leads=False) as bot:  # what is refused here begins no record
            _asked(bot, action, fields, email, reason)
    with open_bot(leads=False) as bot:
        request = _asked(bot, action, fields, email, reason)
        said = summary(bot.store, request)
    say_json(said) if as_json else say(f"Saved: {request.id}, to {said['what']}.")
    for line in about_end(ACTIONS[action], reason, request.scope.days):
        say_beside(line)


Decision = Callable[[Request, Who, Desk], list[Draft]]


def _decided(id: str, email: str, as_json: bool, verb: str, decision: Decision) -> None:
    """One decision typed in a shell, told to the person in whose name it was."""
    with open_bot(existing=True, leads=False) as bot:
        request, who = find(bot.store, id), acting_as(bot, email)
        secret = request.action in CONFIDENTIAL
        with bot.store.writing():
            request = bot.store.append(request, decision(request, who, bot.desk))
            _tell(bot, request.id, who, verb, secret)
        said = summary(bot.store, request)
    say_json(said) if as_json else say(f"{request.id} is {request.state.value}.")


def _tell(bot: Bot, id: RequestId, who: Who, verb: str, secret: bool) -> None:
    if bot.desk.policy.tell and not secret:
        told = f"{id} was {verb} in the name of {mark(who.person)} from a command line ({who.shell})."
        bot.store.outbox.say(Note(bot.desk.policy.tell, message(told)))
    text = (
        f"{id} was {verb} in your name from a command line ({who.shell}). Wasn't it you? Tell your IT team."
    )
    if who.account:
        bot.store.outbox.say(Note(who.account.slack_id, message(text)))


AS = click.option("--as", "email", required=True, help="In whose name.")


@click.command()
@click.argument("id")
@AS
@JSON
def approve(id: str, email: str, as_json: bool) -> None:
    """Say yes, where the policy lets a command line decide."""
    _decided(id, email, as_json, "approved", lambda r, who, desk: desk.approval(r, who, r.plan.revision))


@click.command()
@click.argument("id")
@AS
@click.option("--reason", required=True, help="The requester reads it.")
@JSON
def deny(id: str, email: str, reason: str, as_json: bool) -> None:
    """Say no, where the policy lets a command line decide."""
    reason = cleaned(reason)
    if len(reason) > LONGEST_REASON:
        raise failed(f"reason: Write at most {LONGEST_REASON} characters.")

    def no(request: Request, who: Who, desk: Desk) -> list[Draft]:
        return decide.deny(request, who, reason, desk.table(request), request.action in CONFIDENTIAL)

    _decided(id, email, as_json, "denied", no)


@click.command()
@click.argument("id")
@AS
@JSON
def withdraw(id: str, email: str, as_json: bool) -> None:
    """Take a request back; as an operator, leave a stopped one as it is."""
    _decided(id, email, as_json, "withdrawn", lambda r, who, desk: decide.withdraw(r, who, desk.table(r)))


@click.command()
@click.argument("id")
@AS
@JSON
def resume(id: str, email: str, as_json: bool) -> None:
    """Let a stopped request go on with what was approved."""
    _decided(id, email, as_json, "resumed", lambda r, who, desk: decide.resume(r, who, desk.table(r)))
