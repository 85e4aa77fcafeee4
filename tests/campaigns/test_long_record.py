"""A long record is verified nearly as fast as it is read, and takes requests as fast as a short one."""

import pytest

from tests.bench import audit


@pytest.mark.long
def test_a_record_of_100_000_entries_slows_nothing_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ENTRIES", 100_000)
    assert [row.measured for row in audit.rows() if not row.met] == []
