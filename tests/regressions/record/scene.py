"""A record in which something happened, and everything there is to know of the files of its folder."""

from datetime import timedelta
from pathlib import Path

from approvals.record.store import Store
from bot.sandbox.stage import POLICY
from tests.approvals.scene import START, asked, met, planned


def lived(folder: Path) -> Path:
    """A record with a policy in force, known people and a request that waits; nobody has it open."""
    store = written(folder)
    store.close()
    return store.path


def written(folder: Path) -> Store:
    """The same, still open: what happened last is in the write-ahead log alone."""
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    store = Store(folder / "record.db", lambda: START)
    met(store)
    policy = store.take_policy(POLICY)
    ada, bo = (store.people.meet(email=f"{name}@example.com").id for name in ("ada", "bo"))
    request = store.ask(asked(ada, policy=policy))
    store.append(request, [planned(START + timedelta(days=1), policy=policy, approvers=[bo])])
    return store


File = tuple[bytes, int, int, int]


def files(folder: Path) -> dict[str, File]:
    """Each file: its content, when it was changed, its mode, and which one it is."""
    found = {}
    for path in sorted(folder.iterdir()):
        stat = path.stat()
        found[path.name] = (path.read_bytes(), stat.st_mtime_ns, stat.st_mode, stat.st_ino)
    return found
