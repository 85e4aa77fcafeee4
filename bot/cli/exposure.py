"""Who else on this machine may read or change the files that the bot lives by."""

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
"""Files beside the record that hold a part of it; SQLite takes up whatever it finds under these names."""


def exposed_record(record: Location) -> str:
    """Why no bot should run on a record: others may read or write it. '' where they may not."""
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
    """A sentence for each other file or folder that others may read or change though they needn't."""
    return [*secrets(settings), *policy(settings.policy), *owner(settings.database), *folders(settings)]


def secrets(settings: Settings) -> Iterator[str]:
    """Files of secrets that others may read; mounted ones often can't be closed."""
    for name, path in settings.secret_files.items():
        if _mode(path) & OTHERS_READ:
            yield f"Others on this machine can read {path} ({name}_FILE). If possible: chmod 600 {path}"


def policy(policy: Path) -> Iterator[str]:
    """A policy that others may change."""
    if _mode(policy) & OTHERS_WRITE:
        yield (
            f"Others on this machine can change the policy {policy} ({_shown(policy)}), and so who approves. "
            f"Fix it: chmod go-w {policy}"
        )


def owner(record: Location) -> Iterator[str]:
    """A file of another user is in that user's hands; those of root are anyway."""
    if isinstance(record, Server):
        return
    for file in (record, *(beside(record, ending) for ending in (*BESIDE, ".lock"))):
        with suppress(OSError):  # there is none
            if (number := file.stat().st_uid) not in (os.geteuid(), 0):
                yield f"{file} belongs to another user (uid {number}), who can read and change it."


def folders(settings: Settings) -> Iterator[str]:
    """A file in a folder that others may write to can be replaced, whatever its own mode."""
    record = [settings.database] if isinstance(settings.database, Path) else []
    files = [*record, settings.policy, *settings.secret_files.values()]
    for folder in sorted({file.resolve().parent for file in files}):
        # In a sticky folder, as /tmp is, nobody replaces what belongs to somebody else.
        if _mode(folder) & OTHERS_WRITE and not _mode(folder) & stat.S_ISVTX:
            yield f"Others on this machine can replace files in {folder}. Fix it: chmod go-w {folder}"


def _mode(path: Path) -> int:
    """Type and permissions of what a path leads to; 0 where nothing can be looked at."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _shown(path: Path) -> str:
    return f"mode {stat.S_IMODE(_mode(path)):04o}"
