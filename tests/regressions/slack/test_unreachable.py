"""Who can't be reached in Slack, and who only seems so because Slack takes nothing from the bot."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from approvals.record.outbox import Note
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from bot.slack.deliver.verdict import Verdicts
from tests.bot.journeys.scenes import ask, has_card, history, last, playing, press, told, wait

pytestmark = pytest.mark.regression

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
UNLISTED = [
    "restricted_action_read_only_channel",
    "team_access_not_granted",
    "ekm_access_denied",
    "no_permission",
    "slack_connect_blocked",
    "an_error_of_next_year",
]
ALONE = POLICY.replace('approvers = ["manager", "it"]', 'approvers = ["manager"]')


def later(s: Stage, minutes: int = 2) -> None:
    for _ in range(minutes * 6):
        wait(s, seconds=10)


# -- a verdict ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", UNLISTED)
def test_an_approver_whom_slack_refuses_is_stepped_over(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
    id = ask(s, *ACCESS)
    later(s)
    assert history(s, id).count("unreached") == 1
    assert has_card(s, "U0CAROL") and has_card(s, "U0SAM")
    assert "Priya Rao can't be reached in Slack." in told(s, "U0ALEX")[0]
    assert f"{id}: Priya Rao can't be reached in Slack ({error})." in told(s, "U0CAROL")


@pytest.mark.parametrize("error", UNLISTED)
def test_an_only_approver_whom_slack_refuses_leaves_the_request_to_operators(
    tmp_path_factory: pytest.TempPathFactory, error: str
) -> None:
    with playing(tmp_path_factory.mktemp("alone"), ALONE) as s:
        s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
        id = ask(s, *ACCESS)
        later(s)
        assert "unreached" in history(s, id)
        assert "Waiting for Priya Rao" not in told(s, "U0ALEX")[0]
        assert any(id in one for one in told(s, "U0CAROL"))


@pytest.mark.parametrize("error", UNLISTED)
def test_a_channel_that_refuses_is_replaced_by_messages_to_each(
    tmp_path_factory: pytest.TempPathFactory, error: str
) -> None:
    with playing(tmp_path_factory.mktemp("channel"), f'tell = "{CHANNEL}"\n{POLICY}') as s:
        s.slack.fault("chat.postMessage", to=CHANNEL, times=None, error=error)
        id = ask(s, *ACCESS)
        later(s)
        assert "unreached" in history(s, id)
        assert has_card(s, "U0PRIYA")


def test_a_note_that_one_person_never_gets_is_given_up(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0JO", times=None, error="an_error_of_next_year")
    for number in range(6):
        s.bot.store.outbox.say(Note("U0JO", {"text": "hello"})) if number == 0 else None
        s.bot.store.outbox.say(Note("U0SAM", {"text": f"number {number}"}))
        s.settle()
        wait(s, minutes=1)
    calls = sum(one.params.get("channel") == "U0JO" for one in s.slack.log)
    later(s, 5)
    assert sum(one.params.get("channel") == "U0JO" for one in s.slack.log) == calls
    assert len(told(s, "U0SAM")) == 6


# -- nobody's verdict --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        *({"error": one} for one in UNLISTED),
        *({"error": one} for one in ("invalid_auth", "account_inactive", "token_revoked", "missing_scope")),
        *({"error": one} for one in ("not_authed", "org_login_required", "messages_tab_disabled")),
        {"status": 503},
        {"status": 429},
        {"cut": "before"},
        {"body": b"[]"},
    ],
    ids=str,
)
def test_what_befalls_everybody_is_nobodys_verdict(s: Stage, how: dict[str, object]) -> None:
    first = ask(s, "U0JO", "/miro-access", "for Design because I start Monday")
    s.slack.fault("chat.postMessage", times=None, **how)
    id = ask(s, *ACCESS)
    later(s, 10)
    assert "unreached" not in history(s, id) + history(s, first)
    s.slack.faults.clear()
    later(s, 16)
    assert has_card(s, "U0PRIYA") and told(s, "U0ALEX")


@pytest.mark.parametrize(
    "how", [{"status": 500}, {"cut": "before"}, {"body": b"null"}, {"error": "internal_error"}], ids=str
)
def test_no_fault_of_line_or_form_is_a_verdict_even_if_others_are_reached(
    s: Stage, how: dict[str, object]
) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, **how)
    id = ask(s, *ACCESS)
    later(s, 10)
    assert "unreached" not in history(s, id)
    s.slack.faults.clear()
    later(s, 16)
    assert has_card(s, "U0PRIYA")


def test_a_wrong_token_is_tried_by_one_call_at_a_time(s: Stage) -> None:
    s.slack.fault("chat.postMessage", times=None, error="invalid_auth")
    ask(s, *ACCESS)
    s.slack.log.clear()
    later(s, 5)
    assert len([one for one in s.slack.log if one.method == "chat.postMessage"]) <= 31


@pytest.mark.parametrize("error", UNLISTED)
def test_while_nobody_else_can_be_reached_the_requester_reads_that(
    tmp_path_factory: pytest.TempPathFactory, error: str
) -> None:
    with playing(tmp_path_factory.mktemp("nobody"), ALONE) as s:
        s.slack.fault("users.info", times=2, status=503)
        id = ask(s, *ACCESS)
        assert told(s, "U0ALEX"), "who asked knows that it is saved, so nothing more is posted to them"
        for user in ("U0PRIYA", "U0CAROL", "U0SAM"):
            s.slack.fault("chat.postMessage", to=user, times=None, error=error)
        later(s, 5)
        assert "unreached" not in history(s, id)
        assert "No approver reached yet" in told(s, "U0ALEX")[0]


@pytest.mark.parametrize("error", UNLISTED)
def test_operators_read_of_somebody_whom_slack_refuses_for_a_while(
    tmp_path_factory: pytest.TempPathFactory, error: str
) -> None:
    with playing(tmp_path_factory.mktemp("while"), ALONE) as s:
        s.slack.fault("users.info", times=2, status=503)
        s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
        id = ask(s, *ACCESS)
        later(s, 5)
        assert f"{id}: Slack refuses my messages to Priya Rao ({error}). I'll keep trying." in told(
            s, "U0CAROL"
        )
        assert "unreached" in history(s, id), "the operators were reached by the same method"


# -- restarts ----------------------------------------------------------------------------------------------


@contextmanager
def restarted(s: Stage) -> Iterator[None]:
    """Another life of the bot; in each of these there is time for one try, and Sam is reached before it."""
    before, s.bot = s.bot, s.rebuild()
    try:
        s.bot.store.outbox.say(Note("U0SAM", {"text": "hello"}))
        yield
        wait(s, seconds=50)
    finally:
        s.bot.stop()
        s.bot = before


@pytest.mark.parametrize("error", UNLISTED)
def test_a_bot_that_restarts_again_and_again_judges_all_the_same(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
    id = ask(s, *ACCESS)
    for _ in range(3):
        with restarted(s):
            pass
    assert history(s, id).count("unreached") == 1
    assert told(s, "U0SAM").count("hello") == 3
    assert told(s, "U0CAROL").count(f"{id}: Priya Rao can't be reached in Slack ({error}).") == 1


def test_who_is_reached_in_another_life_was_never_judged_and_gets_the_message_once(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=2, error=UNLISTED[0])
    id = ask(s, *ACCESS)
    for _ in range(3):
        with restarted(s):
            pass
    assert "unreached" not in history(s, id)
    assert has_card(s, "U0PRIYA") and len(told(s, "U0PRIYA")) == 1
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=2, error=UNLISTED[0])
    s.bot.store.outbox.say(Note("U0PRIYA", {"text": "hello"}))
    for _ in range(4):
        with restarted(s):
            pass
    assert told(s, "U0PRIYA").count("hello") == 1, "refusals before the last success count no more"


def test_what_befalls_everybody_after_a_restart_is_nobodys_verdict(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=UNLISTED[0])
    id = ask(s, *ACCESS)
    with restarted(s):
        pass
    s.slack.fault("chat.postMessage", times=None, error=UNLISTED[0])
    for _ in range(9):
        with restarted(s):
            pass
    assert "unreached" not in history(s, id)
    s.slack.faults.clear()
    later(s, 16)
    assert has_card(s, "U0PRIYA")


def test_refusals_of_days_ago_count_no_more(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=2, error=UNLISTED[0])
    ask(s, *ACCESS)
    with restarted(s):
        press(s, "U0ALEX", "withdraw")
    s.clock.pass_(timedelta(days=3))
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=2, error=UNLISTED[0])
    other = ask(s, "U0JO", "/miro-access", "for Design because I start Monday")
    for _ in range(3):
        with restarted(s):
            pass
    assert "unreached" not in history(s, other) and has_card(s, "U0PRIYA")


# -- a fault of one message --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "block_mismatch"],
)
def test_a_message_that_slack_refuses_arrives_as_plain_text(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", error=error)
    id = ask(s, *ACCESS)
    assert "My App Home has everything." in last(s, "U0PRIYA")
    later(s)
    assert "unreached" not in history(s, id)
    assert len(told(s, "U0PRIYA")) == 1


def test_an_unlisted_fault_of_one_message_marks_nobody(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=3, error="an_error_of_next_year")
    id = ask(s, *ACCESS)
    later(s)
    assert "My App Home has everything." in last(s, "U0PRIYA")
    assert "unreached" not in history(s, id)


def test_a_redrawing_that_slack_refuses_becomes_plain_text_without_buttons(s: Stage) -> None:
    ask(s, *ACCESS)
    s.slack.fault("chat.update", to="DU0PRIYA", error="invalid_blocks")
    assert s.acting.click("U0SAM", s.slack.dm_of("U0SAM")[-1], "approve").ok
    s.settle()
    assert not has_card(s, "U0PRIYA")


def test_any_number_of_refusals_is_counted(s: Stage) -> None:
    verdicts = Verdicts(s.clock, s.bot.store.database)
    for _ in range(60):
        assert not verdicts.refused("chat.postMessage", "U0PRIYA")
        s.clock.pass_(timedelta(minutes=15))
    assert verdicts.wait("chat.postMessage", "U0PRIYA") == 0
    assert not verdicts.refused("chat.postMessage", "U0PRIYA")
    assert 0 < verdicts.wait("chat.postMessage", "U0PRIYA") <= 60
