"""The security page: each measure in it is shown by a test that is there."""

import re
from pathlib import Path

import pytest

from bot.settings import SECRETS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The names of all tests."""
    files = (ROOT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_the_page_names_is_there(tests: set[str], name: str) -> None:
    assert name in tests


def test_every_threat_has_a_measure_and_a_test() -> None:
    rows = [
        line.split("|")[1:-1]
        for line in PAGE.split("## Threats")[1].split("##")[0].splitlines()
        if "|" in line
    ]
    assert len(rows) > 12
    for threat, measure, shown in rows[2:]:
        assert measure.strip() and "`test_" in shown, threat


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE
