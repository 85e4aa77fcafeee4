"""Settings from the environment; each secret may come from a file instead (NAME_FILE)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import SecretStr

from approvals.record.database import Location, location
from bot.http.outgoing import is_safe
from bot.miro.wire import Dialect

METRICS_TOKEN = "MIRO_BOT_METRICS_TOKEN"
"""The bearer token for `/metrics`, which isn't served without one."""
EVENT_SECRET = "MIRO_BOT_EVENT_SECRET"
"""Makes the secrets of sources without SCIM, which sign events; without it none is taken."""
SHORTEST = 32
"""The fewest characters of the event secret: with one signed event it can be guessed at offline."""
REST = ("MIRO_OAUTH_TOKEN", "MIRO_ORG_ID")
"""For Miro's REST API: both or neither."""
BEGINNINGS = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}
"""The prefixes of Slack's tokens."""
_PREFIX = re.compile(r"(xoxe\.)?(xox[a-z]|xapp)-")
"""The prefix of any token of Slack's; those that are rotated have one more in front."""
SECRETS = (*BEGINNINGS, "SLACK_SIGNING_SECRET", "MIRO_SCIM_TOKEN", *REST, METRICS_TOKEN, EVENT_SECRET)
MIRO_URL = "https://miro.com/api/v1/scim"
REST_URL = "https://api.miro.com"
SLACK_URL = "https://slack.com/api/"
SENT_TO = {
    "SLACK_API_URL": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"),
    "MIRO_SCIM_URL": ("MIRO_SCIM_TOKEN",),
    "MIRO_REST_URL": REST,
}
"""{setting with an address: secrets that are sent there}."""
NOWHERE: Location = Path("/dev/null/miro-bot.db")
"""The place of a record whose setting is wrong: there never is one."""
T = TypeVar("T")


class BadSettings(Exception):
    """The bot can't start; the text says what to set."""


@dataclass(frozen=True)
class Settings:
    """The settings of one bot; secrets aren't printed."""

    database: Location
    policy: Path
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    slack_url: str = SLACK_URL
    miro_url: str = MIRO_URL
    group_model: Literal["team", "user-group"] = "team"
    dialect: Dialect = field(default_factory=Dialect)
    rest_url: str = REST_URL
    secret_files: Mapping[str, Path] = field(default_factory=dict)
    """{name of a secret: file it was read from}."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """{setting: what is wrong, with its remedy}. It has its default then; secrets are left out."""

    def secret(self, name: str) -> str:
        """A secret, or ''."""
        return self.secrets[name].get_secret_value() if name in self.secrets else ""

    @property
    def has_rest(self) -> bool:
        """Whether there are credentials of Miro's REST API."""
        return all(map(self.secret, REST))

    def require(self, *names: str) -> None:
        """Raises BadSettings with all missing names."""
        missing = [name for name in names if not self.secret(name)]
        if missing:
            why = f"Set {', '.join(missing)} (or {missing[0]}_FILE to the path of a file with it)."
            raise BadSettings(f"{why} README, “Set it up”, says where to get each.")


def read(environ: Mapping[str, str]) -> Settings:
    """The settings; an empty variable counts as not set. Raises BadSettings with all that is wrong."""
    known = examined(environ)
    if known.wrong:
        raise BadSettings(" ".join(known.wrong.values()))
    return known


