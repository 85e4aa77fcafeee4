"""People of a source without SCIM, from a list in CSV or a signed event, stored as SCIM would store them."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from approvals.ids import stamp
from approvals.refusals import Refused
from bot.actions.form import DETAILS
from bot.directory.store import ENTERPRISE, MISSING, Directories, EntryId, Group, Kind, User, key
from bot.work.bulk.table import COLUMNS, headings, misplaced, table

_TRUE, _FALSE = {"true", "yes", "1", "active"}, {"false", "no", "0", "inactive"}
_REMEDIES = {
    "extra_forbidden": "isn't known, remove it",
    "missing": "is required, add it",
    "model_type": 'write an object, like {"email": …}',
    "string_pattern_mismatch": "write an address like ada@example.com",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "tuple_type": "write a list of names",
    **dict.fromkeys(
        ("timezone_aware", "value_error", "datetime_from_date_parsing", "datetime_parsing", "datetime_type"),
        "write a time like 2026-03-02T09:00:00Z",
    ),
}
"""{pydantic's type of error: what to do}."""
LATE = 300
"""Seconds after which a signature doesn't count, as with Slack's."""
AHEAD = timedelta(minutes=10)
"""By how much the clock of a source may be ahead of ours."""
MOST_BYTES = 20_000_000
"""Of a list, which may name everybody: about 200,000 people."""
CHANGED_AT = "changedAt"
"""The attribute of our own with {field of a line, or MISSING: when the source said it last}."""


def _yes(value: Any) -> Any:
    word = str(value).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else value


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("it is outside the calendar") from error


class Line(BaseModel):
    """One person; what is left out stays as it was said before."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    email: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    id: str = ""
    """The source's own id, by which somebody is known when the address changes."""
    active: Annotated[bool | None, BeforeValidator(_yes)] = None
    given_name: str | None = None
    family_name: str | None = None
    department: str | None = None
    employee_number: str | None = None
    cost_centre: str | None = None
    division: str | None = None
    organization: str | None = None
    manager: str | None = None
    """The manager's address."""
    groups: tuple[str, ...] | None = None
    """All groups they are in; in a list separated by semicolons."""
    changed_at: Annotated[AwareDatetime, AfterValidator(_utc)] | None = None
    """When the source changed this; what it said later of the same fields stays."""

    def newest(self, known: User | None) -> "Line":
        """Without what the source has changed since, as it says itself."""
        if not (known and self.changed_at):
            return self
        at, stamps = stamp(self.changed_at), known.body.get(CHANGED_AT, {})
        later = {name: None for name, changed in stamps.items() if changed > at and name != MISSING}
        email = {"email": known.user_name} if "email" in later else {}
        return self.model_copy(update={**later, **email})

    def body(self, before: Mapping[str, Any], at: str = "") -> dict[str, Any]:
        """The SCIM attributes, on top of those said before. `at`: of what names them, if known."""
        is_outdated = "" < at < max(before.get(CHANGED_AT, {}).values(), default="")
        names = {"givenName": self.given_name, "familyName": self.family_name}
        enterprise = {scim: getattr(self, name) for name, scim in DETAILS.items()}
        enterprise["manager"] = None if self.manager is None else {"value": self.manager}
        active = before.get("active", True) if self.active is None else self.active
        return {
            **{name: value for name, value in before.items() if name != MISSING or is_outdated},
            "userName": self.email,
            "active": active,
            "name": {**before.get("name", {}), **_given(names)},
            ENTERPRISE: {**before.get(ENTERPRISE, {}), **_given(enterprise)},
            **({"externalId": self.id} if self.id else {}),
            **({CHANGED_AT: self._times(before.get(CHANGED_AT, {}))} if self.changed_at else {}),
        }

    def _times(self, before: Mapping[str, str]) -> dict[str, str]:
        at = stamp(self.changed_at) if self.changed_at else ""
        given = self.model_dump(exclude_none=True, exclude={"id", "changed_at"})
        return {**before, **{name: max(at, before.get(name, "")) for name in given}}


KNOWN_AS = {name: COLUMNS.get(name, "") for name in Line.model_fields}
"""{column of a list: other headings for it}; none for `groups`: a column misread as it ends memberships."""


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def read(data: bytes) -> list[Line]:
    """The people in a CSV file with a heading; an empty cell says nothing. Raises Refused with all faults."""
    if len(data) > MOST_BYTES:
        raise Refused(
            f"Nothing was imported. The list is larger than {MOST_BYTES // 1_000_000} MB: leave out columns, "
            "or import it in parts, without --whole."
        )
    numbered = table(data)
    try:
        names = headings(next(numbered, (0, []))[1], KNOWN_AS)
    except Refused as error:
        raise Refused(f"Nothing was imported. {error}") from error
    people, problems, first = list[Line](), list[str](), dict[str, tuple[int, Line]]()
    for number, cells in numbered:
        if wrong := misplaced(names, cells):
            problems.append(f"line {number}: {wrong}")
            continue
        given: dict[str, Any] = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
        if "groups" in given:
            given["groups"] = [part for part in map(str.strip, given["groups"].split(";")) if part]
        try:
            line = Line.model_validate(given)
        except ValidationError as error:
            problems += [f"line {number}, {fault}" for fault in faults(error)]
            continue
        before, same = first.setdefault(key(line.email), (number, line))
        if line.model_copy(update={"email": same.email}) != same:
            problems.append(f"line {number}: it contradicts line {before} about {line.email}, keep one")
        people += [line] * (before == number)
    if problems:
        more = f" and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise Refused(f"Nothing was imported. {'; '.join(problems[:20])}{more}.")
    if not people:
        raise Refused("Nothing was imported. The list names nobody: it has no rows below its heading.")
    return people


def faults(error: ValidationError) -> list[str]:
    """What is wrong with each field of a person, and the remedy; each field once."""
    kinds = {
        fault["loc"][:1]: fault["type"] if len(fault["loc"]) < 2 else "tuple_type" for fault in error.errors()
    }
    return [f"{(*loc, 'event')[0]}: {_REMEDIES.get(kind, 'write text')}" for loc, kind in kinds.items()]


def take(
    directories: Directories, source: str, lines: Sequence[Line], *, whole: bool = False
) -> tuple[int, int]:
    """Stores what a source says; returns (people who are new or changed, people who are missing).

    Called in a transaction. Raises Taken for an address that two people of the source have, and Refused for a
    time that is yet to come: it would outlive every later word.
    `whole`: the list names everybody, so who is missing has left, if operators let it through.
    """
    latest = directories.now() + AHEAD
    if line := next((each for each in lines if each.changed_at and each.changed_at > latest), None):
        raise Refused(
            f"Nothing was saved. changed_at of {line.email} is in the future: send the time of the change, "
            "with its time zone, and check the clock of the source."
        )
    content = directories.snapshot(source)
    by_id = {user.external_id: user for user in content.users if user.external_id}
    by_name = {key(user.user_name): user for user in content.users}
    ids, changed = dict[EntryId, Line](), 0
    at = max((stamp(line.changed_at) for line in lines if line.changed_at), default="")
    for line in lines:
        known = by_id.get(line.id) or by_name.get(key(line.email))
        line = line.newest(known)
        body = line.body(known.body if known else {}, at)
        if known and body != known.body:
            directories.update(known, body)
        ids[known.id if known else directories.create(source, Kind.USER, body)] = line
        changed += known is None or body != known.body
    absent = [user for user in content.users if whole and user.active and user.id not in ids]
    for user in absent:
        times = user.body.get(CHANGED_AT, {})
        times = {**times, MISSING: max(at, times.get(MISSING, ""))}
        body = {**user.body, MISSING: True, CHANGED_AT: times}
        if body != user.body:
            directories.update(user, body)
    missing = [user for user in absent if not user.body.get(MISSING)]
    _join(directories, source, content.groups, ids)
    return changed, len(missing)


def _join(
    directories: Directories, source: str, groups: Sequence[Group], ids: Mapping[EntryId, Line]
) -> None:
    """Puts people into the groups that their lines name, and out of all others."""
    listed = {id: {key(name) for name in line.groups} for id, line in ids.items() if line.groups is not None}
    names = {key(name): name for line in ids.values() for name in line.groups or ()}
    known = {key(group.display_name): group for group in groups}
    for name in names.keys() - known.keys():
        members = {id: "" for id, wanted in listed.items() if name in wanted}
        directories.create(source, Kind.GROUP, {"displayName": names[name]}, members)
    for name, group in known.items():
        stay = {id: member.display for id, member in group.members.items() if id not in listed}
        members = stay | {id: "" for id, wanted in listed.items() if name in wanted}
        if members.keys() != group.members.keys():
            directories.update(group, group.body, members)


def secret_of(secret: str, source: str) -> str:
    """The secret of one source, derived from that of the bot: no source can sign for another."""
    return hmac.new(secret.encode(), source.encode(), "sha256").hexdigest()


def is_signed(secret: str, stamp: str, body: bytes, given: str, now: float) -> bool:
    """Whether an event was signed within LATE seconds. `stamp`, `now`: seconds since 1970."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and abs(now - int(stamp)) <= LATE):
        return False
    return hmac.compare_digest(signature(secret, stamp, body).encode(), given.encode("utf-8", "replace"))


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The signature of an event, as Slack signs: v0=HMAC-SHA256 of "v0:STAMP:BODY"."""
    return f"v0={hmac.new(secret.encode(), f'v0:{stamp}:'.encode() + body, 'sha256').hexdigest()}"
