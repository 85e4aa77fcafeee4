"""A decision is taken once, by the right person, on exactly what they read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.decide.basis import Table
from approvals.decide.clock import lapse
from approvals.decide.decide import approve, deny, resume, withdraw
from approvals.decide.too_late import ago, settled
from approvals.refusals import Outdated, Refused, Settled
from approvals.request import Draft, Request
from approvals.sentence import Sentence
from approvals.states import EventType, State
from tests.altered import altered
from tests.approvals.scene import START, Scene, draft

SECONDS = timedelta(seconds=8)


def said(call: Callable[[], object], error: type[Refused] = Refused) -> str:
    """What somebody reads who is refused."""
    with pytest.raises(error) as told:
        call()
    return str(told.value)


def yes(scene: Scene, request: Request, name: str, revision: str = "r1") -> list[Draft]:
    """A click on Approve."""
    return approve(request, scene.who(name), revision, scene.table)


def no(scene: Scene, request: Request, name: str, reason: str = "not now") -> list[Draft]:
    """A click on Deny."""
    return deny(request, scene.who(name), reason, scene.table)


def later(scene: Scene, **span: float) -> Table:
    """What a decision rests on some time from now."""
    return replace(scene.table, now=START + timedelta(**span))


def types(drafts: list[Draft]) -> list[str]:
    """Which events a decision brings about."""
    return [one.type for one in drafts]


# -- approving ---------------------------------------------------------------------------------------------


def test_one_yes_approves_where_one_is_enough(scene: Scene) -> None:
    drafts = yes(scene, scene.waiting(), "cy")
    assert types(drafts) == [EventType.VOTED, EventType.APPROVED]
    assert {one.by for one in drafts} == {scene.person("cy").id}
    assert [dict(one.body) for one in drafts] == [{"revision": "r1"}] * 2


def test_a_yes_is_signed_with_person_and_account(scene: Scene) -> None:
    for event in yes(scene, scene.waiting(), "cy"):
        assert event.words == {"who": "cy@example.com UCY01", "shell": ""}


def test_who_decided_stays_readable_when_people_are_renamed(scene: Scene) -> None:
    request = scene.waiting()
    scene.store.append(request, yes(scene, request, "cy"))
    scene.store.people.learn(scene.person("cy").id, email="eve@example.net", name="Eve")
    told = {event.text("who") for event in scene.store.events(request.id) if event.type == EventType.APPROVED}
    assert told == {"cy@example.com UCY01"}


@pytest.mark.parametrize("revision", ["r0", "", "R1", "r2"])
def test_a_yes_to_another_revision_is_outdated(scene: Scene, revision: str) -> None:
    text = said(lambda: yes(scene, scene.waiting(), "cy", revision), Outdated)
    assert text == "The change is different now, so your click did nothing. Read the updated card."


def test_a_yes_from_before_a_new_plan_is_outdated(scene: Scene) -> None:
    request = scene.now(scene.waiting(), EventType.VOTED, EventType.APPROVED, by="cy")
    again = scene.store.append(request, [draft(EventType.PLANNED, START, revision="r2")])
    assert said(lambda: yes(scene, again, "dee", "r1"), Outdated)
    assert types(yes(scene, again, "cy", "r2")) == [EventType.VOTED, EventType.APPROVED]


def test_two_must_agree_where_the_rule_says_two(scene: Scene) -> None:
    request = scene.waiting("offboard", agree=2)
    first = yes(scene, request, "cy")
    assert types(first) == [EventType.VOTED]
    request = scene.store.append(request, first)
    assert request.state is State.WAITING
    assert types(yes(scene, request, "dee")) == [EventType.VOTED, EventType.APPROVED]


@pytest.mark.parametrize("slack_id", ["UCY01", "UCY02"])
def test_one_person_is_never_two_votes(scene: Scene, slack_id: str) -> None:
    request = scene.waiting("offboard", agree=2)
    request = scene.store.append(request, yes(scene, request, "cy"))
    scene.second_account("cy", "UCY02")
    who = scene.through(slack_id)
    text = said(lambda: approve(request, who, "r1", scene.table))
    assert text == "You already approved R-1. It's waiting for someone else."


def test_who_said_yes_may_still_say_no(scene: Scene) -> None:
    request = scene.waiting("offboard", agree=2)
    request = scene.store.append(request, yes(scene, request, "cy"))
    assert types(no(scene, request, "cy")) == [EventType.DENIED]


# -- denying -----------------------------------------------------------------------------------------------


def test_one_no_is_enough_with_its_reason(scene: Scene) -> None:
    [event] = no(scene, scene.waiting("offboard", agree=2), "dee", "  on leave until May \n")
    assert (event.type, event.by) == (EventType.DENIED, scene.person("dee").id)
    assert event.words["text"] == "on leave until May"


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_a_no_needs_a_reason(scene: Scene, reason: str) -> None:
    text = said(lambda: no(scene, scene.waiting(), "cy", reason))
    assert text == "Give a reason: the requester reads it."


def test_a_no_needs_no_revision(scene: Scene) -> None:
    request = scene.store.append(scene.waiting(), [draft(EventType.UNREACHED, START)])
    assert types(no(scene, altered(request, revision="r7"), "cy")) == [EventType.DENIED]


# -- too late ----------------------------------------------------------------------------------------------


def test_nobody_decides_after_the_time_is_over(scene: Scene) -> None:
    request = scene.waiting()
    scene.clock.pass_(timedelta(days=2) - timedelta(milliseconds=1))
    for name in ("cy", "dee"):
        scene.looked_at(name, scene.person(name).accounts[0].standing)
    assert yes(scene, request, "cy")
    scene.clock.pass_(timedelta(milliseconds=1))
    told = "R-1 has expired without an answer. Nothing has changed."
    assert said(lambda: yes(scene, request, "cy"), Settled) == told
    assert said(lambda: no(scene, request, "cy"), Settled) == told


V, A, T = EventType.VOTED, EventType.APPROVED, EventType.TRYING
FIRST: list[tuple[list[EventType], str]] = [
    ([V, A], "Cy (cy@example.com) approved R-1 8 seconds before you. Nothing left to do."),
    ([V, A, T], "Cy (cy@example.com) approved R-1 8 seconds before you. Nothing left to do."),
    ([V, A, EventType.STOPPED], "Cy (cy@example.com) approved R-1 8 seconds before you. Nothing left to do."),
    (
        [V, A, EventType.REHEARSED],
        "Cy (cy@example.com) approved R-1 8 seconds before you. Nothing left to do.",
    ),
    ([V, A, T, EventType.DONE], "Cy (cy@example.com) approved R-1 8 seconds before you. It's done."),
    ([EventType.DENIED], "Cy (cy@example.com) denied R-1 8 seconds before you. Nothing has changed."),
    ([EventType.WITHDRAWN], "Cy (cy@example.com) withdrew R-1 8 seconds before you."),
    ([EventType.EXPIRED], "R-1 expired 8 seconds ago without an answer. Nothing has changed."),
    ([V, A, EventType.REFUSED], "R-1 ended 8 seconds ago: it isn't possible."),
]


@pytest.mark.parametrize(("whats", "told"), FIRST)
def test_who_comes_second_reads_who_was_first(scene: Scene, whats: list[EventType], told: str) -> None:
    request = scene.now(scene.waiting(), *whats, by="cy")
    scene.clock.pass_(SECONDS)
    assert said(lambda: yes(scene, request, "dee"), Settled) == told
    assert said(lambda: no(scene, request, "dee"), Settled) == told


def test_both_voters_are_named_as_first(scene: Scene) -> None:
    request = scene.waiting("offboard", agree=2)
    for name in ("cy", "dee"):
        request = scene.store.append(request, yes(scene, request, name))
    scene.clock.pass_(timedelta(hours=3))
    again = [said(lambda name=name: no(scene, request, name), Settled) for name in ("cy", "dee")]  # type: ignore[misc]
    assert again == ["You approved R-1 already. Nothing left to do."] * 2
    told = str(settled(request, scene.store.people, scene.clock.now(), scene.person("ida")))
    both = "Cy (cy@example.com) and Dee (dee@example.com)"
    assert told == f"{both} approved R-1 3 hours before you. Nothing left to do."


OWN = [
    ([V, A], "You approved R-1 already. Nothing left to do."),
    ([V, A, T, EventType.DONE], "You approved R-1 already. It's done."),
    ([EventType.DENIED], "You denied R-1 already. Nothing has changed."),
    ([EventType.WITHDRAWN], "You withdrew R-1 already."),
]


@pytest.mark.parametrize(("whats", "told"), OWN)
@pytest.mark.parametrize("slack_id", ["UCY01", "UCY02"])
def test_nobody_is_told_that_they_were_faster_than_themselves(
    scene: Scene, whats: list[EventType], told: str, slack_id: str
) -> None:
    request = scene.now(scene.waiting(), *whats, by="cy")
    scene.second_account("cy", "UCY02")
    who = scene.through(slack_id)
    assert said(lambda: approve(request, who, "r1", scene.table), Settled) == told


def test_what_one_took_back_is_not_taken_back_again(scene: Scene) -> None:
    request = scene.waiting()
    request = scene.store.append(request, withdraw(request, scene.who("ada"), scene.table))
    told = said(lambda: withdraw(request, scene.who("ada"), scene.table), Settled)
    assert told == "You withdrew R-1 already."


def test_who_withdrew_is_named_even_after_an_approval(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A, by="cy")
    scene.clock.pass_(SECONDS)
    request = scene.now(request, EventType.WITHDRAWN, by="ada")
    assert (
        said(lambda: yes(scene, request, "dee"), Settled)
        == "Ada (ada@example.com) withdrew R-1 a moment before you."
    )


def test_an_end_counts_from_when_it_came(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A, by="cy")
    scene.clock.pass_(timedelta(hours=5))
    request = scene.now(request, EventType.REFUSED)
    scene.clock.pass_(SECONDS)
    assert said(lambda: yes(scene, request, "dee"), Settled) == "R-1 ended 8 seconds ago: it isn't possible."


BEFORE: list[tuple[list[EventType], str]] = [
    ([], "I'm still checking R-1. You'll be asked once I know what will change."),
    ([EventType.JOINED], "R-1 was merged into an earlier request."),
    ([EventType.UNNEEDED], "R-1 ended 8 seconds ago: nothing needed to change."),
    ([EventType.REFUSED], "R-1 ended 8 seconds ago: it isn't possible."),
]


@pytest.mark.parametrize(("whats", "told"), BEFORE)
def test_nobody_decides_what_nobody_was_asked(scene: Scene, whats: list[EventType], told: str) -> None:
    request = scene.now(scene.store.ask(draft(EventType.ASKED, START, scene.person("ada").id)), *whats)
    scene.clock.pass_(SECONDS)
    assert said(lambda: yes(scene, request, "cy", ""), Settled) == told


def test_somebody_forgotten_is_somebody(scene: Scene) -> None:
    request = scene.now(scene.waiting(), EventType.DENIED)
    assert str(settled(request, scene.store.people, scene.clock.now())).startswith("Someone denied R-1")


def test_a_request_of_a_newer_program_is_left_alone(scene: Scene) -> None:
    request = replace(scene.waiting(), untouchable=True)
    told = "R-1 was written by a newer version of the bot. Ask your IT team to update it."
    assert said(lambda: yes(scene, request, "cy")) == told
    assert said(lambda: no(scene, request, "cy")) == told
    assert said(lambda: withdraw(request, scene.who("ada"), scene.table)) == told
    stopped = replace(request, state=State.STOPPED)
    assert said(lambda: resume(stopped, scene.who("ida"), scene.table)) == told
    assert lapse(request, later(scene, days=9)) == []


# -- withdrawing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whats", [[], [V], [V, A]])
def test_the_requester_takes_it_back(scene: Scene, whats: list[EventType]) -> None:
    request = scene.now(scene.waiting(), *whats, by="cy")
    [event] = withdraw(request, scene.who("ada"), scene.table)
    assert (event.type, event.by) == (EventType.WITHDRAWN, scene.person("ada").id)
    assert scene.store.append(request, [event]).state is State.WITHDRAWN


def test_the_requester_takes_it_back_through_another_account(scene: Scene) -> None:
    request = scene.waiting()
    scene.second_account("ada", "UADA02")
    assert types(withdraw(request, scene.through("UADA02"), scene.table)) == [EventType.WITHDRAWN]


@pytest.mark.parametrize("name", ["cy", "eve", "bo"])
def test_nobody_else_takes_it_back(scene: Scene, name: str) -> None:
    told = said(lambda: withdraw(scene.waiting(), scene.who(name), scene.table))
    assert told == "Only the requester or an operator can withdraw R-1."


def test_nobody_takes_back_what_is_being_carried_out(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A, T)
    for name in ("ada", "ida"):
        told = said(lambda name=name: withdraw(request, scene.who(name), scene.table))  # type: ignore[misc]
        assert told == "R-1 is in progress and can't be withdrawn anymore."


def test_only_an_operator_leaves_a_stopped_one_as_it_is(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A, T)
    lines = '{"done": [["join.did", {"group": "IT"}]], "left": ["become Company Admin"]}'
    request = scene.store.append(request, [Draft(EventType.STOPPED, words={"lines": lines})])
    assert said(lambda: withdraw(request, scene.who("ada"), scene.table))
    after = scene.store.append(request, withdraw(request, scene.who("ida"), scene.table))
    assert after.outcome and request.outcome
    assert request.outcome.done == (Sentence.of("join.did", group="IT"),)
    assert (after.outcome.done, after.outcome.left) == (request.outcome.done, request.outcome.left)


def test_an_ended_request_is_not_taken_back(scene: Scene) -> None:
    request = scene.now(scene.waiting(), EventType.DENIED, by="cy")
    told = said(lambda: withdraw(request, scene.who("ada"), scene.table), Settled)
    assert told == "Cy (cy@example.com) denied R-1 a moment before you. Nothing has changed."


def test_ones_own_is_taken_back_from_any_shell(scene: Scene) -> None:
    request = scene.waiting()
    [event] = withdraw(request, scene.who("ada", "ada at laptop"), scene.table)
    assert event.words["shell"] == "ada at laptop"
    assert "command line" in said(lambda: withdraw(request, scene.who("ida", "ida at laptop"), scene.table))


# -- resuming ----------------------------------------------------------------------------------------------


def test_an_operator_resumes_a_stopped_request(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A, EventType.STOPPED, by="cy")
    [event] = resume(request, scene.who("ida"), scene.table)
    assert (event.type, event.by) == (EventType.RESUMED, scene.person("ida").id)


@pytest.mark.parametrize("name", ["ada", "cy", "eve"])
def test_nobody_but_an_operator_resumes(scene: Scene, name: str) -> None:
    request = scene.now(scene.waiting(), V, A, EventType.STOPPED, by="cy")
    told = said(lambda: resume(request, scene.who(name), scene.table))
    assert told == "Only an operator can resume R-1. They have been told."


def test_an_operator_in_a_shell_needs_the_policys_leave(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A, EventType.STOPPED, by="cy")
    actor = scene.who("ida", "ida at laptop")
    assert "command line" in said(lambda: resume(request, actor, scene.table))
    scene.changed("command_line_decides = false", "command_line_decides = true")
    assert resume(request, actor, scene.table)[0].words["shell"] == "ida at laptop"


NOT_STOPPED: list[tuple[list[EventType], str]] = [
    ([], "it's waiting for an answer"),
    ([V, A], "it's approved and about to start"),
    ([V, A, T], "it's in progress"),
    ([V, A, T, EventType.DONE], "nothing is left to do"),
    ([EventType.DENIED], "it was denied"),
    ([V, A, EventType.REFUSED], "it isn't possible"),
]


@pytest.mark.parametrize(("whats", "stands"), NOT_STOPPED)
def test_only_what_is_stopped_is_resumed(scene: Scene, whats: list[EventType], stands: str) -> None:
    request = scene.now(scene.waiting(), *whats, by="cy")
    told = said(lambda: resume(request, scene.who("ida"), scene.table), Settled)
    assert told == f"R-1 isn't stopped, so there's nothing to resume: {stands}."


def test_what_starts_on_a_later_day_isnt_about_to_start(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A, EventType.SCHEDULED, by="cy")
    told = said(lambda: resume(request, scene.who("ida"), scene.table), Settled)
    assert f"it's approved to start {request.starts_at:%Y-%m-%d at %H:%M} UTC" in told


# -- expiring ----------------------------------------------------------------------------------------------


def test_a_request_expires_at_its_time_only(scene: Scene) -> None:
    request = scene.waiting()
    end = START + timedelta(days=2)
    assert EventType.EXPIRED not in types(
        lapse(request, replace(scene.table, now=end - timedelta(milliseconds=1)))
    )
    assert types(lapse(request, replace(scene.table, now=end))) == [EventType.EXPIRED]
    assert types(lapse(request, replace(scene.table, now=end + timedelta(days=30)))) == [EventType.EXPIRED]


def test_an_answered_request_never_expires(scene: Scene) -> None:
    request = scene.now(scene.waiting(), V, A)
    assert lapse(request, later(scene, days=30)) == []


# -- words -------------------------------------------------------------------------------------------------

SPANS = [
    (0, "a moment"), (1, "1 second"), (8, "8 seconds"), (60, "1 minute"), (3599, "59 minutes"),
    (3600, "1 hour"), (7200, "2 hours"), (86_400, "1 day"), (5 * 86_400, "5 days"), (-3, "a moment"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "text"), SPANS)
def test_spans_are_told_in_their_largest_unit(seconds: int, text: str) -> None:
    assert ago(timedelta(seconds=seconds)) == text


def test_deciding_alone_writes_nothing(scene: Scene) -> None:
    request = scene.waiting()
    before = scene.store.verify()
    assert yes(scene, request, "cy") == yes(scene, request, "cy")
    assert scene.store.verify() == before
    assert scene.store.request(request.id) == request


def test_what_is_done_is_taken_back_by_undo_and_not_withdrawn(scene: Scene) -> None:
    request = replace(scene.waiting(), state=State.DONE)
    told = said(lambda: withdraw(request, scene.who("ada"), scene.table), Settled)
    assert told == "R-1 is done, so it can't be withdrawn. To undo what can be undone: undo R-1."
