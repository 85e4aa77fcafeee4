"""Miro's SCIM service as the bot uses it: looks, which are never a verdict by mistake, and writing calls."""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from sys import intern
from typing import Any
from urllib.parse import quote

from approvals.people import canonical
from approvals.record.people.groups import Member
from bot.miro import judging, lists, wire
from bot.miro.errors import Ambiguous, Away, Practising, Trouble, Unclear, Unreadable
from bot.miro.goals import ScimCall
from bot.miro.lists import Listing, Skipped, Tally
from bot.miro.quota import Pool
from bot.miro.transport import DEADLINE, Transport
from bot.miro.wire import LOOK, Dialect, ListPage, MiroAccount, MiroGroup, MiroRights

PAGE = 1000
"""Entries of a page: the most that Miro's API description allows."""


@dataclass(frozen=True)
class Accepted:
    """A call that Miro accepted; `account` when the answer shows the person.

    `is_odd`: there was an answer, and whom or what it is about can't be read: a look must come next.
    """

    status: int
    account: MiroAccount | None
    is_odd: bool = False


class Miro:
    """Miro's SCIM service with one token. Safe to use from several threads.

    Every look raises Away or Locked where its answer can't be relied on; every URL is made here, and none is
    taken from an answer.
    """

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
        self._transport = Transport(url, token, pool, now, sleep, deadline)
        self._dialect, self._practice = dialect or Dialect(), practice

    def close(self) -> None:
        """Closes the connections."""
        self._transport.http.close()

    def ranked(self, urgency: int) -> "Miro":
        """The same service, for work on a request of this urgency.

        Its calls get credits before those of less urgency. When Miro has no time, they don't wait for long:
        the request can be put off, and who asked reads why.
        """
        other = copy(self)
        other._transport = self._transport.ranked(urgency)
        return other

    # -- looking ---------------------------------------------------------------------------------------

    def look(self, address: str, more: str = "") -> MiroAccount | None:
        """The account of an address, or None. `more`: attributes beside `LOOK`, comma-separated.

        Raises Ambiguous when there are two.
        """
        query = self._query(LOOK + (f",{more}" if more else ""), f"userName eq {wire.quoted(address)}")
        accounts = [wire.message(MiroAccount, entry) for entry in self._pages("/Users", query, once=True)]
        exact = [account for account in accounts if canonical(account.user_name) == canonical(address)]
        if len(exact) > 1:
            raise Ambiguous(f"Miro has {len(exact)} accounts with the address {address}.")
        if accounts and not exact:
            raise _others("other people than I asked for")
        return exact[0] if exact else None

    def is_member(self, account: MiroAccount, group: str) -> bool:
        """Whether an account is in a group, by the filter `groups.value eq` of Miro's API description."""
        person = f"userName eq {wire.quoted(account.user_name)}"
        query = self._query("id", f"{person} and groups.value eq {wire.quoted(group)}")
        ids = [wire.message(MiroRights, entry).id for entry in self._pages("/Users", query, once=True)]
        if any(id != account.id for id in ids):
            raise _others("other people than I asked for")
        return bool(ids)

    def other_admin(self, id: str) -> bool:
        """Whether an active Company Admin other than `id` exists. Raises Away where nobody can tell."""
        hidden = 0
        for entry in self._active_accounts("id,active,roles"):
            try:
                person = wire.message(MiroRights, entry)
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

    def roster(self) -> tuple[Listing[MiroAccount], dict[tuple[str, str], Member]]:
        """Every active account that is Company Admin or has an admin role, and who is in which group.

        Members are given by group id and Miro id. Accounts that may be an admin's, since it isn't shown
        whether they are active or what roles they have, are skipped and named; they are among the entries
        too where what is shown makes them an admin. A page of 1,000 people costs 1/200 of the pool.
        """
        admins, skipped = list[MiroAccount](), list[Skipped]()
        members = dict[tuple[str, str], Member]()
        for entry in self._active_accounts("id,userName,displayName,active,roles,groups"):
            try:
                person = wire.message(MiroAccount, entry)
            except Unreadable as error:
                skipped.append(Skipped(wire.id_of(entry), error.lacks))
                continue
            if person.active is not False and person.lacks:
                skipped.append(Skipped(person.id, person.lacks))
            if person.active and (person.org_role == wire.ADMIN or person.admin_roles):
                admins.append(person)
            if person.active is not False:
                member = Member(canonical(person.user_name), person.display_name)
                members |= {(intern(group), person.id): member for group in person.group_ids}
        return Listing(tuple(admins), tuple(skipped)), members

    def _active_accounts(self, attributes: str) -> Iterator[Any]:
        # A filter on roles isn't documented; this one is.
        return self._pages("/Users", self._query(attributes, "active eq true"))

    def manager_of(self, address: str) -> str | None:
        """The address of the manager whom Miro's enterprise attribute names. Raises Ambiguous."""
        account = self.look(address, wire.MANAGER)
        manager = self.by_id(account.manager_id) if account and account.manager_id else None
        return canonical(manager.user_name) if manager else None

    def groups(self) -> Listing[MiroGroup]:
        """All groups: id and security name. Costs a fifth of the pool a page."""
        return lists.read(MiroGroup, self._pages("/Groups", {"attributes": "id,displayName"}))

    def group(self, id: str) -> MiroGroup | None:
        """One group, or None."""
        return self._resource(MiroGroup, "/Groups", id, "id,displayName")

    def by_id(self, id: str, more: str = "") -> MiroAccount | None:
        """One account, or None. Miro answers 404 for guests too."""
        return self._resource(MiroAccount, "/Users", id, LOOK + (f",{more}" if more else ""))

    def ping(self) -> None:
        """Asks for one account. Raises Locked where Miro doesn't take the token."""
        self._page("/Users", {"attributes": "id", "count": "1"})

    def _query(self, attributes: str, filter: str) -> dict[str, str]:
        return {"attributes": attributes, "filter": self._dialect.filter(filter)}

    def _resource(self, kind: type[wire.M], path: str, id: str, attributes: str) -> wire.M | None:
        text = self._read(f"{path}/{quote(id, safe='')}", {"attributes": attributes}, id)
        if text is None:
            return None
        sent = wire.content(text)
        resource = wire.message(kind, sent)
        if wire.id_of(sent) != id:
            raise _others(f"another {'person' if kind is MiroAccount else 'group'} than I asked for")
        return resource

    def _pages(self, path: str, query: dict[str, str], once: bool = False) -> Iterator[Any]:
        """The entries of all pages, or of the only one. Raises Away where they don't add up."""
        tally = Tally()
        while not tally.pages or not tally.is_whole:
            more = {} if once else {"startIndex": str(tally.shown + 1), "count": str(PAGE)}
            page = self._page(path, {**query, **more})
            tally.add(page, is_last=once)
            yield from page.resources

    def _page(self, path: str, query: dict[str, str]) -> ListPage:
        text = self._read(path, query)
        if text is None:
            raise Away(f"Miro says that there is no {path}.", Trouble.STATUS)
        return wire.message(ListPage, wire.content(text))

    def _read(self, path: str, query: dict[str, str], id: str = "") -> bytes | None:
        """The answer to a look; None where SCIM says that there is no such resource."""
        try:
            status, text = self._transport.exchange("GET", path, query)
        except Unclear as error:
            raise Away(str(error), error.kind, error.words) from error
        if judging.is_absent(status, text, id):
            return None
        judging.check_look(status, text)
        return text

    # -- changing --------------------------------------------------------------------------------------

    def send(self, call: ScimCall, id: str, address: str = "") -> Accepted:
        """Sends one writing call to the account `id`, which stands in for `{user}`. Raises any MiroError.

        `address` is the account's, where it is known. An answer that names somebody else raises Unclear:
        neither is it known what was done, nor is anything of it used.
        """
        if self._practice:
            raise Practising("This is practice: nothing is changed in Miro.")
        path, _, query = call.path.replace("{user}", quote(id, safe="")).partition("?")
        body = wire.addressed(call.body, id) if call.body else None
        pairs = dict(part.split("=", 1) for part in query.split("&") if part)
        status, text = self._transport.exchange(call.method, path, pairs, self._dialect.body(body))
        judging.check_write(status, text)
        kind, _, group = path.strip("/").partition("/")
        if not text.strip():
            return Accepted(status, None)
        if kind == "Groups":
            return Accepted(status, None, is_odd=not wire.id_of(_resource_about(text, group, "")))
        address = address or str((call.body or {}).get("userName", ""))
        sent = _resource_about(text, id if "{user}" in call.path else "", address)
        try:
            return Accepted(status, wire.message(MiroAccount, sent))
        except Unreadable:
            # Accepted all the same; what came of it is looked at before anything rests on it.
            return Accepted(status, None, is_odd=True)


def _resource_about(text: bytes, id: str, address: str) -> Any:
    """What a write was answered. Raises Unclear where that is no JSON, or has another id or address."""
    try:
        sent = wire.content(text)
    except Unreadable as error:
        raise Unclear(str(error), Trouble.UNREADABLE, error.words) from error
    if not isinstance(sent, Mapping):
        return sent
    shown, name = wire.id_of(sent), sent.get("userName")
    is_other = address and isinstance(name, str) and canonical(name) != canonical(address)
    if is_other or (shown and id and shown != id):
        raise Unclear("Miro answered about another person or group than the call was for.", Trouble.OTHERS)
    return sent


def _others(what: str) -> Away:
    return Away(f"Miro answered with {what}, so I don't rely on it.", Trouble.OTHERS)
