"""Everything that is drawn: short enough, and valid by Slack's own two descriptions of Block Kit."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.cards.layout import MOST_WORDS
from tests.bot.slack.scenes import check_valid
from tests.wording import Drawn, everything, sentences

MODULES = Path(__file__).parents[3] / "node_modules"
COMPILER, TYPES = MODULES / "typescript" / "bin" / "tsc", MODULES / "@slack" / "types"
MISSING = "NOT TESTED, Slack's types are missing: `npm install --no-save typescript@5.9.3 @slack/types@3.2.0`"
OPTIONS = {"strict": True, "noEmit": True, "skipLibCheck": True, "module": "nodenext", "types": []}


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    return everything()


@pytest.mark.thorough
def test_no_card_is_longer_than_people_read(drawn: list[Drawn]) -> None:
    cards = [one for one in drawn if one.surface == "message"]
    assert len(cards) > 200
    assert {one.name: one.words for one in cards if one.words > MOST_WORDS} == {}


@pytest.mark.thorough
def test_everything_is_valid_by_the_models_of_slacks_library(drawn: list[Drawn]) -> None:
    for one in drawn:
        check_valid(one.surface, one.payload)


@pytest.mark.thorough
def test_the_sentences_of_the_source_are_found() -> None:
    found = dict.fromkeys(text for _, text in sentences())
    assert "Nothing has changed." in found and "{ago} ago because nobody answered" not in found
    assert not any("SELECT" in text for text in found)


@pytest.mark.thorough
def test_everything_is_valid_by_slacks_types(drawn: list[Drawn], tmp_path: Path) -> None:
    complaints = compiled(drawn, tmp_path)
    assert complaints == ""


@pytest.mark.thorough
def test_slacks_types_refuse_what_slack_refuses(drawn: list[Drawn], tmp_path: Path) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Yes"}, "style": "green"}
    wrong = Drawn("message", "wrong", {"blocks": [{"type": "actions", "elements": [button]}]})
    assert "'\"green\"' is not assignable" in compiled([wrong], tmp_path)


def compiled(drawn: list[Drawn], folder: Path) -> str:
    """What the TypeScript compiler says of them as blocks and views; '' for nothing."""
    if not (COMPILER.exists() and TYPES.exists()):
        pytest.skip(MISSING)
    (folder / "node_modules").symlink_to(MODULES)
    shapes = {json.dumps(_shape(one.payload)): one for one in drawn}.values()
    lines = ['import type { KnownBlock, View } from "@slack/types";']
    for number, one in enumerate(shapes):
        payload = one.payload["blocks"] if one.surface == "message" else one.payload
        kind = "KnownBlock[]" if one.surface == "message" else "View"
        lines.append(f"/* {one.name} */ export const drawn{number}: {kind} = {json.dumps(payload)};")
    (folder / "drawn.ts").write_text("\n".join(lines))
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "files": ["drawn.ts"]}))
    call = ["node", str(COMPILER), "-p", str(folder), "--pretty", "false"]
    return subprocess.run(call, capture_output=True, text=True, timeout=120, check=False).stdout


WORDS = ("text", "value", "url", "user_id", "fallback", "private_metadata")


def _shape(value: Any) -> Any:
    """The same with every text one and the same: the types say nothing about words."""
    if isinstance(value, list):
        return [_shape(part) for part in value]
    if isinstance(value, dict):
        return {
            key: "" if key in WORDS and isinstance(part, str) else _shape(part) for key, part in value.items()
        }
    return value
