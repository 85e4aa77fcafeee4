"""People, from a shell: telling apart two who are linked as one human."""

import click

from approvals.people import key
from approvals.record.outbox import Note
from approvals.splits import split as split_draft
from bot.cards.blocks import message
from bot.cards.named import mark
from bot.cli.common import acting_as, open_bot, say


@click.group()
def people() -> None:
    """Who is who."""


@people.command()
@click.argument("one")
@click.argument("other")
@click.option("--as", "email", required=True, help="The operator who says so.")
@click.option("--reason", required=True, help="The record keeps it.")
def split(one: str, other: str, email: str, reason: str) -> None:
    """Record that ONE and OTHER (an address or Slack id of each) are two people.

    They were linked because an address, account or Miro account was seen of both: an address that was given
    to somebody else. From then on each may decide what the other asks for.
    """
    with open_bot(existing=True, leads=False) as bot:
        who = acting_as(bot, email)
        with bot.store.writing():
            known = bot.store.people.known_as(key(one))
            bot.store.split(split_draft(who, one, other, known, reason, bot.desk.policy))
            text = (
                f"{one} and {other} count as two people from now on: told apart in the name of "
                f"{mark(who.person)} from a command line ({who.shell})."
            )
            for operator in bot.desk.operators():
                if operator.account:
                    bot.store.outbox.say(Note(operator.account.slack_id, message(text)))
    say(f"{one} and {other} are two people from now on.")
