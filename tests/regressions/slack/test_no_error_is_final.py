"""No error of Slack is somebody's verdict by its name, and no verdict is for good."""

from pathlib import Path

import pytest

from approvals.record.outbox import Note
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.approvals.queued import notes
from tests.bot.journeys.scenes import approve, ask, has_card, history, last, playing, request, say, told, wait

pytestmark = pytest.mark.regression

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
NAMED = [
    "user_not_found",
    "channel_not_found",
    "is_archived",
    "user_disabled",
    "cannot_dm_bot",
    "is_inactive",
]
ALONE = POLICY.replace('approvers = ["manager", "it"]', 'approvers = ["manager"]')
ONLY_PRIYA = ALONE.replace('operators = ["it"]', 'operators = ["priya@example.com"]')


def later(s: Stage, minutes: int = 2) -> None:
    for _ in range(minutes * 6):
        wait(s, seconds=10)


@pytest.mark.parametrize("error", NAMED)
def test_what_is_answered_for_everybody_judges_nobody(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", times=None, error=error)
    id = ask(s, *ACCESS)
    later(s, 10)
    assert "unreached" not in history(s, id)
    s.slack.faults.clear()
    later(s, 16)
    assert has_card(s, "U0PRIYA") and has_card(s, "U0CAROL") and told(s, "U0ALEX")
    assert "unreached" not in history(s, id)


@pytest.mark.parametrize("error", NAMED)
def test_who_is_refused_while_others_are_reached_is_stepped_over(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
    id = ask(s, *ACCESS)
    later(s)
    assert history(s, id).count("unreached") == 1
    assert has_card(s, "U0CAROL")
    assert "Priya Rao can't be reached in Slack." in told(s, "U0ALEX")[0]


@pytest.mark.parametrize("error", NAMED)
@pytest.mark.parametrize("method", ["conversations.info", "chat.postMessage"])
def test_a_channel_that_refuses_is_judged_whichever_call_it_refuses(
    tmp_path: Path, method: str, error: str
) -> None:
    with playing(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as s:
        s.slack.fault(method, to=CHANNEL, times=None, error=error)
        id = ask(s, *ACCESS)
        later(s)
        assert "unreached" in history(s, id) and has_card(s, "U0PRIYA")
        s.slack.faults.clear()
        ask(s, "U0JO", "/miro-access", "for Design because I start Monday")
        later(s)
        assert any(one.channel == CHANNEL for one in s.slack.messages), "the next request tries it again"


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "edit_window_closed"])
def test_redrawings_that_are_all_refused_for_a_while_are_made_up_for(s: Stage, error: str) -> None:
    id = ask(s, *ACCESS)
    s.slack.fault("chat.update", times=None, error=error)
    approve(s, "U0PRIYA")
    later(s, 5)
    assert has_card(s, "U0CAROL") and "unreached" not in history(s, id)
    s.slack.faults.clear()
    later(s, 16)
    assert not has_card(s, "U0CAROL") and not has_card(s, "U0PRIYA")


@pytest.mark.parametrize("error", ["user_not_found", "user_disabled", "something_new"])
def test_pages_that_are_all_refused_for_a_while_are_published(s: Stage, error: str) -> None:
    s.acting.open_home("U0PRIYA")
    s.slack.fault("views.publish", times=None, error=error)
    ask(s, *ACCESS)
    later(s, 1)
    s.slack.faults.clear()
    later(s, 16)
    assert "Waiting for you: 1" in str(s.slack.homes["U0PRIYA"])


@pytest.mark.parametrize("error", ["is_archived", "channel_not_found", "user_not_in_channel"])
def test_an_answer_that_a_channel_refuses_comes_directly(s: Stage, error: str) -> None:
    s.slack.fault("chat.postEphemeral", error=error)
    say(s, "U0ALEX", "I need Miro access for Engineering", CHANNEL)
    assert "[Review and Send]" in last(s, "U0ALEX")


@pytest.mark.parametrize("status", [404, 410, 403])
def test_a_response_url_that_is_refused_for_a_while_is_tried_again(s: Stage, status: int) -> None:
    url = f"{s.urls[1].removesuffix('/api/')}/response/T01/1"
    for _ in range(2):
        s.slack.fault("response_url", status=status)
    s.bot.store.outbox.say(Note(url, {"text": "hello"}))
    s.settle()
    assert len(notes(s.bot.store, 9)) + len(s.slack.faults) > 0
    later(s)
    assert s.slack.faults == []


# -- nobody else ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ["user_not_found", "cannot_dm_bot", "an_error_of_next_year"])
def test_where_the_only_approver_is_the_only_operator_the_requester_hears_of_it(
    tmp_path: Path, error: str
) -> None:
    assert ONLY_PRIYA != ALONE
    with playing(tmp_path, ONLY_PRIYA) as s:
        s.slack.fault("users.info", times=2, status=503)
        s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
        id = ask(s, *ACCESS)
        later(s, 5)
        assert f"{id}: Slack refuses my messages to Priya Rao ({error}). I'll keep trying." in told(
            s, "U0ALEX"
        )
        assert "Waiting for Priya Rao" not in told(s, "U0ALEX")[0]
        assert "unreached" in history(s, id), "the requester was reached by the same method"


# -- back again ----------------------------------------------------------------------------------------------


def judged(s: Stage, error: str = "user_not_found") -> str:
    """Priya counts as unreachable for a request; then Slack would take messages for her again."""
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
    id = ask(s, *ACCESS)
    later(s)
    assert request(s, id).asking.unreachable and not has_card(s, "U0PRIYA")
    s.slack.faults.clear()
    return id


def is_back(s: Stage, id: str) -> bool:
    return (
        has_card(s, "U0PRIYA")
        and not request(s, id).asking.unreachable
        and "can't reach" not in told(s, "U0ALEX")[0]
    )


@pytest.mark.parametrize("error", ["user_not_found", "cannot_dm_bot", "an_error_of_next_year"])
@pytest.mark.parametrize("policy", [POLICY, ALONE], ids=["others", "alone"])
def test_who_acts_in_slack_is_asked_again(tmp_path: Path, policy: str, error: str) -> None:
    with playing(tmp_path, policy) as s:
        id = judged(s, error)
        s.acting.open_home("U0PRIYA")
        later(s)
        assert is_back(s, id)
        approve(s, "U0PRIYA")
        assert request(s, id).state == "done"


@pytest.mark.parametrize("policy", [POLICY, ALONE], ids=["others", "alone"])
def test_who_gets_a_later_message_is_asked_again(tmp_path: Path, policy: str) -> None:
    with playing(tmp_path, policy) as s:
        id = judged(s)
        s.bot.store.outbox.say(Note("U0PRIYA", {"text": "hello"}))
        later(s)
        assert is_back(s, id)
        assert request(s, id).asking.is_stuck is False


def test_who_acts_on_another_process_is_asked_again(s: Stage) -> None:
    id = judged(s)
    before, s.bot = s.bot, s.rebuild()
    try:
        s.bot.deliverer.acted("U0PRIYA")
        later(s)
        assert is_back(s, id)
    finally:
        s.bot.stop()
        s.bot = before


def test_who_acts_and_is_refused_all_the_same_is_asked_again_once_an_hour(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error="user_not_found")
    id = ask(s, *ACCESS)
    later(s)
    for _ in range(5):
        s.acting.open_home("U0PRIYA")
        s.bot.store.outbox.say(Note("U0SAM", {"text": "hello"}))
        later(s)
    assert history(s, id).count("unreached") <= 2


def test_who_asked_gets_what_did_not_arrive(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0ALEX", times=None, error="user_not_found")
    ask(s, *ACCESS)
    s.bot.store.outbox.say(Note("U0SAM", {"text": "hello"}))
    later(s)
    s.slack.faults.clear()
    assert told(s, "U0ALEX") == []
    s.acting.open_home("U0ALEX")
    later(s)
    assert any("Waiting for" in one for one in told(s, "U0ALEX"))
