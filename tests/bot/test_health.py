"""What /healthz says of Miro: as it was at the last look, which is at most ten minutes old."""

from datetime import timedelta

import httpx
import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import wait


def health(s: Stage) -> tuple[int, str]:
    answer = httpx.get(f"{s.url}/healthz")
    return answer.status_code, answer.json()["miro"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "Miro refuses the bot's token (401). Miro said: \"The token can't authorize an organization\""),
        (503, 'Miro is busy. Miro has no time for me right now. Miro said: "Service Unavailable"'),
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
