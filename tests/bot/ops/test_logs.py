"""The log of a bot that works: every line about a request names it, and none names a person."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.ops import logs
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import approve, ask, playing, wait


@contextmanager
def logged(style: str) -> Iterator[io.StringIO]:
    """What is logged within the block, from level INFO on, except the stand-ins' own lines."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(style))
    handler.setLevel(logging.INFO)
    handler.addFilter(lambda record: not record.name.startswith(("sandbox", "httpx")))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The lines as a log collector reads them."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def worked(stage: Stage) -> None:
    """A request is made, approved and done."""
    ask(stage, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    approve(stage, "U0PRIYA")


def test_every_call_for_a_request_names_it(tmp_path: Path) -> None:
    with playing(tmp_path) as stage, logged("json") as stream:
        worked(stage)
    calls = [line for line in lines(stream) if line["event"].startswith("Miro PATCH")]
    assert [line["request"] for line in calls] == ["R-1"]
    assert {"level", "logger", "timestamp"} <= calls[0].keys()


def test_no_line_names_a_person_or_a_secret(tmp_path: Path) -> None:
    with playing(tmp_path) as stage, logged("json") as stream:
        worked(stage)
    text = stream.getvalue().casefold()
    assert "miro patch" in text
    for secret in ("alex", "priya", "@example.com", "i start monday", "sandbox-token", "xoxb"):
        assert secret not in text


def test_no_line_of_a_run_with_trouble_names_a_person(tmp_path: Path) -> None:
    policy = POLICY.replace('"carol@example.com"', '"carol@example.com", "nobody.here@example.com"')
    refusal = Fault("GET", "/Users", 9, 400, detail="alex@example.com makes an odd filter")
    with logged("json") as stream, playing(tmp_path, policy) as stage:
        stage.miro.faults.append(refusal)
        ask(stage, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        stage.miro.faults.clear()
        wait(stage, minutes=16)
    text = stream.getvalue().casefold()
    assert "slack doesn't know 1 of the people in the policy" in text
    assert "[address] makes an odd filter" in text
    assert "@example.com" not in text


@pytest.mark.parametrize("style", logs.STYLES)
def test_an_address_in_a_traceback_is_left_out(style: str) -> None:
    with logged(style) as stream:
        try:
            raise ValueError("two accounts for\nlee.o'neil+x@mail.example.com.")
        except ValueError:
            logging.getLogger("bot").exception("%s failed", "kim@example.com")
    assert "[address] failed" in stream.getvalue()
    assert "two accounts for" in stream.getvalue()
    assert "@" not in stream.getvalue()
    assert style == "text" or len(lines(stream)) == 1


def test_a_request_is_named_on_no_line_after_it() -> None:
    with logged("json") as stream:
        with logs.about("R-7"):
            logging.getLogger("bot").info("inside")
        logging.getLogger("bot").info("outside")
    assert [line.get("request") for line in lines(stream)] == ["R-7", None]


def test_an_error_is_one_json_object_with_its_traceback() -> None:
    with logged("json") as stream:
        try:
            raise ValueError("odd")
        except ValueError:
            logging.getLogger("bot").exception("it failed")
    [line] = lines(stream)
    assert "ValueError: odd" in line["exception"]


def test_people_read_a_line_with_the_request() -> None:
    with logged("text") as stream, logs.about("R-7"):
        logging.getLogger("bot").info("it waits")
    assert "it waits" in stream.getvalue()
    assert "request=R-7" in stream.getvalue()
