"""Ask and decide, from a shell."""

from collections import Counter
from collections.abc import Callable, Mapping

import click

from approvals.decide import decide
from approvals.decide.actor import Who, is_operator
from approvals.ids import RequestId
from approvals.people import listed
from approvals.record.outbox import Note
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.text import cleaned
from bot.actions import ACTIONS, Action
from bot.actions.fill import operators_form
from bot.app import Bot
from bot.cards.blocks import message
from bot.cards.named import mark
from bot.cli.common import (
    JSON,
    acting_as,
    check_folder,
    failed,
    find,
    is_there,
    open_bot,
    say,
    say_beside,
    say_json,
    settings,
    thrown_away,
)
from bot.cli.requests import summary
from bot.context import CONFIDENTIAL, Desk
from bot.slack.words.reading import about_end
from bot.work.ask import LONGEST_REASON, asked


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
