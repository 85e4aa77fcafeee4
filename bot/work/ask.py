"""Saves requests: the same checks for Slack's forms and the command line."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from approvals.decide import decide
from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.decide.asking import looked_at
from approvals.decide.decide import hand_over
from approvals.decide.tally import Ground
from approvals.ids import PersonId, stamp
from approvals.people import Standing
from approvals.policy.conditions import CONDITIONS
from approvals.refusals import Held, Refused, UnknownManager, Unsure
from approvals.request import Draft, Request
from approvals.states import EventType, State
from approvals.text import cleaned
from bot.actions import Action
from bot.actions.fill import Problems, Raw, check_shown, each, fill, is_address, start_of, unfilled
from bot.actions.form import Input
from bot.context import Context

log = logging.getLogger(__name__)

LONGEST_REASON = 500
"""Characters."""
MOST_OPEN = 100
"""The most open requests of one person; operators may have more."""


def asked(
    context: Context,
    action: type[Action],
    raw: Raw,
    reason: str,
    actor: Actor,
    receipt: str = "",
    because_of: str = "",
) -> Request:
    """Saves a request. Raises Problems (by field), Refused, StoreTrouble.

    An account that wasn't looked up yet may ask: the worker looks it up before anybody is notified.
    """
    reason, account = cleaned(reason), actor.account
    is_known = account is None or account.standing is not Standing.UNKNOWN
    if account and is_known and account.fresh(context.now()):
        check_standing(actor, context.now())
    context.check_model(action)
    command = _command(context, action, raw, reason, actor)
    ground = context.ground(command, actor.person)
    if is_known or context.policy.rule(action.NAME) is None:
        with _unsure_left_to_worker():
            ground.may_ask()
    if is_known or _is_rule_certain(ground):
        with _unsure_left_to_worker():
            try:
                ground.check_length()
            except Unsure:
                raise
            except Refused as error:
                raise Problems({"until": str(error)}) from error
    check_open(context, actor, receipt)
    people = [name for name, field in action.form().items() if field.kind is Input.PERSON]
    words = {"case": looked_at(ground.case.scope), "reason": reason.strip(), **actor.signed}
    # A typed address means exactly its account, not a linked one.
    is_exact = any("@" in raw.get(name, "") for name in people)
    event = asked_event(
        context,
        command,
        actor.person.id,
        words,
        exact=is_exact,
        practice=context.practice,
        because_of=because_of,
    )
    return context.store.ask(event, receipt, *scheduled(context, action, str(raw.get("start", "")), actor))


def scheduled(context: Context, action: type[Action], typed: str, actor: Actor) -> list[Draft]:
    """The event of a start as it was typed, if any. Raises Problems."""
    try:
        start = start_of(action, typed, actor.person, context.tables())
    except ValueError as error:
        raise Problems({"start": str(error)}) from error
    return [Draft(EventType.SCHEDULED, actor.person.id, {"start_at": stamp(start)})] if start else []


def asked_each(
    context: Context, action: type[Action], raw: Mapping[str, str], reason: str, actor: Actor, receipt: str
) -> list[Request]:
    """Saves a request for each person and every three teams: all or none. Raises as `asked`."""
    wanted = each(action, raw, lambda entry: _same(context, entry))
    requests, problems = list[Request](), dict[str, str]()
    with context.store.writing():
        for number, values in enumerate(wanted):
            try:
                requests.append(asked(context, action, values, reason, actor, f"{receipt}:{number}"))
            except (Problems, Refused) as error:
                if len(wanted) == 1:
                    raise
                whose = context.tables().called(values.get("person", "")) or values.get("person", "")
                faults = error.fields if isinstance(error, Problems) else {"person": str(error)}
                for name, text in faults.items():
                    sentence = f"{whose}: {text}" if name == "person" else text
                    known = problems.get(name, "")
                    problems[name] = known if sentence in known else f"{known} {sentence}".strip()
        if problems:
            raise Problems(problems)
    return requests


def _same(context: Context, entry: str) -> str:
    person = context.find(entry)
    return person.id if person else entry.casefold()


def postponed(context: Context, request: Request, actor: Actor, typed: str) -> list[Draft]:
    """The event of a later start, as it was typed. Raises Refused."""
    command = context.command(request)
    try:
        start = start_of(type(command), typed, actor.person, context.tables())
    except ValueError as error:
        raise Refused(str(error)) from error
    if start is None or (command.last_day and f"{start:%Y-%m-%d}" > command.last_day):
        raise Refused("Choose a start before the last day." if start else "Choose when it starts.")
    return decide.postpone(request, actor, start, context.table(request))


def handed(context: Context, request: Request, actor: Actor, entry: str) -> list[Draft]:
    """The event of a hand-over to a colleague, by Slack id or address. Raises Refused."""
    to, table = context.find(entry), context.table(request)
    if to is None or to.account is None or to.account.standing is Standing.UNKNOWN:
        decide.check_operated(request, actor, table, "hand over")
        if not (is_address(entry) or (entry.isalnum() and entry.isupper())):
            raise Refused(f"{entry} isn't an e-mail address. Use one like ada@example.com.")
        if "@" in entry and not context.policy.allows(entry):
            raise Refused(f"{entry} isn't in {', '.join(context.policy.domains)}. Choose a colleague.")
        context.unknown.add(entry)
        why = f"I haven't seen {entry if '@' in entry else 'this colleague'} in Slack yet."
        raise Refused(f"{why} Try again in a minute. If it still fails, ask them to write to me once.")
    return hand_over(request, actor, to, table)


def extended(context: Context, request: Request, actor: Actor, until: str, reason: str) -> Request:
    """Asks for the same access until a later day. Raises Problems, Refused, StoreTrouble."""
    if request.state is not State.DONE or request.ending.ends_at is None:
        raise Refused(f"{request.id} has no end date, or has ended. Ask for access again instead.")
    if until <= (end := f"{request.ending.ends_at.astimezone(actor.person.zone):%Y-%m-%d}"):
        raise Problems({"until": f"It ends on {end}. Choose a later day."})
    command = context.command(request)
    raw = unfilled(command, actor.person.id, context.tables()) | {"for_days": "", "until": until}
    return asked(context, type(command), raw, reason or request.reason, actor)


def asked_event(
    context: Context, command: Action, by: PersonId, words: Mapping[str, str], **more: bool | str | int
) -> Draft:
    """The event of an ask. `more`: further fields of its body, left out if empty."""
    more |= {"subject": command.subject or ""}
    body = {
        "action": command.NAME,
        "policy": context.policies.hash,
        "lanes": list(command.lanes),
        **({"urgency": int(command.URGENCY)} if command.URGENCY else {}),
        **{name: value for name, value in more.items() if value},
    }
    return Draft(EventType.ASKED, by, body, {"details": command.model_dump_json(), **words})


@contextmanager
def _unsure_left_to_worker() -> Iterator[None]:
    """Ignores refusals because Slack's data is missing; those because of team names in the policy stay."""
    try:
        yield
    except Held:
        raise
    except (Unsure, UnknownManager) as error:
        log.debug("the worker looks first: %s", error)


