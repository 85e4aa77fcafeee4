"""When App Home is published: for whom something changed, once a step, until it shows what is so."""

from datetime import timedelta

import pytest

from approvals.ids import SlackId
from approvals.record.people.groups import Admin
from bot.sandbox.stage import POLICY, Stage
from bot.slack.deliver.calls import GIVE_UP
from bot.slack.deliver.pages import Pages
from tests.approvals.queued import claimed
from tests.bot.journeys.homes import ACCESS, opened, page, presses, published
from tests.bot.journeys.scenes import ask, press, wait


def test_whoever_never_opened_it_is_never_published_to(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    press(s, "U0PRIYA", "approve")
    assert s.slack.homes == {}


def test_opening_shows_it_at_once_and_once(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    assert s.acting.open_home("U0ALEX").ok
    assert published(s, "U0ALEX") == 1
    s.settle()
    assert published(s, "U0ALEX") == 1, "what stands there already isn't drawn again"


def test_the_messages_tab_is_no_page(s: Stage) -> None:
    s.acting.event({"type": "app_home_opened", "user": "U0ALEX", "channel": "D1", "tab": "messages"})
    assert s.slack.homes == {}


def test_many_changes_are_one_drawing(s: Stage) -> None:
    opened(s, "U0PRIYA"), opened(s, "U0ALEX")
    before = published(s, "U0PRIYA")
    for user in ("U0ALEX", "U0JO"):
        s.acting.command(user, *ACCESS)
        assert not s.acting.submit(user).errors
    while s.bot.workers[0].work():
        pass
    s.bot.deliverer.send()
    assert published(s, "U0PRIYA") == before + 1
    assert "Waiting for you: 2" in page(s, "U0PRIYA")


def test_nothing_is_drawn_for_people_whom_it_does_not_concern(s: Stage) -> None:
    opened(s, "U0JO"), opened(s, "U0LENA")
    before = published(s, "U0JO"), published(s, "U0LENA")
    ask(s, "U0ALEX", *ACCESS)
    press(s, "U0PRIYA", "approve")
    assert (published(s, "U0JO"), published(s, "U0LENA")) == before


def test_whoever_has_not_opened_it_for_thirty_days_is_left_alone(s: Stage) -> None:
    opened(s, "U0PRIYA")
    before = published(s, "U0PRIYA")
    wait(s, days=31)
    ask(s, "U0ALEX", *ACCESS)
    assert published(s, "U0PRIYA") == before
    assert "Waiting for you: 1" in opened(s, "U0PRIYA")


@pytest.mark.parametrize(
    "how",
    [{"status": 500}, {"status": 429, "retry_after": 3}, {"error": "hash_conflict"}, {"cut": "before"}],
    ids=str,
)
def test_what_could_not_be_published_is_tried_again(s: Stage, how: dict[str, object]) -> None:
    opened(s, "U0PRIYA")
    s.slack.fault("views.publish", **how)
    ask(s, "U0ALEX", *ACCESS)
    assert "all caught up" in page(s, "U0PRIYA")
    wait(s, seconds=5)
    assert "Waiting for you: 1" in page(s, "U0PRIYA")


@pytest.mark.thorough
def test_it_is_given_up_in_the_end_and_begun_anew_by_the_next_change(s: Stage) -> None:
    opened(s, "U0PRIYA")
    s.slack.fault("views.publish", error="internal_error", times=None)
    before = published(s, "U0PRIYA")
    ask(s, "U0ALEX", *ACCESS)
    for _ in range(GIVE_UP + 5):
        s.clock.pass_(timedelta(minutes=16))
        s.settle()
    assert published(s, "U0PRIYA") == before + GIVE_UP + 1
    s.slack.faults.clear()
    ask(s, "U0JO", *ACCESS)
    assert "Waiting for you: 2" in page(s, "U0PRIYA")


@pytest.mark.thorough
@pytest.mark.parametrize("error", ["user_not_found", "user_disabled", "not_enabled"])
def test_a_page_that_is_no_more_is_left_alone_until_it_is_opened(s: Stage, error: str) -> None:
    opened(s, "U0PRIYA")
    opened(s, "U0CAROL")
    s.slack.fault("views.publish", to="U0PRIYA", error=error, times=None)
    ask(s, "U0ALEX", *ACCESS)
    for _ in range(10):
        s.clock.pass_(timedelta(minutes=1))
        s.settle()
    before = published(s, "U0PRIYA")
    ask(s, "U0JO", *ACCESS)
    assert published(s, "U0PRIYA") == before
    s.slack.faults.clear()
    assert "Waiting for you: 2" in opened(s, "U0PRIYA")


def test_opening_while_slack_does_not_answer_is_made_up_for(s: Stage) -> None:
    s.slack.fault("views.publish", status=500)
    assert s.acting.open_home("U0ALEX").ok
    assert s.slack.homes == {}
    s.settle()
    assert s.slack.homes["U0ALEX"]


def test_an_answer_stands_there_for_a_while_and_not_for_ever(s: Stage) -> None:
    opened(s, "U0PRIYA")
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0PRIYA", "approve", id)
    assert page(s, "U0PRIYA").startswith(f"You approved {id}.")
    wait(s, minutes=1)
    assert opened(s, "U0PRIYA").startswith(f"You approved {id}.")
    wait(s, minutes=2)
    assert "You're all caught up." in opened(s, "U0PRIYA")


def test_an_answer_is_drawn_before_all_messages(s: Stage) -> None:
    opened(s, "U0PRIYA")
    ask(s, "U0ALEX", *ACCESS)
    assert s.acting.click("U0PRIYA", s.slack.homes["U0PRIYA"], "approve").ok
    s.slack.log.clear()
    s.bot.deliverer.send()
    assert s.slack.log[0].method == "views.publish"
    assert len(s.slack.log) > 1


def test_a_denial_made_on_the_page_is_drawn_before_all_messages(s: Stage) -> None:
    opened(s, "U0PRIYA")
    ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0PRIYA", "deny")
    s.slack.log.clear()
    assert s.acting.submit("U0PRIYA", {"reason": "No seat is free."}).errors == {}
    s.bot.deliverer.send()
    assert s.slack.log[0].method == "views.publish"
    assert len(s.slack.log) > 1


def test_two_answers_at_once_are_one_drawing(s: Stage) -> None:
    opened(s, "U0PRIYA")
    before = published(s, "U0PRIYA")
    for notice in ("first", "second"):
        s.bot.store.outbox.tell(SlackId("U0PRIYA"), notice)
        s.bot.deliverer.hurry_page(SlackId("U0PRIYA"))
    s.settle()
    assert published(s, "U0PRIYA") == before + 1
    assert page(s, "U0PRIYA").startswith("second")


def test_what_is_said_while_a_page_is_drawn_draws_it_again(s: Stage) -> None:
    opened(s, "U0PRIYA")
    before, store = published(s, "U0PRIYA"), s.bot.store
    store.outbox.tell(SlackId("U0PRIYA"), "first")
    drawing = claimed(store)
    store.outbox.tell(SlackId("U0PRIYA"), "second")
    s.bot.deliverer.pages.publish(drawing)
    assert page(s, "U0PRIYA").startswith("first")
    s.settle()
    assert page(s, "U0PRIYA").startswith("second")
    assert published(s, "U0PRIYA") == before + 2


def test_one_page_that_cannot_be_drawn_keeps_no_other_from_being_drawn(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(s, "U0PRIYA"), opened(s, "U0CAROL")
    who = Pages.who

    def broken(self: Pages, slack_id: str) -> object:
        if slack_id == "U0CAROL":
            raise ValueError("a defect")
        return who(self, slack_id)  # type: ignore[arg-type]

    monkeypatch.setattr(Pages, "who", broken)
    ask(s, "U0ALEX", *ACCESS)
    assert "Waiting for you: 1" in page(s, "U0PRIYA")
    assert "all caught up" in page(s, "U0CAROL")
    monkeypatch.undo()
    wait(s, minutes=5)
    assert "Waiting for you: 1" in page(s, "U0CAROL")


def test_other_operators_see_what_these_looked_after(s: Stage) -> None:
    opened(s, "U0DANA"), opened(s, "U0CAROL")
    assert "Admin rights in Miro" not in page(s, "U0DANA")
    policy = s.folder / "policy.toml"
    policy.write_text(
        POLICY.replace('people = ["carol@example.com", "sam', 'people = ["dana@example.com", "sam')
    )
    wait(s, seconds=5)
    assert "Admin rights in Miro" in page(s, "U0DANA")
    assert "Admin rights in Miro" not in page(s, "U0CAROL")


def test_operators_see_other_admins_as_soon_as_they_were_seen(s: Stage) -> None:
    opened(s, "U0CAROL"), opened(s, "U0ALEX")
    before = published(s, "U0ALEX")
    wait(s, minutes=30)
    s.bot.store.groups.keep_admins([Admin("7", "jo@example.com", "Jo Park", "User Admin")])
    s.settle()
    assert "Jo Park: User Admin\nSeen in Miro Mar 2, 2026, 09:30." in page(s, "U0CAROL")
    assert published(s, "U0ALEX") == before


def test_another_bot_on_the_same_record_publishes_too(s: Stage) -> None:
    opened(s, "U0PRIYA")
    second = s.rebuild()
    try:
        s.acting.command("U0ALEX", *ACCESS)
        assert not s.acting.submit("U0ALEX").errors
        second.settle()
        assert "Waiting for you: 1" in page(s, "U0PRIYA")
    finally:
        second.stop()
