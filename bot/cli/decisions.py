"""Ask and decide, from a shell."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import click

from approvals.decide import decide
from approvals.decide.actor import Actor, is_operator
from approvals.decide.decide import report, take_back
from approvals.ids import RequestId
from approvals.people import listed
from approvals.record.database import Location
from approvals.record.outbox import Note
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.text import cleaned
from bot.actions import ACTIONS, Action
from bot.actions.fill import Problems, operators_form
from bot.actions.form import FormField
from bot.app import Bot
from bot.cards.blocks import message
from bot.cards.named import mark
from bot.cards.settled import state_name
from bot.cli.common import (
    AS,
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
from bot.cli.running import runs
from bot.context import CONFIDENTIAL, Context
from bot.slack.words.reading import about_end
from bot.summary import summary
from bot.work import undo as work
from bot.work.ask import LONGEST_REASON, asked, extended, handed, postponed
from bot.work.ending import end_now


def typed_fields(
    action: type[Action], fields: Sequence[str], shown: Mapping[str, FormField] | None = None
) -> dict[str, str]:
    """The fields as typed: `{name: text}`. Raises UsageError, with the fields `shown`, or all."""
    usage = f"Usage: {action.NAME} {fields_of(action, shown)}"
    raw = dict[str, str]()
    for field in fields:
        name, _, value = field.partition("=")
        if name not in operators_form(action, True):
            raise click.UsageError(f"{action.NAME} has no field {name!r}. {usage}")
        if name in raw:
            raise click.UsageError(f"{name} is given twice. For several teams, write {name}=A,B.")
        if not value.strip(", "):
            raise click.UsageError(f"{name} needs a value. {usage}")
        raw[name] = value
    return raw


def fields_of(action: type[Action], shown: Mapping[str, FormField] | None = None) -> str:
    """The fields of an action as they are typed, the optional ones in brackets."""
    form, needed = shown or operators_form(action, True), _needed(action)
    values = {name: "|".join(shlex.quote(value) for value, _ in form[name].choices) or "…" for name in form}
    for name, field in action.model_fields.items():
        if name in form and form[name].choices and field.default in dict(form[name].choices):
            values[name] += f", default {field.default}"
    return " ".join(
        f"{name}={text}" if name in needed else f"[{name}={text}]" for name, text in values.items()
    )


def _needed(action: type[Action]) -> list[str]:
    form, model = action.form(), action.model_fields
    return [name for name, field in form.items() if model[name].is_required() and not field.own]


def _asked(bot: Bot, action: str, fields: tuple[str, ...], email: str, reason: str) -> Request:
    who = acting_as(bot, email)
    shown = operators_form(ACTIONS[action], is_operator(bot.context.policy, who.person))
    raw = typed_fields(ACTIONS[action], fields, shown)
    if missing := [name for name in _needed(ACTIONS[action]) if name not in raw]:
        usage = f"Usage: {action} {fields_of(ACTIONS[action], shown)}"
        raise click.UsageError(f"Add {listed(missing)}. {usage}")
    _check_teams(bot.store, ACTIONS[action], raw)
    return asked(bot.context, ACTIONS[action], raw, reason, who)


def _check_teams(store: Store, action: type[Action], raw: Mapping[str, str]) -> None:
    """Refuses teams where none is known: without a running bot nobody would ever find them."""
    fields = [name for name, field in action.form().items() if field.is_team]
    if any(raw.get(name) for name in fields) and not store.groups.all():
        lack, cure = "This record has no list of Miro's teams", "fetches it"
        if store.is_new:
            lack, cure = "There is no record", "creates the record and fetches the teams"
        raise Refused(
            f"{lack} yet, so nothing was requested. Start `miro-bot run`: it {cure}. "
            "Or set MIRO_BOT_DATABASE to the record of a bot that runs."
        )


class WithFields(click.Command):
    """A command about an action, whose help lists the fields of each."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the actions with their fields."""
        with formatter.section("Actions and their fields ([optional])"):
            formatter.write_dl([(name, fields_of(action)) for name, action in sorted(ACTIONS.items())])


