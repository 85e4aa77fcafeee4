"""Directories (identity providers) from a shell: their tokens."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

import click

from approvals.ids import stamp
from approvals.policy.check import load
from approvals.record.store import Store, utc_now
from approvals.refusals import Refused
from bot.actions import CONDITIONS
from bot.cli.common import JSON, check_there, open_record, say, say_json, sentences, settings
from bot.directory.lists import secret_of
from bot.directory.tokens import Token, Tokens
from bot.policies import usable
from bot.settings import EVENT_SECRET

NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


@click.group()
def directory() -> None:
    """Directories (identity providers) that push people and groups by SCIM."""


@directory.group()
def token() -> None:
    """The bearer tokens of directories, and the secrets of sources without SCIM."""


@contextmanager
def _writing() -> Iterator[Tokens]:
    with sentences():
        known = settings()
        check_there(known.database)
        with closing(Store(known.database)) as store:
            yield Tokens(store.database, utc_now)


@token.command()
@click.argument("source")
def create(source: str) -> None:
    """Make a token for a directory, like "okta". It is shown once; the record keeps only its digest.

    To replace a token, make a new one, enter it in the identity provider, and revoke the old one when `list`
    shows that the new one is used.
    """
    _check_name(source)
    with _writing() as tokens:
        known = load(usable(settings().policy), CONDITIONS).directory
        if source not in known:
            raise unknown(source, known)
        made = tokens.create(source)
    say(f"Token of {source}, shown only now. Enter it in the identity provider:", made)


@token.command("list")
@JSON
def list_tokens(as_json: bool) -> None:
    """List all tokens: number, directory, when made, last used and revoked."""
    with open_record() as store:
        known = Tokens(store.database, utc_now).all()
    if as_json:
        say_json([{name: _plain(value) for name, value in vars(token).items()} for token in known])
    elif not known:
        say("No tokens. Make one: miro-bot directory token create okta")
    else:
        say(*(_line(token) for token in known))


_LISTED = "`miro-bot directory token list` shows them."


@token.command()
@click.argument("number")
def revoke(number: str) -> None:
    """End a token at once, by its number in `list`."""
    if not re.fullmatch("[1-9][0-9]{0,8}", number):
        raise click.UsageError(f"{number!r} isn't a token's number. {_LISTED}")
    with _writing() as tokens:
        if not tokens.revoke(int(number)):
            raise Refused(f"No valid token has the number {number}. {_LISTED}")
    say(f"Token {number} is revoked.")


@token.command()
@click.argument("source")
def secret(source: str) -> None:
    """Print the secret with which a source without SCIM signs its events.

    It is derived from MIRO_BOT_EVENT_SECRET: set another there, and all sources need their new ones.
    """
    with sentences():
        _check_name(source)
        whole = settings().secret(EVENT_SECRET)
        if not whole:
            raise Refused(
                f"Set {EVENT_SECRET} first, as `miro-bot run` gets it. Without it no event is taken."
            )
    say(secret_of(whole, source))


def unknown(source: str, known: Iterable[str]) -> Refused:
    """The refusal of a directory that the policy doesn't have."""
    return Refused(f"The policy has no directory “{source[:40]}”; it has {', '.join(known) or 'none'}.")


def _check_name(source: str) -> None:
    if not NAME.fullmatch(source):
        raise click.UsageError("SOURCE takes lower-case letters, digits and hyphens, like okta.")


def _plain(value: object) -> object:
    return stamp(value) if isinstance(value, datetime) else value


def _line(token: Token) -> str:
    used = f"last used {_day(token.used_at)}" if token.used_at else "never used"
    ended = f", revoked {_day(token.revoked_at)}" if token.revoked_at else ""
    return f"{token.number:<4} {token.source:<12} made {_day(token.created_at)}, {used}{ended}"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
