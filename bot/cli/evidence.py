"""An evidence pack, from a shell, which auditors can check by themselves."""

import shutil
from functools import partial
from pathlib import Path

import click

from approvals.decide.streams.reviews import REVIEW, Review
from approvals.record.evidence import pack as evidence
from approvals.record.evidence.report import history, name
from approvals.record.opening import OWNER_ONLY, private_folder
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Request
from bot.cards.settled import state_name
from bot.cli.common import find, meaning, open_record, say
from bot.cli.record import check_intact
from bot.cli.requests import Filters, filters, sentence
from bot.summary import says, summary


@click.command()
@filters
@click.option("--force", is_flag=True, help="Pack even if the record was changed.")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), help="A new folder, or FILE.zip."
)
@click.argument("ids", nargs=-1, metavar="[REQUEST|REVIEW]...")
def pack(ids: tuple[str, ...], target: Path, force: bool, filters: Filters) -> None:
    """Write an evidence pack for auditors: some requests, those of a quarter, or an access review.

    With a review (V-1) come the requests that end access by it.

    It holds every entry with its words, the policies that decided, a page to read, and check.py, which checks
    it all with nothing but Python. It names people: give it only to those who may know them.
    """
    if not ids and filters == Filters():
        raise click.UsageError(
            "Name requests (R-42) or reviews (V-1), or choose some: --person EMAIL, --since 2026-01-01."
        )
    with open_record() as store, store.standing_still(), private_folder() as folder:
        check_intact(store, force)
        reviews = [store.review(id.upper()) for id in ids if id.upper().startswith(REVIEW)]
        ended = [access.request for review in reviews for access in review.accesses if access.request]
        named = [id for id in ids if not id.upper().startswith(REVIEW)]
        requests = [find(store, id) for id in dict.fromkeys([*named, *ended])]
        if not ids:
            requests = list(store.each(reversed(filters.ids(store))))
        if not (requests or reviews):
            raise Refused("No request matches. Nothing was written.")
        content = folder / target.stem
        content.mkdir(mode=0o700)
        every: list[Request | Review] = [*reviews, *requests]
        evidence.write(store, every, (_section(store, each) for each in every), content)
        _deliver(content, target)
        say(f"Wrote the evidence to {target}. Requests in it: {len(requests)}.")
        say(f"Keep this anchor elsewhere, and check with: python3 check.py {store.head()}")


def _section(store: Store, about: Request | Review) -> tuple[str, list[str]]:
    lines = history(store.events(about.id), store.people, partial(says, store), partial(meaning, store))
    if isinstance(about, Review):
        decisions = (access.line(lambda id: name(id, store.people)) for access in about.accesses)
        return f"{about.id}: {about.subject}", [*decisions, *lines]
    read = summary(store, about)
    return f"{read['id']}: {sentence(read)} ({state_name(about)})", lines


def _deliver(content: Path, target: Path) -> None:
    """Moves the complete pack to its place, readable by its owner only. Raises Refused, OSError."""
    if target.exists():
        raise Refused(f"{target} exists already. Name a new folder or file.")
    if target.suffix == ".zip":
        content = Path(shutil.make_archive(str(content), "zip", content.parent, content.name))
        content.chmod(OWNER_ONLY)
    shutil.move(content, target)
