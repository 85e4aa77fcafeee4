"""The bot's own work waits while Slack is sending, and while what it sent is being answered."""

from pathlib import Path

from bot.loop import Traffic
from bot.sandbox.stage import stage


def test_a_delivery_is_noted_when_it_comes_and_when_it_is_answered(tmp_path: Path) -> None:
    with stage(tmp_path) as s:
        moment = [100.0]
        traffic = s.bot.traffic = Traffic(lambda: moment[0])
        assert not traffic.is_busy()
        with s.bot._unit(1.5):
            assert traffic.is_busy()
            moment[0] += 1  # others hold the record
        assert traffic.is_busy()
        moment[0] += 0.1
        assert not traffic.is_busy()
