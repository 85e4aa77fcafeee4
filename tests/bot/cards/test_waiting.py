"""What cards say while a request waits, reader by reader."""

from dataclasses import replace
from typing import Any

import pytest

from approvals.ids import BOT, PersonId
from approvals.people import Person
from approvals.request import Outcome, Question, Request, Vote
from approvals.sentence import Sentence
from approvals.states import State
from bot.actions.form import Facts
from bot.cards import waiting
from bot.cards.request import draw
from bot.sandbox.slack.inputs import placed
from tests.altered import altered
from tests.bot.slack import scenes
from tests.bot.slack.scenes import NAMES, NOW, PEOPLE, drawn, reads, request


@pytest.fixture(scope="module")
def people() -> dict[str, Person]:
    return scenes.everybody(PEOPLE)


@pytest.fixture(scope="module")
def known(people: dict[str, Person]) -> Facts:
    return scenes.facts(people, NAMES)


@pytest.fixture
def ways(known: Facts) -> dict[str, Request]:
    return scenes.variants(request("move-team", State.WAITING, known))


def buttons(card: Any) -> list[str]:
    return [element["action_id"] for _, element in placed(card.blocks)]


PROGRESS = {
    "as it was asked": "",
    "several have to agree": "3 must approve.",
    "one of several agreed": "You approved. 2 more needed.",
    "the next step": "Step 2 of 3. You approved. 2 must approve.",
}


@pytest.mark.parametrize("way", PROGRESS)
def test_how_far_it_is_counts_votes_of_this_step_alone(
    ways: dict[str, Request], known: Facts, people: dict[str, Person], way: str
) -> None:
    assert waiting.progress(scenes.scene(ways[way], known, people, "approver")) == PROGRESS[way]


