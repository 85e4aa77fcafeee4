"""Records at little cost: to make one takes longer than most tests do with it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from approvals.record.opening import make_private
from approvals.record.store import Store


def empty(path: Path) -> None:
    """Makes an empty record."""
    Store(path).close()


def fresh(path: Path, make: Callable[[Path], None] = empty) -> Path:
    """Puts a record as `make` makes it where none is; returns its place."""
    if not path.exists():
        make_private(path)
        path.write_bytes(_made(make))
    return path


@cache
def _made(make: Callable[[Path], None]) -> bytes:
    """The file of a record, made once."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        make(path)
        return path.read_bytes()
