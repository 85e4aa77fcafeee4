"""A request is what its events say, and each event has one effect."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from approvals.folding import apply, fold
from approvals.ids import BOT, PersonId, stamp
from approvals.request import FORMATS, Draft, Event, Request, Vote, is_active
from approvals.sentence import Sentence
from approvals.states import EventType, Impossible, State
from tests.altered import differences
from tests.approvals.scene import START, asked, draft, events_of, planned

ADA, BO, CY = PersonId("P-1"), PersonId("P-2"), PersonId("P-3")
EXPIRES = START + timedelta(days=2)
ASKED = asked(ADA, subject="P-9", policy="abc")
PLANNED = planned(
    EXPIRES, approvers=["P-2"], told=["P-2"], because={"P-2": "you own Miro"}, lanes=["person:P-9", "admins"]
)


def after(*whats: EventType | Draft) -> Request:
    """The request after these events, one a minute."""
    drafts = [one if isinstance(one, Draft) else draft(one, START) for one in whats]
    return fold(events_of(drafts))


def minute(n: int) -> Any:
    """When the n-th event of `after` happened."""
    return START + timedelta(minutes=n)


def test_asking_writes_down_who_wants_what() -> None:
    request = after(ASKED)
    assert (request.id, request.number, request.version) == ("R-1", 1, 1)
    assert (request.requester, request.subject, request.action) == (ADA, "P-9", "make-admin")
    assert request.details == {"role": "Company Admin"}
    assert (request.reason, request.policy) == ("Joins IT on Monday", "abc")


def test_an_asked_request_is_due_at_once() -> None:
    request = after(ASKED)
    assert request.state is State.CHECKING
    assert request.next_due == request.asked_at == minute(1)
    assert is_active(request)


def test_an_answer_to_nothing_can_be_read_and_says_nothing() -> None:
    waiting = after(ASKED, EventType.PLANNED)
    assert differences(waiting, after(ASKED, EventType.PLANNED, EventType.REPLIED)) == set()


def test_a_follow_up_names_what_it_follows() -> None:
    request = after(asked(BOT, because_of="R-7", practice=True))
    assert (request.because_of, request.practice) == ("R-7", True)


def test_being_held_says_why_and_until_when() -> None:
    held = Draft(EventType.HELD, BOT, {"next_try_at": stamp(EXPIRES)}, {"text": "Miro isn't answering"})
    request = after(ASKED, held)
    assert (request.progress.held, request.next_due) == (Sentence.verbatim("Miro isn't answering"), EXPIRES)
    assert differences(after(ASKED), request) == {"held", "holds", "next_due"}


def test_planning_opens_a_round_of_approval() -> None:
    request = after(ASKED, EventType.HELD, PLANNED)
    assert (request.state, request.plan.revision, request.plan.round) == (State.WAITING, "r1", 1)
    assert request.plan.already == (Sentence.verbatim("Company Admin"),)
    assert request.asking.approvers == ((BO, Sentence.verbatim("you own Miro")),)
    assert request.lanes == ("person:P-9", "admins")
    assert request.deadlines.expires_at == request.next_due == EXPIRES
    assert (request.progress.held, request.progress.holds) == (None, 0)


def test_planning_may_name_the_subject_late() -> None:
    assert after(asked(ADA), planned(EXPIRES, subject="P-4")).subject == "P-4"
    assert after(ASKED, PLANNED).subject == "P-9"


def test_a_vote_remembers_who_and_what() -> None:
    vote = Draft(EventType.VOTED, BO, {"revision": "r1"}, {"shell": "bo at laptop"})
    request = after(ASKED, PLANNED, vote)
    assert request.asking.votes == (Vote(BO, minute(3), "r1", "bo at laptop"),)
    assert differences(after(ASKED, PLANNED), request) == {"votes", "awaited"}


def test_a_vote_given_for_somebody_else_empties_both_seats() -> None:
    both = planned(EXPIRES, approvers=[BO, CY], told=[CY])
    vote = Draft(EventType.VOTED, CY, {"revision": "r1", "stands_for": BO})
    assert after(ASKED, both).asking.awaited == (BO, CY)
    assert after(ASKED, both, vote).asking.awaited == ()


def test_approval_names_every_voter_once() -> None:
    votes = [draft(EventType.VOTED, START, by) for by in (BO, CY, BO)]
    request = after(ASKED, PLANNED, *votes, EventType.APPROVED)
    assert request.asking.decided_by == (BO, CY)
    assert request.asking.approved_at == request.next_due == minute(6)


def test_planning_again_forgets_the_votes() -> None:
    again = planned(EXPIRES, revision="r2")
    request = after(ASKED, PLANNED, draft(EventType.VOTED, START, BO), EventType.APPROVED, again)
    assert (request.asking.votes, request.asking.decided_by) == ((), ())
    assert (request.plan.revision, request.plan.round, request.state) == ("r2", 2, State.WAITING)


def test_planning_again_takes_the_approval_back() -> None:
    request = after(ASKED, PLANNED, EventType.VOTED, EventType.APPROVED, planned(EXPIRES, revision="r2"))
    assert request.asking.approved_at is None


def test_each_call_is_remembered_before_its_answer() -> None:
    request = after(ASKED, PLANNED, EventType.VOTED, EventType.APPROVED, EventType.TRYING)
    assert (request.progress.tried, request.progress.accepted) == (("become Company Admin",), ())
    assert request.state is State.WORKING
    assert request.next_due == minute(5)


def test_an_accepted_call_is_remembered_as_such() -> None:
    way = (ASKED, PLANNED, EventType.VOTED, EventType.APPROVED, EventType.TRYING)
    yes, no = (draft(EventType.ANSWERED, START, accepted=said) for said in (True, False))
    assert after(*way, yes).progress.accepted == ("become Company Admin",)
    assert after(*way, no).progress.accepted == ()


def test_an_unseen_change_is_looked_at_again() -> None:
    unseen = Draft(EventType.UNSEEN, BOT, {"next_try_at": stamp(EXPIRES)})
    request = after(ASKED, PLANNED, EventType.VOTED, EventType.APPROVED, EventType.TRYING, unseen, unseen)
    assert (request.progress.looks, request.next_due) == (2, EXPIRES)


def test_a_stop_says_what_is_done_and_left() -> None:
    lines = json.dumps({"done": ["joined IT"], "left": ["become Company Admin"]})
    words = {"text": "no seat left", "remedy": "Buy a seat", "lines": lines}
    stop = Draft(EventType.STOPPED, BOT, {}, words)
    outcome = after(ASKED, PLANNED, EventType.VOTED, EventType.APPROVED, EventType.TRYING, stop).outcome
    assert outcome
    assert (outcome.text, outcome.at) == (Sentence.verbatim("no seat left"), minute(6))
    assert outcome.remedy == Sentence.verbatim("Buy a seat")
    assert outcome.done == (Sentence.verbatim("joined IT"),)
    assert outcome.left == (Sentence.verbatim("become Company Admin"),)


def test_resuming_starts_the_work_afresh() -> None:
    way = (
        ASKED,
        PLANNED,
        EventType.VOTED,
        EventType.APPROVED,
        EventType.TRYING,
        EventType.UNSEEN,
        EventType.STOPPED,
        EventType.RESUMED,
    )
    request = after(*way)
    assert request.state is State.APPROVED
    assert (request.outcome, request.progress.looks, request.progress.tried) == (None, 0, ())
    assert request.next_due == minute(len(way))
    assert request.asking.decided_by == (BOT,)


ENDS: dict[EventType, list[EventType | Draft]] = {
    EventType.UNNEEDED: [ASKED],
    EventType.REFUSED: [ASKED],
    EventType.JOINED: [ASKED],
    EventType.DENIED: [ASKED, PLANNED],
    EventType.EXPIRED: [ASKED, PLANNED],
    EventType.WITHDRAWN: [ASKED, EventType.HELD],
    EventType.REHEARSED: [ASKED, PLANNED, EventType.VOTED, EventType.APPROVED],
    EventType.DONE: [ASKED, PLANNED, EventType.VOTED, EventType.APPROVED, EventType.TRYING],
    EventType.STOPPED: [ASKED, PLANNED, EventType.VOTED, EventType.APPROVED, EventType.HELD],
}


@pytest.mark.parametrize("what", sorted(ENDS))
def test_an_end_has_words_and_nothing_due(what: EventType) -> None:
    request = after(*ENDS[what], draft(what, START, CY))
    assert request.outcome
    assert (request.outcome.by, request.outcome.text) == (CY, Sentence.verbatim("as it was said"))
    assert (request.next_due, request.progress.held) == (None, None)
    assert not is_active(request)


def test_who_denies_is_who_decided() -> None:
    voted = draft(EventType.VOTED, START, BO)
    assert after(ASKED, PLANNED, voted, draft(EventType.DENIED, START, CY)).asking.decided_by == (CY,)


def test_a_joined_request_points_to_the_other() -> None:
    assert after(ASKED, draft(EventType.JOINED, START, because_of="R-40")).because_of == "R-40"


def test_an_unreached_person_changes_nothing_else() -> None:
    told = [Draft(EventType.UNREACHED, BOT, {}, {"text": who}) for who in ("bo", "#miro")]
    request = after(ASKED, PLANNED, *told)
    assert request.unreached == (Sentence.verbatim("bo"), Sentence.verbatim("#miro"))
    assert differences(after(ASKED, PLANNED), request) == {"unreached"}


@pytest.mark.parametrize("what", sorted(EventType))
def test_every_event_is_of_a_known_format(what: EventType) -> None:
    assert FORMATS[what] >= 1


def test_folding_nothing_finds_no_request() -> None:
    with pytest.raises(ValueError, match="no request without events"):
        fold([])


def test_a_life_that_skips_a_step_is_impossible() -> None:
    with pytest.raises(Impossible, match="'approved' can't happen to a request that is checking"):
        after(ASKED, EventType.APPROVED)


def test_folding_is_applying_one_by_one() -> None:
    events = events_of([ASKED, PLANNED, draft(EventType.VOTED, START), draft(EventType.APPROVED, START)])
    whole: Request | None = None
    for count, event in enumerate(events, 1):
        whole = apply(whole, event)
        assert whole == fold(events[:count])
        assert whole.version == count


def strange(event: Event, **changes: Any) -> Event:
    """An event as a newer program may have written it."""
    return replace(event, **changes)


NEWER: list[dict[str, Any]] = [{"type": "delegated"}, {"format": 4}]


@pytest.mark.parametrize("change", NEWER)
def test_a_newer_event_leaves_the_request_shown(change: dict[str, Any]) -> None:
    *before, last = events_of([ASKED, PLANNED, draft(EventType.VOTED, START)])
    request = fold([*before, strange(last, **change)])
    assert request.untouchable
    assert (request.state, request.version, request.next_due) == (State.WAITING, 3, None)
    assert not request.asking.votes


@pytest.mark.parametrize("change", NEWER)
def test_what_follows_on_a_newer_event_is_shown_too(change: dict[str, Any]) -> None:
    first, second, *rest = events_of(
        [ASKED, PLANNED, draft(EventType.TRYING, START), draft(EventType.DONE, START)]
    )
    request = fold([first, strange(second, **change), *rest])
    assert request.untouchable
    assert (request.version, request.state) == (4, State.CHECKING)


@pytest.mark.parametrize("change", NEWER)
def test_a_request_begun_by_a_newer_program_is_refused(change: dict[str, Any]) -> None:
    [first] = events_of([ASKED])
    with pytest.raises(ValueError, match="begins with an event this program doesn't know"):
        fold([strange(first, **change)])


def test_nobody_works_on_an_untouchable_request() -> None:
    assert not is_active(replace(after(ASKED), untouchable=True))


def test_words_that_are_gone_read_as_missing() -> None:
    first, second = events_of([ASKED, PLANNED])
    request = fold(
        [
            replace(first, words=dict.fromkeys(first.words)),
            replace(second, words=dict.fromkeys(second.words)),
        ]
    )
    assert request.reason == "(missing)"
    assert (request.details, request.plan.already) == ({}, ())
    assert request.state is State.WAITING


def test_a_word_never_said_reads_empty() -> None:
    [event] = events_of([ASKED])
    assert (event.text("remedy"), event.text("reason")) == ("", "Joins IT on Monday")
