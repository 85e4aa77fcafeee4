"""Ask, decide and look, from a shell."""

import json
from collections.abc import Callable
from typing import Any

import click

from approvals import decide, report
from approvals.decide import Table, Who
from approvals.ids import RequestId
from approvals.request import Draft, Request
from approvals.store import Note
from bot.app import Bot
from bot.asking import asked
from bot.cli.common import JSON, acting_as, find, open_bot
from bot.lifecycle import ACTIONS


def summary(bot: Bot, request: Request) -> dict[str, Any]:
    try:
        phrase = bot.desk.command(request).phrase(bot.desk.facts)
    except (KeyError, ValueError):
        phrase = request.action
    return {
        "id": request.id,
        "state": request.state.value,
        "what": phrase,
        "asked_by": bot.desk.person(request.requester).called,
        "reason": request.reason,
        "waiting_for": [bot.desk.person(id).called for id, _ in request.approvers] if request.round else [],
        "text": request.outcome.text if request.outcome else request.held,
    }


@click.command("requests")
@click.option("--state", multiple=True, help="Only these states.")
@JSON
def list_requests(state: tuple[str, ...], as_json: bool) -> None:
    """List requests, newest first."""
    with open_bot(existing=True) as bot:
        found = [summary(bot, one) for one in bot.store.requests(states=state)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    for one in [] if as_json else found:
        click.echo(f"{one['id']:<7} {one['state']:<14} {one['what']} (asked by {one['asked_by']})")
    if not found and not as_json:
        click.echo("No requests.")


@click.command()
@click.argument("id")
@JSON
def show(id: str, as_json: bool) -> None:
    """Show one request and its whole history."""
    with open_bot(existing=True) as bot:
        request = find(bot, id)
        events = list(bot.store.events(request.id))
        if as_json:
            rows = [report.row(event, bot.store.people) for event in events]
            click.echo(json.dumps(summary(bot, request) | {"events": rows}, ensure_ascii=False))
            return
        for name, value in summary(bot, request).items():
            click.echo(
                f"{name.replace('_', ' '):<12} {', '.join(value) if isinstance(value, list) else value}"
            )
        click.echo("\n".join(report.history(events, bot.store.people)))


@click.command()
@click.argument("action", type=click.Choice(sorted(ACTIONS)))
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--as", "email", required=True, help="Who asks.")
@click.option("--reason", required=True)
@JSON
def ask(action: str, fields: tuple[str, ...], email: str, reason: str, as_json: bool) -> None:
    """Ask for a change; a running bot takes it on from there."""
    raw = dict(field.partition("=")[::2] for field in fields)
    form = ACTIONS[action].form()
    unknown = [name for name in raw if name not in form]
    if unknown or any("=" not in field for field in fields):
        known = ", ".join(f"{name}=…" for name in form)
        raise click.UsageError(f"{action} takes {known}")
    with open_bot() as bot:
        request = asked(bot.desk, ACTIONS[action], raw, reason, acting_as(bot, email))
        said = summary(bot, request)
    click.echo(
        json.dumps(said, ensure_ascii=False) if as_json else f"Saved: {request.id}, to {said['what']}."
    )


Decision = Callable[[Request, Who, Table, bool], list[Draft]]


def _decided(id: str, email: str, as_json: bool, verb: str, decision: Decision) -> None:
    """One decision typed in a shell, told to the person in whose name it was."""
    with open_bot(existing=True) as bot:
        request, who = find(bot, id), acting_as(bot, email)
        secret = bot.desk.command(request).CONFIDENTIAL
        with bot.store.writing():
            request = bot.store.append(request, decision(request, who, bot.desk.table(request), secret))
            _tell(bot, request.id, who, verb)
        said = summary(bot, request)
    click.echo(json.dumps(said, ensure_ascii=False) if as_json else f"{request.id} is {request.state.value}.")


def _tell(bot: Bot, id: RequestId, who: Who, verb: str) -> None:
    text = (
        f"{id} was {verb} in your name from a command line ({who.shell}). Wasn't it you? Tell your IT team."
    )
    if who.account:
        bot.store.cards.say(Note(who.account.slack_id, {"text": text}))


AS = click.option("--as", "email", required=True, help="In whose name.")


@click.command()
@click.argument("id")
@AS
@JSON
def approve(id: str, email: str, as_json: bool) -> None:
    """Say yes, where the policy lets a command line decide."""
    _decided(id, email, as_json, "approved", lambda r, who, t, s: decide.approve(r, who, r.revision, t, s))


@click.command()
@click.argument("id")
@AS
@click.option("--reason", required=True, help="The requester reads it.")
@JSON
def deny(id: str, email: str, reason: str, as_json: bool) -> None:
    """Say no, where the policy lets a command line decide."""
    _decided(id, email, as_json, "denied", lambda r, who, t, s: decide.deny(r, who, reason, t, s))


@click.command()
@click.argument("id")
@AS
@JSON
def withdraw(id: str, email: str, as_json: bool) -> None:
    """Take a request back; as an operator, leave a stopped one as it is."""
    _decided(id, email, as_json, "withdrawn", lambda r, who, t, s: decide.withdraw(r, who, t))


@click.command()
@click.argument("id")
@AS
@JSON
def resume(id: str, email: str, as_json: bool) -> None:
    """Let a stopped request go on with what was approved."""
    _decided(id, email, as_json, "resumed", lambda r, who, t, s: decide.resume(r, who, t))
