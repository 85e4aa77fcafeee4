"""What /healthz says of Miro: as it was at the last look, which is at most ten minutes old."""

from datetime import timedelta

import httpx
import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import ask, wait


def health(s: Stage) -> tuple[int, str]:
    answer = httpx.get(f"{s.url}/healthz")
    return answer.status_code, answer.json()["miro"]


def slack(s: Stage) -> tuple[int, str]:
    answer = httpx.get(f"{s.url}/healthz")
    return answer.status_code, answer.json()["slack"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "Miro refuses the bot's token (401). Miro said: \"The token can't authorize an organization\""),
        (503, 'Miro is busy. Miro accepts no more calls right now. Miro said: "Service Unavailable"'),
    ],
)
def test_health_is_bad_from_the_next_look_until_miro_is_well_again(s: Stage, status: int, told: str) -> None:
    assert health(s) == (200, "takes the token")

    s.miro.faults.append(Fault("GET", "", status=status, times=999))
    wait(s, minutes=10)
    assert health(s) == (503, told)

    s.miro.faults.clear()
    wait(s, minutes=1)
    assert health(s) == (200, "takes the token")


def test_a_bot_that_starts_looks_at_miro_once_even_if_it_knows_the_groups(s: Stage) -> None:
    bot = s.rebuild()
    try:
        assert bot.health()["miro"] == "not looked at yet"
        bot.housekeeping.tick()
        bot.housekeeping.tick()
        assert bot.health()["miro"] == "takes the token"
        assert [one.path for one in s.miro.log] == ["/Users?attributes=id&count=1"]
    finally:
        bot.stop()


def test_a_token_refused_at_the_start_is_looked_at_again_each_minute(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "", status=401, times=2))
    bot = s.rebuild()
    try:
        bot.housekeeping.tick()
        assert not bot.health()["ok"]
        bot.housekeeping.tick()
        assert len(s.miro.log) == 1
        for _ in range(2):
            s.clock.pass_(timedelta(minutes=1))
            bot.housekeeping.tick()
        assert bot.health()["ok"]
    finally:
        bot.stop()


TOKENS = [
    "ekm_access_denied",
    "access_denied",
    "two_factor_setup_required",
    "team_access_not_granted",
    "app_not_installed",
    "accesslimited",
    "org_login_required",
    "enterprise_is_restricted",
]


@pytest.mark.thorough
@pytest.mark.parametrize("error", [*TOKENS, "token_expired", "an_error_of_next_year"])
def test_health_is_bad_while_slack_refuses_the_token_whatever_it_calls_that(s: Stage, error: str) -> None:
    for method in ("auth.test", "chat.postMessage"):
        s.slack.fault(method, times=None, error=error)
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    wait(s, seconds=20)
    assert slack(s)[0] == 503
    assert error in slack(s)[1]

    s.slack.faults.clear()
    for _ in range(20):
        wait(s, minutes=1)
    assert slack(s)[0] == 200


@pytest.mark.parametrize("error", ["ekm_access_denied", "missing_scope", "an_error_of_next_year"])
def test_health_is_bad_while_no_message_gets_through_though_the_token_is_good(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", times=None, error=error)
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    wait(s, seconds=20)
    assert slack(s)[0] == 503
    assert error in slack(s)[1]


@pytest.mark.thorough
@pytest.mark.parametrize("error", [*TOKENS, "an_error_of_next_year"])
def test_what_one_person_alone_is_refused_leaves_health_good(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error=error)
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    for _ in range(20):
        wait(s, minutes=1)
    assert slack(s)[0] == 200
