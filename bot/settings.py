"""What the environment says; each secret may come from a file instead (NAME_FILE)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from approvals.record.database import Location, location
from bot.http.outgoing import is_safe
from bot.miro.wire import Dialect

METRICS_TOKEN = "MIRO_BOT_METRICS_TOKEN"
"""What Prometheus has to send as `Authorization: Bearer …`; without it `/metrics` isn't served."""
SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "MIRO_SCIM_TOKEN", METRICS_TOKEN)
BEGINNINGS = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}
"""Slack's tokens tell by their first letters what they are for."""
MIRO_URL = "https://miro.com/api/v1/scim"
SLACK_URL = "https://slack.com/api/"


class BadSettings(Exception):
    """The bot can't start like this; the text says what to set."""


@dataclass(frozen=True)
class Settings:
    """One bot's environment. Secrets don't show when printed."""

    database: Location
    policy: Path
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    slack_url: str = SLACK_URL
    miro_url: str = MIRO_URL
    group_model: Literal["team", "user-group"] = "team"
    dialect: Dialect = field(default_factory=Dialect)
    secret_files: Mapping[str, Path] = field(default_factory=dict)
    """Where secrets were read from, by their names."""

    def secret(self, name: str) -> str:
        """A secret, or ''."""
        return self.secrets[name].get_secret_value() if name in self.secrets else ""

    def require(self, *names: str) -> None:
        """Raises BadSettings, naming everything that is missing at once."""
        missing = [name for name in names if not self.secret(name)]
        if missing:
            raise BadSettings(
                f"Set {', '.join(missing)} (or {missing[0]}_FILE to the path of a file with it). "
                "README, “Set it up”, says where to get each."
            )


def read(environ: Mapping[str, str]) -> Settings:
    """The settings; an empty variable is one that isn't set. Raises BadSettings."""
    environ = {name: text for name, text in environ.items() if text.strip()}
    model = environ.get("MIRO_GROUP_MODEL", "team")
    if model not in ("team", "user-group"):
        raise BadSettings(f'MIRO_GROUP_MODEL is {model!r}. Set it to "team" or "user-group".')
    try:
        dialect = Dialect.named(environ.get("MIRO_SCIM_DIALECT", "").split(","))
    except ValueError as error:
        names = ", ".join(one.name.replace("_", "-") for one in fields(Dialect))
        raise BadSettings(f"MIRO_SCIM_DIALECT: {error}. Choose from {names}.") from error
    return Settings(
        database=_record(environ),
        policy=Path(environ.get("MIRO_BOT_POLICY", "policy.toml")).absolute(),
        secrets={name: SecretStr(text) for name in SECRETS if (text := _secret(environ, name))},
        secret_files={name: Path(path) for name in SECRETS if (path := environ.get(f"{name}_FILE"))},
        slack_url=_address(environ, "SLACK_API_URL", SLACK_URL),
        miro_url=_address(environ, "MIRO_SCIM_URL", MIRO_URL),
        group_model="team" if model == "team" else "user-group",
        dialect=dialect,
    )


def _record(environ: Mapping[str, str]) -> Location:
    """Where the record is; the URL of a server may hold a password, so it may come from a file as well."""
    path = environ.get("MIRO_BOT_DATABASE_FILE")
    text = _content("MIRO_BOT_DATABASE", path) if path else environ.get("MIRO_BOT_DATABASE", "miro-bot.db")
    try:
        return location(text)
    except ValueError as error:
        raise BadSettings(f"MIRO_BOT_DATABASE: {error}.") from error


def _address(environ: Mapping[str, str], name: str, otherwise: str) -> str:
    """A service's URL; tokens go there, so it is https unless it is this very machine."""
    text = environ.get(name) or otherwise
    if not is_safe(text):
        raise BadSettings(f"{name} is {text!r}. Use an address like {otherwise} (http only for 127.0.0.1).")
    return text


def _secret(environ: Mapping[str, str], name: str) -> str:
    path = environ.get(f"{name}_FILE")
    text = _content(name, path) if path else environ.get(name, "").strip()
    if not all("!" <= one <= "~" for one in text):
        raise BadSettings(f"{name} contains a space, line break or letter that no token has. Copy it again.")
    begins = BEGINNINGS.get(name)
    if text.startswith(("xox", "xapp-")) and not (begins and text.removeprefix("xoxe.").startswith(begins)):
        wanted = f"the token that begins with {begins}" if begins else "another secret than Slack's tokens"
        raise BadSettings(f"{name} begins with {text.partition('-')[0]}-, but needs {wanted}.")
    return text


def _content(name: str, path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettings(
            f"{name}_FILE can't be read: {error.strerror} ({path}). Check the path and its rights."
        ) from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"{name}_FILE can't be read: {path} isn't text. Copy the token again.") from error
    if not text:
        raise BadSettings(f"{name}_FILE names an empty file ({path}). Write the token into it.")
    return text
