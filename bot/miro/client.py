"""The HTTP edge to Miro: sends one call, and says plainly whether it worked, was refused, or isn't known."""

import email.utils
import json
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from approvals.people import canonical
from bot.miro import wire
from bot.miro.goals import Call
from bot.miro.quota import WINDOW, Pool, cost, take
from bot.miro.wire import LOOK, Account, Dialect, Group, Page, Unreadable, complaint

log = logging.getLogger(__name__)

DEADLINE = timedelta(seconds=100)
"""All of one call: waiting for credits, every retry and the answer. Shorter than a worker's lease."""
PAGE = 1000
LARGEST = 32_000_000
"""Bytes of an answer that are read at most."""


class MiroError(Exception):
    """Something about Miro; the text is what people are told.

    MiroError
     ├─ Away        nothing was done; try again later
     ├─ Locked      Miro refuses the bot's token
     ├─ Unclear     it may have been done: look before doing anything
     ├─ Declined    Miro said no, in its own words
     └─ Practising  this bot changes nothing
    """


class Away(MiroError):
    """Miro couldn't be reached, or had no time; nothing was done."""


class Locked(MiroError):
    """401 or 403: the token is wrong or revoked, or SCIM is switched off."""


class Unclear(MiroError):
    """A time-out, a cut line, 500, 502 or 504 after the call went out."""


class Practising(MiroError):
    """`run --practice`: every write is refused here, whoever asks."""


