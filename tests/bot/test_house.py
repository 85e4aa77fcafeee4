"""Rules of the house that no other tool looks after."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from approvals import states
from bot.slack import manifest

ROOT = Path(states.__file__).parents[1]
MODULES = sorted([*ROOT.glob("approvals/**/*.py"), *ROOT.glob("bot/**/*.py")])
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its length in lines, docstring and decorators left out."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                yield f"{path.name}:{node.name}", (node.end_lineno or 0) - first.lineno + 2


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    said = ast.get_docstring(tree(path))
    assert said, "no docstring"
    first = said.splitlines()[0]
    assert first.endswith(".") and len(first.split()) >= 3


def test_no_class_is_called_after_nothing() -> None:
    vague = re.compile(r"(Manager|Handler|Helper|Utils?|Service)$")
    found = [
        f"{path.name}: {node.name}"
        for path in MODULES
        if path.name not in ("entries.py", "refusals.py")  # there a manager is somebody's
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and vague.search(node.name)
    ]
    assert found == []


def test_nine_functions_in_ten_have_at_most_25_lines() -> None:
    lengths = sorted(length for _, length in functions())
    assert len(lengths) > 500
    assert lengths[len(lengths) * 9 // 10] <= 25


def test_no_function_fills_more_than_a_screen() -> None:
    assert [name for name, length in functions() if length > 60] == []


def test_nothing_but_the_sandbox_is_told_to_print() -> None:
    printing = [
        name
        for name, path in zip(NAMES, MODULES, strict=True)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert {name for name in printing if "sandbox" not in name} <= {"bot/slack/manifest.py"}


def test_readme_shows_the_state_machine_as_it_is() -> None:
    assert states.mermaid() in (ROOT / "docs" / "states.md").read_text(encoding="utf-8")


def test_the_manifest_is_what_the_actions_say() -> None:
    assert (ROOT / "manifest.yml").read_text(encoding="utf-8") == manifest.text()


def test_the_manifest_keeps_slacks_limits() -> None:
    whole = manifest.manifest()
    assert len(whole["display_information"]["name"]) <= 35
    assert len(whole["display_information"]["description"]) <= 140
    commands = whole["features"]["slash_commands"]
    assert len(commands) <= 50
    for one in commands:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", one["command"])
        assert len(one["description"]) <= 2000 and len(one["usage_hint"]) <= 1000
        assert one["should_escape"] is True
    names = [one["command"] for one in commands]
    assert len(names) == len(set(names))
    shortcuts = whole["features"]["shortcuts"]
    assert len(shortcuts) <= 10
    for one in shortcuts:
        assert one["type"] in ("global", "message")
        assert len(one["name"]) <= 24 and len(one["description"]) <= 150 and len(one["callback_id"]) <= 255
    assert {one["callback_id"]: one["type"] for one in shortcuts} == {
        "ask-anything": "global",
        "make-request": "message",
    }


def test_an_optional_scope_can_be_declined_and_no_other() -> None:
    scopes = manifest.manifest()["oauth_config"]["scopes"]
    assert scopes["bot_optional"] == ["usergroups:read", "users.profile:read", "files:read", "files:write"]
    assert scopes["bot"] == [*manifest.SCOPES, *scopes["bot_optional"]]
    assert len(set(scopes["bot"])) == len(scopes["bot"]) <= 255
    assert all({**manifest.SCOPES, **manifest.OPTIONAL_SCOPES}.values()), "each has its reason"
