"""No failure of the list is without its test, and no test is without its place in the list."""

import ast
from pathlib import Path

from tests.bot.failures.names import NAMES


def found_here() -> list[str]:
    """The names of all test functions of this package but those of this module."""
    others = (Path(__file__).name, "test_matrix.py")  # that one walks every fault at every write
    modules = [one for one in sorted(Path(__file__).parent.glob("test_*.py")) if one.name not in others]
    bodies = [ast.parse(one.read_text(encoding="utf-8")).body for one in modules]
    found = [one.name for body in bodies for one in body if isinstance(one, ast.FunctionDef)]
    return [name.removeprefix("test_") for name in found if name.startswith("test_")]


def test_every_failure_has_one_test_of_its_name() -> None:
    assert sorted(found_here()) == sorted(NAMES)
