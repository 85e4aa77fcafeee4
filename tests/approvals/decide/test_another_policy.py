"""Another policy comes into force: it judges alone, asks nobody who knows already, and approves nothing."""

from datetime import timedelta

import pytest

from approvals.decide.clock import back, lapse, review
from approvals.decide.decide import deny
from approvals.people import Standing
from approvals.record.store import Store
from approvals.request import Draft, Request
from approvals.states import EventType, State
from tests.approvals.ruled import away, done, in_force, may, names, no_way, ruled, seats, yes
from tests.approvals.scene import START, Clock, Scene

ASK = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\n'
OWNERS = ASK + 'approvers = ["owners"]\n'
TWO_OWNERS = OWNERS + "agree = 2\n"
IDA = ASK + 'approvers = ["ida@example.com"]\n'
NOBODY = ASK + "approval = false\n"
TWO_STEPS = ASK + 'steps = [{ approvers = ["ida@example.com"] }, { approvers = ["owners"] }]\n'
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def changes(scene: Scene, request: Request) -> list[str]:
    """What the worker writes after another policy came into force."""
    return [one.type for one in review(request, scene.table)]


# -- who decides -------------------------------------------------------------------------------------------


def test_the_policy_in_force_judges_alone(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, IDA)
    request = done(scene, request, review)
    assert (may(scene, request), request.asking.is_stuck) == (["Ida"], False)
    assert "Only Ida" in no_way(scene, request, "cy")
    assert yes(scene, request, "ida").state is State.APPROVED


def test_nothing_is_written_where_the_same_people_decide_the_same(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    requests = [planned(scene), yes(scene, planned(scene), "cy")]
    scene.clock.pass_(HOUR)
    in_force(scene, TWO_OWNERS + '[actions.offboard]\nask = ["it"]\napprovers = ["owners"]\n')
    assert [review(one, scene.table) for one in requests] == [[], []]


def test_what_nobody_has_to_approve_any_more_still_waits_for_those_who_were_asked(
    store: Store, clock: Clock
) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, NOBODY)
    assert seats(scene, request) == ["Cy", "Dee"]
    assert EventType.ROUTED not in changes(scene, request)
    assert "can decide" in no_way(scene, request, "ida")
    assert yes(scene, request, "cy").state is State.APPROVED


def test_a_stricter_policy_wants_its_own_votes(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, TWO_OWNERS)
    request = yes(scene, request, "cy")
    assert request.state is State.WAITING
    assert yes(scene, request, "dee").state is State.APPROVED


def test_an_action_that_nobody_can_ask_for_any_more_is_approved_by_nobody(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, NOBODY.replace("make-admin", "offboard"))
    request = done(scene, request, review)
    assert (may(scene, request), request.asking.is_stuck, request.deadlines.remind_at) == (
        [],
        True,
        None,
    )
    assert "the policy or its people changed" in no_way(scene, request, "cy")


def test_a_policy_back_as_it_was_asks_as_it_did(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, IDA)
    request = done(scene, request, review)
    in_force(scene, OWNERS)
    request = done(scene, request, review)
    assert (may(scene, request), request.asking.is_stuck) == (["Cy", "Dee"], False)
    assert [one.type for one in store.events(request.id)].count(EventType.ROUTED) == 2


# -- which votes count -------------------------------------------------------------------------------------


def test_a_vote_counts_only_in_its_step(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, TWO_STEPS)
    request = done(scene, request, review)
    assert (request.asking.step, request.asking.missing, may(scene, request)) == (0, 1, ["Ida"])
    request = yes(scene, request, "ida")
    assert (request.asking.step, request.asking.missing, may(scene, request)) == (1, 1, ["Cy", "Dee"])
    assert yes(scene, request, "cy").state is State.APPROVED


def test_a_vote_for_a_later_step_stays_when_an_earlier_one_is_asked_again(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_STEPS.replace('["owners"] }', '["owners"], agree = 2 }'))
    request = yes(scene, yes(scene, scene.waiting(), "ida"), "cy")
    in_force(scene, TWO_STEPS.replace("ida@", "bo@").replace('["owners"] }', '["owners"], agree = 2 }'))
    request = done(scene, request, review)
    assert (request.asking.step, may(scene, request)) == (0, ["Bo"])
    request = yes(scene, request, "bo")
    assert (request.asking.step, request.asking.missing, may(scene, request)) == (1, 1, ["Dee"])