@click.command(cls=WithFields)
@click.argument("action", type=click.Choice(sorted(ACTIONS)), metavar="ACTION")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@AS
@click.option("--practice", is_flag=True, help="Rehearse it: nothing will change in Miro.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; approvers read it.")
@JSON
def ask(action: str, fields: tuple[str, ...], email: str, practice: bool, reason: str, as_json: bool) -> None:
    """Request a change. A running bot continues from there.

    Example: miro-bot ask request-access teams=Design --as ada@example.com --reason "I start Monday"
    """
    known = settings()
    check_folder(known.database)
    if not is_there(known.database):
        with thrown_away(known, leads=False) as bot:  # what is refused here begins no record
            _asked(bot, action, fields, email, reason)
    with open_bot(leads=False, practice=practice) as bot:
        request = _asked(bot, action, fields, email, reason)
        outline = summary(bot.store, request)
    say_json(outline) if as_json else say(
        f"{request.id} saved{' (practice: nothing will change)' * request.practice}: {outline['what']}.",
        f"{next_step(known.database)} To follow it: miro-bot show {request.id}.",
    )
    for line in about_end(ACTIONS[action], reason, request.scope.days):
        say_beside(line)


_NEXT = "The bot checks Miro, then asks the approvers in Slack."
_NOBODY_RUNS = (
    "No bot is running on this record. Start `miro-bot run`: it checks Miro and asks the approvers."
)


def next_step(record: Location) -> str:
    """What happens next with what was requested in a shell."""
    return _NEXT if runs(record) else _NOBODY_RUNS


Decision = Callable[[Context, Request, Actor], list[Draft]]


def _decided(
    id: str,
    email: str,
    as_json: bool,
    verb: str,
    decision: Decision,
    outcome: Callable[[Store, Request], str] = lambda _, request: f"{state_name(request)}.",
) -> None:
    """One decision typed in a shell, told to the person in whose name it was; `outcome`: what is printed."""
    with open_bot(existing=True, leads=False) as bot:
        request, who = find(bot.store, id), acting_as(bot, email)
        secret = request.action in CONFIDENTIAL
        with bot.store.writing():
            request = bot.store.append(request, decision(bot.context, request, who))
            _tell(bot, request.id, who, verb, secret)
        outline, text = summary(bot.store, request), outcome(bot.store, request)
    say_json(outline) if as_json else say(f"{request.id}: {text}")


def _tell(bot: Bot, id: RequestId, actor: Actor, verb: str, secret: bool) -> None:
    if bot.context.policy.tell and not secret:
        text = f"{id} was {verb} for {mark(actor.person)} from a command line ({actor.shell})."
        bot.store.outbox.say(Note(bot.context.policy.tell, message(text)))
    text = f"{id} was {verb} in your name from a command line ({actor.shell}). Not you? Tell your IT team."
    if actor.account:
        bot.store.outbox.say(Note(actor.account.slack_id, message(text)))


WHY = click.option("--reason", default="", metavar="TEXT", help="Why; approvers read it.")
UNTIL = click.option("--until", required=True, metavar="DAY", help="The new last day, like 2026-12-04.")


def on_request(*options: Callable[[Any], Any], name: str = "") -> Callable[..., click.Command]:
    """Makes a command about one request, with these options, on somebody's behalf."""

    def command(function: Callable[..., None]) -> click.Command:
        for option in (JSON, *reversed(options), AS, click.argument("id", metavar="REQUEST")):
            function = option(function)
        return click.command(name or function.__name__)(function)

    return command


def deciding(name: str, verb: str, help: str, decision: Decision) -> click.Command:
    """A command that decides a request, and takes nothing but whose decision it is."""

    def decide(id: str, email: str, as_json: bool) -> None:
        _decided(id, email, as_json, verb, decision)

    decide.__doc__ = help
    return on_request(name=name)(decide)


@on_request(click.option("--reason", required=True, metavar="TEXT", help="The requester reads it."))
def deny(id: str, email: str, reason: str, as_json: bool) -> None:
    """Deny a request (the policy needs command_line_decides = true)."""
    reason = cleaned(reason)
    if len(reason) > LONGEST_REASON:
        raise failed(f"The reason is too long. Write at most {LONGEST_REASON} characters.")

    def no(context: Context, request: Request, actor: Actor) -> list[Draft]:
        return decide.deny(request, actor, reason, context.table(request))

    _decided(id, email, as_json, "denied", no)