def test_whoever_said_yes_is_not_said_to_be_asked_too(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    mine = replace(
        scenes.scene(ways["one of several agreed"], known, people, "approver"), viewer=people["P-4"]
    )
    shown = reads(draw("approver", mine))
    assert "Carol Diaz approved. 2 more needed." in shown
    assert "You look after Miro.  Priya Rao can approve too." in shown


def test_a_full_card_still_names_who_agreed_and_says_why(known: Facts, people: dict[str, Person]) -> None:
    yes = Vote(PersonId("P-3"), NOW, "cafe")
    two = tuple((PersonId(f"P-{n}"), Sentence.verbatim("you look after Miro")) for n in (3, 4))
    of = request("make-admin", State.WAITING, known, votes=(yes,), approvers=two, agree=2, need=2)
    of = altered(of, notified=tuple(id for id, _ in two), reason="Alex joins IT soon")
    mine = replace(scenes.scene(of, known, people, "approver"), viewer=people["P-4"])
    shown = reads(draw("approver", mine))
    assert "Carol Diaz approved. 1 more needed." in shown and "You look after Miro." in shown


PASSED = {
    "the next step": "You approved. Now Sam Lee and Priya Rao decide.",
    "others asked instead": "Sam Lee and Priya Rao were asked instead.",
    "somebody stands in": "Sam Lee stands in for you.",
    "nobody left": "You're no longer asked to decide.",
}


@pytest.mark.parametrize("way", PASSED)
def test_whoever_is_not_asked_any_more_reads_why_and_has_no_buttons(
    ways: dict[str, Request], known: Facts, people: dict[str, Person], way: str
) -> None:
    card = drawn(ways[way], known, people, "approver")
    assert reads(card).splitlines() == [
        "⏳ R-42 · No longer with you",
        "Dana Fox asked me to move Alex Smith from Engineering to Design.",
        PASSED[way],
    ]
    assert buttons(card) == []


def test_whoever_was_asked_all_along_is_not_said_to_be_asked_instead(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    left = {PersonId(f"P-{n}"): 1 for n in (4, 5)}
    of = altered(ways["others asked instead"], since=left)
    assert "Now Sam Lee or Priya Rao decides." in reads(drawn(of, known, people, "approver"))


def test_a_reminder_says_until_when_and_leaves_the_buttons_to_the_card(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    mine, everybodys = (
        drawn(ways["reminded"], known, people, role) for role in ("reminder", "channel-reminder")
    )
    assert buttons(mine) == [] == buttons(everybodys)
    assert mine.text.startswith("Reminder: Move Alex Smith")
    assert "*Waiting for* you · *Expires* Mar 3, 2026, 09:00" in reads(mine)
    assert "*Waiting for* Carol Diaz, Sam Lee or Priya Rao · *Expires*" in reads(everybodys)


def test_a_reminder_of_an_earlier_step_is_over(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    of = altered(ways["reminded"], asks=2, since=dict.fromkeys(ways["reminded"].asking.notified, 2))
    assert waiting.reminder(of, PersonId("P-3")) == 0
    assert buttons(drawn(of, known, people, "reminder")) == []


def test_the_channel_does_not_name_whoever_has_decided(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    shown = reads(drawn(ways["one of several agreed"], known, people, "channel"))
    assert "*Approvers* Sam Lee and Priya Rao\n" in shown and "Carol Diaz approved. 2 more needed." in shown


def test_an_empty_seat_is_called_nobodys_name(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    of = ways["nobody left"]
    assert "Waiting for an approver" in reads(drawn(of, known, people, "requester"))
    assert "*Approvers* nobody available" in reads(drawn(of, known, people, "channel"))


def test_what_will_change_is_cut_for_no_answer(known: Facts, people: dict[str, Person]) -> None:
    one = Question(
        PersonId("P-3"), NOW, "Which boards does Alex need, and for how long?", "All of them. " * 99
    )
    of = request("make-admin", State.WAITING, known, questions=(one,), reason="Alex joins IT. " * 99)
    shown = reads(drawn(of, known, people, "approver"))
    assert "2. Leave Engineering. ⚠ Alex's boards there go to a team admin for good.\n" in shown
    assert "3. Become Company Admin: can manage every person and team\n" in shown
    assert '"Alex joins IT.' in shown


def test_whoever_asked_reads_question_and_answer_as_well(known: Facts, people: dict[str, Person]) -> None:
    one = Question(PersonId("P-3"), NOW, "Which boards does Alex need?", "Those of the workshop.")
    of = request("move-team", State.WAITING, known, questions=(one,))
    shown = reads(drawn(of, known, people, "requester"))
    assert 'Carol Diaz asked: "Which boards does Alex need?"' in shown
    assert 'You answered: "Those of the workshop."' in shown
    of = altered(of, questions=(replace(one, answer=""),))
    shown = reads(drawn(of, known, people, "requester"))
    assert 'Carol Diaz asked: "Which boards does Alex need?"' in shown
    assert "answered" not in shown


TWICE = Outcome(NOW, BOT, Sentence.of("same-asked", request="R-7", person="P-1"))


@pytest.mark.parametrize("said", ["Those of the workshop.", ""])
def test_whoever_asked_for_the_same_reads_question_and_answer_as_well(
    known: Facts, people: dict[str, Person], said: str
) -> None:
    one = Question(PersonId("P-3"), NOW, "Which boards does Alex need?", said)
    first = request("move-team", State.WAITING, known, id="R-7", questions=(one,))
    joined = request(
        "move-team",
        State.JOINED,
        known,
        outcome=TWICE,
    )
    scene = replace(scenes.scene(joined, known, people, "requester"), first=first, viewer=people["P-6"])
    shown = reads(draw("requester", scene))
    assert 'Carol Diaz asked: "Which boards does Alex need?"' in shown
    assert ('Dana Fox answered: "Those of the workshop."' in shown) == bool(said)


def test_what_needed_no_approval_names_no_approver(known: Facts, people: dict[str, Person]) -> None:
    for state in (State.APPROVED, State.WORKING, State.DONE, State.STOPPED, State.REHEARSED):
        of = request("move-team", state, known, steps=0, votes=(), decided_by=(), approvers=(), notified=())
        for role in ("requester", "result", "operator"):
            if scenes.is_shown(role, state, "move-team"):
                shown = reads(drawn(of, known, people, role))
                assert "Somebody" not in shown and "Approved by" not in shown, shown
    done = request("move-team", State.DONE, known, steps=0, votes=(), decided_by=())
    assert "Requested by you. The policy requires no approval." in reads(drawn(done, known, people, "result"))


def test_what_the_bot_ended_says_why_in_every_copy(known: Facts, people: dict[str, Person]) -> None:
    text = "The requester has left the company. The request is closed."
    of = request(
        "move-team",
        State.WITHDRAWN,
        known,
        outcome=Outcome(NOW, BOT, Sentence("asker-left")),
        approved_at=None,
    )
    for role in ("approver", "channel", "follower", "question"):
        shown = reads(drawn(of, known, people, role))
        assert f"{text} Nothing has changed." in shown and "Withdrawn by" not in shown


def test_what_was_asked_twice_shows_how_the_first_one_stands(known: Facts, people: dict[str, Person]) -> None:
    joined = request(
        "move-team",
        State.JOINED,
        known,
        outcome=TWICE,
    )
    waits = drawn(joined, known, people, "requester")
    assert buttons(waits) == ["remind"]
    assert [element["value"] for _, element in placed(waits.blocks)] == ["R-7:cafe:9f86d081"]
    for state in (State.CHECKING, State.WORKING, State.DONE, State.DENIED):
        first = request("move-team", state, known, id="R-7")
        scene = replace(scenes.scene(joined, known, people, "requester"), first=first)
        message = draw("requester", scene)
        assert list(placed(message["blocks"])) == []


def test_a_vote_in_somebodys_place_stands_under_details(known: Facts, people: dict[str, Person]) -> None:
    vote = Vote(PersonId("P-4"), NOW, "cafe", step=1, stands_for=PersonId("P-3"))
    of = request("move-team", State.WAITING, known, votes=(vote,), step=1, steps=2, reminders=(1, 1))
    shown = scenes.details(of, known, people)
    assert "Sam Lee approved for Carol Diaz in step 2, Mar 2, 2026, 09:00" in shown
    assert "Reminded 2 times" in shown and "Step 2 of 2: 1 must approve" in shown
    assert "Notified: Carol Diaz, Sam Lee and Priya Rao" in shown
    assert "Can decide: Carol Diaz and Priya Rao" in shown
    assert "To undo (all but boards): /miro-move the other way." in shown


def test_whoever_is_away_reads_who_stands_in_for_them(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    mine = scenes.scene(ways["somebody stands in"], known, people, "approver")
    assert reads(waiting.notes(mine)) == "Sam Lee stands in for you."


def test_whoever_is_away_reads_where_they_may_still_decide(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    of = ways["somebody stands in"]
    of = altered(
        of, approvers=(*of.asking.approvers, (PersonId("P-3"), Sentence.verbatim("you look after Miro")))
    )
    card = drawn(of, known, people, "approver")
    assert "Sam Lee stands in for you. You can still decide in App Home." in reads(card)
    assert buttons(card) == []


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        (["P-4", "P-3"], "Sam Lee and you"),
        (["P-4", "P-3", "P-5"], "Sam Lee, you and Priya Rao"),
        (["P-3"], "you"),
        (["P-4"], "Sam Lee"),
    ],
)
def test_whoever_was_asked_later_is_spoken_to(
    known: Facts, people: dict[str, Person], ids: list[str], read: str
) -> None:
    notes = (Sentence.of("asked-later", people=ids), Sentence.of("gone", person="P-5"))
    of = request("move-team", State.WAITING, known, notes=notes)
    mine, theirs = (
        reads(waiting.notes(scenes.scene(of, known, people, role))) for role in ("approver", "requester")
    )
    rest = "can decide too. Priya Rao can no longer decide."
    assert mine == f"Nobody answered in time. Now {read} {rest}"
    assert theirs == f"Nobody answered in time. Now {read.replace('you', 'Carol Diaz')} {rest}"


def test_a_question_says_until_when_the_request_is_open(known: Facts, people: dict[str, Person]) -> None:
    of = request("move-team", State.WAITING, known)
    assert "*Expires* Mar 3, 2026, 09:00" in reads(drawn(of, known, people, "question"))


def test_an_answered_card_has_the_buttons(known: Facts, people: dict[str, Person]) -> None:
    one = Question(PersonId("P-3"), NOW, "Which boards does Alex need?", "Those of the workshop.")
    of = request("move-team", State.WAITING, known, questions=(one,))
    card = drawn(of, known, people, "answer")
    assert reads(card).startswith('⏳ R-42 · Dana Fox answered\n"Those of the workshop."\nYou asked: "Which')
    assert buttons(card) == []
    mine = drawn(of, known, people, "approver")
    assert buttons(mine)[:2] == ["approve", "deny"]
    assert 'Dana Fox answered: "Those of the workshop."' in reads(mine)


def test_an_open_question_is_answered_from_the_card_or_its_thread(
    ways: dict[str, Request], known: Facts, people: dict[str, Person]
) -> None:
    for role in ("requester", "question"):
        assert buttons(drawn(ways["asked something"], known, people, role))[0] == "answer"
    assert "answer" not in buttons(drawn(ways["answered"], known, people, "requester"))


def test_a_short_answer_is_read_whole(known: Facts, people: dict[str, Person]) -> None:
    said = "The boards of the spring workshop, until May."
    one = Question(PersonId("P-3"), scenes.NOW, "Which boards, and for how long?", said)
    of = request("move-team", State.WAITING, known, questions=(one,), reason="because of the workshop")
    assert said in reads(drawn(of, known, people, "approver"))