def test_a_vote_given_for_somebody_else_counts_in_their_seat_alone(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    in_force(scene, ASK + 'approvers = ["bo@example.com", "dee@example.com"]\nagree = 2\n')
    request = done(scene, request, review)
    assert (request.asking.missing, seats(scene, request)) == (2, ["Bo", "Dee"])
    request = yes(scene, yes(scene, request, "bo"), "dee")
    assert (request.state, [one.stands_for for one in request.asking.votes][1:]) == (
        State.APPROVED,
        [None, None],
    )


def test_who_stands_in_for_a_voter_has_no_second_vote_as_the_fallback(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ASK + 'approvers = ["cy@example.com", "dee@example.com"]\nagree = 2\n')
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    scene.looked_at("dee", Standing.LEFT)
    in_force(scene, ASK + 'approvers = ["owners"]\nagree = 2\nfallback = ["cy@example.com"]\n')
    request = done(scene, request, review)
    assert (seats(scene, request), request.asking.is_stuck) == ([], True)
    assert (
        no_way(scene, request, "cy")
        == "Bo (bo@example.com) already approved R-1 for you. It's waiting for someone else."
    )


# -- a change approves nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cy", "dee"])
def test_where_the_votes_are_enough_by_now_one_confirms_it(store: Store, clock: Clock, name: str) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, OWNERS)
    request = done(scene, request, review)
    assert (request.state, request.asking.confirms, request.asking.missing) == (State.WAITING, True, 1)
    assert may(scene, request) == ["Cy", "Dee"]
    assert names(
        scene, [id for id, asked in request.asking.since.items() if asked == request.asking.asks]
    ) == ["Cy", "Dee"]
    assert review(request, scene.table) == []
    request = yes(scene, request, name)
    assert request.state is State.APPROVED
    assert scene.table.tally(request).is_settled


def test_a_confirmation_is_asked_once(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, OWNERS)
    request = done(scene, request, review)
    asked = request.asking.since
    in_force(scene, NOBODY)
    request = done(scene, request, review)
    assert (request.asking.confirms, request.asking.since) == (True, asked)


def test_who_was_asked_confirms_what_needs_nobody_any_more(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, NOBODY)
    request = done(scene, request, review)
    assert (request.asking.confirms, sorted(may(scene, request))) == (True, ["Cy", "Dee"])
    assert "Only" in no_way(scene, request, "ida")
    assert yes(scene, request, "cy").state is State.APPROVED


def test_nobody_confirms_what_turns_out_to_be_their_own(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, OWNERS + '[same_person]\n"dee@example.com" = "ada@example.com"\n')
    request = done(scene, request, review)
    assert may(scene, request) == ["Cy"]
    assert "You requested this" in no_way(scene, request, "dee")


def test_one_no_is_enough_where_one_is_to_confirm(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, OWNERS)
    request = done(scene, request, review)
    drafts = deny(request, scene.who("dee"), "not now", scene.table)
    assert store.append(request, drafts).state is State.DENIED


def test_stricter_again_a_confirmation_is_a_vote_of_its_voter(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, OWNERS)
    request = yes(scene, done(scene, request, review), "cy")
    in_force(scene, TWO_OWNERS)
    request = done(scene, request, review)
    assert (request.state, request.asking.missing, may(scene, request)) == (State.WAITING, 1, ["Dee"])


# -- what was approved -------------------------------------------------------------------------------------


def test_what_was_approved_and_not_begun_waits_again_if_it_lacks_votes(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, TWO_OWNERS)
    request = done(scene, request, review, hours=5)
    assert (request.state, request.asking.missing, may(scene, request)) == (State.WAITING, 1, ["Dee"])
    assert (request.asking.approved_at, request.asking.decided_by) == (None, ())
    assert request.asking.since == {scene.person("dee").id: request.asking.asks}
    assert request.deadlines.expires_at == START + 3 * DAY
    assert review(request, scene.table) == []
    assert yes(scene, request, "dee").state is State.APPROVED


