"""Slack looks at the certificate with `ssl_check=1`: acknowledged, and nothing else passes that way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.slack.deliveries import Delivery
from bot.sandbox.slack.payloads import slash_command
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import playing

pytestmark = pytest.mark.regression


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "as Slack sends it"])
@pytest.mark.parametrize("body", [b"ssl_check=1&token=odd", b"token=odd&ssl_check=1", b"ssl_check=1"])
def test_it_is_acknowledged(s: Stage, body: bytes, signed: bool) -> None:
    assert s.acting.send(Delivery(body), signed=signed).status == 200


@pytest.mark.parametrize(
    "body", [b"ssl_check=0", b"ssl_check=true", b"ssl_check=1&ssl_check=1", b"ssl_check="]
)
def test_what_only_looks_like_it_has_to_be_signed(s: Stage, body: bytes) -> None:
    assert s.acting.send(Delivery(body), signed=False).status == 401


@pytest.mark.parametrize("first", [True, False])
def test_nothing_else_passes_unsigned_along_with_it(s: Stage, first: bool) -> None:
    form = slash_command(s.slack, "U0ALEX", s.slack.direct("U0ALEX").id, "/miro-access", "for Design")
    check = {"ssl_check": "1"}
    smuggled = check | form if first else form | check
    s.slack.log.clear()
    assert s.acting.send(Delivery.of_form(smuggled), signed=False).status == 401
    assert s.slack.log == []
