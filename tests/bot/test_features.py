"""The page of features and the tests named after its rows are held equal."""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "features.md"
PLAYED = sorted((ROOT / "tests" / "bot" / "journeys").glob("test_features_*.py"))
LITTLE = {"in", "on", "the", "of", "a", "am", "i"}


def rows() -> list[tuple[str, str, str]]:
    """Each row of the page: what, whether, and its test or the reason."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    split = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    assert all(len(cells) == 3 for cells in split), split
    return [(what, here, why) for what, here, why in split if what != "row"]


def played() -> list[str]:
    """The names of the tests, as they stand in their files."""
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in PLAYED]
    functions = [node for module in modules for node in module.body if isinstance(node, ast.FunctionDef)]
    return [one.name for one in functions if one.name.startswith("test_")]


def test_every_yes_names_one_test_and_every_test_has_its_row() -> None:
    named = [why.strip("`") for _, here, why in rows() if here == "yes"]
    assert Counter(named) == Counter(played())
    assert max(Counter(named).values()) == 1


def test_a_test_is_named_after_its_row() -> None:
    for what, here, why in rows():
        if here == "yes":
            words = set(re.findall(r"[a-z]+", what.lower())) - LITTLE
            assert words <= set(why.strip("`").split("_")), what


def test_what_is_declined_has_a_reason_of_one_sentence() -> None:
    declined = {what: why for what, here, why in rows() if here != "yes"}
    assert {here for _, here, _ in rows()} == {"yes", "declined"}
    assert all(re.fullmatch(r"[A-Z][^.`]{30,}\.", why) for why in declined.values()), declined


def test_no_row_stands_on_the_page_twice() -> None:
    assert max(Counter(what for what, _, _ in rows()).values()) == 1
