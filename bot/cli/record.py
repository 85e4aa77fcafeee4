"""The record, from a shell: whether it holds, and all of it to be checked elsewhere."""

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

import click

from approvals.record import report
from approvals.record.chain import Anchor, Sealed, Verified
from approvals.record.store import Store
from approvals.refusals import Refused
from bot.cli.common import JSON, meaning, open_record, say, say_beside, say_exactly, say_json
from bot.context import numbered

AT_ONCE = 500
"""Lines that are printed at once."""


@click.group()
def audit() -> None:
    """The record."""


@audit.command()
@click.option(
    "--anchor", "anchors", multiple=True, metavar="COUNT:HASH", help="What an earlier verify printed."
)
@JSON
def verify(anchors: tuple[str, ...], as_json: bool) -> None:
    """Walk the whole record; exit status 1 if anything was changed.

    Looked at are the chain, every word and policy, how tables and triggers are made, and whether requests,
    lanes and delegates are what the entries say. Nothing seals names, addresses, accounts and teams as they
    are known today, managers, user groups or messages.

    A file that somebody cut or wrote anew as a whole looks honest; an anchor kept elsewhere shows it.
    """
    try:
        known = [Anchor.read(text) for text in anchors]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with open_record() as store:
        found = store.verify(known)
    # What a broken record ends in proves nothing, and an empty one has no end yet.
    anchor = str(found.anchor) if found.anchor.count and not found.faults else None
    since = f"After entry {max(one.count for one in known)}" if known else "Without --anchor"
    unseen = f"{since} a cut end, or a chain that was computed anew, can't be seen."
    if as_json:
        counts = {"entries": found.anchor.count, "requests": found.requests}
        say_json({"anchor": anchor, **counts, "faults": found.faults, "unseen": unseen})
    else:
        _tell(found, unseen, anchor)
    sys.exit(1 if found.faults else 0)


def _tell(found: Verified, unseen: str, anchor: str | None) -> None:
    for fault in found.faults:
        say(f"FAULT: {fault}")
    state = "is NOT what was written" if found.faults else "holds"
    say(f"The record {state}. Entries: {found.anchor.count}, requests: {found.requests}.")
    say(unseen)
    if anchor:
        say(f"Anchor, to keep elsewhere: {anchor}")


@audit.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "json", "csv"]),
    default="jsonl",
    show_default=True,
    help="JSON Lines (jsonl and json are the same), or a table for spreadsheets.",
)
@click.option("--force", is_flag=True, help="Export a record that has faults, too.")
@click.argument("ids", nargs=-1, metavar="[R-42]...")
def export(form: str, force: bool, ids: tuple[str, ...]) -> None:
    """Print the record, or the entries of some requests, with all it takes to check it.

    The digest of a row is the SHA-256 (hex) of these, as UTF-8 with a line feed between them: seq, request,
    version, event, format, at, by, body. The hash of an entry is the SHA-256 of `prev` and that digest, with
    nothing between them; `prev` is the hash of the entry before it, and in front of the first stand 64 zeros.
    Of format 1 and 2 the hash is the SHA-256 of the same columns, with `prev` before body.

    The digest of a word, which is in `body`, is the SHA-256 of its salt, a line feed and the word. Words that
    hold JSON (details, plan, lines, seen) are whole in jsonl only. `who` is a word too.

    In CSV, a ' in front of a cell keeps spreadsheets from taking it for a formula: take it away first. A name
    in brackets behind an id is the one of today; everything else is as it was written then.
    """
    with open_record() as store, store.standing_still():
        check_intact(store, force)
        called = cache(lambda id: report.name(id, store.people))
        chosen = _chosen(store, ids) if ids else None

        def rows() -> Iterator[report.Row]:
            return (report.exported(one, called) for one in chosen or store.sealed())

        lines = (
            report.as_csv(rows, lambda id: meaning(store, id)) if form == "csv" else report.as_jsonl(rows())
        )
        while some := "".join(islice(lines, AT_ONCE)):
            say_exactly(some)


def check_intact(store: Store, force: bool) -> None:
    faults = store.verify().faults
    if not faults:
        return
    said = f"The record is NOT what was written: {faults[0]}. `miro-bot audit verify` says all that is wrong."
    if not force:
        raise Refused(f"{said} Nothing was exported; --force exports it as it is.")
    say_beside(f"Warning: {said} It was exported as it is.")


def _chosen(store: Store, ids: Iterable[str]) -> list[Sealed]:
    """The entries of some requests, each once, as they stand in the record."""
    found = {one.entry.seq: one for id in ids for one in _entries(store, id)}
    return [found[seq] for seq in sorted(found)]


def _entries(store: Store, id: str) -> list[Sealed]:
    """Those of one request, even if it can't be read as a request any more."""
    try:
        found = list(store.sealed(numbered(id)))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not found:
        raise Refused(f"There is no request {id}.")
    return found
