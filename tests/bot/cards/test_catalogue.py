"""Each code of the record has a sentence, and nothing that was forgotten breaks one."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from approvals.sentence import Sentence, body, read, words
from bot.cards.catalogue import SENTENCES, written
from bot.miro.errors import Trouble
from bot.miro.wording import WORDINGS, Words
from bot.work.outcome import REMEDIES
from tests.bot.miro.examples import EXAMPLES, Example

PLACES = re.compile(r"{(\w+)(?::(\w+))?}")


def codes_in(function: ast.AST) -> Iterator[str]:
    """The codes that a function may put into the record: "*" for each part that isn't known before."""
    values = defaultdict[str, list[ast.expr]](list)
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id].append(node.value)
    for call in ast.walk(function):
        if not isinstance(call, ast.Call) or (name := ast.unparse(call.func)) not in MAKERS or not call.args:
            continue
        code = call.args[MAKERS[name] % len(call.args)]
        for value in values[code.id] if isinstance(code, ast.Name) else [code]:
            yield from texts(value)


def texts(code: ast.expr) -> Iterator[str]:
    """The texts that an expression may have; none for a name that a caller gives."""
    match code:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one), *texts(other))
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)


MAKERS = {"Sentence": 0, "Sentence.of": 0, "sentence": 0, "Stopped": 1}
"""{what makes a sentence: the position of its code}."""
OPEN = {
    "trouble-*": {f"trouble-{kind}" for kind in Trouble},
    "*-halfway": {f"{code}-halfway" for code in ("asker-left", "asker-outside", "subject-left")},
    "*.*": set(),  # a form of what is there already
    "*-approved": {"slack-away-approved", "waits-approved"},
}
"""{a code with a part that isn't known before: the codes that it stands for}."""


def test_every_code_that_can_come_into_the_record_has_a_sentence() -> None:
    files = [path for room in ("approvals", "bot") for path in Path(room).rglob("*.py")]
    sources = [ast.parse(path.read_text()) for path in files]
    functions = (node for source in sources for node in ast.walk(source) if isinstance(node, ast.FunctionDef))
    codes = {code for part in (*sources, *functions) for code in codes_in(part)}
    assert {"gone", "needless", "never-learned", "waits", "leave-boards", "remedy-see", *OPEN} <= codes
    codes = set[str]().union(*(OPEN.get(code, {code}) for code in codes), REMEDIES.values())
    assert codes - SENTENCES.keys() - WORDINGS.keys() == set()


@pytest.mark.parametrize("code", ["remedy-of-next-year", "dance.did"])
def test_a_code_of_another_version_is_shown_as_what_it_is(code: str) -> None:
    assert written(Sentence.of(code, who="P-1"), str) == f"({code}: this version has no text for it)"


def test_codes_that_no_longer_arise_stay_for_old_entries() -> None:
    assert "remedy-for-real" in SENTENCES


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_what_is_filled_in_stands_in_the_sentence(code: str) -> None:
    places = PLACES.findall(SENTENCES[code])
    values = {name: ["P-1"] if spec in ("people", "were") else "P-1" for name, spec in places}
    text = written(Sentence(code, values), lambda id: f"<{id}>")
    assert "{" not in text and text.count("P-1") >= len({*values})
    assert written(Sentence(code), str).count("(missing)") == len(
        [spec for _, spec in places if spec != "team"]
    )


@pytest.mark.parametrize("form", [*(field.name for field in fields(Words)), "unsure"])
@pytest.mark.parametrize("one", EXAMPLES, ids=str)
def test_a_change_reads_from_the_record_as_it_was_meant(one: Example, form: str) -> None:
    kept = Sentence.read(json.loads(json.dumps(one.goal.change.form(form).stored)))
    assert written(kept, str) == one.goal.words.form(form)


def test_a_change_can_be_said_inside_a_sentence() -> None:
    aim = Sentence.of("join", group="Design").form("aim").stored
    said = written(Sentence.of("never-shown", aim=aim), str)
    assert said == "Miro accepted the call to join Design, but doesn't show the change."
    assert "the call to go, but" in written(Sentence.of("never-shown", aim="go"), str), "as it once was kept"


def test_no_sentence_is_no_text() -> None:
    assert written(None, str) == ""


def test_the_reader_among_others_is_spoken_to_in_the_plural() -> None:
    one, two = (Sentence.of("asked-instead", people=ids) for ids in (["P-1"], ["P-1", "P-2"]))
    names = {"P-1": "you", "P-2": "Bo"}
    assert written(one, lambda id: names[id]) == "You were asked instead."
    assert written(two, lambda id: names[id]) == "You and Bo were asked instead."
    assert written(one, lambda id: "Ada") == "Ada was asked instead."


def test_the_chain_holds_codes_and_the_side_table_what_is_personal() -> None:
    said = {
        "text": Sentence.of("miro-said", words="ada@example.com is out"),
        "remedy": Sentence("remedy-license"),
    }
    assert body(**said) == {"text": "miro-said", "remedy": "remedy-license"}
    assert "ada@" in words(**said)["values"] and set(words(**said)) == {"values"}
    assert written(read(body(**said), words(**said), "text"), str) == 'Miro said: "ada@example.com is out."'


def test_a_text_of_an_older_entry_is_shown_as_it_is() -> None:
    older = read({}, {"text": "it is so already"}, "text")
    assert older == Sentence.verbatim("it is so already")
    assert written(older, str) == "it is so already"
    assert written(read({}, {"text": None}, "text"), str) == "(missing)"
    assert read({}, {}, "text") is None