def _is_rule_certain(ground: Ground) -> bool:
    """Whether the rule that applies is known before the requester is looked up in Slack."""
    rules = ground.rules
    if {key for rule in rules for key in rule.when} & set(CONDITIONS):
        return False
    with suppress(Refused):
        return bool(ground.rule)
    return False


def check_open(context: Context, actor: Actor, receipt: str) -> None:
    """Raises Refused at MOST_OPEN: nobody asks for so much by hand, and approvers couldn't read it."""
    is_full = context.store.figures.open_of(actor.person.id) >= MOST_OPEN
    if is_full and not is_operator(context.policy, actor.person) and not context.store.has(receipt):
        raise Refused(f"You have {MOST_OPEN} open requests. Withdraw one, or wait until one is decided.")


def _command(context: Context, action: type[Action], raw: Raw, reason: str, actor: Actor) -> Action:
    """The typed command. Raises Problems with all errors of the form."""
    check_shown(action, raw, is_operator(context.policy, actor.person))
    problems: dict[str, str] = {}
    if not reason.strip():
        problems["reason"] = "Give a reason. The approver reads it."
    elif len(reason) > LONGEST_REASON:
        problems["reason"] = f"Write at most {LONGEST_REASON} characters."
    try:
        command = fill(action, raw, actor.person, context.tables())
    except Problems as error:
        raise Problems(error.fields | problems) from error
    if problems:
        raise Problems(problems)
    return command
