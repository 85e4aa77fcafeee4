"""Compares Miro with the record, keeps differences, and puts them right. Changes nothing by itself."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from approvals.clocks import is_recent
from approvals.decide.actor import Actor, is_operator
from approvals.decide.streams.reviews import ACCOUNT, DIFFERENCES, DIRECTORY, Access, Review, Step, started
from approvals.ids import BOT, GroupId
from approvals.people import FRESH, Group, Person, canonical
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import OPEN, State
from bot.context import CONFIDENTIAL, Context
from bot.work.reviewing import reviews
from bot.work.reviewing.differences import Change, Difference, Holding, differences

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
SUBJECT = "differences between Miro and the record"
_TAKES = ("leave-team", "move-team", "make-admin", "remove-admin", "offboard")
_GIVES = ("request-access", "make-admin", "reactivate")


def compared(context: Context) -> list[Difference]:
    """All differences, without those that are kept, or that an open request changes.

    Raises Refused if Miro's list of people is missing or older than a day: then nothing is judged.
    """
    groups = context.store.groups
    seen = groups.seen_at("members"), groups.seen_at("admins")
    if not all(is_recent(at, context.now(), FRESH) for at in seen):
        why = "Miro's list of people is missing or more than a day old, so nothing was compared."
        raise Refused(f"{why} Start `miro-bot run`, which reads it.")
    holdings, kept = [*_holdings(context)], _kept(context)
    listed = [*differences(holdings, _changes(context), _left(context, holdings), _ownerless(context))]
    pushed = context.pushed.differences() if context.pushed else ()
    listed_facts = {(each.email, each.fact) for each in listed}
    new = [each for each in pushed if each[:2] not in listed_facts]
    listed += [Difference(DIRECTORY, fact, email, text, (email,)) for email, fact, text in new]
    left = (each for each in listed if not kept & {(key, each.right) for key in (each.email, *each.keys)})
    return [each for each in left if not _is_asked(context, each)]


def _holdings(context: Context) -> Iterator[Holding]:
    """What Miro listed last."""
    groups, labels = (
        context.store.groups,
        {group.id: group.known_name for group in context.store.groups.all()},
    )
    for admin in groups.admins()[0]:
        for right in admin.rights.split(", "):
            yield Holding(admin.miro_id, canonical(admin.email), admin.name, right, right, is_right=True)
    for id, miro_id, email, name in groups.memberships():
        yield Holding(miro_id, email, name, id, f"access to {labels.get(GroupId(id), id)}")
    for miro_id, email, name in groups.in_none():
        yield Holding(miro_id, email, name, ACCOUNT, "an account")


def _changes(context: Context) -> Iterator[Change]:
    """What requests ended, and what was given to the same people; of admin rights, all."""
    store = context.store
    taken = [*store.each(store.numbers(actions=_TAKES))]
    people = {row for each in taken if each.subject for row in context.person(each.subject).rows}
    given = [each for row in people for action in _GIVES for each in store.done(action, row)]
    for request in {each.id: each for each in [*taken, *given]}.values():
        # Access for some days should have ended, whatever became of the request that ends it.
        counts = request.state is State.DONE or (request.is_end and request.state not in OPEN)
        counts = counts and (request.state is State.DONE or request.action not in CONFIDENTIAL)
        if counts and request.subject and request.outcome and not request.practice:
            keys, at = context.person(request.subject).keys, request.outcome.at
            for fact, is_given in _facts(context, request).items():
                yield Change(keys, fact, is_given, at, request.id)


def _facts(context: Context, request: Request) -> dict[str, bool]:
    """{fact: whether the request gives it, or ends it}; {} if it can't be read."""
    if not context.readable(request):
        return {}
    command, gives = context.command(request), request.action in _GIVES
    facts = dict.fromkeys(getattr(command, "teams", ()), gives)
    facts |= {getattr(command, "rights", ""): gives, getattr(command, "from_team", None) or "": False}
    facts |= {getattr(command, "to_team", None) or "": True}
    if request.action in ("request-access", "reactivate", "offboard"):
        facts[ACCOUNT] = gives
    return {fact: is_given for fact, is_given in facts.items() if fact}


