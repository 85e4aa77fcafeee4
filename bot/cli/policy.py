"""The policy, from a shell: everything here needs the file alone, for it comes before Slack and Miro."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import click

from approvals.decide import Refused, approvers, may_ask
from approvals.ids import PersonId, SlackId
from approvals.people import Account, Person, Standing, canonical
from approvals.policy import check, load
from bot.cli.common import JSON, check_domain, sentences, settings
from bot.lifecycle import ACTIONS
from bot.policies import read
from bot.policy_init import TEMPLATE


@click.group()
def policy() -> None:
    """The policy file."""


@policy.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def init(path: Path | None) -> None:
    """Write a commented policy to fill in; never over an existing file."""
    with sentences():
        path = path or settings().policy
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(TEMPLATE)
        except FileExistsError:
            raise Refused(f"{path} is there already; I don't write over it.") from None
        except FileNotFoundError:
            raise Refused(f"There is no folder {path.parent}. Make it first, then try again.") from None
    click.echo(f"Wrote {path}. Replace every REPLACE-ME, then: miro-bot policy check")


@policy.command("check")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@JSON
def policy_check(path: Path | None, as_json: bool) -> None:
    """Say everything that is wrong with the policy, with its line."""
    with sentences():
        path = path or settings().policy
        _, problems = check(read(path), ACTIONS)
    if as_json:
        click.echo(json.dumps([{"line": one.line, "text": one.text} for one in problems]))
    for one in [] if as_json else problems:
        click.echo(f"{path}, {one}")
    if not problems and not as_json:
        click.echo(f"{path} can be used.")
    sys.exit(1 if problems else 0)


class _Named:
    """Everybody the policy names, taken for a colleague: Slack isn't asked."""

    def person(self, id: PersonId) -> Person:
        return self.by_email(id) if "@" in id else self.by_slack(SlackId(id))

    def by_email(self, email: str) -> Person:
        account = Account(SlackId(""), Standing.COLLEAGUE)
        return Person(PersonId(canonical(email)), canonical(email), accounts=(account,))

    def by_slack(self, slack_id: SlackId) -> Person:
        return Person(PersonId(slack_id), name=slack_id, accounts=(Account(slack_id, Standing.COLLEAGUE),))


@policy.command("who")
@click.argument("action", type=click.Choice(sorted(ACTIONS)))
@click.argument("fields", nargs=-1, metavar="[person=EMAIL]")
@click.option("--as", "email", required=True, help="Who would ask.")
@JSON
def who(action: str, fields: tuple[str, ...], email: str, as_json: bool) -> None:
    """Who would decide, if EMAIL asked for ACTION (about somebody else: person=EMAIL)."""
    raw = dict(field.partition("=")[::2] for field in fields)
    named = _Named()
    with sentences():
        known = load(read(settings().policy), ACTIONS)
        check_domain(known, email)
        asker, subject = named.by_email(email), named.by_email(raw.get("person") or email)
        may_ask(known, action, asker, subject)
        found = approvers(known, action, asker, subject, named)
    rule = known.actions[action]
    if as_json:
        click.echo(json.dumps([{"who": one.person.called, "because": one.because} for one in found]))
        return
    for one in found:
        click.echo(f"{one.person.called}: {one.because or 'named in the policy'}")
    click.echo(f"{rule.agree} of them must agree, within {_told(rule.expires)}; no answer means no change.")


def _told(span: timedelta) -> str:
    """'3 days', '18 hours': as the policy says it, which has one unit."""
    units = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
    unit = next(name for name, one in units.items() if not span % one)
    count = span // units[unit]
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