@pytest.mark.parametrize("rules", [OWNERS + "remind = '1h'\n", NOBODY])
def test_what_is_still_approved_stays_approved(store: Store, clock: Clock, rules: str) -> None:
    scene = ruled(store, clock, OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, rules)
    assert review(request, scene.table) == []


def test_what_has_begun_goes_on(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, TWO_OWNERS)
    begun = scene.now(request, EventType.TRYING)
    assert (review(begun, scene.table), back(begun, scene.table)) == ([], [])
    stopped = scene.now(begun, EventType.ANSWERED, EventType.STOPPED, EventType.RESUMED)
    assert (stopped.state, review(stopped, scene.table)) == (State.APPROVED, [])


# -- times -------------------------------------------------------------------------------------------------


def planned(scene: Scene, expires: timedelta = 3 * DAY) -> Request:
    """A request that was asked right now, with the times of the policy in force."""
    return scene.waiting(expires=scene.clock.now() + expires)


@pytest.mark.parametrize(
    ("expires", "after", "ends"),
    [("5d", 1, 5 * DAY), ("1d", 1, DAY), ("1d", 23, 27 * HOUR), ("2h", 30, 34 * HOUR)],
)
def test_times_run_from_the_ask_and_end_four_hours_after_the_change_at_the_soonest(
    store: Store, clock: Clock, expires: str, after: int, ends: timedelta
) -> None:
    scene = ruled(store, clock, OWNERS)
    request = planned(scene)
    scene.clock.pass_(after * HOUR)
    in_force(scene, OWNERS + f'expires = "{expires}"\nremind = "never"\n')
    assert changes(scene, request) == [EventType.RULED]
    request = done(scene, request, review, minutes=5)
    assert (request.deadlines.expires_at, request.deadlines.remind_at, request.asking.asks) == (
        START + ends,
        None,
        1,
    )
    assert review(request, scene.table) == []
    scene.clock.pass_(START + ends - scene.clock.now())
    assert done(scene, request, lapse).state is State.EXPIRED


def test_days_of_rest_are_no_time_to_answer_in(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)  # asked on a Monday
    request = planned(scene, 9 * DAY)
    scene.clock.pass_(5 * DAY)
    in_force(scene, OWNERS + 'expires = "1h"\n', 'rests = ["Sat", "Sun"]\n')
    assert done(scene, request, review).deadlines.expires_at == START.replace(hour=4) + 7 * DAY


def test_who_is_asked_later_by_another_policy_is_so_from_the_ask_on(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = planned(scene)
    scene.clock.pass_(2 * HOUR)
    later = [(1, "ida"), (3, "bo")]
    each = ", ".join(f'{{ after = "{hours}h", to = ["{name}@example.com"] }}' for hours, name in later)
    in_force(scene, OWNERS + f"escalate = [{each}]\n")
    request = done(scene, request, review)
    assert (request.asking.level, may(scene, request)) == (1, ["Cy", "Dee", "Ida"])
    assert done(scene, request, lapse, hours=1).asking.level == 2


def test_a_reminder_comes_by_the_policy_in_force(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = planned(scene)
    in_force(scene, OWNERS + 'remind = "2h"\n')
    request = done(scene, request, review, hours=1)
    assert (request.deadlines.remind_at, request.deadlines.reminded) == (START + 2 * HOUR, 0)
    request = done(scene, request, lapse, hours=1)
    assert (request.deadlines.reminded, request.deadlines.remind_at) == (1, START + 6 * HOUR)


def test_what_ran_out_of_time_before_anybody_looked_ends(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = planned(scene, DAY)
    scene.clock.pass_(DAY)
    in_force(scene, OWNERS + 'expires = "9d"\n')
    assert review(request, scene.table) == []
    assert done(scene, request, lapse).state is State.EXPIRED


def test_a_request_of_an_older_record_keeps_its_times(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = planned(scene)
    in_force(scene, OWNERS.replace("make-admin", "offboard"))
    assert [one.type for one in review(request, scene.table)] == [EventType.ROUTED]


def test_a_moved_end_is_the_record_s(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = planned(scene)
    in_force(scene, OWNERS + 'expires = "5d"\n')
    [draft] = review(request, scene.table)
    assert (draft, draft.by) == (Draft(EventType.RULED, body=draft.body), "bot")
    assert store.append(request, [draft]).policy == scene.hash
