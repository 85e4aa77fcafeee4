"""The page about the architecture names what there is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"\b(?:approvals|bot|tests|docs)/(?:[\w/.]*[\w/])?", TEXT)))
FOLDERS = sorted(
    {
        f"{path.parent.relative_to(ROOT)}/"
        for part in ("approvals", "bot")
        for path in (ROOT / part).rglob("*.py")
    }
)


@pytest.mark.parametrize("path", PATHS)
def test_what_the_page_names_is_there(path: str) -> None:
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_page_names_every_folder(folder: str) -> None:
    assert folder in PATHS


def test_the_page_is_one_page() -> None:
    assert len(TEXT.splitlines()) <= 100


def test_every_test_is_played_by_readmes_command_or_by_the_second_step_of_ci() -> None:
    [second] = re.findall(r'pytest -n auto -m "(.+)" --hyp', (ROOT / ".ci/run").read_text(encoding="utf-8"))
    assert f"addopts = \"-q --strict-markers -m 'not ({second})' " in PROJECT
