"""Shared by all commands: the bot by the environment, and errors as sentences."""

import errno
import getpass
import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from approvals.decide.actor import Actor
from approvals.ids import GroupId, PersonId, RequestId
from approvals.policy.check import BrokenPolicy
from approvals.policy.model import Policy
from approvals.record.database import Location, Server, StoreTrouble
from approvals.record.evidence.report import one_line
from approvals.record.store import Store, database_at, reading
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import Impossible
from bot import app as composition
from bot import settings as environment
from bot.actions.fill import Problems
from bot.app import Bot
from bot.context import SlackAway, numbered
from bot.miro.errors import MiroError, Trouble, Troubled
from bot.settings import BadSettings, Settings
from bot.slack.api.edge import Kind, SlackFault
from bot.slack.api.people import away

AS = click.option("--as", "email", required=True, metavar="EMAIL", help="On whose behalf.")
OPERATOR = click.option(
    "--as", "email", required=True, metavar="EMAIL", help="Your address; you must be an operator."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def sentences() -> Iterator[None]:
    """Turns known errors into one sentence and exit status 1."""
    try:
        yield
    except BrokenPolicy as error:
        raise failed("The policy can't be used:", *map(str, error.problems)) from error
    except Problems as error:
        raise failed(*(f"{name}: {text}" for name, text in error.fields.items())) from error
    except (Refused, StoreTrouble, BadSettings, Impossible) as error:
        raise failed(str(error)) from error
    except MiroError as error:
        kind = error.kind if isinstance(error, Troubled) else Trouble.STATUS
        raise failed(f"{error} {_OF_MIRO.get(kind, 'Try again in a few minutes.')}") from error
    except SlackAway as error:
        cause = error.__cause__
        reached = not (isinstance(cause, SlackFault) and cause.kind is Kind.NETWORK)
        raise failed(f"{error}. Check {'SLACK_BOT_TOKEN' if reached else _LINE_TO_SLACK}.") from error
    except SlackFault as fault:
        if fault.kind is not Kind.REFUSED:
            raise failed(f"{away(fault)}. Check {_LINE_TO_SLACK}.") from fault
        raise failed(f"Slack refused the connection: {fault.why}. Check SLACK_APP_TOKEN.") from fault
    except BrokenPipeError:
        raise  # click ends silently: the reader has read enough
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise failed(
            f"{error.strerror or error}{where}. {_REMEDIES.get(error.errno or 0, _REMEDY)}"
        ) from error


_LINE_TO_SLACK = "the network and SLACK_API_URL"
_OF_MIRO = {
    Trouble.UNREACHABLE: "Check the network and MIRO_SCIM_URL.",
    **dict.fromkeys((Trouble.TOKEN, Trouble.FORBIDDEN), "Check MIRO_SCIM_TOKEN and MIRO_SCIM_URL."),
    **dict.fromkeys((Trouble.STATUS, Trouble.UNREADABLE), "Check MIRO_SCIM_URL."),
}
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free up disk space, then try again."),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "Give this user access, or choose another path."),
    errno.EROFS: "The disk is read-only: choose another path.",
    errno.ENOENT: "Check the path.",
    errno.EISDIR: "Name a file, not a folder.",
    errno.ENOTDIR: "Check the path: a part of it is a file.",
    errno.ENAMETOOLONG: "Choose a shorter path.",
    errno.EMFILE: "Raise the limit of open files (ulimit -n), then try again.",
}
_REMEDY = "Check the disk and the path, then try again."


def failed(*lines: str) -> click.ClickException:
    """The exception that ends a command with exit status 1."""
    return click.ClickException("\n".join(map(one_line, lines)))


def say(*lines: str) -> None:
    """Prints each as one line, without control characters."""
    say_exactly("".join(f"{one_line(line)}\n" for line in lines))


def say_beside(line: str) -> None:
    """Prints a line to standard error, beside the output that programs read."""
    click.echo(one_line(line), err=True)


def say_json(value: object) -> None:
    """Prints JSON for a program, which escapes control characters itself."""
    say_exactly(f"{json.dumps(value, ensure_ascii=False)}\n")


def say_json_list(items: Iterable[object]) -> None:
    """Prints a JSON list, one item at a time: there may be more than fit into memory."""
    lead = "["
    for item in items:
        say_exactly(f"{lead}{json.dumps(item, ensure_ascii=False)}")
        lead = ",\n"
    say_exactly("[]\n" if lead == "[" else "]\n")


def say_coloured(text: str) -> None:
    """Prints text with its colours on a terminal, if NO_COLOR isn't set (https://no-color.org)."""
    say_exactly(text, False if os.environ.get("NO_COLOR") else None)


