"""Each entry is tied to the one before it, so that a change shows."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.record.chain import GENESIS, Anchor, Entry, digest, faults
from tests.approvals.scene import STEADY


def sealed(*bodies: str, older: int = 2) -> list[Entry]:
    """A record of entries that holds; so many of them as an older program sealed them."""
    entries: list[Entry] = []
    for seq, body in enumerate(bodies, 1):
        prev = entries[-1].hash if entries else GENESIS
        format = 1 if seq <= older else 3
        entry = Entry(seq, "R-1", seq, "asked", format, "2026-03-02T09:00:00.000Z", "P-1", body, prev)
        entries.append(entry._replace(hash=entry.sealed()))
    return entries


RECORD = sealed('{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}')
WHOLE = Anchor(4, RECORD[-1].hash)


def found(entries: Sequence[Entry], *anchors: Anchor) -> list[str]:
    """The faults alone."""
    return faults(entries, anchors)[1]


def edited(n: int, **changes: Any) -> list[Entry]:
    """The record with one entry changed by hand."""
    return [one._replace(**changes) if one.seq == n else one for one in RECORD]


def test_a_whole_record_has_no_faults() -> None:
    assert faults(RECORD) == (WHOLE, [])


def test_an_empty_record_ends_in_the_beginning() -> None:
    assert faults([]) == (Anchor(0, GENESIS), [])


def test_a_seal_covers_the_digest_of_the_row_as_stored() -> None:
    entry, at = RECORD[2], "2026-03-02T09:00:00.000Z"
    inner = sha256(f'3\nR-1\n3\nasked\n3\n{at}\nP-1\n{{"n":3}}'.encode()).hexdigest()
    assert entry.inner == inner
    assert entry.hash == sha256(f"{RECORD[1].hash}{inner}".encode()).hexdigest()
    assert entry._replace(body='{ "n": 3 }').sealed() != entry.hash


def test_the_chain_is_followed_past_an_entry_by_its_digest_alone() -> None:
    """So a pack about one request shows that nothing is left out, and nothing of the others."""
    *others, last = sealed('{"n":1}', '{"n":2}', '{"n":3}', older=0)
    head = GENESIS
    for inner in [one.inner for one in others]:
        head = sha256(f"{head}{inner}".encode()).hexdigest()
    assert last.prev == head


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_no_entry_is_turned_into_one_of_the_other_kind(n: int) -> None:
    entry = RECORD[n - 1]
    for format in {1, 2, 3, 4} - {entry.format}:
        forged = entry._replace(format=format)
        assert found(edited(n, format=format)) != []
        assert found(edited(n, format=format, hash=forged.sealed()), WHOLE) != []


def test_the_seal_of_an_older_entry_covers_the_bytes_as_stored() -> None:
    entry = RECORD[1]
    text = f"2\nR-1\n2\nasked\n1\n2026-03-02T09:00:00.000Z\nP-1\n{RECORD[0].hash}\n" + '{"n":2}'
    assert entry.hash == sha256(text.encode()).hexdigest()
    assert entry._replace(body='{ "n": 2 }').sealed() != entry.hash


CHANGES: list[dict[str, Any]] = [
    {"stream": "R-2"}, {"version": 9}, {"type": "denied"}, {"format": 2},
    {"at": "2026-03-02T09:00:00.001Z"}, {"by": "P-2"}, {"body": '{"n":5}'},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_changed_column_shows(change: dict[str, Any]) -> None:
    [fault] = found(edited(2, **change))
    assert fault.startswith("entry 2 (")
    assert fault.endswith("was changed after it was written")


def test_a_changed_and_resealed_entry_shows_at_the_next() -> None:
    forged = RECORD[1]._replace(body='{"n":5}')
    forged = forged._replace(hash=forged.sealed())
    assert found([RECORD[0], forged, *RECORD[2:]]) == ["entry 3 doesn't follow the one before it"]


def test_a_missing_entry_is_named() -> None:
    told = found([RECORD[0], *RECORD[2:]])
    assert told[0] == "entry 2 is missing: the next one is numbered 3"
    assert "entry 3 doesn't follow the one before it" in told


def test_two_swapped_entries_show() -> None:
    one, two, *rest = RECORD
    swapped = [two._replace(seq=1), one._replace(seq=2), *rest]
    assert "entry 1 doesn't follow the one before it" in found(swapped)
    assert "entry 2 doesn't follow the one before it" in found(swapped)


def test_a_cut_tail_shows_with_an_anchor_only() -> None:
    assert found(RECORD[:3]) == []
    told = found(RECORD[:3], WHOLE)
    assert told == ["the record ends at 3, but an anchor saw 4 entries: its end was cut"]


def test_a_record_computed_anew_shows_with_an_anchor_only() -> None:
    forged = sealed('{"n":1}', '{"n":20}', '{"n":3}', '{"n":4}')
    assert found(forged) == []
    assert found(forged, WHOLE) == ["entry 4 isn't the one the anchor saw: the record was written anew"]


def test_an_anchor_holds_while_the_record_grows() -> None:
    early = Anchor(2, RECORD[1].hash)
    assert found(RECORD, early, WHOLE) == []


def test_an_anchor_of_the_empty_record_holds_too() -> None:
    before, _ = faults([])
    assert found(RECORD, before) == []


def test_an_anchor_reads_as_it_is_printed() -> None:
    assert Anchor.read(str(WHOLE)) == WHOLE


SEAL = "ab" * 32
NO_ANCHORS = [
    "", "4", "4:", f"four:{SEAL}", f"-4:{SEAL}", f"+4:{SEAL}", f"4:{SEAL[1:]}", f"4:{SEAL}0", f"0:{SEAL}",
    f"04:{SEAL}", f"4_0:{SEAL}", f"\N{ARABIC-INDIC DIGIT FOUR}:{SEAL}", f"4:{'xy' * 32}", f"4:{SEAL.upper()}",
    f" 4:{SEAL}", f"4:{SEAL}\n", f"4 :{SEAL}", f"4: {SEAL}", f"4:{SEAL}:4", f"{'9' * 5000}:{SEAL}",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_ANCHORS, ids=lambda text: repr(text[:12]))
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Use COUNT:HASH") as told:
        Anchor.read(text)
    assert len(str(told.value)) < 200


def test_of_two_anchors_of_one_length_each_counts() -> None:
    forged = Anchor(4, "0" * 64)
    for anchors in ((WHOLE, forged), (forged, WHOLE)):
        assert found(RECORD, *anchors) == [
            "entry 4 isn't the one the anchor saw: the record was written anew"
        ]


def test_the_same_word_has_another_digest_each_time() -> None:
    assert digest("a", "Ada") != digest("b", "Ada")
    assert digest("a", "Ada") == sha256(b"a\nAda").hexdigest()


@STEADY
@given(st.integers(0, 3), st.sampled_from(["stream", "type", "at", "by", "body", "prev", "hash"]), st.text())
def test_any_text_put_into_any_column_shows(n: int, column: str, text: str) -> None:
    change: dict[str, Any] = {column: text}
    forged = edited(n + 1, **change)
    assert bool(found(forged, WHOLE)) == (forged != RECORD)
