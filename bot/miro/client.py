"""The client of Miro's SCIM service: reads that raise if the answer is unreliable, and writes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from sys import intern
from typing import Any, Self
from urllib.parse import quote

from approvals.people import canonical
from approvals.policy.team_names import is_alike
from approvals.record.people.groups import IN_NONE, Member
from bot.miro import judging, lists, wire
from bot.miro.errors import Ambiguous, Away, Declined, Practising, Trouble, Unclear, Unreadable
from bot.miro.goals import ScimCall
from bot.miro.lists import Listing, Skipped, Tally
from bot.miro.quota import Pool
from bot.miro.rest.client import Rest, RestCall
from bot.miro.transport import DEADLINE, Clock, Sleep, Transport
from bot.miro.wire import LOOK, Dialect, ListPage, MiroAccount, MiroGroup, MiroRights

PAGE = 1000
"""Entries on a page: the maximum by Miro's API description."""


@dataclass(frozen=True)
class Accepted:
    """A call that Miro accepted; `account`: the person, if the answer shows them.

    `is_odd`: the subject of the answer can't be read: a look must come next.
    """

    status: int
    account: MiroAccount | None
    is_odd: bool = False


class Miro(Transport):
    """Miro's SCIM service with one token. Thread-safe.

    Every read raises Away or Locked if its answer isn't reliable. All URLs are made here, none is taken from
    an answer.
    """

    def __init__(
        self, url: str, token: str, pool: Pool, now: Clock, sleep: Sleep, dialect: Dialect | None = None,
        practice: bool = False, deadline: timedelta = DEADLINE, rest: Rest | None = None,
    ) -> None:  # fmt: skip
        super().__init__(url, token, pool, now, sleep, deadline)
        self._dialect, self._practice, self.rest = dialect or Dialect(), practice, rest
        self.looked_at: datetime | None = None
        """When what a look shows was so; None: now."""

    def close(self) -> None:
        """Closes the connections."""
        super().close()
        if self.rest:
            self.rest.close()

    def ranked(self, urgency: int) -> Self:
        """A copy for work on a request of this urgency.

        Its calls get credits before less urgent ones. While Miro is busy they give up soon: the request is
        postponed, and the requester reads why.
        """
        other = super().ranked(urgency)
        other.rest = self.rest and self.rest.ranked(urgency)
        return other

    # -- looking ---------------------------------------------------------------------------------------

    def look(self, address: str, more: str = "") -> MiroAccount | None:
        """The account with an address, or None. `more`: attributes besides `LOOK`, comma-separated.

        Raises Ambiguous if there are two.
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
        """Whether an account is in a group, by the filter `groups.value eq` (Miro's API description)."""
        person = f"userName eq {wire.quoted(account.user_name)}"
        query = self._query("id", f"{person} and groups.value eq {wire.quoted(group)}")
        ids = [wire.message(MiroRights, entry).id for entry in self._pages("/Users", query, once=True)]
        if any(id != account.id for id in ids):
            raise _others("other people than I asked for")
        return bool(ids)

    def other_admin(self, id: str) -> bool:
        """Whether an active Company Admin other than `id` exists. Raises Away if it can't be known."""
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
        """(active accounts of Company Admins and other admins, {(group id or IN_NONE, Miro id): member}).

        Accounts whose activity or roles aren't shown may be an admin's: they are skipped and named, and are
        also among the entries if the roles that are shown make them an admin. A page of 1,000 people costs
        1/200 of the pool.
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
            members |= memberships(person)
        return Listing(tuple(admins), tuple(skipped)), members

    def _active_accounts(self, attributes: str) -> Iterator[Any]:
        # Miro documents this filter, but none on roles.
        return self._pages("/Users", self._query(attributes, "active eq true"))

    def accounts(
        self, wanted: Collection[str], people: int, more: str
    ) -> tuple[dict[str, MiroAccount], bool] | None:
        """({address, or id: account} of those wanted, whether all of Miro's could be read), by pages.

        None if a look for each of so many people costs fewer calls. `more`: as in `look`.
        """
        query, tally = {"attributes": LOOK + (f",{more}" if more else "")}, Tally()
        accounts, is_whole = dict[str, MiroAccount](), True
        while not tally.pages or not tally.is_whole:
            page = self._page("/Users", {**query, "startIndex": str(tally.shown + 1), "count": str(PAGE)})
            tally.add(page)
            if not tally.is_whole and len(page.resources) * people < page.total:
                return None  # the last page may be short
            for entry in page.resources:
                try:
                    account = wire.message(MiroAccount, entry)
                except Unreadable:
                    is_whole = False
                    continue
                keys = {canonical(account.user_name), account.id}.intersection(wanted)
                accounts |= dict.fromkeys(keys, account)
        return accounts, is_whole

    def manager_of(self, address: str) -> str | None:
        """The address of the manager in Miro's enterprise attribute, or None. Raises Ambiguous."""
        account = self.look(address, wire.MANAGER)
        manager = self.by_id(account.manager_id) if account and account.manager_id else None
        return canonical(manager.user_name) if manager else None

    def groups(self) -> Listing[MiroGroup]:
        """All groups, with id and security name. Each page costs a fifth of the pool."""
        return lists.read(MiroGroup, self._pages("/Groups", {"attributes": "id,displayName"}))

    def group(self, id: str) -> MiroGroup | None:
        """The group with this id, or None."""
        return self._resource(MiroGroup, "/Groups", id, "id,displayName")

    def group_named(self, name: str) -> MiroGroup | None:
        """The group with a name, else one with a name that Miro takes for it, or None.

        Raises Ambiguous if several have exactly this name.
        """
        query = self._query("id,displayName", f"displayName eq {wire.quoted(name)}")
        groups = [wire.message(MiroGroup, entry) for entry in self._pages("/Groups", query, once=True)]
        exact = [group for group in groups if group.display_name == name]
        if len(exact) > 1:
            raise Ambiguous(f"Miro has {len(exact)} groups with the name {name}.")
        if not all(is_alike(group.display_name, name) for group in groups):
            raise _others("other groups than I asked for")
        return next(iter([*exact, *groups]), None)

    def count_members(self, group: str) -> int:
        """How many people are in a group, without guests, by the filter `groups.value eq`."""
        query = self._query("id", f"groups.value eq {wire.quoted(group)}")
        return self._page("/Users", {**query, "count": "1"}).total

    def by_id(self, id: str, more: str = "") -> MiroAccount | None:
        """The account with this id, or None; Miro answers 404 for guests, too."""
        return self._resource(MiroAccount, "/Users", id, LOOK + (f",{more}" if more else ""))

    def ping(self) -> None:
        """Reads one account. Raises Locked if Miro refuses the token."""
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
        """The entries of all pages; `once`: of a single page. Raises Away if counts are inconsistent."""
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
        """The answer to a read; None for SCIM's 404."""
        try:
            status, text = self.exchange("GET", path, query)
        except Unclear as error:
            raise Away(str(error), error.kind, error.words) from error
        if judging.is_absent(status, text, id):
            return None
        judging.check_look(status, text)
        return text

    # -- changing --------------------------------------------------------------------------------------

    def send(self, call: ScimCall, id: str, address: str = "") -> Accepted:
        """Sends one write; `id`, of the account, replaces `{user}`. Raises any MiroError.

        `address`: the account's, if known; it replaces `{address}`. An answer about somebody else raises
        Unclear, since it isn't known what was done, and is discarded.
        """
        if self._practice:
            raise Practising("This is practice: nothing is changed in Miro.")
        its_path = call.path.replace("{user}", quote(id, safe=""))
        if isinstance(call, RestCall):
            if self.rest is None:  # the credentials were taken away since
                raise Declined(403, "MIRO_OAUTH_TOKEN isn't set.")
            return Accepted(self.rest.send(replace(call, path=its_path), address), None)
        path, _, query = its_path.partition("?")
        body = wire.addressed(call.body, id) if call.body else None
        pairs = dict(part.split("=", 1) for part in query.split("&") if part)
        status, text = self.exchange(call.method, path, pairs, self._dialect.body(body))
        judging.check_write(status, text)
        kind, _, group = path.strip("/").partition("/")
        if not text.strip():
            return Accepted(status, None)
        if kind == "Groups":
            return Accepted(status, None, is_odd=not wire.id_of(_resource_about(text, group)))
        sent = _resource_about(text, id if "{user}" in call.path else "", address, *_new_addresses(call))
        try:
            return Accepted(status, wire.message(MiroAccount, sent))
        except Unreadable:
            # Accepted; its effect is checked by a look before anything depends on it.
            return Accepted(status, None, is_odd=True)


def _new_addresses(call: ScimCall) -> list[str]:
    """The addresses that a call gives to an account."""
    body = call.body or {}
    changes = [
        operation["value"] for operation in body.get("Operations", ()) if operation.get("path") == "userName"
    ]
    return [*changes, *([body["userName"]] if "userName" in body else [])]


def _resource_about(text: bytes, id: str, *addresses: str) -> Any:
    """The answer to a write, as JSON. Raises Unclear if it isn't JSON, or has another id or address."""
    try:
        sent = wire.content(text)
    except Unreadable as error:
        raise Unclear(str(error), Trouble.UNREADABLE, error.words) from error
    if not isinstance(sent, Mapping):
        return sent
    shown, name = wire.id_of(sent), sent.get("userName")
    known = [canonical(address) for address in addresses if address]
    is_other = known and isinstance(name, str) and canonical(name) not in known
    if is_other or (shown and id and shown != id):
        raise Unclear("Miro answered about another person or group than the call was for.", Trouble.OTHERS)
    return sent


def _others(what: str) -> Away:
    return Away(f"Miro answered with {what}, so I don't rely on it.", Trouble.OTHERS)


def memberships(account: MiroAccount) -> dict[tuple[str, str], Member]:
    """{(group id or IN_NONE, Miro id): member} of one account; {} for an inactive one."""
    member = Member(canonical(account.user_name), account.display_name)
    groups = () if account.active is False else account.group_ids or (IN_NONE,)
    return {(intern(group), account.id): member for group in groups}
