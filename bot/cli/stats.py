"""Figures about requests, from a shell."""

import re

import click

from approvals.record.evidence.report import one_line
from bot.cli.common import JSON, open_record, say_coloured, say_json
from bot.cli.requests import Filters, filters
from bot.stats import counted


@click.command()
@filters
@JSON
def stats(filters: Filters, as_json: bool) -> None:
    """Show how long requests take, how they end, and what access they gave or took.

    Times are medians from the request to the first decision, and to done.
    """
    with open_record() as store:
        figures = counted(store, filters.ids(store))
    if as_json:
        say_json(figures.as_json())
        return
    text = "".join(f"{one_line(line)}\n" for line in figures.lines())
    say_coloured(re.sub("█+", lambda bar: click.style(bar[0], "cyan"), text))
