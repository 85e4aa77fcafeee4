"""The HTTP edge to Miro: sends one call, and says plainly whether it worked, was refused, or isn't known."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from approvals.people import canonical
from approvals.request import Urgency
from bot.http import deadline as time_limit
from bot.http.outgoing import trusted
from bot.miro import judging, lists, wire
from bot.miro.errors import Ambiguous, Away, Declined, Locked, MiroError, Practising, Trouble, Unclear
from bot.miro.goals import Call
from bot.miro.lists import Listed, Skipped, Tally
from bot.miro.quota import MARGIN, Pool, cost, take
from bot.miro.wire import LOOK, Account, Dialect, Group, Page, Rights, Unreadable

__all__ = [
    "DEADLINE",
    "Ambiguous",
    "Answered",
    "Away",
    "Declined",
    "Locked",
    "Miro",
    "MiroError",
    "Practising",
    "Trouble",
    "Unclear",
]

log = logging.getLogger(__name__)

DEADLINE = timedelta(seconds=100)
"""All of one call: waiting for credits, every retry and the answer. Shorter than a worker's lease."""
BRIEFLY = 2.0
"""Seconds that a call for a request waits when Miro has no time; people watch its card."""
PAGE = 1000
LARGEST = 32_000_000
"""Bytes of an answer that are read at most."""


