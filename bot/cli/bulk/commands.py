"""`miro-bot bulk`: send a list of changes, follow it, pause, continue or stop it, and take its result."""

import time
from collections import Counter
from dataclasses import replace
from typing import IO, Any

import click

from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import OPEN, State
from bot.actions.many import MOST_LINES, Bulk
from bot.cards.bulk import progress
from bot.cards.settled import state_name
from bot.cli.common import (
    AS,
    JSON,
    acting_as,
    failed,
    find,
    open_bot,
    open_record,
    say,
    say_beside,
    say_exactly,
    say_json,
)
from bot.cli.decisions import deciding, next_step
from bot.slack.lists import result
from bot.summary import summary
from bot.work.bulk import control
from bot.work.bulk.check import changes, judged
from bot.work.bulk.reading import prepared, read
from bot.work.bulk.table import ACTION_WORDS, COLUMNS, MOST_BYTES, TEMPLATE
from bot.work.check import asker

EVERY = 2.0
"""Seconds between two looks of `watch`."""


class Lists(click.Group):
    """Takes a file where others take a subcommand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `send` in front of anything that isn't a subcommand."""
        if {"--template", "--json"} <= {*args}:
            raise click.UsageError("--template prints CSV: leave out --json.", ctx)
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["send", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes those of `send`, the columns and the actions of a list, and the subcommands."""
        send.format_options(ctx, formatter)
        for title, words in (("Columns", COLUMNS), ("Actions", ACTION_WORDS)):
            with formatter.section(f"{title} (other words for them)"):
                formatter.write_dl([(name.replace("_", " "), others) for name, others in words.items()])
        self.format_commands(ctx, formatter)


_HELP = f"""Change many people at once: miro-bot bulk FILE.csv --as EMAIL --reason TEXT.

A list has a heading and up to {MOST_LINES:,} rows, in at most {MOST_BYTES // 1_000_000} MB: CSV with commas,
semicolons or tabs; case, blanks and signs of headings don't count. `miro-bot bulk --template` prints an
example.
"""


@click.group(cls=Lists, help=_HELP)
def bulk() -> None:
    """Changes of many people at once."""


def _template(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        say_exactly("".join(f"{line}\n" for line in TEMPLATE))
        ctx.exit()


@bulk.command()
@click.argument("file", type=click.File("rb"))
@AS
@click.option("--reason", required=True, metavar="TEXT", help="Why; approvers read it.")
@click.option("--start", default="", metavar="TIME", help='When, like 2026-12-04 or "2026-12-04 18:00".')
@click.option("--skip", is_flag=True, help="Leave lines with problems out, instead of requesting nothing.")
@click.option("--check", "only_checks", is_flag=True, help="Check the list and request nothing.")
@click.option("--practice", is_flag=True, help="Rehearse it: nothing will change in Miro.")
@click.option(
    "--template",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_template,
    help="Print an example.",
)
@JSON
def send(
    file: IO[bytes],
    email: str,
    reason: str,
    start: str,
    skip: bool,
    only_checks: bool,
    practice: bool,
    as_json: bool,
) -> None:
    """Check a list against Miro and request its changes; - reads standard input.

    Exit status 1 if a line can't be carried out; with --skip, if none can.
    """
    with open_bot(existing=True, leads=False, practice=practice) as bot:
        bot.settings.require("MIRO_SCIM_TOKEN")
        context, who = bot.context, acting_as(bot, email)
        who = replace(who, person=asker(context, bot.people, who.person.id))
        reading = read(context, who, file.read())
        plans, problems = judged(context, bot.miro, who.person, reading.lines, bot.people)
        reading.leave_out(problems)
        new = Counter(line.action for line in reading.lines if changes(context, line, plans[line.number]))
        already, wrong = len(reading.lines) - new.total(), len(reading.problems)
        faults = [{"line": line, "text": text} for line, text in sorted(reading.problems.items())]
        output: dict[str, Any] = {"changes": new, "already": already, "problems": faults}
        for text in [] if as_json else (*reading.faults, _sums(new, already, wrong)):
            say_beside(text)
        is_refused = not reading.lines or bool(wrong and not skip)
        if reading.lines:
            ready = prepared(context, who, reading.lines, reason, start=start)
        if not (is_refused or only_checks):
            output = summary(bot.store, context.store.ask(*ready)) | output
        then = next_step(bot.settings.database)
    if as_json:
        say_json(output)
    elif "id" in output:
        saved = f"{output['id']} saved{' (practice: nothing will change)' * practice}: {output['what']}."
        say(saved, f"{then} To follow it: miro-bot bulk watch {output['id']}.")
    elif is_refused:
        skips = ", or add --skip to leave them out" if reading.lines else ""
        lead = "This list can't be sent as it is" if only_checks else "Nothing was requested"
        raise failed(f"{lead}. Correct the lines with a problem{skips}.")
    if is_refused:
        click.get_current_context().exit(1)


def _sums(new: Counter[str], already: int, wrong: int) -> str:
    kinds = ", ".join(f"{count:,} {name}" for name, count in new.items())
    lead = f"Lines to carry out: {new.total():,}{f' ({kinds})' * bool(kinds)}."
    return f"{lead} Already as requested: {already:,}. With a problem: {wrong:,}."


def _named(store: Store, id: str) -> Request:
    request = find(store, id)
    if request.action != Bulk.NAME:
        raise Refused(f"{request.id} is a single request: see miro-bot show {request.id}.")
    return request


def _progress(store: Store, id: str) -> tuple[Request, int, int, str]:
    """(the bulk, lines that have ended, all lines, what became of them in words)."""
    request = _named(store, id)
    counts, lines = store.lines(request.id), len(request.details["lines"])
    return request, progress.ended(counts), lines, progress.counted(request, counts, lines)


@bulk.command()
@click.argument("id", metavar="REQUEST")
@click.option("--once", is_flag=True, help="Say how far it is, and end.")
def watch(id: str, once: bool) -> None:
    """Follow a bulk until it has ended."""
    with open_record() as store:
        request, ended, lines, outcomes = _progress(store, id)
        with click.progressbar(length=lines, label=request.id, show_eta=True) as bar:
            while True:
                bar.update(ended - bar.pos)
                if once or request.state not in OPEN or request.state is State.STOPPED:
                    break
                time.sleep(EVERY)
                request, ended, lines, outcomes = _progress(store, id)
    say(f"{request.id}: {state_name(request)}. Lines: {outcomes}.")


@bulk.command("result")
@click.argument("id", metavar="REQUEST")
def show_result(id: str) -> None:
    """Print a CSV with one row for each line of the list; "done" is verified in Miro."""
    with open_record() as store:
        for line in result.written(store, _named(store, id)):
            say_exactly(line)


for _command in (
    deciding("pause", "paused", "Pause a bulk after the calls that are on their way.", control.pause),
    deciding("continue", "continued", "Continue a paused bulk.", control.go_on),
    deciding("stop", "stopped", "Stop a bulk: what hasn't begun is left as it is.", control.stop),
):
    bulk.add_command(_command)
