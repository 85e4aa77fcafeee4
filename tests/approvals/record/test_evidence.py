"""An evidence pack in the hands of an auditor who has Python and nothing of ours."""

import json
import shutil
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from approvals.decide.decide import deny
from approvals.decide.streams.forgetting import STRUCTURED
from approvals.people import Standing
from approvals.record.chain import Entry
from approvals.record.evidence import check, pack
from tests.approvals.scene import Scene


@pytest.fixture
def packed(scene: Scene, tmp_path: Path) -> Path:
    """The pack about R-1, which Cy denied, from a record that goes on with R-2."""
    request = scene.waiting()
    scene.store.append(request, deny(request, scene.who("cy"), "not now", scene.table))
    scene.waiting(subject="bo")
    return written(scene, tmp_path)


def written(scene: Scene, folder: Path) -> Path:
    """The pack about the oldest request."""
    target = folder / "pack"
    target.mkdir()
    *_, first = scene.store.requests()
    pack.write(scene.store, [first], [("R-1: <b>", ["Cy said no"])], target)
    return target


def checked(pack: Path, *anchors: str) -> tuple[int, str]:
    """What the checker in the pack says, run by a Python that sees no package of ours."""
    done = subprocess.run(
        [sys.executable, "-I", str(pack / "check.py"), *anchors], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def resealed(pack: Path) -> None:
    """A forger lists the files anew."""
    sums = pack / "files.sha256"
    names = [line.split("  ", 1)[1] for line in sums.read_text().splitlines()]
    sums.write_text("".join(f"{sha256((pack / name).read_bytes()).hexdigest()}  {name}\n" for name in names))


def test_a_pack_holds_against_the_anchor_of_the_record(scene: Scene, packed: Path) -> None:
    status, said = checked(packed, str(scene.store.head()))
    assert status == 0
    assert (
        f"4 entries of policy (1), R-1 (3), in a record of which the newest entry is {scene.store.head()}"
        in said
    )


def test_one_changed_byte_is_found_wherever_it_is(packed: Path, tmp_path: Path) -> None:
    names = [path.relative_to(packed) for path in packed.rglob("*") if path.is_file()]
    assert len(names) == 6
    for name in names:
        if name.name == "check.py":
            continue  # a checker that was changed says what its forger wants: compare its digest instead
        copy = tmp_path / "copy"
        shutil.copytree(packed, copy)
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
        assert checked(copy)[0] == 1, name
        shutil.rmtree(copy)


def test_a_changed_word_is_found_when_the_files_are_listed_anew(packed: Path) -> None:
    chain = packed / "chain.jsonl"
    chain.write_text(chain.read_text().replace("not now", "by all means"))
    resealed(packed)
    status, said = checked(packed)
    assert status == 1
    assert "the word text was changed" in said


def test_a_chain_that_was_computed_anew_is_found_by_the_anchor(scene: Scene, packed: Path) -> None:
    chain = packed / "chain.jsonl"
    *before, last = chain.read_text().splitlines()
    forged = json.dumps(sha256(b"another").hexdigest())
    assert last != forged
    chain.write_text("\n".join([*before, forged]) + "\n")
    resealed(packed)
    assert checked(packed)[0] == 0  # nothing in the pack can show it
    assert checked(packed, str(scene.store.head()))[0] == 1


def altered(pack: Path, number: int, words: bool) -> None:
    """A forger takes an entry out of the pack but for its digest, or with `words` only its words."""
    lines = (pack / "chain.jsonl").read_text().splitlines()
    entry = json.loads(lines[number - 1])
    inner = Entry(*(entry[name] for name in Entry._fields)).inner
    lines[number - 1] = json.dumps(entry | {"words": {}} if words else inner)
    (pack / "chain.jsonl").write_text("\n".join(lines) + "\n")
    resealed(pack)


@pytest.mark.regression
def test_an_entry_taken_out_between_others_is_found(scene: Scene, packed: Path) -> None:
    altered(packed, 3, words=False)
    status, output = checked(packed, str(scene.store.head()))
    assert status == 1
    assert "FAULT: R-1: the pack holds its entries 1, 3" in output


@pytest.mark.regression
def test_words_taken_out_of_an_entry_are_found(scene: Scene, packed: Path) -> None:
    altered(packed, 4, words=True)
    status, output = checked(packed, str(scene.store.head()))
    assert status == 1
    assert "FAULT: entry 4: its text isn't in the pack" in output


@pytest.mark.regression
def test_words_that_the_record_forgot_are_listed_and_no_fault(scene: Scene, tmp_path: Path) -> None:
    request = scene.waiting(subject="eve")
    scene.store.append(request, deny(request, scene.who("cy"), "not now", scene.table))
    scene.looked_at("eve", Standing.LEFT)
    scene.store.forgetting.person([scene.person("eve")], scene.who("ida"))
    scene.store.forgetting.texts(scene.clock.now() + timedelta(days=1))
    status, output = checked(written(scene, tmp_path), str(scene.store.head()))
    assert "FORGOTTEN: entry 4: its text isn't in the pack" in output
    assert (status, "FAULT" in output) == (0, False)


def test_the_checker_knows_the_words_that_stay() -> None:
    assert check.STRUCTURED == STRUCTURED


def test_what_others_asked_for_stays_out(packed: Path) -> None:
    lines = [json.loads(line) for line in (packed / "chain.jsonl").read_text().splitlines()]
    assert {line["stream"] for line in lines if isinstance(line, dict)} == {"policy", "R-1"}
    assert [isinstance(line, str) for line in lines[-2:]] == [True, True]


def test_another_policy_in_the_pack_is_found(packed: Path) -> None:
    [policy] = (packed / "policies").iterdir()
    policy.write_text(policy.read_text() + "# harmless\n")
    resealed(packed)
    assert "its text was changed" in checked(packed)[1]


def test_a_page_for_people_shows_words_as_words(packed: Path) -> None:
    page = (packed / "report.html").read_text()
    assert "R-1: &lt;b&gt;" in page
    assert "Cy said no" in page
