"""Access reviews and comparisons, from a shell: begin, list, decide, and show what was decided."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import click

from approvals.decide.deadlines import later
from approvals.decide.streams.reviews import Review
from approvals.ids import GroupId, stamp
from approvals.people import listed
from approvals.record.evidence import report
from approvals.record.store import Store
from bot.actions.fill import team_id
from bot.cli.common import (
    JSON,
    OPERATOR,
    acting_as,
    day,
    failed,
    open_bot,
    open_record,
    say,
    say_exactly,
    say_json_list,
)
from bot.work.reviewing import compare as comparison
from bot.work.reviewing import reviews

LASTS = timedelta(days=10)
"""Working days, if nothing else is said."""
COLUMNS = (
    *("review", "subject", "until", "closed_at", "right", "name", "email", "decision", "by", "at"),
    *("request", "request_state", "kept_until", "reason"),
)


@click.group()
def review() -> None:
    """Review who has access: its owners keep or end it in Slack."""


@review.command()
@click.option("--admins", is_flag=True, help="All admin rights; operators decide.")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="A team; its owners decide.")
@click.option("--until", callback=day, metavar="DATE", help="Last day; by default in ten working days.")
@OPERATOR
def start(admins: bool, teams: tuple[str, ...], until: datetime | None, email: str) -> None:
    """Begin a review of teams, or of all admins, and ask the owners.

    They are reminded until the last day. Access that nobody decided by then stays, and is shown as undecided.
    """
    if not (admins or teams):
        raise click.UsageError("Say what to review: --admins, or --team NAME.")
    with open_bot(existing=True, leads=False) as bot:
        context, who, zone = bot.context, acting_as(bot, email), ZoneInfo(bot.context.policy.zone)
        last = until or later(context.now(), LASTS, context.policy).astimezone(zone)
        end = datetime.combine(last, time(23, 59), zone)
        try:
            ids = [team_id(name, context.tables()) for name in dict.fromkeys(teams)]
        except ValueError as error:
            raise failed(str(error)) from error
        with bot.store.writing():
            begun = [reviews.start(context, who, id, end) for id in [GroupId("")] * admins + ids]
        for each in begun:
            names = listed(owner.addressed for owner in reviews.deciders(context, each))
            count, last_day = len(each.accesses), f"{last:%Y-%m-%d}"
            say(f"{each.id} started: {each.subject}, {count} to decide until {last_day}. Asked: {names}.")


@review.command()
@click.argument("id", metavar="[REVIEW]", required=False)
@JSON
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
def show(id: str | None, as_json: bool, as_csv: bool) -> None:
    """Show what was decided about each person, and by whom; without a number, list all reviews."""
    with open_record() as store:
        shown = [store.review(each) for each in ([id.upper()] if id else store.reviews())]
        rows = [row for each in shown for row in _rows(store, each)]
        if as_json:
            say_json_list(rows)
        elif as_csv:
            say_exactly("".join(report.as_csv(COLUMNS, rows)))
        else:
            say(*map(_heading, shown) if shown else ["No reviews."])
            accesses = shown[0].accesses if id else ()
            say(*(access.line(lambda id: report.name(id, store.people)) for access in accesses))


def _heading(review: Review) -> str:
    end = "closed" if review.closed_at else f"until {review.until:%Y-%m-%d %H:%M} UTC"
    return f"{review.id}: {review.subject}, {end}"


def _rows(store: Store, review: Review) -> Iterator[dict[str, str]]:
    """Each access, by COLUMNS; what nobody decided is "undecided"."""
    for access in review.accesses:
        values = vars(review) | vars(access) | {"review": review.id}
        values["decision"] = access.decision or "undecided"
        values["by"] = report.name(access.by, store.people)
        values["request_state"] = store.request(access.request).state.value if access.request else ""
        chosen = {name: values[name] or "" for name in COLUMNS}
        yield {name: stamp(each) if isinstance(each, datetime) else each for name, each in chosen.items()}


@click.command()
@JSON
@click.option("--keep", metavar="ID", help="Accept a difference, with --reason and --until.")
@click.option("--put-right", metavar="ID", help="Request the change that ends a difference.")
@click.option("--reason", default="", help="Why it is kept; auditors read it.")
@click.option("--until", default="", metavar="DATE", help="Last day on which it is kept.")
@click.option("--as", "email", metavar="EMAIL", help="Your address; you must be an operator.")
def compare(
    as_json: bool, keep: str | None, put_right: str | None, reason: str, until: str, email: str | None
) -> None:
    """List where Miro differs from the record; changes nothing by itself.

    Compared: admins nobody granted, access that has ended, leavers, people who left Slack, teams without
    owners. Exit status: 0 no differences, 1 differences, or nothing could be compared.
    """
    if (keep and put_right) or bool(keep or put_right) != bool(email):
        raise click.UsageError("Give one of --keep ID and --put-right ID, with --as EMAIL.")
    with open_bot(existing=True, leads=False) as bot:
        if email:
            keeps = (reason, until) if keep else None
            access = comparison.decided(bot.context, acting_as(bot, email), keep or put_right or "", keeps)
            say(access.line(lambda id: report.name(id, bot.store.people)))
            return
        differences = comparison.compared(bot.context)
    if as_json:
        say_json_list(each.as_row for each in differences)
    else:
        say(*[f"{each.id}  {each.code:<10}  {each.text}" for each in differences] or ["No differences."])
    if differences:
        click.get_current_context().exit(1)
