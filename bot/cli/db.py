"""The record's database, from a shell: migrate it, back it up, copy it to another kind."""

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
    """Migrate, back up or copy the record's database."""


@db.command()
@click.option(
    "--grant", "roles", multiple=True, metavar="ROLE", help="PostgreSQL role the bot runs as; repeatable."
)
@click.option("--may-forget", is_flag=True, help="Let it delete texts as well, for keep_texts_months.")
def migrate(roles: tuple[str, ...], may_forget: bool) -> None:
    """Create or update the tables in MIRO_BOT_DATABASE, as their owner.

    On PostgreSQL the bot should run as another role. --grant lets that role add to the record, but not change
    or delete entries, or drop the triggers that forbid it.
    """
    with sentences():
        where = settings().database
        if roles and not isinstance(where, Server):
            raise BadSettings("--grant works on PostgreSQL only. Leave it out for a file.")
        check_folder(where)
        done = f"{where} is up to date" if is_there(where) else f"Created {where}"
        with closing(Store(where, migrates=True)) as store:
            for role in roles:
                store.database.grant(role, may_forget)
            say(f"{done}. Entries: {store.head().count}.")


def _place(_: click.Context, option: click.Parameter, text: str) -> Location:
    try:
        return location(text)
    except ValueError as error:
        raise click.UsageError(f"{option.human_readable_name}: {error}.") from error


@db.command()
@click.argument("source", metavar="FROM", callback=_place)
@click.argument("target", metavar="TO", callback=_place)
def copy(source: Location, target: Location) -> None:
    """Copy a whole record to an empty place. Each is a path or a postgresql:// URL.

    The copy is verified like `audit verify` does. Stop the bot first: what it writes meanwhile isn't copied.
    Keep passwords out of URLs, where others see them in the process list: use ~/.pgpass.
    """
    with sentences():
        if not is_there(source):
            raise BadSettings(f"There is no record at {source}. Check the path.")
        if _same(source, target):
            raise BadSettings("FROM and TO are the same. Name another place to copy to.")
        check_folder(target, "give as TO")
        with reading(source) as before, closing(Store(target, migrates=True)) as after:
            verdict = copy_record(before, after)
        _tell(f"Copied to {target}", verdict)


def _same(source: Location, target: Location) -> bool:
    if isinstance(source, Path) and isinstance(target, Path):
        return source.resolve() == target.resolve()
    return source == target


@db.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Back up MIRO_BOT_DATABASE to a new file, even while a bot runs.

    The backup is verified like `audit verify` does, and only its owner can read it. To restore it, stop the
    bot, move the backup to the path in MIRO_BOT_DATABASE, and delete the old file's -wal and -shm files.
    """
    with sentences():
        where, to = settings().database, target.absolute()
        if isinstance(where, Server):
            raise BadSettings(
                f"{where} is a PostgreSQL server. Back it up with pg_dump, or copy its record to a file: "
                "miro-bot db copy FROM TO"
            )
        check_there(where)
        if os.path.lexists(to):
            raise BadSettings(f"{to} already exists. Nothing was written. Choose a new path.")
        check_folder(to, "give as FILE")
        _tell(f"Backed up to {to}", back_up(where, to))


def _tell(done: str, verdict: Verified) -> None:
    say(f"{done}. Entries: {verdict.anchor.count}, requests: {verdict.requests}.")
    if verdict.anchor.count:
        say(f"Keep this anchor elsewhere: {verdict.anchor}")
