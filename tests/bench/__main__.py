"""`python -m tests.bench [PART …]`: prints what was measured; exit status 1 when a figure is missed."""

import os
import platform
import sys
import traceback
from collections.abc import Callable

import pytest

from tests.bench import (
    audit,
    bulk,
    burst,
    calls,
    clicks,
    drawings,
    home,
    indexes,
    kills,
    lives,
    memory,
    policy,
    pushes,
    quota,
    replicas,
    starting,
    throughput,
    tiers,
    tls,
    whole,
)
from tests.bench.table import Row, markdown

HEAD = ("What", "Measured", "Figure", "Met")


def _calls() -> list[Row]:
    found = calls.measured()
    print(markdown(calls.HEAD, [one.cells() for one in found]), end="\n\n", flush=True)
    return [calls.row(found)]


def _lives() -> list[Row]:
    counts = lives.measured()
    print(markdown(lives.HEAD, lives.cells(counts)), end="\n\n", flush=True)
    return [lives.row(counts)]


PARTS: dict[str, Callable[[], list[Row]]] = {
    "starting": starting.rows,
    "audit": audit.rows,
    "bulk": bulk.rows,
    "burst": burst.rows,
    "clicks": clicks.rows,
    "calls": _calls,
    "drawings": drawings.rows,
    "home": home.rows,
    "indexes": indexes.rows,
    "policy": policy.rows,
    "pushes": pushes.rows,
    "tls": tls.rows,
    "tiers": tiers.rows,
    "quota": quota.rows,
    "kills": kills.rows,
    "replicas": replicas.rows,
    "throughput": throughput.rows,
    "lives": _lives,
    "whole": whole.rows,
    "memory": memory.rows,
}


def _measured(name: str) -> list[Row]:
    """The rows of a part; one that can't be measured is a missed figure, and the others are printed."""
    try:
        return PARTS[name]()
    except (Exception, pytest.skip.Exception) as error:  # skipped: there is no server
        traceback.print_exc()
        return [Row(name, f"could not be measured: {error!r}", "measured", False)]


def main(names: list[str]) -> int:
    """Measures the parts that are named, or all of them."""
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
        return 2
    system = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}"
    print(f"{system}, load {os.getloadavg()[0]:.1f} at the start. Medians where there are rounds.\n")
    rows: list[Row] = []
    for name in names or PARTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += _measured(name)
    print(markdown(HEAD, [one.cells() for one in rows]))
    return 0 if all(one.met for one in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