def examined(environ: Mapping[str, str]) -> Settings:
    """The settings, and in `wrong` what is wrong with them. No secret is left for a wrong address."""
    environ = {name: text for name, text in environ.items() if text.strip()}
    wrong = dict[str, str]()

    def checked(name: str, read: Callable[[Mapping[str, str], str], T], otherwise: T) -> T:
        try:
            return read(environ, name)
        except BadSettings as error:
            wrong[name] = str(error)
            return otherwise

    known = Settings(
        database=checked("MIRO_BOT_DATABASE", _record, NOWHERE),
        policy=Path(environ.get("MIRO_BOT_POLICY", "policy.toml")).absolute(),
        secret_files={name: Path(path) for name in SECRETS if (path := environ.get(f"{name}_FILE"))},
        slack_url=checked("SLACK_API_URL", _address(SLACK_URL), SLACK_URL),
        miro_url=checked("MIRO_SCIM_URL", _address(MIRO_URL), MIRO_URL),
        group_model=checked("MIRO_GROUP_MODEL", _model, "team"),
        dialect=checked("MIRO_SCIM_DIALECT", _dialect, Dialect()),
        rest_url=checked("MIRO_REST_URL", _address(REST_URL), REST_URL),
        wrong=wrong,
    )
    unsafe = {name for address, names in SENT_TO.items() if address in wrong for name in names}
    secrets = {name: SecretStr(text) for name in SECRETS if (text := checked(name, _secret, ""))}
    if len(alone := secrets.keys() & set(REST)) == 1 and not wrong.keys() & set(REST):
        [missing] = set(REST) - alone
        wrong[missing] = f"{missing} isn't set. Miro's REST API needs both {' and '.join(REST)}."
    return replace(known, secrets={name: text for name, text in secrets.items() if name not in unsafe})


def _record(environ: Mapping[str, str], name: str) -> Location:
    """The place of the record; a URL may contain a password, so it may also come from a file."""
    try:
        return location(_content(environ, name) or "miro-bot.db")
    except ValueError as error:
        raise BadSettings(f"{name}: {error}.") from error


def _model(environ: Mapping[str, str], name: str) -> Literal["team", "user-group"]:
    match environ.get(name, "team"):
        case "team" | "user-group" as model:
            return model
        case model:
            raise BadSettings(f'{name} is {model!r}. Set it to "team" or "user-group".')


def _dialect(environ: Mapping[str, str], name: str) -> Dialect:
    try:
        return Dialect.named(environ.get(name, "").split(","))
    except ValueError as error:
        names = ", ".join(field.name.replace("_", "-") for field in fields(Dialect))
        raise BadSettings(f"{name}: {error}. Choose from {names}.") from error


def _address(otherwise: str) -> Callable[[Mapping[str, str], str], str]:
    """A service's URL; it must be https, because tokens are sent there, unless it is this machine."""

    def read(environ: Mapping[str, str], name: str) -> str:
        text = environ.get(name) or otherwise
        if not is_safe(text):
            like = f"Use an address like {otherwise} (http only for 127.0.0.1)."
            raise BadSettings(f"{name} is {text!r}. {like}")
        return text

    return read


def _secret(environ: Mapping[str, str], name: str) -> str:
    text = _content(environ, name)
    if not all("!" <= sign <= "~" for sign in text):
        raise BadSettings(f"{name} contains a space, line break or letter that no token has. Copy it again.")
    begins, prefix = BEGINNINGS.get(name, ""), (_PREFIX.match(text) or ("",))[0]
    is_kind = prefix.endswith(begins) if begins else not prefix
    # A stand-in on this machine, which alone is called over http, may have tokens of its own kind.
    slack = environ.get("SLACK_API_URL", "")
    is_own = not prefix and slack.startswith("http:") and is_safe(slack)
    if text and (not is_kind or text == prefix) and not is_own:
        wanted = f"the token that begins with {begins}" if begins else "another secret than Slack's tokens"
        # Nothing else of it is repeated: it may be another secret.
        found = f"begins with {prefix}, but " if prefix and not is_kind else ""
        raise BadSettings(f"{name} {found}needs {wanted}.")
    if name == EVENT_SECRET and 0 < len(text) < SHORTEST:
        why = f"{name} has {len(text)} characters, so it could be guessed."
        raise BadSettings(f"{why} Set at least {SHORTEST}, for example by `openssl rand -hex 32`.")
    return text


def _content(environ: Mapping[str, str], name: str) -> str:
    """A variable's text, or that of the file which NAME_FILE names."""
    if not (path := environ.get(f"{name}_FILE")):
        return environ.get(name, "").strip()
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