def say_exactly(text: str, color: bool | None = True) -> None:
    """Prints text unchanged, for a program or a file.

    A reader that stops early (`| head -1`) changes neither the work nor the exit status. `color`: whether
    escape sequences stay; None: on a terminal alone.
    """
    try:
        click.echo(text, nl=False, color=color)
    except BrokenPipeError:
        # Otherwise Python would try to write the rest of the buffer at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def settings() -> Settings:
    """The settings from the environment. Raises BadSettings."""
    return environment.read(os.environ)


@contextmanager
def open_bot(*, existing: bool = False, policy: Path | None = None, **how: Any) -> Iterator[Bot]:
    """A bot by the environment; `existing` refuses to create a record, `policy` is another file."""
    with sentences():
        known = replace(settings(), policy=policy) if policy else settings()
        check_folder(known.database)
        if existing:
            check_there(known.database)
        bot = composition.build(known, **how)
        if bot.context.policies.differs and not policy:
            say_beside(bot.context.policies.differs)
        try:
            yield bot
        finally:
            bot.stop()


@contextmanager
def thrown_away(known: Settings, **how: Any) -> Iterator[Bot]:
    """A bot with a temporary record, for commands that only look, or are refused."""
    with TemporaryDirectory() as folder:
        bot = composition.build(replace(known, database=Path(folder) / "record.db"), **how)
        try:
            yield bot
        finally:
            bot.stop()


def is_there(record: Location) -> bool:
    """Whether there is a record; an empty file isn't one yet."""
    if isinstance(record, Server):
        with closing(database_at(record)) as on:
            return "ledger" in on.tables()
    return record.is_file() and record.stat().st_size > 0


def check_folder(record: Location, otherwise: str = "set MIRO_BOT_DATABASE to") -> None:
    """Raises BadSettings if no record can be created there; `otherwise`: how to name another path."""
    if isinstance(record, Server):
        return
    if not record.parent.is_dir():
        raise BadSettings(f"There is no folder {record.parent}. Create it, or {otherwise} another path.")
    if record.is_dir():
        raise BadSettings(f"{record} is a folder. Instead, {otherwise} the path of a file in it.")


def check_there(record: Location) -> None:
    """Raises BadSettings if there is no record."""
    if isinstance(record, Path) and record.is_dir():
        check_folder(record)
    if not is_there(record):
        maker = "db migrate" if isinstance(record, Server) else "run"
        raise BadSettings(
            f"There is no record at {record}. Set MIRO_BOT_DATABASE to its path, "
            f"or create a new one with `miro-bot {maker}`."
        )


@contextmanager
def open_record(where: Location | None = None) -> Iterator[Store]:
    """The record for commands that only read: without a policy, never created or changed."""
    with sentences():
        where = where or settings().database
        check_there(where)
        with reading(where) as store:
            yield store


def request_id(typed: str) -> RequestId:
    """The typed id. Raises UsageError for any other text."""
    try:
        return numbered(typed)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def find(store: Store, typed: str) -> Request:
    """The request with a typed id. Raises UsageError, and Refused if there is none."""
    id = request_id(typed)
    try:
        return store.request(id)
    except KeyError:
        raise Refused(f"There is no request {id}.") from None


def day(_: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """The beginning of a day in UTC, from an option. Raises UsageError."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
    except ValueError:
        name = option.opts[0]
        raise click.UsageError(f"{name} takes a date like 2026-03-02, not {text!r}.") from None


def meaning(store: Store, id: str) -> str:
    """The address of a person, or the name of a group; '' for other ids."""
    try:
        person = store.people.person(PersonId(id))
        return person.email or person.addressed
    except KeyError:
        group = store.groups.get(GroupId(id))
        return group.known_name if group else ""


def shell() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # In a container users may have numbers only.
        name = f"user {os.getuid()}"
    return f"{name} on {socket.gethostname()}"


def acting_as(bot: Bot, email: str) -> Actor:
    """The person named by --as; the record says that it was from a shell."""
    check_domain(bot.context.policy, email)
    person = bot.store.people.meet(email=email)
    return Actor(person, person.account, shell())


def check_domain(policy: Policy, email: str) -> None:
    """Raises Refused for an address outside the company, UsageError for any other text."""
    name, at, domain = email.strip().partition("@")
    if not (name and at and domain):
        raise click.UsageError(f"--as takes an e-mail address, not {email!r}.")
    if not policy.allows(email):
        raise Refused(f"{email} isn't an address in {', '.join(policy.domains)}. Use a company address.")
