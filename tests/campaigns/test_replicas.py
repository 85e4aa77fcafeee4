"""Bots that share a record and are killed again and again lose nothing, and do nothing twice."""

from pathlib import Path

import pytest

from tests.approvals.scene import need
from tests.campaigns.replicas import campaign


@pytest.mark.long
def test_requests_are_finished_once_whatever_dies(tmp_path: Path) -> None:
    need("postgres")
    with campaign(tmp_path, 30) as replicas:
        outcome = replicas.run(15)
    assert outcome.wrong == []
    assert outcome.kills >= 3
