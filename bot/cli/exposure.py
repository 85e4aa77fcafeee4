"""Checks whether other users of this machine can read or change the bot's files."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from approvals.record.database import Location, Server
from approvals.record.opening import UNMOVED, beside
from bot.settings import Settings

OTHERS_READ, OTHERS_WRITE = 0o066, 0o022
"""Permissions of group and others: to read or write; to write."""
BESIDE = (*UNMOVED, "-shm")
"""Files beside the record that are a part of it; SQLite reads any files with these names."""


def exposed_record(record: Location) -> str:
    """Why no bot should run on a record that others can read or write; '' if they can't."""
    if isinstance(record, Server):
        return ""
    files = [record.resolve(), *(beside(record, ending) for ending in BESIDE)]
    exposed = [file for file in files if _mode(file) & OTHERS_READ]
    if not exposed:
        return ""
    return (
        f"Others on this machine can open {exposed[0]} ({_shown(exposed[0])}), which holds personal data. "
        f"The bot doesn't run like that. Fix it: chmod 600 {' '.join(map(str, exposed))}"
    )


def exposures(settings: Settings) -> list[str]:
    """A sentence for each other file or folder that others can needlessly read or change."""
    return [*secrets(settings), *policy(settings.policy), *owner(settings.database), *folders(settings)]


def secrets(settings: Settings) -> Iterator[str]:
    """Sentences about secret files that others can read; mounted ones often can't be changed."""
    for name, path in settings.secret_files.items():
        if _mode(path) & OTHERS_READ and not path.is_dir():
            yield f"Others on this machine can read {path} ({name}_FILE). If possible: chmod 600 {path}"


def policy(policy: Path) -> Iterator[str]:
    """A sentence about a policy that others can change."""
    if _mode(policy) & OTHERS_WRITE and not policy.is_dir():
        yield (
            f"Others on this machine can change the policy {policy} ({_shown(policy)}), and so who approves. "
            f"Fix it: chmod go-w {policy}"
        )


def owner(record: Location) -> Iterator[str]:
    """Sentences about files of another user (other than root), who can change them."""
    if isinstance(record, Server):
        return
    for file in (record, *(beside(record, ending) for ending in (*BESIDE, ".lock"))):
        with suppress(OSError):  # there is none
            if (number := file.stat().st_uid) not in (os.geteuid(), 0):
                problem = f"{file} belongs to another user (uid {number}), who can read and change it."
                yield f"{problem} Fix it: chown {os.geteuid()} {file}"


def folders(settings: Settings) -> Iterator[str]:
    """Sentences about folders that others can write to, so that they can replace files in them."""
    record = [settings.database] if isinstance(settings.database, Path) else []
    files = [*record, settings.policy, *settings.secret_files.values()]
    for folder in sorted({file.resolve().parent for file in files}):
        # In a sticky folder like /tmp nobody can replace other users' files.
        if _mode(folder) & OTHERS_WRITE and not _mode(folder) & stat.S_ISVTX:
            yield f"Others on this machine can replace files in {folder}. Fix it: chmod go-w {folder}"


def _mode(path: Path) -> int:
    """Type and permissions of a path; 0 if it can't be read."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _shown(path: Path) -> str:
    return f"mode {stat.S_IMODE(_mode(path)):04o}"
