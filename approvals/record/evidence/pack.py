"""An evidence pack: the entries of some requests in full, and of all others only what the chain needs.

The files of a pack:

    check.py           checks all of it with Python alone
    start.json         [number, hash]: of the first entry in chain.jsonl, and of the entry before it
    chain.jsonl        one line an entry up to the newest: an object with words (salt, text) for evidence,
                       else its digest alone (in formats 1 and 2 the row without its words)
    policies/HASH.toml the policies by which it was decided
    report.html        the same for people
    files.sha256       what `sha256sum -c` reads
"""

import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain, dropwhile
from pathlib import Path
from typing import Any

from approvals.decide.streams.forgetting import FORGOTTEN
from approvals.decide.streams.reviews import Review
from approvals.record.chain import IN_FORCE, INNER_FROM, Sealed
from approvals.record.evidence import check
from approvals.record.store import Store
from approvals.request import Request

Section = tuple[str, Sequence[str]]
"""A heading, and lines below it."""


def write(
    store: Store, requests: Sequence[Request | Review], report: Iterable[Section], folder: Path
) -> None:
    """Fills an empty folder with the evidence about some requests and access reviews.

    The caller holds the record still. `report`: what people read, one section each. The newest entry is
    as of now, so that an anchor printed later finds the pack in the record.
    """
    streams = {str(request.id) for request in requests}
    hashes = {event.body.get("policy", "") for id in sorted(streams) for event in store.events(id)} - {""}
    (folder / "check.py").write_bytes(Path(check.__file__).read_bytes())
    (folder / "policies").mkdir()
    for hash in sorted(hashes):
        (folder / "policies" / f"{hash}.toml").write_bytes(store.policy(hash).encode())
    is_evidence = partial(_is_evidence, streams=streams, hashes=hashes)
    entries = dropwhile(lambda sealed: not is_evidence(sealed), store.sealed())
    first = next(entries)
    with (folder / "chain.jsonl").open("w", encoding="utf-8") as lines:
        for sealed in chain([first], entries):
            lines.write(json.dumps(_line(sealed, is_evidence(sealed)), ensure_ascii=False) + "\n")
    start = [first.entry.seq, first.entry.prev]
    (folder / "start.json").write_text(json.dumps(start), encoding="utf-8")
    (folder / "report.html").write_text(_page(report), encoding="utf-8")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files
    )
    (folder / "files.sha256").write_text("".join(sums), encoding="utf-8")


def _is_evidence(sealed: Sealed, streams: set[str], hashes: set[str]) -> bool:
    """Whether an entry is about one of the requests, or says since when their policy is in force, or which
    words were forgotten."""
    came_into_force = sealed.entry.type == IN_FORCE and sealed.body.get("hash") in hashes
    return came_into_force or sealed.entry.type == FORGOTTEN or sealed.entry.stream in streams


def _line(sealed: Sealed, is_evidence: bool) -> str | dict[str, Any]:
    entry = sealed.entry
    if is_evidence:
        return entry._asdict() | {"words": sealed.words}
    return entry.inner if entry.format >= INNER_FROM else entry._asdict()


def _page(report: Iterable[Section]) -> str:
    """A page for people: without scripts, and nothing in it is fetched from anywhere."""
    sections = "".join(
        f"<h2>{html.escape(heading)}</h2><pre>{html.escape(chr(10).join(lines))}</pre>"
        for heading, lines in report
    )
    return (
        "<!doctype html><meta charset=utf-8><title>Evidence</title>"
        "<style>body{font:16px sans-serif;margin:2em}pre{white-space:pre-wrap}</style>"
        "<h1>Evidence from the record of miro-bot</h1>"
        f"<p>Run <code>python3 check.py</code> beside it first: the proof is chain.jsonl.</p>{sections}"
    )
