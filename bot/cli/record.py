"""The record, from a shell: verify it, and export it."""

import sys
from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import islice
from pathlib import Path

import click

from approvals.decide.streams.reviews import REVIEW
from approvals.ids import RequestId
from approvals.record.chain import Anchor, Sealed, Verified
from approvals.record.evidence import report
from approvals.record.store import Store
from approvals.refusals import Refused
from bot.cli.common import JSON, meaning, open_record, request_id, say, say_beside, say_exactly, say_json
from bot.cli.requests import Filters, filters
from bot.summary import permalink

AT_ONCE = 500
"""Lines printed at once."""
MOST_ANCHORS = 10_000_000
"""Bytes of a file with anchors; one a day fills it in centuries."""


@click.group()
def audit() -> None:
    """Verify and export the record."""


def _anchors(_: click.Context, option: click.Parameter, typed: Iterable[str] | str | None) -> list[Anchor]:
    """The anchors typed for an option. Raises UsageError."""
    try:
        return [Anchor.read(text) for text in ([typed] if isinstance(typed, str) else typed or ())]
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def progress(entries: Iterable[Sealed], count: int) -> Iterator[Sealed]:
    """Passes entries on; shows how far it is where somebody watches."""
    if not sys.stderr.isatty():
        yield from entries
        return
    with click.progressbar(entries, count, "Verifying", file=sys.stderr, update_min_steps=1000) as bar:
        yield from bar


@audit.command()
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    callback=_anchors,
    metavar="COUNT:HASH",
    help="Anchor that an earlier verify printed.",
)
@click.option(
    "--from",
    "checkpoint",
    callback=_anchors,
    metavar="COUNT:HASH",
    help="Check only from this anchor on, for a long record that was verified up to it.",
)
@JSON
def verify(anchors: list[Anchor], checkpoint: list[Anchor], as_json: bool) -> None:
    """Check the whole record. Exit status 1 if anything was changed.

    It checks the chain, every text and policy, the tables and triggers, and that requests, lanes and
    delegates match the entries. Not sealed: today's names, addresses, accounts and teams, managers, user
    groups and messages.

    To detect removed newest entries or a rewritten record, pass an anchor that you keep elsewhere.
    """
    start = checkpoint[0] if checkpoint else None
    if start and any(anchor.count < start.count for anchor in anchors):
        raise click.UsageError("--from checks nothing before itself: leave out the older --anchor.")
    with open_record() as store:
        verdict = store.verify(anchors, start, progress)
    # The head of a broken record proves nothing, and an empty one has none yet.
    anchor = str(verdict.anchor) if verdict.anchor.count and not verdict.faults else None
    unseen = "Without --anchor, removed newest entries or a rewritten record can't be detected."
    if known := [*anchors, *checkpoint]:
        count = max(each.count for each in known)
        unseen = f"After entry {count}, removed entries or a rewritten record can't be detected."
    if start:
        unseen = f"Not checked: entries before {start.count}, and requests without a later entry. {unseen}"
    if verdict.faults:
        unseen = ""  # where something was detected, it would contradict that
    if as_json:
        counts = {"entries": verdict.anchor.count, "requests": verdict.requests}
        say_json({"anchor": anchor, **counts, "faults": verdict.faults, "unseen": unseen})
    else:
        state = "Record CHANGED" if verdict.faults else "Record intact"
        _tell(verdict, f"{state} from entry {start.count} on" if start else state, unseen, anchor)
    sys.exit(1 if verdict.faults else 0)


def _tell(verdict: Verified, state: str, unseen: str, anchor: str | None) -> None:
    for fault in verdict.faults:
        say(f"FAULT: {fault}")
    say(f"{state}. Entries: {verdict.anchor.count}, requests: {verdict.requests}.")
    if unseen:
        say(unseen)
    if anchor:
        say(f"Keep this anchor elsewhere to detect removal of the newest entries: {anchor}")
    if verdict.faults:
        say("Stop the bot, keep this file as it is, and restore a backup that `audit verify` finds intact.")


@audit.command("anchor")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), help="A file the bot can't write."
)
def keep_anchor(target: Path) -> None:
    """Verify the record against the anchors in a file, then append today's. For a daily job.

    Exit status 1, and nothing is written, if the record was changed or an anchor in the file doesn't match.
    """
    with open_record() as store:
        if target.exists() and not target.is_file():
            raise Refused(f"{target} isn't a file. Name one, or a path where nothing is yet.")
        if target.exists() and target.stat().st_size > MOST_ANCHORS:
            raise Refused(f"{target} is larger than {MOST_ANCHORS // 1_000_000} MB. Begin another file.")
        try:
            lines = target.read_text(encoding="utf-8").split() if target.exists() else []
            verdict = store.verify([*map(Anchor.read, lines)], watch=progress)
        except ValueError as error:  # not UTF-8 either
            raise Refused(f"{target} holds something else than anchors: {error}") from error
        if verdict.faults:
            raise Refused(f"The record was changed: {verdict.faults[0]}. Nothing was added to {target}.")
        if not verdict.anchor.count:
            raise Refused("The record has no entries yet, so there is no anchor.")
        with target.open("a", encoding="utf-8") as file:
            file.write(f"{verdict.anchor}\n")
    say(f"Added to {target}: {verdict.anchor}")


@audit.command()
@filters
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines with everything, as by default.")
@click.option("--format", "form", type=click.Choice(["jsonl", "json", "csv"]), hidden=True)
@click.option("--force", is_flag=True, help="Export even if the record was changed.")
@click.argument("ids", nargs=-1, metavar="[REQUEST|REVIEW]...")
def export(
    as_csv: bool, as_json: bool, form: str, force: bool, ids: tuple[str, ...], filters: Filters
) -> None:
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
    if as_csv and as_json:
        raise click.UsageError("Choose --csv or --json, not both.")
    with open_record() as store, store.standing_still():
        check_intact(store, force)
        wanted = _wanted(store, ids, filters)
        called, link = cache(lambda id: report.name(id, store.people)), cache(partial(permalink, store))

        def rows() -> Iterator[report.Row]:
            for sealed in store.sealed():
                if wanted is None or sealed.entry.stream in wanted:
                    yield report.exported(sealed, called) | {"link": link(RequestId(sealed.entry.stream))}

        named = cache(partial(meaning, store))
        if as_csv or form == "csv":  # earlier versions knew --format alone
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
    id = store.review(typed.upper()).id if typed.upper().startswith(REVIEW) else request_id(typed)
    if not any(True for _ in store.sealed(id)):
        raise Refused(f"There is no request {id}.")
    return id
