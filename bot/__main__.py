"""The command line `miro-bot`."""

import click

from bot.cli import doctor, policy, record, requests, running


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="miro-bot")
def main() -> None:
    """Ask in Slack for a change of Miro access; decide with one click; see it done."""


for _command in (
    running.run,
    running.demo,
    running.sandbox,
    doctor.doctor,
    requests.list_requests,
    requests.show,
    requests.ask,
    requests.approve,
    requests.deny,
    requests.withdraw,
    requests.resume,
    record.audit,
    policy.policy,
):
    main.add_command(_command)

if __name__ == "__main__":
    main()
