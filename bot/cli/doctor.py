"""Look whether everything the bot needs is there; change nothing."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from approvals.policy.check import BrokenPolicy, load
from approvals.policy.model import Policy
from approvals.record.database import Server, StoreTrouble
from approvals.refusals import Refused
from bot import app as composition
from bot.actions import CONDITIONS
from bot.app import Bot
from bot.cli import exposure, scopes
from bot.cli.common import JSON, is_there, open_record, say, say_json, sentences, settings
from bot.cli.policy.reach import strays
from bot.miro.errors import MiroError
from bot.policies import read, usable, why_not
from bot.settings import BadSettings, Settings

ANY_POLICY = 'operators = ["doctor@example.com"]\ndomains = ["example.com"]\n'


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    """Check settings, policy, record, Slack and Miro; changes nothing."""
    with sentences():
        known = settings()
    checks: list[tuple[str, Callable[[], str]]] = [
        ("policy", lambda: _check_policy(known)),
        ("record", lambda: _check_record(known)),
        ("way in", lambda: _check_way_in(known)),
        ("Slack", lambda: _check_slack(known)),
        ("Miro", lambda: _check_miro(known)),
    ]
    found = [_examined(name, examine) for name, examine in checks]
    if as_json:
        say_json(found)
    else:
        for one in found:
            say(f"{'ok ' if one['ok'] else 'BAD'}  {one['what']:<8} {one['text']}")
        say("Does an identity provider already provision your Miro? Read README before you go on.")
    sys.exit(0 if all(one["ok"] for one in found) else 1)


def _examined(name: str, examine: Callable[[], str]) -> dict[str, Any]:
    try:
        with sentences():
            return {"what": name, "ok": True, "text": examine()}
    except click.ClickException as error:
        return {"what": name, "ok": False, "text": error.message}
    except Exception as error:
        return {"what": name, "ok": False, "text": f"{type(error).__name__}: {error}"}


def _noted(text: str, notes: Iterable[str]) -> str:
    """What is well, and what beside it should be better: no reason not to start."""
    return ". Note: ".join([text, *(note.removesuffix(".") for note in notes)])


def _check_policy(settings: Settings) -> str:
    known = load(usable(settings.policy), CONDITIONS)
    notes = [*exposure.policy(settings.policy)]
    try:
        wrong = strays(settings, known)
    except (click.ClickException, StoreTrouble, MiroError) as error:
        wrong, notes = [], [*notes, f"its teams couldn't be looked for: {error}"]
    if wrong:
        raise BadSettings("; ".join(wrong))
    return _noted(f"{settings.policy} can be used", [*notes, *_not_in_force(settings)])


def _not_in_force(settings: Settings) -> Iterator[str]:
    """That the record names another policy than the file is, and what puts the file in force."""
    with suppress(click.ClickException), open_record() as store:
        if told := why_not(store, settings.policy, read(settings.policy)):
            yield told


def _check_record(settings: Settings) -> str:
    if problem := exposure.exposed_record(settings.database):
        raise BadSettings(problem)
    where = settings.database
    if isinstance(where, Server) and not is_there(where):
        raise BadSettings(f"{where} has no record yet; `miro-bot db migrate` makes it")
    if isinstance(where, Path) and not where.exists():
        return _noted(f"{where} isn't there yet; `miro-bot run` makes it", exposure.folders(settings))
    with open_record() as store:
        found = store.verify()
        if found.faults:
            raise StoreTrouble("; ".join(found.faults))
        count = found.anchor.count
        text = f"{settings.database}: {count} {'entry' if count == 1 else 'entries'}, unbroken"
    return _noted(text, [*exposure.owner(settings.database), *exposure.folders(settings)])


def _check_way_in(settings: Settings) -> str:
    ways = {"Socket Mode": "SLACK_APP_TOKEN", "HTTP (run --http)": "SLACK_SIGNING_SECRET"}
    ready = [way for way, name in ways.items() if settings.secret(name)]
    if not ready:
        wanted = " or ".join(f"{name} for {way}" for way, name in ways.items())
        raise BadSettings(f"Set {wanted}: without one of them Slack can't reach the bot.")
    return _noted(f"ready for {' and '.join(ready)}", exposure.secrets(settings))


@contextmanager
def _bot(settings: Settings) -> Iterator[Bot]:
    """A bot whose record is thrown away: nothing is changed by looking, nor is the policy to blame."""
    with TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.toml"
        policy.write_text(ANY_POLICY, encoding="utf-8")
        bot = composition.build(replace(settings, database=Path(folder) / "record.db", policy=policy))
        try:
            yield bot
        finally:
            bot.stop()


def _check_slack(settings: Settings) -> str:
    settings.require("SLACK_BOT_TOKEN")
    with _bot(settings) as bot:
        team, enterprise = bot.people.home()
        text = f"team {team}{' of ' + enterprise if enterprise else ''}"
        missing, notes = scopes.lacking(scopes.granted(bot.client), _policy(settings))
    if missing:
        raise BadSettings(f"{text}; {'; '.join(missing)}. {scopes.REMEDY}")
    return _noted(text, notes)


def _policy(settings: Settings) -> Policy | None:
    """The policy; None where it can't be used, which is said elsewhere."""
    try:
        return load(usable(settings.policy), CONDITIONS)
    except (BrokenPolicy, Refused, BadSettings, OSError):
        return None


def _check_miro(settings: Settings) -> str:
    settings.require("MIRO_SCIM_TOKEN")
    with _bot(settings) as bot:
        odd = bot.miro.groups().complaints("group", "groups")
        return "; ".join((f"{settings.miro_url} takes the token; group model {settings.group_model}", *odd))
