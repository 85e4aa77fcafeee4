"""Odd input at every door: no unforeseen error, no write without a signature, none that takes long.

A piece is seeded by its door and number, so that it can be played again. FUZZ_INPUTS: how many are played.
"""

import logging
import os
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from bot.sandbox.stage import POLICY
from tests.bot.journeys.scenes import playing
from tests.campaigns.doors import DOORS, UNASKED, Door, miro_answers

INPUTS = int(os.environ.get("FUZZ_INPUTS", "20000"))
PIECE, HANDFUL = 500, 8
Log = pytest.LogCaptureFixture
LONGEST = 3.0
"""Seconds of processor time for one input."""


def play(door: Door, piece: int, size: int, folder: Path, caplog: Log) -> None:
    """Plays inputs at a door. Afterwards everything goes on, and the record is whole."""
    with playing(folder, UNASKED if door is miro_answers else POLICY) as s:
        with closing(door(s, Random(f"{door.__name__} {piece}"))) as inputs:
            next(inputs)
            for _ in range(size - 1):
                caplog.clear()
                begin = time.process_time()
                played = next(inputs)
                assert time.process_time() - begin < LONGEST, played
                assert not [line for line in caplog.records if is_unforeseen(line)], (caplog.text, played)
        refused = [call for call in s.slack.log if call.answer and call.answer.get("error") in MALFORMED]
        assert refused == []
    assert not [line for line in caplog.records if is_unforeseen(line)], caplog.text


def is_unforeseen(line: logging.LogRecord) -> bool:
    return line.levelno >= logging.ERROR or line.exc_info is not None


MALFORMED = ("invalid_blocks", "invalid_arguments", "invalid_auth", "msg_too_long", "no_text")
"""Errors of Slack's about a call that has not the right form: the bot should not have made it."""

PIECES = [
    pytest.param(door, piece, id=f"{door.__name__} {piece}")
    for door, share in DOORS.items()
    for piece in range(1, INPUTS * share // 40 // PIECE + 1)
]


@pytest.mark.parametrize("door", DOORS)
def test_a_handful_of_odd_inputs_at_each_door(door: Door, tmp_path: Path, caplog: Log) -> None:
    play(door, 0, HANDFUL, tmp_path, caplog)


@pytest.mark.long
@pytest.mark.parametrize(("door", "piece"), PIECES)
def test_odd_inputs_at_each_door(door: Door, piece: int, tmp_path: Path, caplog: Log) -> None:
    play(door, piece, PIECE, tmp_path, caplog)