@dataclass(frozen=True)
class Answered:
    """A call that Miro accepted; `account` when the answer shows the person.

    `is_odd`: there was an answer, and whom or what it is about can't be read of it: a look must come next.
    """

    status: int
    account: Account | None
    is_odd: bool = False


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
        deadline: timedelta = DEADLINE,
    ) -> None:
        self._pool, self._now, self._sleep, self._deadline = pool, now, sleep, deadline
        self._dialect, self._practice = dialect or Dialect(), practice
        self._url, self._token = url.rstrip("/"), SecretStr(token)
        self._urgency: int = Urgency.ORDINARY
        self._patient_for = float("inf")
        self._http = time_limit.bounded(
            httpx.Client(
                headers={"Authorization": f"Bearer {token}", "Accept": "application/scim+json"},
                timeout=httpx.Timeout(20, connect=5),
                verify=trusted(),
            )
        )

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def ranked(self, urgency: int) -> "Miro":
        """The same service, for work on a request of this urgency.

        Its calls get credits before those of less urgency. When Miro has no time, they don't wait for long:
        the request can be put off, and who asked reads why.
        """
        other = copy(self)
        other._urgency, other._patient_for = urgency, BRIEFLY
        return other

    # -- looking ---------------------------------------------------------------------------------------

    def look(self, address: str, more: str = "") -> Account | None:
        """The account of an address, or None. Raises Ambiguous when there are two."""
        wanted = LOOK + (f",{more}" if more else "")
        query = {"attributes": wanted, "filter": self._dialect.filter(f"userName eq {wire.quoted(address)}")}
        entries = list(self._pages("/Users", query, once=True))
        accounts = [self._understood(Account, entry) for entry in entries]
        exact = [account for account in accounts if canonical(account.user_name) == canonical(address)]
        if len(exact) > 1:
            raise Ambiguous(f"Miro has {len(exact)} accounts with the address {address}.")
        if accounts and not exact:
            raise _others("other people than I asked for")
        return exact[0] if exact else None

    def is_member(self, account: Account, group: str) -> bool:
        """Whether an account is in a group, by the filter `groups.value eq` of Miro's API description."""
        person = f"userName eq {wire.quoted(account.user_name)}"
        where = f"{person} and groups.value eq {wire.quoted(group)}"
        query = {"attributes": "id", "filter": self._dialect.filter(where)}
        ids = [self._understood(Rights, entry).id for entry in self._pages("/Users", query, once=True)]
        if any(id != account.id for id in ids):
            raise _others("other people than I asked for")
        return bool(ids)

    def other_admin(self, id: str) -> bool:
        """Whether an active Company Admin other than `id` exists. Raises Away where nobody can tell."""
        hidden = 0
        for entry in self._everybody("id,active,roles"):
            try:
                person = wire.message(Rights, entry)
            except Unreadable:
                hidden += 1
                continue
            is_admin = person.org_role == wire.ADMIN
            if person.id == id or person.active is False:
                continue
            if is_admin and person.active:
                return True
            hidden += is_admin or not person.knows_roles
        if hidden:
            raise Away(
                f"Miro doesn't show of {hidden} {'person' if hidden == 1 else 'people'} whether they are "
                "an active Company Admin.",
                Trouble.HIDDEN,
            )
        return False

    def admins(self) -> Listed[Account]:
        """Every active account that is Company Admin or has an admin role.

        Those who may be one, since it isn't shown whether they are active or what roles they have, are
        skipped and named; they are among the entries too where what is shown makes them an admin.
        """
        listed = lists.read(Account, self._everybody("id,userName,displayName,active,roles"))
        admins = (person for person in listed.entries if person.org_role == wire.ADMIN or person.admin_roles)
        lacking = ((person.id, _lacks(person)) for person in listed.entries if person.active is not False)
        hidden = tuple(Skipped(id, lacks) for id, lacks in lacking if lacks)
        return replace(
            listed,
            entries=tuple(admin for admin in admins if admin.active),
            skipped=(*listed.skipped, *hidden),
        )

    def _everybody(self, attributes: str) -> Iterator[Any]:
        """All active accounts, with what is asked for. A filter on roles isn't documented; this one is."""
        query = {"attributes": attributes, "filter": self._dialect.filter("active eq true")}
        return self._pages("/Users", query)

    def manager_of(self, address: str) -> str | None:
        """The address of the manager whom Miro's enterprise attribute names. Raises Ambiguous."""
        account = self.look(address, wire.MANAGER)
        boss = self.by_id(account.manager_id) if account and account.manager_id else None
        return canonical(boss.user_name) if boss else None

    def groups(self) -> Listed[Group]:
        """All groups: id and security name. Costs a fifth of the pool a page."""
        return lists.read(Group, self._pages("/Groups", {"attributes": "id,displayName"}))

    def group(self, id: str) -> Group | None:
        """One group, or None."""
        return self._one(Group, "/Groups", id, "id,displayName")

    def by_id(self, id: str, more: str = "") -> Account | None:
        """One account, or None. Miro answers 404 for guests too."""
        return self._one(Account, "/Users", id, LOOK + (f",{more}" if more else ""))

    def _one(self, kind: type[wire.M], path: str, id: str, attributes: str) -> wire.M | None:
        text = self._read(f"{path}/{quote(id, safe='')}", {"attributes": attributes}, id)
        if text is None:
            return None
        sent = self._content(text)
        resource = self._understood(kind, sent)
        if wire.id_of(sent) != id:
            raise _others(f"another {'person' if kind is Account else 'group'} than I asked for")
        return resource

    def ping(self) -> None:
        """Whether Miro takes the token."""
        self._page("/Users", {"attributes": "id", "count": "1"})

    def _pages(self, path: str, query: dict[str, str], once: bool = False) -> Iterator[Any]:
        """The entries of all pages, or of the only one. Raises Away where they don't add up."""
        tally = Tally()
        while not tally.pages or not tally.is_whole:
            more = {} if once else {"startIndex": str(tally.shown + 1), "count": str(PAGE)}
            page = self._page(path, {**query, **more})
            tally.add(page, is_last=once)
            yield from page.resources

    def _page(self, path: str, query: dict[str, str]) -> Page:
        text = self._read(path, query)
        if text is None:
            raise Away(f"Miro says that there is no {path}.", Trouble.STATUS)
        return self._understood(Page, self._content(text))

    def _content(self, text: bytes) -> Any:
        try:
            return wire.content(text)
        except Unreadable as error:
            raise Away(str(error), Trouble.UNREADABLE, error.words) from error

    def _understood(self, kind: type[wire.M], sent: Any) -> wire.M:
        try:
            return wire.message(kind, sent)
        except Unreadable as error:
            raise Away(str(error), Trouble.UNREADABLE) from error

    def _read(self, path: str, query: dict[str, str], id: str = "") -> bytes | None:
        """The answer to a look; None where SCIM says that there is no such resource."""
        try:
            status, text = self._exchange("GET", path, query, None)
        except Unclear as error:
            raise Away(str(error), error.kind, error.words) from error
        if judging.is_absent(status, text, id):
            return None
        judging.check_look(status, text)
        return text

    # -- changing --------------------------------------------------------------------------------------

    def send(self, call: Call, id: str, address: str = "") -> Answered:
        """Sends one writing call to the account `id`, which stands in for `{user}`. Raises any MiroError.

        `address` is the account's, where it is known. An answer that names somebody else raises Unclear:
        neither is it known what was done, nor is anything of it used.
        """
        if self._practice:
            raise Practising("This is practice: nothing is changed in Miro.")
        path, _, query = call.path.replace("{user}", quote(id, safe="")).partition("?")
        body = wire.addressed(call.body, id) if call.body else None
        pairs = dict(part.split("=", 1) for part in query.split("&") if part)
        status, text = self._exchange(call.method, path, pairs, self._dialect.body(body))
        judging.check_write(status, text)
        kind, _, group = path.strip("/").partition("/")
        if not text.strip():
            return Answered(status, None)
        if kind == "Groups":
            return Answered(status, None, is_odd=not wire.id_of(self._named(text, group, "")))
        address = address or str((call.body or {}).get("userName", ""))
        sent = self._named(text, id if "{user}" in call.path else "", address)
        try:
            return Answered(status, wire.message(Account, sent))
        except Unreadable:
            # Accepted all the same; what came of it is looked at before anything rests on it.
            return Answered(status, None, is_odd=True)

    def _named(self, text: bytes, id: str, address: str) -> Any:
        """What a write was answered. Raises Unclear where that is no JSON, or names somebody else."""
        try:
            sent = wire.content(text)
        except Unreadable as error:
            raise Unclear(str(error), Trouble.UNREADABLE, error.words) from error
        if not isinstance(sent, Mapping):
            return sent
        shown, name = wire.id_of(sent), sent.get("userName")
        if (shown and id and shown != id) or (
            address and isinstance(name, str) and canonical(name) != canonical(address)
        ):
            raise Unclear(
                "Miro answered about another person or group than the call was for.", Trouble.OTHERS
            )
        return sent

    def _exchange(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None
    ) -> tuple[int, bytes]:
        """Status and body of one call, repeated only where Miro said that it did nothing."""
        end = self._now() + self._deadline
        content = json.dumps(body, separators=(",", ":")).encode() if body is not None else None
        spent = Away("Miro has no time for me right now.", Trouble.CREDITS)
        while True:
            credits = cost(method, path, len(content or b""))
            take(self._pool, credits, lambda wait: self._wait(wait, end, spent), self._urgency)
            left = self._now()
            try:
                status, headers, text = self._once(method, path, query, content, end)
            finally:
                if self._now() - left > MARGIN:
                    self._pool.arrived(credits, left)
            log.info("Miro %s %s -> %s", method, path, status)
            # Some gateways repeat what they were sent; the token must reach nobody.
            text = text.replace(self._token.get_secret_value().encode(), b"[token]")
            if status not in judging.RETRIED:
                return status, text
            words = wire.complaint(status, text)
            seconds = judging.retry_after(
                headers.get("Retry-After", ""), self._now(), self._deadline.total_seconds()
            )
            kind = Trouble.LIMITED if status == 429 else Trouble.BUSY
            late = Away("Miro has no time for me right now.", kind, words, seconds)
            if seconds > self._patient_for:
                raise late
            self._wait(seconds, end, late)

    def _wait(self, seconds: float, end: datetime, late: Away) -> None:
        if self._now() + timedelta(seconds=seconds) >= end:
            raise late
        self._sleep(seconds)

    def _once(
        self, method: str, path: str, query: dict[str, str], content: bytes | None, end: datetime
    ) -> tuple[int, httpx.Headers, bytes]:
        headers = {"Content-Type": "application/scim+json"} if content is not None else {}
        with (
            _network(),
            time_limit.deadline((end - self._now()).total_seconds()),
            self._http.stream(
                method, self._url + path, params=query, content=content, headers=headers
            ) as response,
        ):
            text = bytearray()
            for part in response.iter_bytes():
                text += part
                if self._now() > end or len(text) > LARGEST:
                    raise Unclear("Miro's answer took too long.", Trouble.NO_ANSWER)
            return response.status_code, response.headers, bytes(text)


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Away("Miro can't be reached.", Trouble.UNREACHABLE) from error
    except httpx.DecodingError as error:
        raise Unclear("Miro's answer can't be unpacked.", Trouble.UNREADABLE) from error
    except httpx.RequestError as error:
        raise Unclear("Miro didn't answer in time.", Trouble.NO_ANSWER) from error


def _lacks(person: Rights) -> str:
    """What isn't shown of somebody who may be an admin, in a word or two; '' if all is."""
    missing = (*(["active"] if person.active is None else []), *([] if person.knows_roles else ["roles"]))
    return " and no ".join(missing)


def _others(what: str) -> Away:
    return Away(f"Miro answered with {what}, so I don't rely on it.", Trouble.OTHERS)
