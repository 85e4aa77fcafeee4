"""People, from a shell: separate two people who were linked as one, and forget who is long gone."""

import click

from approvals.decide.actor import Actor
from approvals.decide.streams import forgetting
from approvals.ids import SlackId
from approvals.people import Person, key, miro_key
from approvals.record.outbox import Note
from approvals.refusals import Refused
from approvals.splits import split as split_draft
from bot.app import Bot
from bot.cards.blocks import message
from bot.cards.named import mark
from bot.cli.common import OPERATOR, acting_as, open_bot, say
from bot.directory.store import Directories, User


@click.group()
def people() -> None:
    """Correct who is who."""


@people.command()
@click.argument("one")
@click.argument("other")
@OPERATOR
@click.option("--reason", required=True, metavar="TEXT", help="Why; the record keeps it.")
def split(one: str, other: str, email: str, reason: str) -> None:
    """Record that ONE and OTHER (addresses or Slack ids) are two people.

    The bot linked them because it saw the same address or account for both, as when an address is given to
    a new person. After the split, each can approve the other's requests.
    """
    with open_bot(existing=True, leads=False) as bot:
        who = acting_as(bot, email)
        with bot.store.writing():
            known = bot.store.people.humans.known(key(one))
            bot.store.split(split_draft(who, one, other, known, reason, bot.context.policy))
            text = (
                f"{one} and {other} now count as two people. {mark(who.person)} recorded this from a command "
                f"line ({who.shell})."
            )
            for operator in bot.context.operators():
                if operator.account:
                    bot.store.outbox.say(Note(operator.account.slack_id, message(text)))
    say(f"{one} and {other} now count as two people.")


@click.command()
@click.argument("person", metavar="EMAIL")
@OPERATOR
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
def forget(person: str, email: str, yes: bool) -> None:
    """Forget somebody who is long gone: remove their names, addresses and texts from the record.

    EMAIL is an address or Slack id. The entries stay, and the record still verifies: it holds who forgot
    whom, as a number, and when. Not removed are messages in Slack, logs, backups, texts of policies, and what
    others wrote with an earlier name or a name of one word. On PostgreSQL the tables' owner does this, or a
    role with `db migrate --may-forget`.

    It asks Slack and Miro whether they are gone: SLACK_BOT_TOKEN and MIRO_SCIM_TOKEN must be set.
    """
    with open_bot(existing=True, leads=False) as bot:
        who, people = acting_as(bot, email), bot.store.people
        forgetting.check_operator(who, bot.context.policy)
        bot.settings.require("SLACK_BOT_TOKEN", "MIRO_SCIM_TOKEN")
        known = people.by_email(person) if "@" in person else people.by_slack(SlackId(person))
        if known is None:
            raise Refused(f"The record has no person {person}. Check the spelling.")
        _check(bot, who, [bot.people.look(people.person(id)) for id in known.rows])
        if not yes:
            click.confirm(f"Forget {known.addressed} for good?", abort=True)
        with bot.store.writing():
            rows = [people.person(id) for id in known.rows]
            _check_record(bot, who, rows)
            count = bot.store.forgetting.person(rows, who)
    say(f"{known.id} is forgotten: {count} texts were removed. Older backups still hold them.")


def _check(bot: Bot, actor: Actor, rows: list[Person]) -> None:
    """Raises Refused unless the record, Slack and Miro say that they are gone; MiroError if Miro is away."""
    _check_record(bot, actor, rows)
    keys = sorted({known for person in rows for known in person.keys})
    directories = Directories(bot.store.database, bot.context.now)
    for known in keys:
        for entry in directories.read("deleted_at = '' AND name = ?", known):
            if isinstance(entry, User) and entry.active:
                raise Refused(
                    f"In the directory {entry.source} {known} is active. Deactivate them there first."
                )
        account = bot.miro.look(known) if "@" in known else None
        if known.startswith(miro_key("")):
            account = bot.miro.by_id(known.removeprefix(miro_key("")))
        if account and account.active is not False:
            raise Refused(f"{account.user_name} isn't deactivated in Miro. Offboard the account first.")


def _check_record(bot: Bot, actor: Actor, rows: list[Person]) -> None:
    policies, pending = bot.context.policies, bot.store.forgetting.pending(rows)
    forgetting.check(actor, rows, pending, policies.in_force, bot.store.policy(policies.hash))
