"""Opens forms: refuses what is already known to be refused, and fills in what is known."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

from approvals.case import Case
from approvals.decide.actor import Actor, is_operator
from approvals.decide.tally import Ground
from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Person, Standing, listed
from approvals.policy.entries import Manager
from approvals.refusals import Refused, UnknownManager
from bot.actions import Action
from bot.actions.fill import Problems, fill, start_of
from bot.actions.tables import Tables
from bot.cards.blocks import Block
from bot.context import Context
from bot.slack import forms
from bot.slack.answers import check_offered
from bot.slack.words.reading import Draft

_NOBODY = PersonId("P-0")
"""The id of people who aren't in the record."""


def form(context: Context, actor: Actor, draft: Draft, **carried: str) -> Block:
    """The form filled with a draft. Raises Refused."""
    check(context, actor, draft)
    rule, ground = None, ground_of(context, draft, actor.person)
    with suppress(Refused):
        rule = ground.rule if ground else None
    start = None
    with suppress(ValueError):
        start = start_of(draft.action, draft.raw.get("start", ""), actor.person, context.tables())
    # Who may ask as a manager depends on the person chosen.
    asker = Ground(context.policy, Case(draft.action.NAME, actor.person), context.store.people, context.now())
    entries = [entry for each in context.policy.rules(draft.action.NAME) for entry in each.for_others]
    others = Manager.word in entries or asker.includes(entries, actor.person)
    operator = is_operator(context.policy, actor.person)
    return forms.Form(draft, context.tables(), operator, others, _account(actor), rule, start).view(**carried)


def ground_of(context: Context, draft: Draft, asker: Person) -> Ground | None:
    """The policy applied to a draft; None if the draft is too incomplete."""
    tables = context.tables()
    try:
        command = fill(draft.action, draft.raw, asker, replace(tables, meet=partial(_met, tables)))
        return context.ground(command, asker)
    except (Problems, Refused):
        return None


def _met(tables: Tables, slack_id: SlackId | None = None, email: str = "") -> Person:
    """A person in the record; doesn't add new ones, because a form was only opened. Raises ValueError."""
    person = tables.people.by_slack(slack_id) if slack_id else tables.people.by_email(email)
    if person is None:
        raise ValueError("I don't know anyone by this. Check the spelling.")
    return person


def check(context: Context, actor: Actor, draft: Draft) -> None:
    """Raises Refused for a draft that is known to be refused later; the text says whom to ask."""
    check_offered(context, actor, draft.action)
    tables = context.tables()
    people = forms.Form(draft, tables, asker=_account(actor)).people
    foreign = [entry for entry in people if "@" in entry and not context.policy.allows(entry)]
    if foreign and not draft.action.CLOSES:
        domains = listed(list(context.policy.domains))
        raise Refused(f"I can only change accounts of {domains}. Ask your IT team about {listed(foreign)}.")
    for entry in people if actor.account and actor.account.standing is not Standing.UNKNOWN else ():
        _check_person(context, actor, draft.action, entry)
    for name, asked in draft.action.form().items():
        ids = draft.raw.get(name, "").split(",") if asked.is_team else []
        ways = [tables.managed(group) for id in ids if (group := tables.get_group(GroupId(id.strip())))]
        if ways and all(ways):
            raise Refused(" ".join(dict.fromkeys(ways)))


def _account(actor: Actor) -> str:
    return actor.account.slack_id if actor.account else ""


def _check_person(context: Context, actor: Actor, action: type[Action], entry: str) -> None:
    """Raises Refused for a person for whom no rule lets this one ask."""
    name = "" if "@" in entry else "somebody else"
    other = context.find(entry) or Person(_NOBODY, email=entry if "@" in entry else "", name=name)
    case, refused = Case(action.NAME, actor.person, other), Refused("")
    for rule in context.policy.rules(action.NAME):
        try:
            Ground(context.policy, case, context.store.people, context.now(), given=rule).may_ask()
        except UnknownManager:
            return
        except Refused as error:
            refused = error
        else:
            return
    raise refused
