"""From a filled form to *asked*: the same checks for Slack and for the command line."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from approvals.decide.actor import Who, check_standing, is_operator
from approvals.decide.asking import looked_at
from approvals.decide.seats import Ground
from approvals.people import Standing
from approvals.policy.conditions import CONDITIONS
from approvals.refusals import Held, Refused, Unsure
from approvals.request import Draft, Request
from approvals.states import What
from approvals.text import cleaned
from bot.actions import Action
from bot.actions.fill import Problems, check_shown, fill
from bot.actions.form import Input
from bot.context import Desk

log = logging.getLogger(__name__)

LONGEST_REASON = 500


def asked(
    desk: Desk,
    action: type[Action],
    raw: Mapping[str, str | Sequence[str]],
    reason: str,
    who: Who,
    receipt: str = "",
) -> Request:
    """Saves a request. Raises Problems (at their fields), Refused, StoreTrouble.

    An account that wasn't looked up yet may ask: the worker looks before anybody else hears of it.
    """
    reason = cleaned(reason)
    known = who.account is None or who.account.standing is not Standing.UNKNOWN
    if known and who.account and who.account.fresh(desk.now()):
        check_standing(who, desk.now())
    command = _command(desk, action, raw, reason, who)
    ground = desk.ground(command, who.person)
    if known or desk.policy.rule(action.NAME) is None:
        with _left_to_the_worker():
            ground.may_ask()
    if known or _is_told(ground):
        with _left_to_the_worker():
            _check_length(ground)
    draft = _event(desk, command, ground, reason, who, is_exact=_is_exact(action, raw))
    return desk.store.ask(draft, receipt)


def _event(desk: Desk, command: Action, ground: Ground, reason: str, who: Who, is_exact: bool) -> Draft:
    """What the record keeps of a request that may be asked for."""
    body = {
        "action": command.NAME,
        "policy": desk.policies.hash,
        "lanes": list(command.lanes),
        **({"urgency": int(command.URGENCY)} if command.URGENCY else {}),
        **({"subject": command.subject} if command.subject else {}),
        **({"exact": True} if is_exact else {}),
        **({"practice": True} if desk.practice else {}),
    }
    words = {
        "details": command.model_dump_json(),
        "case": looked_at(ground.case),
        "reason": reason.strip(),
        **who.signed,
    }
    return Draft(What.ASKED, who.person.id, body, words)


def _is_exact(action: type[Action], raw: Mapping[str, str | Sequence[str]]) -> bool:
    """Whether the person is named by an address: then it is the account that has it, and no linked one."""
    people = [name for name, asked in action.form().items() if asked.kind is Input.PERSON]
    return any("@" in raw.get(name, "") for name in people)


@contextmanager
def _left_to_the_worker() -> Iterator[None]:
    """What Slack has to be asked about first; a name in the policy isn't Slack's to tell."""
    try:
        yield
    except Held:
        raise
    except Unsure as error:
        log.debug("the worker looks first: %s", error)


def _is_told(ground: Ground) -> bool:
    """Whether the rule that holds can be told before Slack was asked who somebody is."""
    rules = ground.policy.rules(ground.case.action)
    if {key for rule in rules for key in rule.when} & set(CONDITIONS):
        return False
    with suppress(Refused):
        return bool(ground.rule)
    return False


def _check_length(ground: Ground) -> None:
    try:
        ground.check_length()
    except Unsure:
        raise
    except Refused as error:
        raise Problems({"for_days": str(error)}) from error


def _command(
    desk: Desk, action: type[Action], raw: Mapping[str, str | Sequence[str]], reason: str, who: Who
) -> Action:
    check_shown(action, raw, is_operator(desk.policy, who.person))
    problems: dict[str, str] = {}
    if not reason.strip():
        problems["reason"] = "Say why: whoever decides reads it."
    elif len(reason) > LONGEST_REASON:
        problems["reason"] = f"Write at most {LONGEST_REASON} characters."
    try:
        command = fill(action, raw, who.person, desk.tables())
    except Problems as error:
        raise Problems(error.fields | problems) from error
    if problems:
        raise Problems(problems)
    return command
