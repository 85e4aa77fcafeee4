"""An error that sounds like the token's and is one channel's or person's stops nothing for the others."""

from typing import Any

import pytest

from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.bot.journeys.scenes import ask, has_card, history, playing, told, wait

pytestmark = pytest.mark.regression

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
LIKE_A_TOKENS = [
    "access_denied",
    "team_added_to_org",
    "enterprise_is_restricted",
    "not_allowed_token_type",
    "org_login_required",
    "accesslimited",
    "messages_tab_disabled",
]
PASSING = ["missing_scope", "request_timeout", "service_unavailable"]
ALONE = POLICY.replace('approvers = ["manager", "it"]', 'approvers = ["manager"]')


def later(s: Stage, minutes: int = 2) -> None:
    for _ in range(minutes * 6):
        wait(s, seconds=10)


def calls(s: Stage, method: str) -> int:
    return sum(one.method == method for one in s.slack.log)


@pytest.mark.parametrize("error", LIKE_A_TOKENS)
def test_a_channel_alone_keeps_nobody_else_from_being_asked(
    tmp_path_factory: pytest.TempPathFactory, error: str
) -> None:
    with playing(tmp_path_factory.mktemp("channel"), f'tell = "{CHANNEL}"\n{POLICY}') as s:
        s.slack.fault("chat.postMessage", to=CHANNEL, times=None, error=error)
        id = ask(s, *ACCESS)
        later(s)
        assert "unreached" in history(s, id)
        assert has_card(s, "U0PRIYA") and told(s, "U0ALEX")
        # Another one, when the channel is known to refuse.
        other = ask(s, "U0JO", "/miro-access", "for Design because I start Monday")
        later(s)
        assert any(other in one or "Design" in one for one in told(s, "U0JO"))


@pytest.mark.parametrize("error", [*LIKE_A_TOKENS, *PASSING])
def test_an_only_approver_alone_leaves_the_request_to_operators(
    tmp_path_factory: pytest.TempPathFactory, error: str
) -> None:
    with playing(tmp_path_factory.mktemp("alone"), ALONE) as s:
        s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
        id = ask(s, *ACCESS)
        later(s)
        assert "unreached" in history(s, id)
        assert "Waiting for Priya Rao" not in told(s, "U0ALEX")[0]
        assert any(id in one for one in told(s, "U0CAROL"))


@pytest.mark.parametrize("error", [*LIKE_A_TOKENS, *PASSING])
def test_what_befalls_everybody_judges_nobody_though_the_token_is_good(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", times=None, error=error)
    id = ask(s, *ACCESS)
    later(s, 10)
    assert "unreached" not in history(s, id)
    s.slack.faults.clear()
    later(s, 16)
    assert has_card(s, "U0PRIYA") and told(s, "U0ALEX")
    assert "unreached" not in history(s, id)


@pytest.mark.parametrize("error", ["access_denied", "team_added_to_org", "org_login_required"])
def test_where_the_token_itself_is_refused_nothing_is_sent_and_nobody_judged(s: Stage, error: str) -> None:
    for method in ("auth.test", "chat.postMessage"):
        s.slack.fault(method, times=None, error=error)
    id = ask(s, *ACCESS)
    s.slack.log.clear()
    later(s, 5)
    assert calls(s, "chat.postMessage") <= 31, "one try for each hold"
    assert calls(s, "auth.test") <= 31, "and one question about the token"
    s.slack.faults.clear()
    later(s, 16)
    assert has_card(s, "U0PRIYA") and told(s, "U0ALEX")
    assert "unreached" not in history(s, id)


@pytest.mark.parametrize("how", [{"status": 503}, {"error": "internal_error"}, {"cut": "before"}], ids=str)
def test_while_slack_says_nothing_of_the_token_nobody_is_judged(s: Stage, how: dict[str, Any]) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error="access_denied")
    s.slack.fault("auth.test", times=None, **how)
    id = ask(s, *ACCESS)
    later(s, 5)
    assert "unreached" not in history(s, id)
    assert told(s, "U0ALEX"), "and the others get theirs"


@pytest.mark.parametrize("error", ["invalid_auth", "not_authed", "account_inactive", "token_revoked"])
def test_a_code_that_is_only_the_tokens_asks_for_no_second_opinion(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", error=error)
    s.slack.log.clear()
    ask(s, *ACCESS)
    later(s, 1)
    assert calls(s, "auth.test") == 0
    assert has_card(s, "U0PRIYA")
