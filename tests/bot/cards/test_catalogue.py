"""Each code of the record has a sentence, and nothing that was forgotten breaks one."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from approvals.sentence import Sentence, body, read, words
from bot.cards.catalogue import SENTENCES, written
from bot.miro.wording import WORDINGS, Words
from bot.work.outcome import REMEDIES
from tests.bot.miro.examples import EXAMPLES, Example

CODE = re.compile(r'Sentence(?:\.of)?\("([a-z][a-z-]+)"|"(remedy-[a-z-]+)"')
PLACES = re.compile(r"{(\w+)(?::(\w+))?}")


def test_every_code_in_the_source_has_a_sentence() -> None:
    source = [path.read_text() for room in ("approvals", "bot") for path in Path(room).rglob("*.py")]
    codes = {code or remedy for text in source for code, remedy in CODE.findall(text)}
    assert {"gone", "needless", "never-shown", "remedy-see"} <= codes
    assert codes - SENTENCES.keys() - WORDINGS.keys() == set()
    assert set(REMEDIES.values()) <= SENTENCES.keys()


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
