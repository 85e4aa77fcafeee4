"""A shell on the machine of a bot that is running: what is typed, what is printed, how it exits."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot import app as composition
from bot.__main__ import main
from bot.sandbox.stage import POLICY, SECRET, TOKEN, Stage
from tests.bot.journeys.scenes import playing

ENVIRONMENT = (
    *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "MIRO_SCIM_TOKEN"),
    *("SLACK_API_URL", "MIRO_SCIM_URL", "MIRO_GROUP_MODEL"),
    *("MIRO_OAUTH_TOKEN", "MIRO_ORG_ID", "MIRO_REST_URL"),
)


class Shell:
    """Types commands on the machine of a bot that is running."""

    def __init__(self, folder: Path, **environ: str) -> None:
        paths = {
            "MIRO_BOT_DATABASE": str(folder / "record.db"),
            "MIRO_BOT_POLICY": str(folder / "policy.toml"),
        }
        self.environ = paths | environ

    def types(self, *words: str, exits: int = 0) -> str:
        """What a command prints; its exit status has to be the one expected."""
        result: Result = CliRunner().invoke(main, list(words), env=self.environ)
        assert result.exit_code == exits, (result.output, result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.output.strip()

    def json(self, *words: str, exits: int = 0) -> Any:
        return json.loads(self.types(*words, "--json", exits=exits))


@contextmanager
def alone() -> Iterator[pytest.MonkeyPatch]:
    """Nothing of the environment of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ENVIRONMENT:
            patched.delenv(name, raising=False)
        yield patched


@contextmanager
def machine(folder: Path, policy: str = POLICY, **how: Any) -> Iterator[tuple[Stage, Shell]]:
    """A bot on a stage, and a shell beside it that reads the same clock."""
    with alone() as patched, playing(folder, policy, **how) as s:
        told_time = partial(composition.build, now=s.clock, sleep=s.clock.sleep)
        patched.setattr(composition, "build", told_time)
        miro, slack = s.urls
        secrets = {
            "SLACK_BOT_TOKEN": "xoxb-sandbox",
            "SLACK_SIGNING_SECRET": SECRET,
            "MIRO_SCIM_TOKEN": TOKEN,
        }
        yield s, Shell(folder, SLACK_API_URL=slack, MIRO_SCIM_URL=miro, **secrets)
