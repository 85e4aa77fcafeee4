"""Somebody is away: a delegate decides in their place, is told so once, and hears when it ends early."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from approvals.people import Delegation
from bot.sandbox.stage import POLICY, Stage
from bot.slack.away import key
from tests.bot.journeys.scenes import (
    approve,
    ask,
    buttons,
    by_name,
    card,
    has_card,
    history,
    last,
    playing,
    press,
    read,
    request,
    state,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
MANAGER = POLICY.replace('approvers = ["manager", "it"] }', 'approvers = ["manager"] }', 1)
STANDS_IN = (
    "Lena Vogt stands in for you from Monday, 2 March until Friday, 6 March 2026. "
    "To end this: /miro away off."
)


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, MANAGER) as whole:
        for user in ("U0PRIYA", "U0LENA", "U0DANA"):
            whole.acting.command(user, "/miro", "whoami")
        wait(whole, seconds=5)
        yield whole


def typed(s: Stage, user: str, text: str) -> str:
    """What /miro answers."""
    assert s.acting.command(user, "/miro", text).ok
    s.settle()
    return by_name(next(one.text for one in reversed(s.slack.dm_of(user)) if one.ephemeral_for))


def named(s: Stage, user: str) -> Delegation | None:
    people = s.bot.store.people
    person = people.by_slack(user)  # type: ignore[arg-type]
    assert person
    return people.named_delegate(person.id, s.clock())


def directly(s: Stage, user: str) -> list[str]:
    """What somebody was written, without the answers to what they typed."""
    return [read(one) for one in s.slack.dm_of(user) if not one.ephemeral_for]


def test_a_delegate_is_named_for_whole_days_of_ones_own_clock_and_told(s: Stage) -> None:
    assert typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA|lena>") == STANDS_IN
    one = named(s, "U0PRIYA")
    assert one
    assert one.since == datetime(2026, 3, 1, 23, tzinfo=UTC), "midnight in Berlin"
    assert one.until == datetime(2026, 3, 6, 23, tzinfo=UTC), "the end of the last day there"
    assert directly(s, "U0LENA") == [
        "Priya Rao is away from Monday, 2 March until Friday, 6 March 2026. You stand in: "
        "requests to Priya Rao come to you."
    ]
    assert typed(s, "U0PRIYA", "away") == STANDS_IN


def test_the_same_once_more_is_told_once(s: Stage) -> None:
    for _ in range(2):
        assert typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA|lena>") == STANDS_IN
    assert len(directly(s, "U0LENA")) == 1


def test_the_delegate_is_asked_and_decides_in_their_place(s: Stage) -> None:
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA|lena>")
    id = ask(s, *ACCESS)
    assert not has_card(s, "U0PRIYA")
    assert "Priya Rao is away and you stand in." in read(card(s, "U0LENA"))
    mine = next(one for one in told(s, "U0ALEX") if "Waiting for Lena Vogt" in one)
    assert "Lena Vogt stands in for Priya Rao." in mine
    approve(s, "U0LENA")
    assert state(s, id) == "done"
    [vote] = [one for one in s.bot.store.events(id) if one.type == "voted"]
    assert (
        vote.body["stands_for"]
        == request(s, id).asking.votes[0].principal
        != request(s, id).asking.votes[0].by
    )


def test_requests_that_wait_are_asked_anew_within_seconds(s: Stage) -> None:
    id = ask(s, *ACCESS)
    old = card(s, "U0PRIYA")
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA|lena>")
    wait(s, seconds=5)
    assert has_card(s, "U0LENA")
    assert buttons(old) == [] and "Lena Vogt stands in for you. You can still decide in App Home." in read(
        old
    )
    typed(s, "U0PRIYA", "away off")
    wait(s, seconds=5)
    assert not has_card(s, "U0LENA")
    assert "approve" in buttons(card(s, "U0PRIYA"))
    assert "Priya Rao was asked instead." in "".join(directly(s, "U0LENA"))
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"


def test_coming_back_early_is_told_and_the_last_day_ends_by_itself(s: Stage) -> None:
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA|lena>")
    assert typed(s, "U0PRIYA", "away off") == "You're back: Lena Vogt no longer stands in for you."
    assert directly(s, "U0LENA")[-1] == "You no longer stand in for Priya Rao."
    assert typed(s, "U0PRIYA", "away off") == "You have no delegate."
    typed(s, "U0PRIYA", "away until 2026-03-03 <@U0LENA|lena>")
    id = ask(s, *ACCESS)
    assert has_card(s, "U0LENA") and not has_card(s, "U0PRIYA")
    wait(s, days=1, hours=14)
    assert has_card(s, "U0PRIYA") and not has_card(s, "U0LENA")
    assert "no longer" not in directly(s, "U0LENA")[-1]
    assert state(s, id) == "waiting"


def test_another_delegate_takes_the_place_of_the_first_and_both_are_told(s: Stage) -> None:
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA|lena>")
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0DANA|dana>")
    assert directly(s, "U0LENA")[-1] == "You no longer stand in for Priya Rao."
    assert "You stand in" in directly(s, "U0DANA")[-1]


def test_days_to_come_are_named_ahead(s: Stage) -> None:
    said = typed(s, "U0PRIYA", "away from 2026-03-04 until 2026-03-06 lena@example.com")
    assert said.startswith("Lena Vogt stands in for you from Wednesday, 4 March until Friday, 6 March 2026.")
    ask(s, *ACCESS)
    assert has_card(s, "U0PRIYA") and not has_card(s, "U0LENA")
    wait(s, days=1, hours=15)
    assert has_card(s, "U0LENA")


HOW = "Write /miro away until 2026-12-04 @colleague."
WRONG = {
    "": f"No delegate set. {HOW}",
    "tomorrow": f"Until which day? {HOW}",
    "<@U0LENA|lena>": f"Until which day? {HOW}",
    "until 2026-03-06": f"Who stands in for you? {HOW}",
    "until 2026-13-40 <@U0LENA>": "I can't read the date 2026-13-40. Write it like 2026-12-04.",
    "until 9999-12-31 <@U0LENA>": "I can't read the date 9999-12-31. Write it like 2026-12-04.",
    "until 2026-02-01 <@U0LENA>": "The last day is in the past. Choose a later one.",
    "from 2026-03-06 until 2026-03-04 <@U0LENA>": "The last day is in the past. Choose a later one.",
    "until 2027-03-04 <@U0LENA>": "A delegate can stand in for 92 days at most. Choose an earlier last day.",
    "until 2026-03-06 <@U0PRIYA>": "Choose someone else: you can't be your own delegate.",
    "until 2026-03-06 kim@other.example": "Only people of example.com can stand in. Choose a colleague.",
}


@pytest.mark.thorough
@pytest.mark.parametrize("text", WRONG)
def test_what_can_not_be_is_said_with_its_remedy(s: Stage, text: str) -> None:
    assert typed(s, "U0PRIYA", f"away {text}".strip()) == WRONG[text]
    assert named(s, "U0PRIYA") is None


def test_a_guest_can_not_stand_in(s: Stage) -> None:
    s.slack.add_person("U0KIM", "kim@example.com", "Kim Berg", is_restricted=True)
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0KIM>")
    wait(s, seconds=5)
    said = typed(s, "U0PRIYA", "away until 2026-03-06 <@U0KIM>")
    assert said == "Kim Berg (kim@example.com) can't decide here. Choose a colleague as delegate."


@pytest.mark.parametrize(
    ("entry", "called"), [("<@U0JO>", "this colleague"), ("jo@example.com", "jo@example.com")]
)
def test_whom_nobody_met_yet_is_looked_up_and_named_a_minute_later(s: Stage, entry: str, called: str) -> None:
    said = typed(s, "U0PRIYA", f"away until 2026-03-06 {entry}")
    assert said == f"I don't know {called} yet. I'm checking Slack. Please try again in a minute."
    wait(s, seconds=5)
    assert typed(s, "U0PRIYA", f"away until 2026-03-06 {entry}").startswith("Jo Park stands in for you")


def test_whom_slack_can_not_tell_yet_is_looked_up_later(s: Stage) -> None:
    typed(s, "U0PRIYA", "away until 2026-03-06 jo@example.com")
    s.slack.fault("users.lookupByEmail", status=500)
    wait(s, seconds=5)
    assert s.bot.context.unknown == {"jo@example.com"}
    wait(s, seconds=5)
    assert s.bot.context.unknown == set()


def test_a_delegate_of_a_delegate_is_not_asked(s: Stage) -> None:
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA>")
    typed(s, "U0LENA", "away until 2026-03-06 <@U0DANA>")
    ask(s, *ACCESS)
    assert has_card(s, "U0LENA") and not has_card(s, "U0DANA")


# -- the form --------------------------------------------------------------------------------------------


def with_button(s: Stage, user: str, *actions: str) -> None:
    """A message with the buttons that App Home has."""
    value = key(named(s, user))
    elements = [
        {"type": "button", "action_id": one, "value": value, "text": {"type": "plain_text", "text": one}}
        for one in actions
    ]
    block = {"type": "actions", "block_id": "mine", "elements": elements}
    s.slack.add_message(s.slack.direct(user).id, s.slack.bot_user, "buttons", [block])


def test_the_form_names_a_delegate_too(s: Stage) -> None:
    with_button(s, "U0PRIYA", "away")
    press(s, "U0PRIYA", "away", card(s, "U0PRIYA", "away"))
    reply = s.acting.submit("U0PRIYA", {"delegate": "U0LENA", "until": "2026-03-06"})
    assert (reply.ok, reply.errors) == (True, {})
    assert STANDS_IN in by_name(str(s.acting.modal("U0PRIYA")))
    s.acting.close("U0PRIYA")
    s.settle()
    assert "You stand in" in last(s, "U0LENA")
    with_button(s, "U0PRIYA", "away", "away-off")
    press(s, "U0PRIYA", "away", card(s, "U0PRIYA", "away"))
    form = s.acting.modal("U0PRIYA")["blocks"]
    filled = [one["element"] for one in form]
    assert [filled[0]["initial_user"], filled[1]["initial_date"], filled[2]["initial_date"]] == [
        "U0LENA", "2026-03-02", "2026-03-06",
    ]  # fmt: skip
    press(s, "U0PRIYA", "away-off", card(s, "U0PRIYA", "away-off"))
    assert named(s, "U0PRIYA") is None


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"until": "2026-03-06"}, {"delegate": "Choose who stands in for you."}),
        ({"delegate": "U0LENA"}, {"until": "Choose the last day."}),
        ({"delegate": "U0PRIYA", "until": "2026-03-06"}, {"delegate": WRONG["until 2026-03-06 <@U0PRIYA>"]}),
        ({"delegate": "U0LENA", "until": "2026-02-01"}, {"until": WRONG["until 2026-02-01 <@U0LENA>"]}),
    ],
)
def test_what_is_wrong_in_the_form_stands_at_its_field(
    s: Stage, values: dict[str, str], errors: dict[str, str]
) -> None:
    with_button(s, "U0PRIYA", "away")
    press(s, "U0PRIYA", "away", card(s, "U0PRIYA", "away"))
    assert s.acting.submit("U0PRIYA", values, complete=False).errors == errors
    assert named(s, "U0PRIYA") is None


def test_the_record_has_who_stands_in_and_can_be_checked(s: Stage) -> None:
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA>")
    typed(s, "U0PRIYA", "away off")
    assert history(s, "away") == ["delegated", "returned"]
    assert s.bot.store.verify().faults == ()
