"""The record's database, from a shell: made, brought up to date, backed up, copied to another kind."""

import os
from contextlib import closing
from pathlib import Path

import click

from approvals.record.chain import Verified
from approvals.record.database import Location, Server, location
from approvals.record.store import Store, back_up, copy_record, reading
from bot.cli.common import check_folder, check_there, is_there, say, sentences, settings
from bot.settings import BadSettings


@click.group()
def db() -> None:
    """The database in which the record is."""


@db.command()
@click.option(
    "--grant", "roles", multiple=True, metavar="ROLE", help="A role of PostgreSQL that the bot runs as."
)
def migrate(roles: tuple[str, ...]) -> None:
    """Make the tables of MIRO_BOT_DATABASE, or bring them up to date; needs the rights of their owner.

    A bot on PostgreSQL should run as another role: with --grant that one may add to ledger, words and
    policies, but neither change nor delete there, nor drop the triggers that forbid it.
    """
    with sentences():
        where = settings().database
        if roles and not isinstance(where, Server):
            raise BadSettings("--grant is for PostgreSQL; a file belongs to whom the system says.")
        check_folder(where)
        with closing(Store(where, migrates=True)) as store:
            store.grant(*roles)
            say(f"{where} is up to date: {store.head().count} entries.")


def _place(_: click.Context, option: click.Parameter, text: str) -> Location:
    try:
        return location(text)
    except ValueError as error:
        raise click.UsageError(f"{option.human_readable_name}: {error}.") from error


@db.command()
@click.argument("source", metavar="FROM", callback=_place)
@click.argument("target", metavar="TO", callback=_place)
def copy(source: Location, target: Location) -> None:
    """Copy a whole record to an empty place; each is a path or a postgresql:// URL.

    The copy is checked before it counts: the same number of entries, the same last hash, and all that
    `audit verify` looks at. What a running bot writes meanwhile isn't in it. Keep passwords out of URLs that
    others can see in the list of processes: PostgreSQL reads ~/.pgpass.
    """
    with sentences():
        if not is_there(source):
            raise BadSettings(f"There is no record at {source}.")
        check_folder(target, "give as TO")
        with reading(source) as before, closing(Store(target, migrates=True)) as after:
            found = copy_record(before, after)
        _tell(f"Copied to {target}", found)


@db.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write the record MIRO_BOT_DATABASE to a new file, also while a bot runs on it.

    The file is checked as `audit verify` does it before it counts, and only its owner may read it. To go back
    to it, stop the bot and put it where MIRO_BOT_DATABASE says, without the -wal and -shm of the other file.
    """
    with sentences():
        where, to = settings().database, target.absolute()
        if isinstance(where, Server):
            raise BadSettings(
                f"{where} is a PostgreSQL server: back it up with pg_dump. "
                "`miro-bot db copy FROM TO` writes its record to a file."
            )
        check_there(where)
        if os.path.lexists(to):
            raise BadSettings(f"{to} is there already. Nothing was written; give as FILE a new path.")
        check_folder(to, "give as FILE")
        _tell(f"Backed up to {to}", back_up(where, to))


def _tell(done: str, found: Verified) -> None:
    say(f"{done}. Entries: {found.anchor.count}, requests: {found.requests}.")
    if found.anchor.count:
        say(f"Anchor, to keep elsewhere: {found.anchor}")
