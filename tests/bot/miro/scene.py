"""A Miro on loopback, the bot's client for it, and a clock that moves only when told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from approvals.record.claims import Place
from bot.miro.client import Miro
from bot.miro.goals import Seen
from bot.miro.wire import ADMIN, MEMBER, Membership, MiroAccount, MiroGroup, Role
from bot.sandbox.miro.service import Miro as Sandbox
from bot.sandbox.server import Answer, Answers, Call, serving
from bot.sandbox.stage import Clock

TOKEN = "OpensNothing0123456789OpensNothing0123456789OpensNothing01234567"
PREFIX = "/api/v1/scim"
LISTED = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass
class Credits:
    """A pool that makes a client wait for `waits`, and knows how many calls had gone out at each taking."""

    calls_so_far: Callable[[], int] = lambda: 0
    waits: list[float] = field(default_factory=list)
    taken: list[tuple[int, int]] = field(default_factory=list)

    def spend(self, credits: int, pool: int, window: timedelta, place: Place) -> float:
        if self.waits:
            return self.waits.pop(0)
        self.taken.append((self.calls_so_far(), credits))
        return 0.0

    def unqueue(self, ticket: str) -> None:
        """Nobody else waits."""

    def arrived(self, credits: int, left: datetime) -> None:
        """Nothing is dated."""


@dataclass
class Scene:
    """Ada is in Engineering; Grace is Company Admin, and leads both teams."""

    clock: Clock
    sandbox: Sandbox
    credits: Credits
    miro: Miro
    url: str
    engineering: str
    it: str
    ada: str
    grace: str

    def client(self, **how: Any) -> Miro:
        """Another client of the same Miro."""
        return Miro(self.url, TOKEN, self.credits, self.clock, self.clock.sleep, **how)

    @property
    def calls(self) -> list[str]:
        """What was sent, as 'GET /Users'."""
        return [f"{one.method} {one.path.partition('?')[0]}" for one in self.sandbox.log]


@contextmanager
def closing(miro: Miro) -> Iterator[Miro]:
    """Hands a client out and closes it."""
    try:
        yield miro
    finally:
        miro.close()


@contextmanager
def scene(**settings: Any) -> Iterator[Scene]:
    """A fresh Miro and a client for it."""
    clock = Clock()
    sandbox = Sandbox(token=TOKEN, now=clock.seconds, sleep=clock.sleep, **settings)
    teams = sandbox.add_team("Engineering"), sandbox.add_team("IT Administration")
    grace = sandbox.add_user("grace@example.com", "Grace Example", admin=True, team_admin_of=teams)
    ada = sandbox.add_user("ada@example.com", "Ada Example", teams=teams[:1])
    credits = Credits(lambda: len(sandbox.log))
    with sandbox.serve() as url, closing(Miro(url, TOKEN, credits, clock, clock.sleep)) as miro:
        yield Scene(clock, sandbox, credits, miro, url, *teams, ada, grace)


@contextmanager
def answering(answers: Answers, clock: Clock | None = None, **how: Any) -> Iterator[Miro]:
    """A client of whatever `answers` says."""
    clock = clock or Clock()
    with (
        serving(answers) as origin,
        closing(Miro(origin + PREFIX, TOKEN, Credits(), clock, clock.sleep, **how)) as miro,
    ):
        yield miro


def always(answer: Answer) -> Answers:
    """The same answer to everything."""

    def answers(_: Call) -> Answer:
        return answer

    return answers


def page(*resources: Any, total: int | None = None) -> Answer:
    """A list as Miro's API description has it."""
    count = len(resources) if total is None else total
    return Answer.of(200, {"schemas": [LISTED], "totalResults": count, "Resources": list(resources)})


def account(
    *groups: str,
    id: str = "7",
    email: str = "ada@example.com",
    active: bool = True,
    admin: bool = False,
    admin_roles: tuple[str, ...] = (),
    enterprise: dict[str, Any] | None = None,
) -> MiroAccount:
    """Somebody as a look shows them, in the groups of these ids."""
    roles = [Role(value=ADMIN if admin else MEMBER, type="organization_user_role", primary=True)]
    roles += [Role(value=name, type="organization_admin_role") for name in admin_roles]
    return MiroAccount(
        id=id,
        userName=email,
        active=active,
        roles=tuple(roles),
        groups=tuple(Membership(value=one) for one in groups),
        **{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": enterprise or {}},
    )


NOBODY = Seen()
"""A look that found no account."""


def seen(*groups: str, other_admin: bool = True, **who: Any) -> Seen:
    """A look at somebody."""
    return Seen(account(*groups, **who), other_admin=other_admin)


def seen_group(name: str, id: str = "100") -> Seen:
    """A look at a group."""
    return Seen(group=MiroGroup(id=id, displayName=name))
