"""What the environment says; each secret may come from a file instead (NAME_FILE)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from bot.miro.wire import Dialect

SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "MIRO_SCIM_TOKEN")
MIRO_URL = "https://miro.com/api/v1/scim"
SLACK_URL = "https://slack.com/api/"


class BadSettings(Exception):
    """The bot can't start like this; the text says what to set."""


@dataclass(frozen=True)
class Settings:
    """One bot's environment. Secrets don't show when printed."""

    database: Path
    policy: Path
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    slack_url: str = SLACK_URL
    miro_url: str = MIRO_URL
    group_model: Literal["team", "user-group"] = "team"
    dialect: Dialect = field(default_factory=Dialect)

    def secret(self, name: str) -> str:
        """A secret, or ''."""
        return self.secrets[name].get_secret_value() if name in self.secrets else ""

    def require(self, *names: str) -> None:
        """Raises BadSettings, naming everything that is missing at once."""
        missing = [name for name in names if not self.secret(name)]
        if missing:
            raise BadSettings(
                f"Set {', '.join(missing)} (or {missing[0]}_FILE with the path of a file that holds it). "
                "README, part “Set it up”, says where each comes from."
            )


def read(environ: Mapping[str, str]) -> Settings:
    """The settings. Raises BadSettings."""
    model = environ.get("MIRO_GROUP_MODEL", "team")
    if model not in ("team", "user-group"):
        raise BadSettings(f'MIRO_GROUP_MODEL is {model!r}; it must be "team" or "user-group".')
    database = environ.get("MIRO_BOT_DATABASE", "miro-bot.db")
    if "://" in database:
        raise BadSettings("This version keeps its record in a file: set MIRO_BOT_DATABASE to a path.")
    try:
        dialect = Dialect.named(environ.get("MIRO_SCIM_DIALECT", "").split(","))
    except ValueError as error:
        raise BadSettings(f"MIRO_SCIM_DIALECT: {error}.") from error
    return Settings(
        database=Path(database).absolute(),
        policy=Path(environ.get("MIRO_BOT_POLICY", "policy.toml")).absolute(),
        secrets={name: SecretStr(text) for name in SECRETS if (text := _secret(environ, name))},
        slack_url=environ.get("SLACK_API_URL", SLACK_URL),
        miro_url=environ.get("MIRO_SCIM_URL", MIRO_URL),
        group_model="team" if model == "team" else "user-group",
        dialect=dialect,
    )


def _secret(environ: Mapping[str, str], name: str) -> str:
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettings(f"{name}_FILE can't be read: {error.strerror} ({path}).") from error
