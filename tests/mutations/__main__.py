"""Puts each fault into a copy of the tree and plays the tests that have to find it.

`python -m tests.mutations [--at-once N] [WORD…]`: those whose name or file has one of the words, or all.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutations.catalogue import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
PARTS = ("approvals", "bot", "tests", "docs", "README.md", "manifest.yml", "pyproject.toml")
FAILED = 1
"""pytest's exit status for tests that failed; 0 is for none, and others for what it couldn't play."""


def copied(folder: Path) -> Path:
    """The tree once more, without what tests don't read."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "screens")
            )
        else:
            shutil.copyfile(ROOT / part, folder / part)
    return folder


def played(tree: Path, tests: Sequence[str]) -> int:
    """The exit status of tests on a tree."""
    command = [sys.executable, "-m", "pytest", "-qx", "--no-header", *tests]
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=tree, env=environment, stdout=quiet, stderr=quiet, check=False
    ).returncode


def verdict(mutation: Mutation) -> str:
    """'killed', 'SURVIVED', or what else pytest made of it."""
    with TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        file = tree / mutation.path
        file.write_text(
            file.read_text(encoding="utf-8").replace(mutation.old, mutation.new), encoding="utf-8"
        )
        status = played(tree, mutation.tests)
    return {0: "SURVIVED", FAILED: "killed"}.get(status, f"BROKEN: pytest ended with {status}")


def main() -> int:
    """1 if any survived, or if the tests fail without a fault as well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--at-once", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    wanted = [
        one
        for one in MUTATIONS
        if not asked.words or any(word in f"{one.name} {one.path}" for word in asked.words)
    ]
    with TemporaryDirectory() as folder:
        if played(copied(Path(folder)), sorted({test for one in wanted for test in one.tests})):
            sys.exit("the tests fail without any fault, so they prove nothing")
    with ThreadPoolExecutor(asked.at_once) as threads:
        verdicts = dict(zip(wanted, threads.map(verdict, wanted), strict=True))
    for mutation, said in verdicts.items():
        print(f"{said:9} {mutation.path}: {mutation.name}")
    left = [said for said in verdicts.values() if said != "killed"]
    print(f"{len(verdicts) - len(left)} of {len(verdicts)} killed")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
