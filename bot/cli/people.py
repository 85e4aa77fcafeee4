"""People, from a shell: separate two people who were linked as one."""

import click

from approvals.people import key
from approvals.record.outbox import Note
from approvals.splits import split as split_draft
from bot.cards.blocks import message
from bot.cards.named import mark
from bot.cli.common import acting_as, open_bot, say


@click.group()
def people() -> None:
    """Correct who is who."""


@people.command()
@click.argument("one")
@click.argument("other")
@click.option("--as", "email", required=True, metavar="EMAIL", help="Your address; you must be an operator.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; the record keeps it.")
def split(one: str, other: str, email: str, reason: str) -> None:
    """Record that ONE and OTHER (addresses or Slack ids) are two people.

    The bot linked them because it saw the same address or account for both, as when an address is given to
    a new person. After the split, each can approve the other's requests.
    """
    with open_bot(existing=True, leads=False) as bot:
        who = acting_as(bot, email)
        with bot.store.writing():
            known = bot.store.people.known_as(key(one))
            bot.store.split(split_draft(who, one, other, known, reason, bot.desk.policy))
            text = (
                f"{one} and {other} now count as two people. {mark(who.person)} recorded this from a command "
                f"line ({who.shell})."
            )
            for operator in bot.desk.operators():
                if operator.account:
                    bot.store.outbox.say(Note(operator.account.slack_id, message(text)))
    say(f"{one} and {other} now count as two people.")
