"""Check everything the bot needs; change nothing. One list of small checks, a line each."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from approvals.policy.check import BrokenPolicy, load
from approvals.policy.model import Policy
from approvals.policy.team_names import narrow
from approvals.record.database import Server, StoreTrouble
from approvals.record.evidence.report import one_line
from approvals.record.schema import LAYOUT
from approvals.record.store import Store, utc_now
from approvals.refusals import Refused
from bot.actions import CONDITIONS
from bot.app import Bot
from bot.cli import exposure, scopes
from bot.cli.common import (
    JSON,
    check_folder,
    is_there,
    open_record,
    say,
    say_coloured,
    say_json,
    sentences,
    thrown_away,
)
from bot.cli.policy.reach import strays, unreached
from bot.directory.tokens import OLD, Token, Tokens
from bot.miro.errors import MiroError
from bot.miro.lists import Listing
from bot.miro.quota import POOL, WINDOW
from bot.miro.rest.client import SCOPES
from bot.miro.wire import MiroGroup
from bot.policies import read, usable, why_not
from bot.settings import (
    BEGINNINGS,
    EVENT_SECRET,
    METRICS_TOKEN,
    NOWHERE,
    REST,
    SECRETS,
    SENT_TO,
    BadSettings,
    Settings,
    examined,
)  # fmt: skip
from bot.slack.api.edge import SlackClient, SlackFault

ANY_POLICY = 'operators = ["doctor@example.com"]\ndomains = ["example.com"]\n'
SKEW, MOST_SKEW = 30, 240
"""Seconds off from Slack's clock: worth a warning, and too many; signatures count for 300 seconds
(https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
DISK, LEAST_DISK = 1 << 30, 100 << 20
"""Bytes of free disk space below which there is a warning, and below which the bot shouldn't run."""
_WAYS = {"SLACK_APP_TOKEN": "Socket Mode", "SLACK_SIGNING_SECRET": "run --http"}
"""The two ways to receive from Slack, by the secret that each needs."""
_USES = (
    _WAYS
    | {METRICS_TOKEN: "serving /metrics", EVENT_SECRET: "taking signed events of directories"}
    | dict.fromkeys(REST, "Miro's REST API")
)
"""Secrets that not every bot needs, and what for."""
_PLAIN = ("MIRO_BOT_DATABASE", "MIRO_GROUP_MODEL", "MIRO_SCIM_DIALECT", *SENT_TO)
"""Settings that are no secrets, and can be wrong by themselves."""
_SOON = timedelta(days=1)
_LONG = timedelta(days=3)
"""Before the end of a review, a warning."""
_SECURITY_NAME = re.compile(r"[A-Za-z0-9]+(?:[_.][A-Za-z0-9]+)+")
"""What names of security groups look like: "g_app_eng"."""


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


COLOURS = {Status.OK: "green", Status.WARNING: "yellow", Status.WRONG: "red"}


@dataclass(frozen=True)
class Finding:
    """What one check found, in a sentence or two, with the remedy in it."""

    text: str
    status: Status = Status.OK


class Examination:
    """What the checks look at: the settings, and a bot whose record is thrown away."""

    def __init__(self, settings: Settings, open_: ExitStack) -> None:
        self.settings, self._open = settings, open_

    def record(self) -> AbstractContextManager[Store]:
        """The record, to read."""
        return open_record(self.settings.database)

    @cached_property
    def bot(self) -> Bot:
        """A bot that changes nothing by looking; the policy isn't to blame for what it finds."""
        policy = Path(self._open.enter_context(TemporaryDirectory())) / "policy.toml"
        policy.write_text(ANY_POLICY, encoding="utf-8")
        return self._open.enter_context(thrown_away(replace(self.settings, policy=policy)))

    @cached_property
    def groups(self) -> Listing[MiroGroup]:
        """Miro's groups, read once. Raises MiroError."""
        return self.bot.miro.groups()

    @cached_property
    def has_record(self) -> bool:
        """Whether there is a record that can be opened; where it can't be, a check of its own says so."""
        try:
            with self.record():
                return True
        except (click.ClickException, StoreTrouble):
            return False

    @cached_property
    def policy(self) -> Policy | None:
        """The policy; None where it can't be used, which has a check of its own."""
        try:
            return load(usable(self.settings.policy), CONDITIONS)
        except (BrokenPolicy, Refused, BadSettings, OSError):
            return None


Check = Callable[[Examination], Finding | None]
"""None: there is nothing to check. Raises what `sentences` can say."""


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    """Check settings, policy, record, Slack and Miro. Changes nothing.

    Each line is ok, a warning or wrong. Exit status 1 if anything is wrong.
    """
    with ExitStack() as open_:
        examination = Examination(examined(os.environ), open_)
        results = [(name, _checked(examination, check)) for name, check in CHECKS]
    findings = [(name, finding) for name, finding in results if finding]
    if as_json:
        rows = [
            {"what": name, "ok": finding.status is not Status.WRONG, **asdict(finding)}
            for name, finding in findings
        ]
        say_json(rows)
    else:
        for name, finding in findings:
            status = click.style(f"{finding.status:<7}", COLOURS[finding.status])
            say_coloured(f"{status}  {name:<22}  {one_line(finding.text)}\n")
        say("Does an identity provider already provision your Miro? Read the README before you go on.")
    sys.exit(any(finding.status is Status.WRONG for _, finding in findings))


def _checked(examination: Examination, check: Check) -> Finding | None:
    try:
        with sentences():
            return check(examination)
    except click.ClickException as error:
        # A list's heading and its first line stand in the same line here.
        return Finding(error.message.replace(":\n", ": ", 1), Status.WRONG)
    except Exception as error:
        return Finding(f"This check failed: {error}. Please report it.", Status.WRONG)


def _noted(text: str, notes: Iterable[str]) -> Finding:
    """What is fine, with what should be better: no reason not to start."""
    notes = [note.removesuffix(".") for note in notes]
    return Finding(". Note: ".join([text, *notes]), Status.WARNING if notes else Status.OK)


# -- credentials and Slack -----------------------------------------------------------------------------------


def _setting(name: str) -> Check:
    return lambda on: Finding(text, Status.WRONG) if (text := on.settings.wrong.get(name)) else None


def _credential(name: str) -> Check:
    [*addresses] = (address for address, secrets in SENT_TO.items() if name in secrets)

    def check(on: Examination) -> Finding:
        wrong = on.settings.wrong
        if name in wrong:
            return Finding(wrong[name], Status.WRONG)
        if address := next(filter(wrong.get, addresses), None):
            return Finding(f"not checked while {address} is wrong", Status.WARNING)
        if secret := on.settings.secret(name):
            prefix = BEGINNINGS.get(name, "")
            begins = f", begins with {secret.partition('-')[0]}-" if prefix and prefix in secret else ""
            file = on.settings.secret_files.get(name)
            return Finding(f"set{begins}{f', from {file}' if file else ''}")
        if name in _USES:
            return Finding(f"not set; only {_USES[name]} needs it")
        on.settings.require(name)
        raise AssertionError

    return check


def _way_in(on: Examination) -> Finding | None:
    if on.settings.wrong.keys() & {*_WAYS, "SLACK_API_URL"}:
        return None
    ready = [way for name, way in _WAYS.items() if on.settings.secret(name)]
    if not ready:
        wanted = " or ".join(f"{name} for {way}" for name, way in _WAYS.items())
        raise BadSettings(f"Set {wanted}. Without one of them Slack can't reach the bot.")
    return _noted(f"ready for {' and '.join(ready)}", exposure.secrets(on.settings))


def _slack(on: Examination) -> Finding | None:
    if not on.settings.secret("SLACK_BOT_TOKEN"):
        return None
    team, enterprise = on.bot.people.home()
    text = f"team {team}{' of ' + enterprise if enterprise else ''}"
    missing, notes = scopes.lacking(scopes.granted(on.bot.client), on.policy)
    if missing:
        raise BadSettings(f"{text}; {'; '.join(missing)}. {scopes.REMEDY}")
    return _noted(text, notes)


def _socket_mode(on: Examination) -> Finding | None:
    token = on.settings.secret("SLACK_APP_TOKEN")
    if not token:
        return None
    SlackClient(token, on.settings.slack_url, on.bot.lines).apps_connections_open(app_token=token)
    return Finding("Slack opens connections")


def _clock(on: Examination) -> Finding | None:
    """Compares this machine's clock with Slack's (header Date)."""
    try:
        headers = on.bot.client.auth_test().headers if on.settings.secret("SLACK_BOT_TOKEN") else {}
        sent = next((text for name, text in headers.items() if name.lower() == "date"), "")
        skew = round(abs((utc_now() - _date(sent)).total_seconds()))
    except (SlackFault, ValueError):
        return None
    text = f"{skew} s off from Slack's"
    if skew <= SKEW:
        return Finding(text)
    status = Status.WRONG if skew > MOST_SKEW else Status.WARNING
    return Finding(f"{text}. Set this machine's clock, best with NTP.", status)


def _date(text: str) -> datetime:
    at = parsedate_to_datetime(text)
    return at.astimezone(utc_now().tzinfo)


# -- Miro ----------------------------------------------------------------------------------------------------


def _miro(on: Examination) -> Finding | None:
    if not on.settings.secret("MIRO_SCIM_TOKEN"):
        return None
    listing = on.groups
    is_set = "MIRO_GROUP_MODEL" not in on.settings.wrong
    model = f", group model as set: {on.settings.group_model}" if is_set else ""
    text = f"{on.settings.miro_url} takes the token; {len(listing.entries)} groups{model}"
    return _noted(text, listing.complaints("group", "groups"))


def _rest(on: Examination) -> Finding | None:
    rest = on.bot.miro.rest
    if rest is None:
        return None
    try:
        missing = [f"{scope}, to {what}" for scope, what in SCOPES.items() if scope not in rest.scopes()]
        rest.ping()
    except MiroError as error:
        why = f"{error} Check MIRO_OAUTH_TOKEN, MIRO_ORG_ID and that a Company Admin installed the app."
        return Finding(f"Miro's REST API isn't used for anything: {why}", Status.WRONG)
    if missing:
        return Finding(f"the token lacks {'; '.join(missing)}. Add it to the app in Miro.", Status.WARNING)
    return Finding(f"{on.settings.rest_url} takes the token for this organization")


def _names(on: Examination) -> Finding | None:
    """Groups under a security name that people don't know them by."""
    if not on.settings.secret("MIRO_SCIM_TOKEN") or not on.policy:
        return None
    known = {narrow(name) for name in on.policy.teams.values()}
    if on.has_record:
        with on.record() as store:
            renamed = (group for group in store.groups.all() if group.known_name != group.security_name)
            known |= {narrow(group.security_name) for group in renamed}
    try:
        names = [group.display_name for group in on.groups.entries]
    except MiroError:  # which the check of Miro says
        return None
    bare = [name for name in names if _SECURITY_NAME.fullmatch(name) and narrow(name) not in known]
    if not bare:
        return Finding("every group has a name people know")
    more = f" and {len(bare) - 5} more" if len(bare) > 5 else ""
    text = f"no name people know for {', '.join(bare[:5])}{more}. Add them to [teams] in the policy."
    return Finding(text, Status.WARNING)


def _quota(on: Examination) -> Finding | None:
    if not on.has_record:
        return None
    with on.record() as store:
        spent = store.figures.credits(WINDOW)
    text = f"{max(POOL - spent, 0)} of {POOL} credits left in {WINDOW.seconds} s"
    if spent < POOL * 0.9:
        return Finding(text)
    return Finding(f"{text}. Requests wait for credits; bulk work may be running.", Status.WARNING)


# -- policy and record ---------------------------------------------------------------------------------------


def _policy(on: Examination) -> Finding:
    known = load(usable(on.settings.policy), CONDITIONS)
    notes = [*exposure.policy(on.settings.policy)]
    try:
        wrong = strays(on.settings, known, lambda: on.groups)
    except (click.ClickException, StoreTrouble, MiroError) as error:
        wrong, notes = [], [*notes, f"its teams couldn't be checked: {error} Then run doctor again."]
    if wrong:
        raise BadSettings("; ".join(wrong))
    return _noted(f"{on.settings.policy} is valid", [*notes, *_not_in_force(on)])


def _not_in_force(on: Examination) -> Iterator[str]:
    """That the record names another policy than the file is, and what puts the file in force."""
    with suppress(click.ClickException), on.record() as store:
        if why := why_not(store, on.settings.policy, read(on.settings.policy)):
            yield why


def _reach(on: Examination) -> Finding | None:
    if on.policy is None or not on.settings.secret("SLACK_BOT_TOKEN"):
        return None
    try:
        with sentences():
            missed = unreached(on.settings, lambda: on.groups)
    except click.ClickException as error:
        return Finding(f"couldn't be checked: {error.message}", Status.WARNING)
    if not missed:
        return Finding("everyone in the policy can be reached")
    return Finding("; ".join(missed), Status.WARNING)


def _record(on: Examination) -> Finding | None:
    where = on.settings.database
    if where is NOWHERE:
        return None
    check_folder(where)
    if isinstance(where, Server) and not is_there(where):
        raise BadSettings(f"{where} has no record yet. Create it: miro-bot db migrate")
    if isinstance(where, Path) and not where.exists():
        return _noted(f"{where} doesn't exist yet; `miro-bot run` creates it", exposure.folders(on.settings))
    with on.record() as store:
        text = f"{where}: layout {store.layout} of {LAYOUT}"
        old = [] if store.layout == LAYOUT else ["the next start, or `miro-bot db migrate`, updates it"]
    if problem := exposure.exposed_record(where):  # only of what is a record
        raise BadSettings(problem)
    return _noted(text, [*old, *exposure.owner(where), *exposure.folders(on.settings)])


def _reviews(on: Examination) -> Finding | None:
    if not on.has_record:
        return None
    with on.record() as store:
        opened = [store.review(id) for id, is_open in store.reviews().items() if is_open]
    soon = [each for each in opened if not each.compares and each.until < utc_now() + _SOON]
    if not soon:
        return Finding(f"open: {len(opened)}")
    ends = (f"{each.id} ({each.subject}) with {len(each.having())} undecided" for each in soon)
    text = f"ending within a day: {', '.join(ends)}. Ask the owners: access that nobody decides stays."
    return Finding(text, Status.WARNING)


def _handed(on: Examination) -> Finding | None:
    if not on.has_record:
        return None
    with on.record() as store:
        since = store.figures.handed_since()
    if since is None:
        return None
    text = f"the oldest is from {since:%-d %B %Y}"
    if utc_now() - since < _LONG:
        return Finding(text)
    return Finding(f"{text}. Ask whom it's with, or take it back in App Home.", Status.WARNING)


def _disk(on: Examination) -> Finding | None:
    where = on.settings.database
    if isinstance(where, Server) or not where.parent.is_dir():
        return None
    free = shutil.disk_usage(where.parent).free
    text = f"{free / (1 << 30):.1f} GiB free in {where.parent}"
    if free >= DISK:
        return Finding(text)
    return Finding(f"{text}. Free up disk space.", Status.WRONG if free < LEAST_DISK else Status.WARNING)


def _chain(on: Examination) -> Finding | None:
    if not on.has_record:
        return None
    with on.record() as store:
        report = store.verify()
    if report.faults:
        raise StoreTrouble(f"{'; '.join(report.faults)}. Run `miro-bot audit verify` for what to do.")
    return Finding(f"intact, entries: {report.anchor.count}")


def _directories(on: Examination) -> Finding | None:
    """The tokens of directories. Lists and signed events need none."""
    known = set(on.policy.directory) if on.policy else set[str]()
    tokens: Sequence[Token] = ()
    notes = list[str]()
    if on.has_record:
        with on.record() as store:
            for name in sorted(known):
                hold = store.hold(name)
                notes += [f"{name} is paused: miro-bot directory resume {name}"] if hold.is_paused else []
                notes += [f"{name} is held: miro-bot directory held {name}"] if hold.counts else []
            tokens = [token for token in Tokens(store.database, utc_now).all() if not token.revoked_at]
    if not known and not tokens:
        return None
    sources = {token.source for token in tokens}
    strange = sorted(sources - known) if on.policy else []  # a check of its own says why it can't be read
    notes += [f"the policy has no [directory.{name}], so nothing is asked" for name in strange]
    notes += [f"token {token.number} of {token.source} is more than a year old: make another, then revoke it"
              for token in tokens if utc_now() - token.created_at > OLD]  # fmt: skip
    without = f"; no token: {', '.join(sorted(known - sources))}" if known - sources else ""
    return _noted(f"valid tokens: {len(tokens)}{without}", notes)


CHECKS: tuple[tuple[str, Check], ...] = (
    *(
        (name, _setting(name))
        for name in ("MIRO_BOT_DATABASE", "MIRO_GROUP_MODEL", "MIRO_SCIM_DIALECT", *SENT_TO)
    ),
    *((name, _credential(name)) for name in SECRETS),
    ("way in", _way_in),
    ("Slack", _slack),
    ("Socket Mode", _socket_mode),
    ("clock", _clock),
    ("Miro", _miro),
    ("Miro's REST API", _rest),
    ("team names", _names),
    ("Miro's rate limit", _quota),
    ("policy", _policy),
    ("reach", _reach),
    ("record", _record),
    ("reviews", _reviews),
    ("hand-overs", _handed),
    ("disk", _disk),
    ("chain", _chain),
    ("directories", _directories),
)
