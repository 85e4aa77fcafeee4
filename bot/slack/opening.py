"""Before a form opens: what is known already is said instead of it, and the rest is filled in."""

from approvals.case import Case
from approvals.decide.actor import Who, is_operator
from approvals.decide.tally import Ground
from approvals.ids import GroupId
from approvals.people import Person, Standing, listed
from approvals.policy.entries import Source
from approvals.refusals import Refused
from bot.actions import Action
from bot.cards.blocks import Block
from bot.cards.named import mark
from bot.context import Desk
from bot.slack import forms
from bot.slack.answers import check_offered
from bot.slack.words.drafts import rule_of
from bot.slack.words.reading import Draft


def form(desk: Desk, who: Who, draft: Draft, **carried: str) -> Block:
    """The form of a draft. Raises Refused."""
    check(desk, who, draft)
    return forms.form(
        draft,
        desk.tables(),
        is_operator(desk.policy, who.person),
        rule_of(desk, draft, who.person),
        others=asks_for_others(desk, who, draft.action),
        asker=_account(who),
        **carried,
    )


def check(desk: Desk, who: Who, draft: Draft) -> None:
    """Refuses a draft that would be refused once sent, as far as that is known, and says whom to ask."""
    check_offered(desk, who, draft.action)
    tables = desk.tables()
    people = forms.Form(draft, tables, asker=_account(who)).people
    if foreign := [entry for entry in people if "@" in entry and not desk.policy.allows(entry)]:
        domains = listed(list(desk.policy.domains))
        raise Refused(f"Only people of {domains} can get access. Ask your IT team about {listed(foreign)}.")
    for entry in people:
        other = desk.find(entry)
        is_self = entry == _account(who) or (other and desk.policy.is_same(who.person, other))
        if not is_self and not asks_for_others(desk, who, draft.action, other):
            raise Refused(_whom_to_ask(desk, draft.action, other))
    for name, asked in draft.action.form().items():
        ids = draft.raw.get(name, "").split(",") if asked.is_team else []
        ways = [tables.managed(group) for id in ids if (group := tables.get_group(GroupId(id.strip())))]
        if ways and all(ways):
            raise Refused(" ".join(dict.fromkeys(ways)))


def _account(who: Who) -> str:
    return who.account.slack_id if who.account else ""


def asks_for_others(desk: Desk, who: Who, action: type[Action], other: Person | None = None) -> bool:
    """Whether somebody may ask for other people, or for this one; also where it isn't known yet."""
    if who.account is None or who.account.standing is Standing.UNKNOWN:
        return True
    people, now = desk.store.people, desk.now()
    ground = Ground(desk.policy, Case(action.NAME, who.person, other), people, now)
    entries = [entry for rule in desk.policy.rules(action.NAME) for entry in rule.for_others]
    if ground.includes(entries, who.person):
        return True
    needs = ground.needs(entries)
    groups = [need.key for need in needs if need.source is Source.USER_GROUP]
    by_manager = any(need.source is Source.MANAGER for need in needs)
    return not all(people.knows(key, now) for key in groups) or (by_manager and not _manager(desk, other))


def _manager(desk: Desk, person: Person | None) -> Person | None:
    if person is None:
        return None
    boss = desk.policy.manager_of(person.email)
    return desk.find(boss) if boss else desk.store.people.manager(person.id, desk.now())


def _whom_to_ask(desk: Desk, action: type[Action], other: Person | None) -> str:
    wish = "request access" if action.NAME == "request-access" else "ask for this"
    who, boss = mark(other) if other else "somebody else", _manager(desk, other)
    whom = f"their manager, {mark(boss)}" if boss else "their manager or your IT team"
    return f"You can {wish} for yourself. For {who}, ask {whom}."