@on_request(click.argument("start", metavar="TIME"))
def postpone(id: str, start: str, email: str, as_json: bool) -> None:
    """Move the start of a request to a later time, like 2026-12-04 or "2026-12-04 18:00"."""

    def outcome(_: Store, request: Request) -> str:
        return f"{state_name(request)}. Its start is now {request.starts_at:%Y-%m-%d %H:%M} UTC."

    later = partial(postponed, typed=start)
    _decided(id, email, as_json, "postponed", later, outcome)


@on_request(
    click.option("--to", "to", default="", metavar="EMAIL", help="The colleague who finishes it by hand."),
    click.option("--back", is_flag=True, help="Take it back instead."),
    click.option("--done", is_flag=True, help="As that colleague: it's done. The bot verifies it in Miro."),
    name="hand-over",
)
def hand_over(id: str, email: str, to: str, back: bool, done: bool, as_json: bool) -> None:
    """Hand a stopped request to a colleague, who finishes it by hand in Miro."""
    if [bool(to), back, done].count(True) != 1:
        raise click.UsageError("Give one of --to EMAIL, --back and --done.")

    def handing(context: Context, request: Request, actor: Actor) -> list[Draft]:
        if to:
            return handed(context, request, actor, to)
        return (take_back if back else report)(request, actor, context.table(request))

    def outcome(store: Store, request: Request) -> str:
        if done:
            return f"The bot checks in Miro whether it's done. To follow it: miro-bot show {request.id}."
        to = request.hand_over.to
        return f"{store.people.person(to).addressed} is asked to finish it." if to else "Back with operators."

    verb = "handed over" if to else "taken back" if back else "reported done"
    _decided(id, email, as_json, verb, handing, outcome)


@on_request()
def end(id: str, email: str, as_json: bool) -> None:
    """End access that was given for some days now, without approval."""
    with open_bot(existing=True, leads=False) as bot:
        request, who = find(bot.store, id), acting_as(bot, email)
        end_now(bot.context, request, who)
        _tell(bot, request.id, who, "ended", request.action in CONFIDENTIAL)
        _say_saved(bot.store, bot.store.because_of(request.id), as_json)


@on_request(UNTIL, WHY)
def extend(id: str, email: str, until: str, reason: str, as_json: bool) -> None:
    """Request a later end of access that was given for some days."""
    with open_bot(existing=True, leads=False) as bot:
        request, who = find(bot.store, id), acting_as(bot, email)
        try:
            request = extended(bot.context, request, who, until, cleaned(reason))
        except Problems as problems:
            raise failed("\n".join(problems.fields.values())) from problems
        say_json(summary(bot.store, request)) if as_json else _say_saved(bot.store, [request])


@on_request(WHY)
def undo(id: str, email: str, reason: str, as_json: bool) -> None:
    """Request what takes back the changes of a done or stopped request."""
    with open_bot(existing=True, leads=False) as bot:
        request, who = find(bot.store, id), acting_as(bot, email)
        requests, refusals = work.undo(bot.context, request, who, cleaned(reason))
        _say_saved(bot.store, requests, as_json)
    for refusal in refusals:
        say_beside(refusal)


def _say_saved(store: Store, requests: Sequence[Request], as_json: bool = False) -> None:
    outlines = [summary(store, each) for each in requests]
    say_json(outlines) if as_json else say(
        *(
            f"{each['id']} saved: {each['what']}. To follow it: miro-bot show {each['id']}."
            for each in outlines
        )
    )


approve = deciding(
    "approve",
    "approved",
    "Approve a request (the policy needs command_line_decides = true).",
    lambda context, request, actor: context.approval(request, actor, request.plan.revision),
)
withdraw = deciding(
    "withdraw",
    "withdrawn",
    "Withdraw your request; as an operator, close a stopped one as incomplete.",
    lambda context, request, actor: decide.withdraw(request, actor, context.table(request)),
)
resume = deciding(
    "resume",
    "resumed",
    "Continue a stopped request with what was approved.",
    lambda context, request, actor: decide.resume(request, actor, context.table(request)),
)
COMMANDS = (ask, approve, deny, withdraw, resume, postpone, hand_over, end, extend, undo)
"""Those that ask for a change, or decide or follow one."""
