"""The record, from a shell: verify it, and export it."""

import sys
from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import islice

import click

from approvals.ids import RequestId
from approvals.record.chain import Anchor, Verified
from approvals.record.evidence import report
from approvals.record.store import Store
from approvals.refusals import Refused
from bot.cli.common import JSON, meaning, open_record, request_id, say, say_beside, say_exactly, say_json
from bot.cli.requests import Filters, filters, permalink

AT_ONCE = 500
"""Lines printed at once."""


@click.group()
def audit() -> None:
    """Verify and export the record."""


@audit.command()
@click.option(
    "--anchor", "anchors", multiple=True, metavar="COUNT:HASH", help="Anchor that an earlier verify printed."
)
@JSON
def verify(anchors: tuple[str, ...], as_json: bool) -> None:
    """Check the whole record. Exit status 1 if anything was changed.

    It checks the chain, every text and policy, the tables and triggers, and that requests, lanes and
    delegates match the entries. Not sealed: today's names, addresses, accounts and teams, managers, user
    groups and messages.

    To detect removed newest entries or a rewritten record, pass an anchor that you keep elsewhere.
    """
    try:
        known = [Anchor.read(text) for text in anchors]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with open_record() as store:
        verdict = store.verify(known)
    # The head of a broken record proves nothing, and an empty one has none yet.
    anchor = str(verdict.anchor) if verdict.anchor.count and not verdict.faults else None
    unseen = "Without --anchor, removed newest entries or a rewritten record can't be detected."
    if known:
        count = max(each.count for each in known)
        unseen = f"After entry {count}, removed entries or a rewritten record can't be detected."
    if as_json:
        counts = {"entries": verdict.anchor.count, "requests": verdict.requests}
        say_json({"anchor": anchor, **counts, "faults": verdict.faults, "unseen": unseen})
    else:
        _tell(verdict, unseen, anchor)
    sys.exit(1 if verdict.faults else 0)


def _tell(verdict: Verified, unseen: str, anchor: str | None) -> None:
    for fault in verdict.faults:
        say(f"FAULT: {fault}")
    state = "Record CHANGED" if verdict.faults else "Record intact"
    say(f"{state}. Entries: {verdict.anchor.count}, requests: {verdict.requests}.")
    say(unseen)
    if anchor:
        say(f"Keep this anchor elsewhere to detect removal of the newest entries: {anchor}")
    if verdict.faults:
        say("Stop the bot, keep this file as it is, and restore a backup that `audit verify` finds intact.")


@audit.command()
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "json", "csv"]),
    default="jsonl",
    show_default=True,
    help="JSON Lines with everything (jsonl and json are the same), or a table to read.",
)
@click.option("--force", is_flag=True, help="Export even if the record was changed.")
@click.argument("ids", nargs=-1, metavar="[R-42]...")
def export(form: str, force: bool, ids: tuple[str, ...], filters: Filters) -> None:
    """Export the record, or the entries of some requests.

    JSON Lines hold everything needed to check the record elsewhere. The digest of a row is the SHA-256 (hex)
    of these, as UTF-8 with a line feed between them: seq, request, version, event, format, at, by, body. The
    hash of an entry is the SHA-256 of `prev` and that digest, with nothing between them; `prev` is the hash
    of the entry before it, or 64 zeros for the first. In formats 1 and 2 the hash is the SHA-256 of the same
    columns, with `prev` before body. The digest of a word, found in `body`, is the SHA-256 of its salt, a
    line feed and the word. `who` is a word too.

    CSV is for reading: no digests or salts. A ' in front of a cell keeps spreadsheets from taking it for a
    formula. A name in brackets behind an id is today's name; everything else is as it was written then.
    """
    with open_record() as store, store.standing_still():
        check_intact(store, force)
        wanted = _wanted(store, ids, filters)
        called, link = cache(lambda id: report.name(id, store.people)), cache(partial(permalink, store))

        def rows() -> Iterator[report.Row]:
            for sealed in store.sealed():
                if wanted is None or sealed.entry.stream in wanted:
                    yield report.exported(sealed, called) | {"link": link(RequestId(sealed.entry.stream))}

        named = cache(partial(meaning, store))
        if form == "csv":
            lines = report.as_csv(report.ENTRY, (report.entry_row(row, named) for row in rows()))
        else:
            lines = report.as_jsonl(rows())
        while some := "".join(islice(lines, AT_ONCE)):
            say_exactly(some)


def check_intact(store: Store, force: bool) -> None:
    """Refuses to export a record that was changed; with `force`, only warns."""
    faults = store.verify().faults
    if not faults:
        return
    problem = f"The record was changed: {faults[0]}. Run `miro-bot audit verify` to see every problem."
    if not force:
        raise Refused(f"{problem} Nothing was exported. To export it anyway, add --force.")
    say_beside(f"Warning: {problem} It was exported as it is.")


def _wanted(store: Store, typed: Iterable[str], filters: Filters) -> set[str] | None:
    """The ids of the wanted requests; None: the whole record."""
    ids = {_existing(store, id) for id in typed}
    if filters == Filters():
        return ids or None
    matching = {str(id) for id in filters.ids(store)}
    return matching & ids if ids else matching


def _existing(store: Store, typed: str) -> str:
    """The id of a request that has entries, even if it can't be read as a request any more."""
    id = request_id(typed)
    if not any(True for _ in store.sealed(id)):
        raise Refused(f"There is no request {id}.")
    return id
