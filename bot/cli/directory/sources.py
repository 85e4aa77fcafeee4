"""Directories from a shell: what is held or has failed, pause and let through, and lists without SCIM."""

from pathlib import Path

import click

from approvals.decide.streams.directories import Control
from approvals.refusals import Refused
from bot.app import Bot
from bot.cli.common import JSON, OPERATOR, acting_as, open_bot, say, say_json
from bot.cli.directory.tokens import unknown
from bot.directory import lists
from bot.directory.asking.differences import failures
from bot.directory.asking.mapping import Standing
from bot.directory.asking.requests import Push, control, looked
from bot.directory.store import Directories, Taken
from bot.slack.directory.view import CHANGES, changes, what_is_held


def _looked(bot: Bot, source: str) -> Push:
    if source not in bot.context.policy.directory:
        raise unknown(source, bot.context.policy.directory)
    return looked(bot.context, source)


@click.command()
@click.argument("source")
@JSON
def held(source: str, as_json: bool) -> None:
    """List what of a directory is held, and what has failed. Exit status: 0 nothing, 1 something."""
    with open_bot(existing=True, leads=False) as bot:
        push = _looked(bot, source)
        rows = [
            {"state": "held", "email": push.words[id].email, "text": action, "key": push.key}
            for action, people in push.held.items()
            for id in sorted(people)
        ]
        key, why = push.key, what_is_held(bot.context, source)
        rows += [{"state": "failed", "email": "", "text": text} for text in failures(push)]
    if as_json:
        say_json(rows)
    else:
        for row in rows:
            is_held = row["state"] == "held"
            what = CHANGES[row["text"]].format(row["email"]) if is_held else row["text"]
            say(f"{row['state']}: {what}")
        if not rows:
            say("Nothing is held, nothing has failed.")
        if key:
            say(why, f"To let it through: miro-bot directory release {source} {key} --as EMAIL")
    if rows:
        click.get_current_context().exit(1)


def _control(source: str, email: str, what: Control, shown: str = "") -> str:
    """Decides; returns what was held before, in words."""
    with open_bot(existing=True, leads=False) as bot:
        before = changes(bot.store.hold(source))
        control(bot.context, source, what, acting_as(bot, email), shown)
        return before


@click.command()
@click.argument("source")
@click.argument("key")
@OPERATOR
def release(source: str, key: str, email: str) -> None:
    """Let through what of a directory is held. A running bot then asks for it, as the policy says.

    KEY: as `held` shows it; if other changes are held by now, nothing is let through.
    """
    say(f"{source} continues: {_control(source, email, Control.RELEASED, key)}.")


def _pausing(name: str, what: Control, said: str, help: str) -> click.Command:
    def command(source: str, email: str) -> None:
        _control(source, email, what)
        say(f"{source} {said}.")

    return click.command(name, help=help)(click.argument("source")(OPERATOR(command)))


_PAUSE = "Ask nothing of what a directory says, until `resume`. What it says meanwhile is kept."
pause = _pausing("pause", Control.PAUSED, "is paused", _PAUSE)
resume = _pausing("resume", Control.RESUMED, "continues", "End a pause.")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", required=True, help="The directory in the policy that the list is of, like hr.")
@click.option("--whole", is_flag=True, help="The list names everybody: who is missing has left.")
def import_list(file: Path, source: str, whole: bool) -> None:
    """Take a list of people (CSV, at most 20 MB) as the word of a directory.

    The first line names the columns: email, and any of id, active, given_name, family_name, department,
    employee_number, cost_centre, division, organization, manager (an address), groups (all of theirs,
    separated by ;), changed_at (a time: what the source said later stays). An empty cell says nothing. Who is
    missing from a whole list is held for operators, however few; so are more leavers than the policy lets
    through within an hour.
    """
    with open_bot(existing=True, leads=False) as bot:
        _looked(bot, source)
        with file.open("rb") as data:
            lines = lists.read(data.read(lists.MOST_BYTES + 1))
        try:
            with bot.store.writing():
                directories = Directories(bot.store.database, bot.context.now)
                changed, missing = lists.take(directories, source, lines, whole=whole)
        except Taken as error:
            raise Refused(
                "Nothing was imported: two people have one address. Give each an id, and one address."
            ) from error
        push = looked(bot.context, source)
        gone = {id for ids in push.held.values() for id in ids if push.words[id].standing is Standing.MISSING}
    more = f", newly missing: {missing}, held for operators: {len(gone)}" if whole else ""
    say(f"People read: {len(lines)}, new or changed: {changed}{more}. A running bot asks for what follows.")


COMMANDS = (held, release, pause, resume, import_list)
"""Commands of `miro-bot directory`."""
