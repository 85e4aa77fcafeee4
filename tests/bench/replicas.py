"""Three bots on one PostgreSQL, one of them killed every second, and five hundred requests."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.table import Row
from tests.campaigns.replicas import campaign

COUNT = int(os.environ.get("REPLICA_REQUESTS", "500"))
BOTS = 3
KILLED_FOR, EACH = 60.0, 1.0
"""Seconds in which bots are killed, and between two kills."""
PATIENCE = 3600.0


def rows() -> list[Row]:
    """One run; it needs the server that MIRO_BOT_TEST_POSTGRES names."""
    with TemporaryDirectory() as folder, campaign(Path(folder), COUNT, BOTS) as replicas:
        outcome = replicas.run(KILLED_FOR, EACH, PATIENCE)
    what = f"{BOTS} bots on one PostgreSQL, one killed (SIGKILL) every second for {KILLED_FOR:.0f} s"
    wrong = f"; wrong: {'; '.join(outcome.wrong[:3])}" if outcome.wrong else ""
    figure = "all finished, nothing changed twice, taken over within lease and poll"
    return [Row(what, f"{outcome}{wrong}", figure, not outcome.wrong)]
