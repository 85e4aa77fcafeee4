"""The record and the policy, from a shell."""

import json
import sys
from pathlib import Path

import click

from approvals import decide, report
from approvals.chain import Anchor
from approvals.decide import Refused
from approvals.ids import RequestId
from approvals.policy import check
from approvals.sqlite import SqliteStore
from bot.cli.common import JSON, acting_as, open_bot, open_record, sentences, settings
from bot.desk import numbered
from bot.lifecycle import ACTIONS
from bot.policy_init import TEMPLATE


@click.group()
def audit() -> None:
    """The record."""


@audit.command()
@click.option(
    "--anchor", "anchors", multiple=True, metavar="COUNT:HASH", help="What an earlier verify printed."
)
@JSON
def verify(anchors: tuple[str, ...], as_json: bool) -> None:
    """Walk the whole record; exit status 1 if anything was changed."""
    try:
        known = [Anchor.read(text) for text in anchors]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with open_record() as store:
        found = store.verify(known)
    if as_json:
        whole = {"anchor": str(found.anchor), "requests": found.requests, "forgotten": found.forgotten}
        click.echo(json.dumps(whole | {"faults": list(found.faults)}))
    else:
        for fault in found.faults:
            click.echo(f"CHANGED: {fault}")
        state = "is NOT what was written" if found.faults else "holds"
        click.echo(
            f"The record {state}: {found.anchor.count} entries, {found.requests} requests, "
            f"{found.forgotten} words forgotten."
        )
        click.echo(f"Anchor, to keep elsewhere: {found.anchor}")
    sys.exit(1 if found.faults else 0)


def _known(store: SqliteStore, id: str) -> RequestId:
    try:
        return store.request(numbered(id)).id
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except KeyError:
        raise Refused(f"There is no request {id}.") from None


@audit.command("export")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@click.argument("ids", nargs=-1)
def export(form: str, ids: tuple[str, ...]) -> None:
    """Print the record, or the entries of some requests."""
    with open_record() as store:
        streams: list[RequestId | None] = [_known(store, id) for id in ids] or [None]
        rows = [report.row(event, store.people) for one in streams for event in store.events(one)]
    click.echo(report.as_json(rows) if form == "json" else report.as_csv(rows), nl=False)


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
    click.echo(f"Wrote {path}. Replace every REPLACE-ME, then: miro-bot policy check")


@policy.command("check")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@JSON
def policy_check(path: Path | None, as_json: bool) -> None:
    """Say everything that is wrong with the policy, with its line."""
    with sentences():
        path = path or settings().policy
        _, problems = check(path.read_text(encoding="utf-8"), ACTIONS)
    if as_json:
        click.echo(json.dumps([{"line": one.line, "text": one.text} for one in problems]))
    for one in [] if as_json else problems:
        click.echo(f"{path}, {one}")
    if not problems and not as_json:
        click.echo(f"{path} can be used.")
    sys.exit(1 if problems else 0)


@policy.command("who")
@click.argument("action", type=click.Choice(sorted(ACTIONS)))
@click.argument("fields", nargs=-1, metavar="[person=EMAIL]")
@click.option("--as", "email", required=True, help="Who would ask.")
@JSON
def who(action: str, fields: tuple[str, ...], email: str, as_json: bool) -> None:
    """Who would decide, if EMAIL asked for ACTION (about somebody else: person=EMAIL)."""
    raw = dict(field.partition("=")[::2] for field in fields)
    with open_bot() as bot:
        asker = acting_as(bot, email).person
        subject = bot.store.people.meet(email=raw["person"]) if raw.get("person") else asker
        decide.may_ask(bot.desk.policy, action, asker, subject)
        rule = bot.desk.policy.rule(action)
        assert rule
        subject = bot.people.find(subject.email) or subject
        for entry, _ in decide.entries(bot.desk.policy, rule, asker, subject):
            bot.people.find(entry)
        found = decide.approvers(bot.desk.policy, action, asker, subject, bot.store.people)
    if as_json:
        click.echo(json.dumps([{"who": one.person.called, "because": one.because} for one in found]))
        return
    for one in found:
        click.echo(f"{one.person.called}: {one.because or 'named in the policy'}")
    click.echo(f"{rule.agree} of them must agree, within {rule.expires}; no answer means no change.")