def _left(context: Context, holdings: Sequence[Holding]) -> set[str]:
    """The addresses in Miro of people all of whose Slack accounts are deactivated; found by Miro id, too."""
    people, left = context.store.people, set[str]()
    by_id, ids = people.by_miro_id(), {has.email: has.miro_id for has in holdings}
    people.expect(by_id.values(), ids)
    for email, miro_id in ids.items():
        known = people.by_email(email), context.person(by_id[miro_id]) if miro_id in by_id else None
        rows = [context.person(row) for person in known if person for row in person.rows]
        if any(row.has_left for row in rows) and all(row.has_left or not row.accounts for row in rows):
            left.add(email)
    return left


def _ownerless(context: Context) -> list[Group]:
    """Teams for which the policy names no owner, or whose owners all left; none if it names no owners at all.

    Owners whom Slack hasn't shown are not judged.
    """
    tables, policy = context.tables(), context.policy
    teams = {team: reviews.owners_of(context, team) for team in context.store.groups.all() if policy.owners}
    named = {team: policy.owners_of((*tables.names(team), team.id)) for team in teams}
    return [
        team
        for team, owners in teams.items()
        if not named[team] or (owners and all(owner.is_outside for owner in owners))
    ]


def _comparisons(context: Context) -> list[Review]:
    return [review for review in map(context.store.review, context.store.reviews()) if review.compares]


def _kept(context: Context) -> set[tuple[str, str]]:
    """(key of the person, code with fact) of what is kept now."""
    kept = [each for review in _comparisons(context) for each in review.having(Step.KEPT)]
    now, known_as = context.now(), context.store.people.humans.known
    still = [each for each in kept if each.kept_until and each.kept_until > now]
    return {(key, each.right) for each in still for key in (each.email, *known_as(each.email))}


def _is_asked(context: Context, difference: Difference) -> bool:
    """Whether an open request about the person changes it already."""
    person = context.find(difference.email) if difference.email else None
    if person is None:
        return False
    requests = context.store.requests(person=person.id, states=OPEN)
    about = (_facts(context, request) for request in requests if request.subject in person.rows)
    return any(facts.get(fact) is False for facts in about for fact in (difference.fact, ACCOUNT))


def daily(context: Context) -> None:
    """Begins a comparison and notifies operators, once a day; without differences nobody hears of it."""
    if any(context.now() - review.at < DAY and review.by == BOT for review in _comparisons(context)):
        return
    try:
        listed = compared(context)
    except Refused as error:
        log.warning("%s", error)
        if context.store.groups.seen_at("members") and context.store.once(
            f"uncompared:{context.now().date()}"
        ):
            why = "Miro and the record weren't compared today: Miro's list of people is more than a day old."
            context.tell_operators(f"{why} To see why, run: miro-bot doctor")
        return
    if listed:
        with context.store.writing():
            if all(review.closed_at for review in _comparisons(context)):
                reviews.notify(context, begun(context, Actor(Person(BOT)), listed))
        context.wake()


def begun(context: Context, actor: Actor, listed: Sequence[Difference]) -> Review:
    """A comparison of these differences, in which each can be kept or put right."""
    holders = {(each.email, each.right, ""): each.text for each in listed}
    return reviews.add(context, started(actor, DIFFERENCES, SUBJECT, holders, context.now() + DAY))


def decided(context: Context, actor: Actor, id: str, keeps: tuple[str, str] | None) -> Access:
    """Keeps a difference, by its id, with (reason, last day); or, with None, puts it right.

    Raises Refused, Problems.
    """
    if not is_operator(context.policy, actor.person):
        raise Refused("Only an operator can keep differences or put them right.")
    difference = next((each for each in compared(context) if each.id == id), None)
    if difference is None:
        raise Refused(f"There is no difference {id[:20]} now. `miro-bot compare` lists all.")
    key = difference.email, difference.right
    with context.store.writing():
        asks = [review for review in _comparisons(context) if not review.closed_at]
        has = (review for review in asks if key in [(each.email, each.right) for each in review.having()])
        review = next(has, None) or begun(context, actor, [difference])
        number = next(each.number for each in review.accesses if (each.email, each.right) == key)
        kept, ended = ([number], []) if keeps else ([], [number])
        problems = reviews.decide(context, review.key, actor, kept, ended, *(keeps or ()))
        access = context.store.review(review.id).accesses[number]
        if not access.decision:
            raise Refused(" ".join(problems) or "This is your own access. Another operator decides.")
    return access
