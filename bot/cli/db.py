"""The record's database, from a shell: made or brought up to date, and copied from one kind to another."""

from contextlib import closing

import click

from approvals.record.database import Location, Server, location
from approvals.record.store import Store, copy_record, reading
from bot.cli.common import check_folder, is_there, say, sentences, settings
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
        check_folder(target)
        with reading(source) as before, closing(Store(target, migrates=True)) as after:
            found = copy_record(before, after)
        say(f"Copied to {target}. Entries: {found.anchor.count}, requests: {found.requests}.")
        say(f"Anchor, to keep elsewhere: {found.anchor}")
