"""Every card, for every reader, in every state: valid, short, and without buttons once it is settled."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from approvals.ids import PersonId
from approvals.people import Person
from approvals.request import Vote
from approvals.sentence import Sentence
from approvals.states import OPEN, State
from bot.actions import ACTIONS
from bot.actions.form import Facts
from bot.cards.layout import MOST_WORDS
from bot.cards.request import draw
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.records import Message as Shown
from tests.altered import altered
from tests.bot.slack import scenes
from tests.bot.slack.scenes import (
    COMMANDS,
    NAMES,
    NOW,
    PEOPLE,
    ROLES,
    check_valid,
    drawn,
    is_shown,
    reads,
    request,
)

DECIDING = {"approve", "deny", "withdraw", "resume"}


@pytest.fixture(scope="module")
def people() -> dict[str, Person]:
    return scenes.everybody(PEOPLE)


@pytest.fixture(scope="module")
def known(people: dict[str, Person]) -> Facts:
    return scenes.facts(people, NAMES)


def buttons(card: Shown) -> set[str]:
    return {element["action_id"] for _, element in placed(card.blocks)}


@pytest.mark.parametrize("action", COMMANDS)
@pytest.mark.parametrize("role", ROLES)
def test_every_role_reads_every_state(
    people: dict[str, Person], known: Facts, role: str, action: str
) -> None:
    for state in State:
        if is_shown(role, state, action):
            card = drawn(request(action, state, known), known, people, role)
            check_valid("message", {"text": card.text, "blocks": card.blocks})
            assert scenes.word_count(card) <= MOST_WORDS, reads(card)
            assert card.text and "R-42" in card.text + reads(card)
            assert state in OPEN or not DECIDING & buttons(card)


WAYS = tuple(scenes.variants(request("rename-group", State.WAITING, scenes.facts({}, NAMES))))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ROLES)
def test_every_role_reads_every_way_of_being_asked(
    people: dict[str, Person], known: Facts, role: str, way: str
) -> None:
    for action in COMMANDS:
        if is_shown(role, State.WAITING, action):
            of = scenes.variants(request(action, State.WAITING, known))[way]
            card = drawn(of, known, people, role)
            check_valid("message", {"text": card.text, "blocks": card.blocks})
            assert scenes.word_count(card) <= MOST_WORDS, reads(card)
            assert "0 more needed" not in reads(card)


PRINTED = st.characters(exclude_categories=["Cs", "Cc"])
SHORT = st.text(PRINTED, min_size=1, max_size=76)
WORDY = st.lists(st.sampled_from(["a", "😀", "שלום", "…", "I", "x,y", "·"]), min_size=30, max_size=38)
NAME = st.one_of(SHORT, WORDY.map(" ".join), st.just("W" * 76), st.just("שלום עולם " * 7), st.just("😀" * 76))
REASON = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500), st.just("a " * 250)
)


@pytest.mark.thorough
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    action=st.sampled_from(sorted(COMMANDS)),
    names=st.lists(NAME, min_size=7, max_size=7),
    teams=st.lists(NAME, min_size=5, max_size=5),
    reason=REASON,
    because=st.text(PRINTED, max_size=80),
    practice=st.booleans(),
    again=st.booleans(),
    votes=st.integers(0, 3),
    way=st.sampled_from(WAYS),
    days=st.sampled_from([None, 7]),
)
@example(
    "move-team",
    ["שלום עולם " * 7] * 7,
    ["שלום עולם " * 7] * 5,
    "\x85",
    "b",
    True,
    True,
    0,
    "everything",
    None,
)
@example("request-access", ["x"] * 7, ["a " * 38] * 5, "a " * 250, "a " * 40, True, True, 2, "everything", 7)
@example(
    "make-admin",
    ["a b c d " * 5] * 7,
    ["😀 " * 38] * 5,
    "שלום " * 100,
    "a " * 40,
    True,
    True,
    2,
    "everything",
    7,
)
@example("offboard", ["a b c d " * 5] * 7, ["a"] * 5, "because", "a " * 40, True, True, 3, "everything", None)
def test_no_names_or_reasons_make_a_card_too_long(
    action: str,
    names: list[str],
    teams: list[str],
    reason: str,
    because: str,
    practice: bool,
    again: bool,
    votes: int,
    way: str,
    days: int | None,
) -> None:
    people = scenes.everybody(names)
    known = scenes.facts(people, teams)
    changes: dict[str, Any] = {"reason": reason, "practice": practice}
    for state in State:
        of = request(action, state, known, **changes)
        if of.plan.round:
            warnings = (Sentence("new-account"),) if again else ()
            asked = tuple((PersonId(f"P-{n}"), Sentence.verbatim(because)) for n in (3, 4, 5, 6, 7))
            yes = tuple(Vote(PersonId(f"P-{n}"), NOW, "cafe") for n in range(3, 3 + votes))
            plan = replace(of.plan, again=again, warnings=warnings)
            of = altered(of, plan=plan, approvers=asked, agree=4, votes=of.asking.votes or yes)
            of = altered(
                of, decided_by=tuple(vote.by for vote in of.asking.votes) if of.asking.decided_by else ()
            )
        if "for_days" in ACTIONS[action].form():
            goals = ACTIONS[action].model_validate(of.details).goals(known)
            of = altered(
                of, details={**of.details, "for_days": days}, gives=tuple(goal.key for goal in goals)
            )
            of = altered(of, ends_at=NOW if days and state is State.DONE else None)
        if of.outcome and state in (State.DENIED, State.REFUSED, State.STOPPED):
            of = replace(
                of,
                outcome=replace(of.outcome, text=Sentence.verbatim(reason), remedy=Sentence.verbatim(reason)),
            )
        of = altered(of, notified=tuple(id for id, _ in of.asking.approvers))
        asked_twice = state is State.JOINED
        other = scenes.variants(of, (reason, reason))["answered" if asked_twice else way]
        ways = [of, other] if state is State.WAITING or asked_twice else [of]
        for role, one in product(ROLES, ways):
            if is_shown(role, state, action):
                card = drawn(one, known, people, role)
                check_valid("message", {"text": card.text, "blocks": card.blocks})
                assert scenes.word_count(card) <= MOST_WORDS, f"{role} {state} {way}\n{reads(card)}"


def test_an_approvers_card_begins_with_the_question(people: dict[str, Person], known: Facts) -> None:
    card = drawn(request("make-admin", State.WAITING, known), known, people, "approver")
    lines = reads(card).splitlines()
    assert lines == [
        "⏳ Make Alex Smith a Company Admin?",
        "*Requested by* Dana Fox · *For* Alex Smith · *Expires* Mar 3, 2026, 09:00",
        '"because"',
        "Changes in Miro",
        "1. Join Design",
        "2. Leave Engineering. ⚠ Alex's boards there go to a team admin for good.",
        "3. Become Company Admin: can manage every person and team",
        "[Make Admin] [Deny] [Ask a Question] [Details]",
        "R-42 · You look after Miro.  Sam Lee and Priya Rao can approve instead.",
    ]
    assert "'text': ' (p2@example.com) · '" in str(card.blocks)
    assert card.text == "Make Alex Smith (p2@example.com) a Company Admin? R-42 from Dana Fox"


def test_people_are_mentions_and_times_are_dates(people: dict[str, Person], known: Facts) -> None:
    card = drawn(request("make-admin", State.WAITING, known), known, people, "approver")
    drawn_blocks = str([block for block in card.blocks if block["type"] != "actions"])
    assert "{'type': 'user', 'user_id': 'U0P2', 'style': {'bold': True}}" in drawn_blocks
    assert "<@U0P4>" in drawn_blocks and "Alex Smith" not in drawn_blocks
    date = {"type": "date", "timestamp": 1772528400, "format": "{date_short_pretty}, {time}"}
    assert str(date)[:-1] in drawn_blocks and "'fallback': 'Tue 3 Mar, 10:00'" in drawn_blocks


@pytest.mark.thorough
def test_nothing_that_goes_stale_stands_in_a_message(people: dict[str, Person], known: Facts) -> None:
    for action, state, role in product(COMMANDS, State, ROLES):
        if is_shown(role, state, action):
            card = drawn(request(action, state, known), known, people, role)
            assert not {"today", "tomorrow", "yesterday"} & set(re.findall(r"\w+", str(card.blocks).lower()))


def test_approve_carries_id_and_revision_and_nothing_else(people: dict[str, Person], known: Facts) -> None:
    card = drawn(request("make-admin", State.WAITING, known), known, people, "approver")
    values = {element["action_id"]: element["value"] for _, element in placed(card.blocks)}
    assert values == dict.fromkeys(("approve", "deny", "question", "details"), "R-42:cafe:9f86d081")


@pytest.mark.parametrize(
    ("action", "question", "yes"),
    [
        ("make-admin", "Make Alex Smith (p2@example.com) a Company Admin?", "Make Admin"),
        ("remove-admin", "Remove Company Admin from Alex Smith (p2@example.com)?", "Remove Admin"),
        ("offboard", "Delete the account of Alex Smith (p2@example.com)?", "Delete"),
        ("move-team", "", "Approve"),
    ],
)
def test_what_is_grave_asks_once_more(
    people: dict[str, Person], known: Facts, action: str, question: str, yes: str
) -> None:
    card = drawn(request(action, State.WAITING, known), known, people, "approver")
    approve = next(element for _, element in placed(card.blocks) if element["action_id"] == "approve")
    assert approve["text"]["text"] == yes
    assert approve["style"] == ("danger" if question else "primary")
    assert ("confirm" in approve) == bool(question)
    if question:
        confirm = approve["confirm"]
        assert (confirm["title"]["text"], confirm["confirm"]["text"]) == (question, yes)
        assert confirm["style"] == "danger"


def test_a_long_reason_gives_way_and_says_where_it_stands(people: dict[str, Person]) -> None:
    known = scenes.facts(people, ["a b c d e f g h"] * 5)
    of = request("request-access", State.WAITING, known, reason="word " * 100)
    shown = reads(drawn(of, known, people, "approver"))
    assert '"word word' in shown and "…" in shown


def test_an_older_round_shows_no_buttons(people: dict[str, Person], known: Facts) -> None:
    of = request("move-team", State.WAITING, known)
    asked = altered(of, since={PersonId("P-3"): 2})
    message = draw("approver", replace(scenes.scene(asked, known, people, "approver"), round=1))
    assert list(placed(message["blocks"])) == []
    assert "There is a newer card below." in message["text"]


def test_a_request_of_a_newer_program_is_shown_without_buttons(
    people: dict[str, Person], known: Facts
) -> None:
    of = request("move-team", State.WAITING, known, untouchable=True)
    for role in ROLES:
        card = drawn(of, known, people, role)
        assert buttons(card) == set()
        assert "newer version" in card.text


def test_the_channels_card_names_who_can_decide_and_each_readers_time(
    people: dict[str, Person], known: Facts
) -> None:
    card = drawn(request("move-team", State.WAITING, known), known, people, "channel")
    assert "*Approvers* Carol Diaz, Sam Lee or Priya Rao" in reads(card)
    assert "'type': 'date', 'timestamp': 1772528400," in str(card.blocks)


def test_the_person_changed_is_spoken_to(people: dict[str, Person], known: Facts) -> None:
    of = request("make-admin", State.DONE, known)
    assert reads(drawn(of, known, people, "subject")).startswith("✅ You're a Company Admin of Miro")
    assert reads(drawn(of, known, people, "result")).startswith("✅ Alex Smith is a Company Admin")


def test_a_decision_typed_in_a_shell_is_shown_as_such(people: dict[str, Person], known: Facts) -> None:
    vote = Vote(PersonId("P-3"), NOW, "cafe", "ops on host-1")
    of = request("move-team", State.DONE, known, votes=(vote,))
    for role in ("approver", "result"):
        assert "Decided in a shell: ops on host-1." in reads(drawn(of, known, people, role))


def test_a_team_that_is_gone_is_said_and_not_guessed(people: dict[str, Person], known: Facts) -> None:
    of = request("move-team", State.WAITING, known)
    nothing = scenes.facts(people, [])
    for role in ("approver", "requester", "channel"):
        assert (
            "move to another team (its team or person no longer exists)"
            in reads(drawn(of, nothing, people, role)).lower()
        )


def test_a_stopped_card_gives_operators_the_way_out(people: dict[str, Person], known: Facts) -> None:
    of = request("make-admin", State.STOPPED, known)
    card = drawn(of, known, people, "operator")
    assert buttons(card) == {"resume", "hand-over", "undo", "withdraw", "details"}
    assert reads(card).splitlines()[:-1] == [
        "⚠️ R-42 is incomplete",
        "Dana Fox asked me to make Alex Smith a Company Admin.",
        "*For* Alex Smith",
        "Done: joined Design",
        "Not done: leave Engineering, become Company Admin",
        'Miro said: "Any team in organization must have at least one admin."',
        "*To fix:* Make someone else a Company Admin, then press Resume. I'll only do what's left.",
    ]
    assert buttons(drawn(of, known, people, "result")) == set()


SETTLED = {
    State.APPROVED: "⏳ {secret}R-42 · Approved by you",
    State.WORKING: "⏳ {secret}R-42 · Approved by you",
    State.DENIED: "⛔ {secret}R-42 · Denied by you",
    State.EXPIRED: "⌛ {secret}R-42 · Expired without an answer",
    State.WITHDRAWN: "⛔ {secret}R-42 · Withdrawn by you",
}


@pytest.mark.parametrize("state", SETTLED)
def test_a_settled_card_asks_nothing_and_names_no_action(
    people: dict[str, Person], known: Facts, state: State
) -> None:
    card = drawn(request("move-team", state, known), known, people, "approver")
    shown = reads(card).splitlines()
    assert shown[0] == SETTLED[state].format(secret="") and buttons(card) == set()
    assert shown[1] == "Dana Fox asked me to move Alex Smith from Engineering to Design."
    secret = reads(drawn(request("offboard", state, known), known, people, "approver"))
    assert secret.startswith(SETTLED[state].format(secret="Confidential: "))


@pytest.mark.parametrize("state", [State.NOTHING_TO_DO, State.REFUSED, State.JOINED])
def test_what_ended_before_anybody_was_asked_says_what_it_was(
    people: dict[str, Person], known: Facts, state: State
) -> None:
    shown = reads(drawn(request("move-team", state, known), known, people, "requester"))
    assert "You asked me to move Alex Smith from Engineering to Design." in shown


def test_whoever_asked_for_oneself_is_spoken_to(people: dict[str, Person], known: Facts) -> None:
    of = request("move-team", State.WAITING, known, requester=PersonId("P-2"))
    mine = replace(scenes.scene(of, known, people, "requester"), viewer=people["P-2"])
    assert "You asked me to move you from Engineering to Design." in reads(draw("requester", mine))
    assert "Move Alex Smith" in reads(drawn(of, known, people, "approver"))
    done = reads(drawn(replace(of, state=State.EXPIRED), known, people, "approver"))
    assert "Alex Smith asked me to move them from Engineering to Design." in done


def test_an_offboarding_says_what_stays_and_who_hears_nothing(
    people: dict[str, Person], known: Facts
) -> None:
    of = request("offboard", State.WAITING, known, details={"person": "P-2", "how": "deactivate"})
    shown = drawn(of, known, people, "approver")
    assert "Boards stay where they are. You can reactivate Alex later. Alex won't be notified." in reads(
        shown
    )
    [approve] = [one for _, one in placed(shown.blocks) if one["action_id"] == "approve"]
    assert approve["confirm"]["confirm"]["text"] == "Deactivate"


def test_an_offboarding_is_shown_to_many_by_its_address_alone(
    people: dict[str, Person], known: Facts
) -> None:
    card = drawn(request("offboard", State.DONE, known), known, people, "channel")
    assert as_text(card).startswith("✅ Confidential: The Miro account of p2@example.com is deleted")
    assert "U0P2" not in str(card.blocks) and "Alex Smith" not in card.text


def test_what_is_done_for_whoever_asked_says_you(people: dict[str, Person], known: Facts) -> None:
    of = request("move-team", State.DONE, known)
    approved = "approved by Carol Diaz (Mar 2, 2026, 09:00). Both changes are verified in Miro."
    assert f"Requested by you, {approved}" in reads(drawn(of, known, people, "result"))
    assert f"Requested by Dana Fox, {approved}" in reads(drawn(of, known, people, "subject"))


def test_whoever_left_a_team_reads_where_the_boards_went(people: dict[str, Person], known: Facts) -> None:
    of = request("move-team", State.DONE, known)
    shown = reads(drawn(of, known, people, "subject"))
    assert "Boards in Engineering went to a team admin." in shown
    users = replace(known, boards_pass=False)
    of = request("move-team", State.DONE, users)
    assert "Boards in" not in reads(drawn(of, users, people, "subject"))


@pytest.mark.parametrize(
    ("role", "state"),
    [
        *(("requester", state) for state in (State.WAITING, State.WORKING, State.DONE)),
        *(("result", state) for state in (State.DONE, State.DENIED, State.STOPPED)),
        ("operator", State.STOPPED),
    ],
)
def test_a_confidential_request_says_so_first_to_everybody_who_reads_of_it(
    people: dict[str, Person], known: Facts, role: str, state: State
) -> None:
    of = request("offboard", state, known, round=0 if role == "requester" and state is State.DONE else 1)
    assert reads(drawn(of, known, people, role)).partition(" ")[2].startswith("Confidential: ")
    plain = request("move-team", state, known)
    assert "Confidential" not in reads(drawn(plain, known, people, role))


def test_whoever_approved_reads_how_much_is_done_when_it_stops(
    people: dict[str, Person], known: Facts
) -> None:
    of = request("move-team", State.STOPPED, known)
    assert of.outcome
    shown = reads(drawn(of, known, people, "approver"))
    assert shown.startswith("⚠️ R-42 is incomplete\n") and shown.endswith("The operators have been notified.")
    for copy in (shown, scenes.details(of, known, people)):
        assert "Done: joined Design\nNot done: leave Engineering" in copy
    left = tuple(step.change.form("aim") for step in of.plan.steps)
    of = replace(of, outcome=replace(of.outcome, done=(), left=left))
    shown = reads(drawn(of, known, people, "approver"))
    assert shown.startswith("⚠️ R-42 stopped before anything changed\n")
    assert "Not done: join Design, leave Engineering" in shown and "\nDone:" not in shown
    unseen = reads(drawn(altered(of, has_changed=True), known, people, "approver"))
    assert unseen.startswith("⚠️ R-42 stopped\n") and "Not verified: join Design" in unseen
    assert "Not done" not in scenes.details(request("move-team", State.DONE, known), known, people)
