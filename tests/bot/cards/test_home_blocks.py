"""App Home as it is drawn: valid whatever people and teams are called, and how much there is to show."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from approvals.ids import PersonId, RequestId
from approvals.request import Question, Request, Vote
from approvals.sentence import Sentence
from approvals.states import State
from bot.actions import ACTIONS
from bot.cards.blocks import Block, button
from bot.cards.handles import press
from bot.cards.home import Line, Section, approve_together, closed, draw, offers, stands, stopped, stuck
from bot.cards.scene import Scene
from bot.sandbox.slack.inputs import placed
from bot.slack.deliver import home
from tests.bot.cards.test_request import NAME, REASON
from tests.bot.slack import scenes
from tests.bot.slack.scenes import COMMANDS, NAMES, NOW, PEOPLE, check_valid, reads

MAY = ("withdraw", "remind", "answer", "details")


def waits(number: int = 42, action: str = "move-team", **changes: Any) -> Scene:
    """A request that waits for Carol."""
    people, names = changes.pop("people", PEOPLE), changes.pop("names", NAMES)
    by_id = scenes.everybody(people)
    known = scenes.facts(by_id, names)
    state = changes.pop("state", State.WAITING)
    of = scenes.request(action, state, known, id=RequestId(f"R-{number}"), **changes)
    return scenes.scene(of, known, by_id, "approver")


def many(scene: Scene, count: int) -> tuple[Scene, ...]:
    """So many requests that differ in their number alone."""
    return tuple(
        replace(scene, request=replace(scene.request, id=RequestId(f"R-{n}"))) for n in range(1, count + 1)
    )


def line(of: Request, text: str, *may: str) -> Line:
    """One request in a line, with buttons."""
    return Line(of.id, text, tuple(press(each, of) for each in may))


def lines(name: str, text: str, count: int, total: int = 0, may: tuple[str, ...] = MAY) -> Section:
    rows = tuple(line(one.request, text, *may) for one in many(waits(), count))
    return Section(name, name, rows, total=total, size=count)


def full(scene: Scene, waiting: int, text: str) -> list[Section]:
    """As much of everything as there ever is on one page, of which so many wait."""
    few, _ = home.TO_DECIDE
    harmless = [(action, waiting) for action in ACTIONS.values() if home.is_harmless(action)]
    together = approve_together(harmless) if waiting > 1 else ()
    shown = many(scene, min(waiting, few))
    buttons = button("Change", "away", "c0ffee12"), button("I'm Back", "away-off", "c0ffee12")
    return [
        Section("waiting", "Waiting for you", shown, together, total=waiting, size=few),
        *(lines(name, text, home.FEW, 500) for name in ("stopped", "stuck")),
        offers(tuple(ACTIONS.values())),
        Section("caught-up", rows=("You're all caught up.",)),
        Section("my-teams", "Your teams", (text,), small=(text,)),
        *(lines(name, text, home.FEW, 500) for name in ("mine", "ended", "teams")),
        Section("look-up", "Look up requests", buttons=buttons),
        Section("admins", "Admin rights in Miro", ((text,) * home.ADMINS,), small=(text,)),
        Section("away", "Your delegate", (text,), buttons),
        Section("known", "How I know you", small=(text,) * 4),
    ]


def deciding(scene: Scene) -> list[Section]:
    """A page with one request to decide."""
    return [Section("waiting", "Waiting for you", (scene,), total=1)]


def pressed(view: Block, action: str) -> list[str]:
    return [element["value"] for _, element in placed(view["blocks"]) if element["action_id"] == action]


@pytest.mark.thorough
@pytest.mark.parametrize("waiting", [0, 1, 2, 20, 150])
@pytest.mark.parametrize("action", COMMANDS)
def test_a_full_page_is_one_that_slack_takes(action: str, waiting: int) -> None:
    view = draw(full(waits(action=action), waiting, "as long as a line of text may be " * 9))
    check_valid("home", view)
    assert len(pressed(view, "approve")) == min(waiting, home.TO_DECIDE[0])


@pytest.mark.parametrize("action", COMMANDS)
def test_a_list_that_has_the_page_for_itself_is_one_that_slack_takes(action: str) -> None:
    scene, (_, most) = waits(action=action), home.TO_DECIDE
    alone = Section("waiting", "Waiting for you", many(scene, most), (), (), 500, most, most, True)
    check_valid("home", draw([alone], "You approved R-1."))
    assert pressed(draw([alone]), "page:next") == [f"waiting:{2 * most}"]
    rows = lines("open", "as long as a line of text may be " * 9, home.MANY, 500)
    check_valid("home", draw([replace(rows, start=485, is_alone=True)]))


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    action=st.sampled_from(sorted(COMMANDS)),
    people=st.lists(NAME, min_size=7, max_size=7),
    names=st.lists(NAME, min_size=5, max_size=5),
    reason=REASON,
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4000),
)
@example("make-admin", ["😀" * 76] * 7, ["שלום עולם " * 7] * 5, "שלום " * 100, "*W*<!channel>" * 300)
def test_no_names_or_reasons_make_a_page_that_slack_refuses(
    action: str, people: list[str], names: list[str], reason: str, text: str
) -> None:
    scene = waits(action=action, people=people, names=names, reason=reason)
    check_valid("home", draw(full(scene, 150, text), text))
    stood = waits(action=action, people=people, names=names, reason=reason, state=State.STOPPED)
    for drawn in (stands, stopped, stuck):
        check_valid("home", draw([Section("stopped", "Stopped", (line(stood.request, drawn(stood), *MAY),))]))


def test_nothing_that_people_wrote_is_markup() -> None:
    scene = waits(reason="*now* <!channel>", people=["<@U1>", "*Alex* Smith", *PEOPLE[2:]])
    view = draw([Section("a", "A", (scene, "<@U1>")), lines("b", "<!here> :smile:", 1)], "<!channel>")
    assert "mrkdwn" not in str(view)
    assert str(view).count("'emoji': True") == 0


def test_a_request_to_decide_says_what_changes_who_asks_and_until_when() -> None:
    shown = reads(draw(deciding(waits()))).splitlines()
    assert shown[:8] == [
        "Waiting for you: 1",
        "Move Alex Smith from Engineering to Design?",
        "*Requested by* Dana Fox · *For* Alex Smith · *Expires* Mar 3, 2026, 09:00",
        "Changes in Miro",
        "1. Join Design",
        "2. Leave Engineering. ⚠ Alex's boards there go to a team admin for good.",
        '"because" R-42 · You look after Miro. Sam Lee and Priya Rao can approve instead.',
        "[Approve] [Deny] [Ask a Question] [Details]",
    ]


def test_what_was_seen_before_and_is_different_now_is_said_first() -> None:
    scene = waits()
    warnings = (Sentence("new-account"),)
    plan = replace(scene.request.plan, again=True, warnings=warnings)
    shown = reads(
        draw(
            [
                Section(
                    "waiting",
                    "Waiting for you",
                    (replace(scene, request=replace(scene.request, plan=plan)),),
                    total=1,
                )
            ]
        )
    )
    assert "Miro has a new account for this address.\nUpdated changes in Miro\n1. Join" in shown


def test_whoever_said_yes_already_is_named() -> None:
    votes = (Vote(PersonId("P-4"), NOW, "cafe"),)
    assert "Sam Lee approved." in reads(draw(deciding(waits(votes=votes))))


@pytest.mark.parametrize(
    ("action", "yes"), [("make-admin", "Make Admin"), ("offboard", "Delete"), ("move-team", None)]
)
def test_what_is_grave_asks_once_more(action: str, yes: str | None) -> None:
    view = draw(deciding(waits(action=action)))
    [approve] = [one for _, one in placed(view["blocks"]) if one["action_id"] == "approve"]
    assert (approve["confirm"]["confirm"]["text"] if "confirm" in approve else None) == yes
    assert pressed(view, "approve") == ["R-42:cafe:9f86d081"]


def test_several_of_one_kind_have_one_button() -> None:
    kinds = approve_together([(ACTIONS["request-access"], 3), (ACTIONS["move-team"], 150)])
    view = draw([Section("waiting", "Waiting for you", many(waits(), 2), kinds)])
    assert "[Approve All 3: Request Access] [Approve 20 of 150: Move to Another Team]" in reads(view)


def test_what_is_left_out_is_counted_and_opened() -> None:
    view = draw(full(waits(), 150, "a line"))
    assert "Waiting for you: 150" in reads(view) and "[Show All 150]" in reads(view)
    assert pressed(view, "page:all")[0] == "waiting:0"


def test_a_list_that_is_empty_by_now_leads_back() -> None:
    shown = reads(draw([Section("open", "Everything open", is_alone=True)]))
    assert shown.splitlines() == ["Everything open", "Nothing is left here.", "[Back to Home]"]


def test_whoever_may_ask_for_nothing_is_told_where_to_ask() -> None:
    assert "You can't request anything here yet. Ask your IT team." in reads(draw([offers(())]))
    assert reads(draw([offers((ACTIONS["request-access"],))])).startswith("[Request Access]\nOr write to me:")
    assert reads(closed("Guests can't.", (ACTIONS["request-access"],))).startswith("Guests can't.\n[Request")


def test_a_line_with_one_button_has_it_beside_the_text() -> None:
    ended = line(waits(7).request, "R-7 · expired", "again")
    [block] = [one for one in draw([Section("ended", "", (ended,))])["blocks"] if "accessory" in one]
    assert (block["text"]["text"], block["accessory"]["value"]) == ("R-7 · expired", "R-7:cafe:9f86d081")


def test_a_question_stands_there_until_it_is_answered() -> None:
    asked = (Question(PersonId("P-3"), NOW, "For how long?"),)
    answered = (replace(asked[0], answer="A week."),)
    assert reads(stands(waits(questions=asked))).endswith('Carol Diaz asked: "For how long?"')
    assert "For how long?" not in stands(waits(questions=answered))


def test_a_stopped_request_says_what_helps() -> None:
    assert reads(stopped(waits(state=State.STOPPED))) == (
        "R-42 is incomplete: move Alex Smith from Engineering to Design. "
        'Miro said: "Any team in organization must have at least one admin." To fix: '
        "Make someone else a Company Admin, then press Resume. I'll only do what's left."
    )


def test_a_request_that_nobody_can_decide_says_when_it_ends() -> None:
    assert reads(stuck(waits())) == (
        "R-42: move Alex Smith from Engineering to Design. Expires Tue 3 Mar, 10:00. "
        "To fix: name an approver or a fallback in the policy, or withdraw it and request it again."
    )


def test_whoever_is_shown_nothing_reads_one_sentence() -> None:
    view = closed("Guests can't request or decide here.")
    check_valid("home", view)
    assert reads(view) == "Guests can't request or decide here."


def test_the_page_says_whose_account_it_is_and_who_hears_nothing() -> None:
    view = draw(deciding(waits(action="offboard")))
    assert "(p2@example.com)" in str(view) and "Alex won't be notified." in reads(view)
