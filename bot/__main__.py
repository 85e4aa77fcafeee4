"""The command line `miro-bot`."""

import click

from bot.cli import db, decisions, doctor, evidence, people, record, requests, review, running, stats
from bot.cli.bulk import commands as bulk
from bot.cli.common import sentences
from bot.cli.directory import sources, tokens
from bot.cli.policy import commands


class Commands(click.Group):
    """All commands; their errors are printed as sentences."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuses arguments that can't be stored: invalid UTF-8 arrives as lone surrogates."""
        for typed in args:
            try:
                typed.encode()
            except UnicodeEncodeError:
                raise click.UsageError(f"{typed!r} isn't UTF-8 text. Type it again.") from None
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs a command; a disk that is full is told as whatever else the system refuses."""
        with sentences():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="miro-bot")
def main() -> None:
    """Request, approve and carry out changes of Miro access in Slack."""


record.audit.add_command(evidence.pack)
for _command in sources.COMMANDS:
    tokens.directory.add_command(_command)

for _command in (
    running.run, running.demo, running.sandbox, doctor.doctor, requests.list_requests, requests.show,
    stats.stats, *decisions.COMMANDS, bulk.bulk, record.audit, db.db, people.people, people.forget,
    tokens.directory, review.review, review.compare, commands.policy,
):  # fmt: skip
    main.add_command(_command)

if __name__ == "__main__":
    main()
