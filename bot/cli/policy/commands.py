"""The policy, from a shell: all but `apply` and `--reach` needs the file alone, for it comes before Slack."""

import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from approvals.policy.check import check, load
from approvals.policy.file_alone import notifies
from approvals.record.store import utc_now
from approvals.refusals import Refused
from bot.actions import ACTIONS, CONDITIONS
from bot.cli.common import (
    JSON,
    check_domain,
    open_bot,
    open_record,
    say,
    say_json,
    sentences,
    settings,
    shell,
)
from bot.cli.decisions import WithFields, typed_fields
from bot.cli.policy.foresight import foresee
from bot.cli.policy.reach import unreached
from bot.cli.policy.template import TEMPLATE
from bot.context import CONFIDENTIAL
from bot.policies import enact, read


@click.group()
def policy() -> None:
    """Write, check and apply the policy file."""


def _for_all_to_read(path: str, flags: int) -> int:
    """Whoever may write the policy decides who approves: only its owner, whatever the umask leaves open."""
    return os.open(path, flags, 0o644)


@policy.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def init(path: Path | None) -> None:
    """Write a commented policy to fill in. Never overwrites a file."""
    with sentences():
        path = path or settings().policy
        try:
            with open(path, "x", encoding="utf-8", opener=_for_all_to_read) as file:
                file.write(TEMPLATE)
        except FileExistsError:
            raise Refused(f"{path} already exists. Choose another path, or move it away.") from None
        except FileNotFoundError:
            raise Refused(f"There is no folder {path.parent}. Create it first.") from None
    say(f"Wrote {path}. Replace every REPLACE-ME, then run: miro-bot policy check")


@policy.command("check")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--reach", is_flag=True, help="Also ask Slack and Miro for everyone and every team it names.")
@JSON
def policy_check(path: Path | None, reach: bool, as_json: bool) -> None:
    """List every problem in the policy, with its line, and how many people each rule notifies."""
    with sentences():
        path = path or settings().policy
        known, problems = check(read(path), CONDITIONS)
        hear = notifies(known, CONFIDENTIAL) if known and not problems else []
        missed = unreached(replace(settings(), policy=path)) if reach and not problems else []
    if as_json:
        say_json({"problems": [vars(problem) for problem in problems], "tells": hear, "unreached": missed})
    else:
        say(*(f"{path}, {problem}" for problem in problems), *hear, *missed)
        if known is None:
            say("Fix this first, then check again: more problems may show up.")
        elif not problems:
            but = ", but not everything in it can be reached" if missed else ""
            say(f"{path} is valid{but}.")
    sys.exit(1 if problems or missed else 0)


@policy.command("apply")
@click.argument("path", type=click.Path(path_type=Path))
def apply(path: Path) -> None:
    """Put the policy PATH in force, even one that was in force before.

    A running bot applies only new policies by itself. It follows this command within seconds.
    """
    with open_record() as store:
        before = store.policy_in_force()
    with open_bot(existing=True, policy=path, leads=False) as bot:
        hash = enact(bot.store, read(path), shell())
    if before is None:
        say(f"{path} is in force ({hash[:12]}). It's the first policy of this record.")
    elif before.hash == hash:
        say(f"{path} is already in force ({hash[:12]}).")
    else:
        say(f"{path} is in force ({hash[:12]}). It also decides pending requests; some may be sent again.")


def _time(text: str | None) -> datetime:
    """The time meant. Raises UsageError."""
    if text is None:
        return utc_now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--at takes a time like 2026-03-02T09:00, not {text!r}.") from None
    if not 2000 <= at.year < 2200:
        raise click.UsageError(f"{text!r} is too far away. Use a time like 2026-03-02T09:00.")
    return at if at.tzinfo else at.astimezone()


@policy.command("who", cls=WithFields)
@click.argument("action", type=click.Choice(sorted(ACTIONS)), metavar="ACTION")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--as", "email", required=True, metavar="EMAIL", help="Who would request it.")
@click.option("--at", "at", metavar="TIME", help="When, if not now, like 2026-03-02T09:00.")
@JSON
def who(action: str, fields: tuple[str, ...], email: str, at: str | None, as_json: bool) -> None:
    """Show who would decide a request and why, who is notified, and what happens if nobody answers."""
    raw, now = typed_fields(ACTIONS[action], fields), _time(at)
    with sentences():
        known = settings()
        wanted = load(read(known.policy), CONDITIONS)
        check_domain(wanted, email)
        foresight = foresee(wanted, ACTIONS[action], raw, email, now, known.database)
    say_json(foresight.as_json()) if as_json else say(*foresight.lines())
