"""Ask and decide, from a shell."""

import shlex
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
    """The fields as typed: `{name: text}`. Raises UsageError, with the fields that the action has."""
    raw = dict(field.partition("=")[::2] for field in fields)
    model, shown = ACTIONS[action].model_fields, operators_form(ACTIONS[action], operator)
    needed = [name for name, asked in shown.items() if model[name].is_required() and not asked.own]
    takes = " ".join(f"{name}=…" if name in needed else f"[{name}=…]" for name in shown)
    wrong = [field for field in fields if "=" not in field or field.partition("=")[0] not in model]
    missing = [name for name in needed if not raw.get(name)]
    twice = [name for name, count in Counter(one.partition("=")[0] for one in fields).items() if count > 1]
    if twice:
        raise click.UsageError(f"{twice[0]} is given twice. For several teams, write teams=A,B.")
    if wrong or missing:
        problem = f"{action} has no field {wrong[0]!r}." if wrong else f"Add {listed(missing)}."
        raise click.UsageError(f"{problem} Usage: {action} {takes}")
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
            "This record has no list of Miro's teams yet, so nothing was requested. Start `miro-bot run`, "
            "which fetches it, or set MIRO_BOT_DATABASE to the record of a bot that runs."
        )


def fields_of(action: type[Action]) -> str:
    """The fields of an action as they are typed, the optional ones in brackets."""
    form, model = action.form(), action.model_fields
    values = {name: "|".join(shlex.quote(value) for value, _ in form[name].choices) or "…" for name in form}
    shown = (f"{name}={text}" for name, text in values.items())
    needed = (model[name].is_required() and not field.own for name, field in form.items())
    return " ".join(text if must else f"[{text}]" for text, must in zip(shown, needed, strict=True))


class WithFields(click.Command):
    """A command about an action, whose help lists the fields of each."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the actions with their fields."""
        with formatter.section("Actions and their fields ([optional])"):
            formatter.write_dl([(name, fields_of(action)) for name, action in sorted(ACTIONS.items())])


@click.command(cls=WithFields)
@click.argument("action", type=click.Choice(sorted(ACTIONS)), metavar="ACTION")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--as", "email", required=True, metavar="EMAIL", help="Who requests it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; approvers read it.")
@JSON
def ask(action: str, fields: tuple[str, ...], email: str, reason: str, as_json: bool) -> None:
    """Request a change. A running bot continues from there.

    Example: miro-bot ask request-access teams=Design --as ada@example.com --reason "I start Monday"
    """
    known = settings()
    check_folder(known.database)
    if not is_there(known.database):
        with thrown_away(known, leads=False) as bot:  # what is refused here begins no record
            _asked(bot, action, fields, email, reason)
    with open_bot(leads=False) as bot:
        request = _asked(bot, action, fields, email, reason)
        said = summary(bot.store, request)
    say_json(said) if as_json else say(f"{request.id} saved: {said['what']}.")
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
        told = f"{id} was {verb} for {mark(who.person)} from a command line ({who.shell})."
        bot.store.outbox.say(Note(bot.desk.policy.tell, message(told)))
    text = f"{id} was {verb} in your name from a command line ({who.shell}). Not you? Tell your IT team."
    if who.account:
        bot.store.outbox.say(Note(who.account.slack_id, message(text)))


AS = click.option("--as", "email", required=True, metavar="EMAIL", help="On whose behalf.")


@click.command()
@click.argument("id", metavar="R-42")
@AS
@JSON
def approve(id: str, email: str, as_json: bool) -> None:
    """Approve a request (the policy needs command_line_decides = true)."""
    _decided(id, email, as_json, "approved", lambda r, who, desk: desk.approval(r, who, r.plan.revision))


@click.command()
@click.argument("id", metavar="R-42")
@AS
@click.option("--reason", required=True, metavar="TEXT", help="The requester reads it.")
@JSON
def deny(id: str, email: str, reason: str, as_json: bool) -> None:
    """Deny a request (the policy needs command_line_decides = true)."""
    reason = cleaned(reason)
    if len(reason) > LONGEST_REASON:
        raise failed(f"The reason is too long. Write at most {LONGEST_REASON} characters.")

    def no(request: Request, who: Who, desk: Desk) -> list[Draft]:
        return decide.deny(request, who, reason, desk.table(request), request.action in CONFIDENTIAL)

    _decided(id, email, as_json, "denied", no)


@click.command()
@click.argument("id", metavar="R-42")
@AS
@JSON
def withdraw(id: str, email: str, as_json: bool) -> None:
    """Withdraw your request; as an operator, close a stopped one as incomplete."""
    _decided(id, email, as_json, "withdrawn", lambda r, who, desk: decide.withdraw(r, who, desk.table(r)))


@click.command()
@click.argument("id", metavar="R-42")
@AS
@JSON
def resume(id: str, email: str, as_json: bool) -> None:
    """Continue a stopped request with what was approved."""
    _decided(id, email, as_json, "resumed", lambda r, who, desk: decide.resume(r, who, desk.table(r)))
