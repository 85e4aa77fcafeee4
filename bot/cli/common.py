"""What every command needs: the bot as the environment says, and errors as sentences."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from slack_sdk.errors import SlackApiError

from approvals.policy import Policy
from approvals.policy_check import BrokenPolicy
from approvals.refusals import Refused
from approvals.request import Request
from approvals.sqlite import SqliteStore
from approvals.states import Impossible
from approvals.store import StoreTrouble
from approvals.who import Who
from bot import app as composition
from bot import settings as environment
from bot.app import Bot
from bot.desk import SlackAway, numbered
from bot.lifecycle.fill import Problems
from bot.miro.client import MiroError
from bot.settings import BadSettings, Settings

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def sentences() -> Iterator[None]:
    """Turns what can go wrong into one sentence and exit status 1."""
    try:
        yield
    except BrokenPolicy as error:
        raise click.ClickException(f"The policy can't be used:\n{error}") from error
    except Problems as error:
        raise click.ClickException(
            "\n".join(f"{name}: {text}" for name, text in error.fields.items())
        ) from error
    except (Refused, StoreTrouble, BadSettings, Impossible) as error:
        raise click.ClickException(str(error)) from error
    except MiroError as error:
        raise click.ClickException(f"{error} Look at MIRO_SCIM_TOKEN and MIRO_SCIM_URL.") from error
    except SlackAway as error:
        answered = isinstance(error.__cause__, SlackApiError)
        look = "SLACK_BOT_TOKEN, then at the network" if answered else "the network, then at SLACK_API_URL"
        raise click.ClickException(f"{error}. Look at {look}.") from error
    except SlackApiError as error:
        text = f"Slack refused to connect: {error.response.get('error')}. Look at SLACK_APP_TOKEN."
        raise click.ClickException(text) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise click.ClickException(f"{error.strerror or error}{where}.") from error


def settings() -> Settings:
    """What the environment says. Raises BadSettings."""
    return environment.read(os.environ)


@contextmanager
def open_bot(*, existing: bool = False, **how: Any) -> Iterator[Bot]:
    """A bot as the environment says; `existing` refuses to begin a new record."""
    with sentences():
        known = settings()
        if existing:
            _check_there(known)
        bot = composition.build(known, **how)
        try:
            yield bot
        finally:
            bot.stop()


def _check_there(known: Settings) -> None:
    if not known.database.exists():
        raise BadSettings(f"There is no record at {known.database}. MIRO_BOT_DATABASE says where it is.")


@contextmanager
def open_record() -> Iterator[SqliteStore]:
    """The record alone, for whoever only reads: without a policy, and never a new one."""
    with sentences():
        known = settings()
        _check_there(known)
        store = SqliteStore(known.database)
        try:
            yield store
        finally:
            store.close()


def find(store: SqliteStore, id: str) -> Request:
    try:
        return store.request(numbered(id))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except KeyError:
        raise Refused(f"There is no request {id}.") from None


def shell() -> str:
    return f"{getpass.getuser()} on {socket.gethostname()}"


def acting_as(bot: Bot, email: str) -> Who:
    """The person named by --as; the record says that a shell spoke for them."""
    check_domain(bot.desk.policy, email)
    person = bot.store.people.meet(email=email)
    return Who(person, person.account, shell())


def check_domain(policy: Policy, email: str) -> None:
    if not policy.allows(email):
        raise Refused(f"{email} isn't an address of {', '.join(policy.domains)}.")