class Declined(MiroError):
    """Miro refused. `words` are Miro's own."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Ambiguous(MiroError):
    """More than one account has this address."""


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that Miro's is held against; reading them takes as long as several calls."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class Answered:
    """A call that Miro accepted; `account` when the answer shows the person."""

    status: int
    account: Account | None


class Miro:
    """Miro's SCIM service with one token. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        token: str,
        pool: Pool,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        dialect: Dialect | None = None,
        practice: bool = False,
    ) -> None:
        self._pool, self._now, self._sleep = pool, now, sleep
        self._dialect, self._practice = dialect or Dialect(), practice
        self._url, self._token = url.rstrip("/"), SecretStr(token)
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}", "Accept": "application/scim+json"},
            timeout=httpx.Timeout(20, connect=5),
            verify=_trusted(),
        )

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    # -- looking ---------------------------------------------------------------------------------------

    def look(self, address: str, more: str = "") -> Account | None:
        """The account of an address, or None. Raises Ambiguous when there are two."""
        wanted = LOOK + (f",{more}" if more else "")
        query = {"attributes": wanted, "filter": self._dialect.filter(f"userName eq {wire.quoted(address)}")}
        page = self._page("/Users", query)
        _check_all_shown(page.total, len(page.resources))
        found = [self._entry(Account, one) for one in page.resources]
        exact = [one for one in found if canonical(one.user_name) == canonical(address)]
        if len(exact) > 1:
            raise Ambiguous(f"Miro has {len(exact)} accounts with the address {address}.")
        if found and not exact:
            raise Away("Miro answered with other people than I asked for, so I don't rely on it.")
        return exact[0] if exact else None

    def other_admin(self, id: str) -> bool:
        """Whether an active Company Admin other than `id` exists."""
        everybody = self._active("id,active,roles")
        return any(account.org_role == wire.ADMIN and account.id != id for account in everybody)

    def admins(self) -> list[Account]:
        """Every active account that is Company Admin or has an admin role."""
        everybody = self._active("id,userName,displayName,active,roles")
        return [account for account in everybody if account.org_role == wire.ADMIN or account.admin_roles]

    def _active(self, attributes: str) -> Iterator[Account]:
        """All active accounts, with what is asked for. A filter on roles isn't documented; this one is."""
        query = {"attributes": attributes, "filter": self._dialect.filter("active eq true")}
        unasked = {} if "userName" in attributes else {"userName": ""}
        for one in self._all(query):
            account = self._entry(Account, {**unasked, "active": False} | one)
            if account.active:
                yield account

    def manager_of(self, address: str) -> str | None:
        """The address of the manager whom Miro's enterprise attribute names. Raises Ambiguous."""
        account = self.look(address, wire.MANAGER)
        boss = self.by_id(account.manager_id) if account and account.manager_id else None
        return canonical(boss.user_name) if boss else None

    def groups(self) -> list[Group]:
        """All groups: id and security name. Costs a fifth of the pool a page."""
        query = {"attributes": "id,displayName"}
        return [self._entry(Group, one) for one in self._all(query, "/Groups")]

    def group(self, id: str) -> Group | None:
        """One group, or None."""
        return self._one(Group, f"/Groups/{id}", "id,displayName")

    def by_id(self, id: str) -> Account | None:
        """One account, or None. Miro answers 404 for guests too."""
        return self._one(Account, f"/Users/{id}", LOOK)

    def _one(self, kind: type[wire.M], path: str, attributes: str) -> wire.M | None:
        try:
            return self._understood(kind, self._read(path, {"attributes": attributes}))
        except Declined as error:
            if error.status == 404:
                return None
            raise

    def ping(self) -> None:
        """Whether Miro takes the token."""
        self._page("/Users", {"attributes": "id", "count": "1"})

    def _all(self, query: dict[str, str], path: str = "/Users") -> Iterator[dict[str, Any]]:
        start = 1
        while True:
            page = self._page(path, {**query, "startIndex": str(start), "count": str(PAGE)})
            yield from page.resources
            start += len(page.resources)
            if start > page.total:
                return
            if not page.resources:
                _check_all_shown(page.total, start - 1)

    def _page(self, path: str, query: dict[str, str]) -> Page:
        return self._understood(Page, self._read(path, query))

    def _entry(self, kind: type[wire.M], one: Mapping[str, Any]) -> wire.M:
        return self._understood(kind, json.dumps(one).encode())

    def _understood(self, kind: type[wire.M], text: bytes) -> wire.M:
        try:
            return wire.read(kind, text)
        except Unreadable as error:
            raise Away(str(error)) from error

    def _read(self, path: str, query: dict[str, str]) -> bytes:
        try:
            return self._exchange("GET", path, query, None)[1]
        except Unclear as error:
            raise Away(str(error)) from error

    # -- changing --------------------------------------------------------------------------------------

    def send(self, call: Call, id: str) -> Answered:
        """Sends one writing call; `id` stands in for `{user}`. Raises any MiroError."""
        if self._practice:
            raise Practising("This is practice: nothing is changed in Miro.")
        path, _, query = call.path.replace("{user}", quote(id, safe="")).partition("?")
        body = wire.addressed(call.body, id) if call.body else None
        pairs = dict(part.split("=", 1) for part in query.split("&") if part)
        status, text = self._exchange(call.method, path, pairs, self._dialect.body(body))
        if not path.startswith("/Users") or not text:
            return Answered(status, None)
        try:
            return Answered(status, wire.read(Account, text))
        except Unreadable:
            # Accepted all the same; what came of it is looked at before anything rests on it.
            return Answered(status, None)

    def _exchange(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None
    ) -> tuple[int, bytes]:
        """One call, repeated only where Miro said that it did nothing (429, 503)."""
        end = self._now() + DEADLINE
        content = json.dumps(body, separators=(",", ":")).encode() if body is not None else None
        while True:
            take(self._pool, cost(method, path, len(content or b"")), lambda wait: self._wait(wait, end))
            status, headers, text = self._once(method, path, query, content, end)
            log.info("Miro %s %s -> %s", method, path, status)
            if status in (429, 503):
                self._wait(_retry_after(headers, self._now()), end)
                continue
            # Some gateways repeat what they were sent; the token must reach nobody.
            self._judge(status, text.replace(self._token.get_secret_value().encode(), b"[token]"))
            return status, text

    def _wait(self, seconds: float, end: datetime) -> None:
        if self._now() + timedelta(seconds=seconds) >= end:
            raise Away("Miro has no time for me right now.")
        self._sleep(seconds)

    def _once(
        self, method: str, path: str, query: dict[str, str], content: bytes | None, end: datetime
    ) -> tuple[int, httpx.Headers, bytes]:
        headers = {"Content-Type": "application/scim+json"} if content is not None else {}
        with (
            _network(),
            self._http.stream(
                method, self._url + path, params=query, content=content, headers=headers
            ) as response,
        ):
            text = b""
            for part in response.iter_bytes():
                text += part
                if self._now() > end or len(text) > LARGEST:
                    raise Unclear("Miro's answer took too long.")
            return response.status_code, response.headers, text

    @staticmethod
    def _judge(status: int, text: bytes) -> None:
        if status < 300:
            return
        if status in (401, 403):
            raise Locked(f"Miro refuses the bot's token ({status}).")
        if status >= 500:
            raise Unclear(f"Miro had an error of its own ({status}): {complaint(status, text)}")
        raise Declined(status, complaint(status, text))


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Away("Miro can't be reached.") from error
    except httpx.RequestError as error:
        raise Unclear("Miro didn't answer in time.") from error


def _check_all_shown(total: int, shown: int) -> None:
    """Nobody is taken for absent who was only left out of a list."""
    if shown < total:
        raise Away(f"Miro counted {total} and showed {shown}, so I don't rely on it.")


def _retry_after(headers: httpx.Headers, now: datetime) -> float:
    """Seconds to wait. Miro isn't known to send Retry-After with SCIM; then one whole window."""
    text = headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return min(max(1.0, float(text)), DEADLINE.total_seconds())
    try:
        return max(1.0, (email.utils.parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return WINDOW.total_seconds()
