"""The doors of the bot, each with how odd inputs for it are made and played."""

import re
import socket
import sqlite3
import time
import tomllib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from functools import partial
from io import BytesIO
from itertools import chain, count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from approvals.decide.actor import Actor
from approvals.refusals import Refused
from bot.actions import ACTIONS
from bot.actions.fill import Problems
from bot.cli.policy.template import TEMPLATE
from bot.context import BadField, SlackAway
from bot.http.outgoing import Outgoing
from bot.miro.client import Miro
from bot.miro.errors import MiroError
from bot.miro.goals import ScimCall
from bot.miro.wire import MANAGER, MiroAccount
from bot.sandbox.server import Answer, Call, serving
from bot.sandbox.slack import payloads, web_api
from bot.sandbox.slack.deliveries import FORM, Delivery
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.records import JSON
from bot.sandbox.stage import CHANNEL, PEOPLE, POLICY, Stage
from bot.slack.api.edge import SlackClient
from bot.slack.api.people import SlackPeople
from bot.slack.door.socket_mode import Pulse, SocketMode
from bot.work.ask import asked
from tests.bot.journeys.scenes import ask, card
from tests.campaigns import odd
from tests.campaigns.directory_door import Provider
from tests.e2e.process import until
from tests.regressions.slack.socket_server import SocketSlack, socket_slack
from tests.regressions.slack.test_malformed import opened, real

Inputs = Generator[Any, None, None]
"""Plays one input after another, and gives each for the report."""
Door = Callable[[Stage, Random], Inputs]

MESSAGES = [
    *chain(*tomllib.loads(Path("tests/readings.toml").read_text("utf-8")).values()),
    *(each["text"] for each in tomllib.loads(Path("tests/sentences.toml").read_text("utf-8"))["sentence"]),
]
POLICIES = [
    POLICY,
    TEMPLATE.replace("REPLACE-ME.", "").replace("it-REPLACE-ME", "carol").replace("REPLACE-ME", "UTC"),
    *re.findall(r"```toml\n(.*?)```", Path("docs/policy.md").read_text("utf-8"), re.S),
]
UNASKED = re.sub(r"approvers = \[[^]]*\]", "approval = false", POLICY)


def post(s: Stage, delivery: Delivery, headers: dict[str, str] | None = None) -> int:
    """The status with which the bot's WSGI application answers a delivery, by default a signed one."""
    signature = s.acting.signature(delivery.body) if headers is None else headers
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signature.items()}
    environ |= {"PATH_INFO": "/slack/events", "REQUEST_METHOD": "POST", "CONTENT_TYPE": delivery.content_type}
    statuses: list[str] = []
    body = {"CONTENT_LENGTH": str(len(delivery.body)), "wsgi.input": BytesIO(delivery.body)}
    list(s.bot.door()(environ | body, lambda status, _, __=None: statuses.append(status)))  # type: ignore[arg-type]
    return int(statuses[0][:3])


def settle(s: Stage, random: Random, every: int = 40) -> None:
    """Lets the bot work after so many inputs on average, and time pass."""
    if random.randrange(every) == 0:
        s.clock.pass_(timedelta(seconds=random.choice((2, 30, 1000))))
        s.bot.housekeeping.tick()
        s.settle()


def mangled(random: Random, delivery: Delivery) -> Delivery:
    """A delivery of which something is odd: a value, the encoding, or the type that it is said to have."""
    payload, wrapped = opened(delivery)
    if random.random() < 0.6:
        changed = odd.value(random, payload)
        return wrapped(changed) if isinstance(changed, dict) else Delivery.of_event(changed)
    media = random.choice((delivery.content_type, delivery.content_type, FORM, "application/json", "", "odd"))
    return Delivery(odd.raw(random, delivery.body), media)


# -- the doors -------------------------------------------------------------------------------------------


def signed_bodies(s: Stage, random: Random) -> Inputs:
    deliveries = real(s)
    while True:
        delivery = mangled(random, random.choice(deliveries))
        is_text = delivery.body.decode(errors="ignore").encode() == delivery.body
        assert post(s, delivery) in ((200, 400) if is_text else (401,)), delivery
        settle(s, random)
        yield delivery


def unsigned_bodies(s: Stage, random: Random) -> Inputs:
    """Whole requests as bytes, some of which are odd; none is signed as Slack does."""
    deliveries = real(s)
    with closing(sqlite3.connect(s.folder / "record.db")) as record:
        while True:
            delivery = random.choice(deliveries)
            delivery = mangled(random, delivery) if random.random() < 0.5 else delivery
            wrong = ({"secret": "odd"}, {"age": 400.0}, {"age": -400.0}, {"age": 1e11})
            headers = random.choice([{}, *(s.acting.signature(delivery.body, **how) for how in wrong)])
            headers = {
                "Content-Type": delivery.content_type,
                "Content-Length": str(len(delivery.body)),
                **headers,
            }
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            sent = f"POST /slack/events HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode() + delivery.body
            sent = odd.raw(random, sent) if random.random() < 0.5 else sent
            before = record.execute("PRAGMA data_version").fetchone()
            assert exchanged(s, sent) in (0, 400, 401, 404, 411, 413, 414, 431, 501), sent
            assert record.execute("PRAGMA data_version").fetchone() == before, sent
            yield sent


def exchanged(s: Stage, sent: bytes) -> int:
    """The status that the bot's server answers to these bytes; 0 if it only closes the connection."""
    parts = urlsplit(s.url)
    with closing(socket.create_connection((parts.hostname, parts.port or 0), 10)) as line:
        try:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(100)
        except OSError:
            return 0
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else 0


def forms(s: Stage, random: Random) -> Inputs:
    """Submissions with any values in any fields of every form."""
    users = ("U0CAROL", "U0ALEX", "U0LENA", "U0DANA")
    views = [(user, view) for user in users for view in shown(s, user)]
    for number in count():
        user, view = random.choice(views)
        sent = payloads.view_submission(s.slack, user, view)
        values = {
            block["block_id"]: {"value": filled(random, field)} for block, field in placed(view["blocks"])
        }
        sent["view"] |= {"state": {"values": values}, "id": f"V{number}"}
        sent = odd.value(random, sent, ("view", "state")) if random.random() < 0.3 else sent
        assert post(s, Delivery.of_interaction(sent)) in (200, 400), sent
        settle(s, random, 20)
        yield sent


def shown(s: Stage, user: str) -> Iterator[JSON]:
    """The forms that somebody can open: of every action, and about a request."""
    for name in ACTIONS:
        s.slack.views.pop(user, None)
        s.acting.command(user, "/miro", name)
        yield from s.slack.views.get(user, ())[-1:]
    ask(s, "U0JO", "/miro-access", "for Engineering because I start Monday")
    for button in ("deny", "question") if user == "U0CAROL" else ():
        s.acting.click(user, card(s, user), button)
        yield s.acting.modal(user)


def filled(random: Random, element: JSON) -> JSON:
    """A field as Slack sends it, with a value that it offers or an odd one."""
    words = random.choice((*odd.TEXTS, *MESSAGES, "alex@example.com, jo@example.com", "new@example.com"))
    offered = [choice["value"] for choice in element.get("options", ())] or [words]
    values = random.sample(offered, min(len(offered), random.randint(1, 3)))
    people = random.sample((*PEOPLE, "U0NEW", "U0BOT", words), random.choice((1, 1, 1, 3)))
    days = ("2026-03-02", "2026-03-20", "2027-03-02", "9999-12-31", "2026-02-30", words)
    kinds: dict[str, JSON] = {
        "plain_text_input": {"value": words},
        "datepicker": {"selected_date": random.choice(days)},
        "users_select": {"selected_user": people[0]},
        "multi_users_select": {"selected_users": people},
    }
    several = {"selected_options": [{"value": each} for each in values]}
    chosen = (
        several
        if element["type"].startswith(("multi", "check"))
        else {"selected_option": {"value": values[0]}}
    )
    return {"type": element["type"], **kinds.get(element["type"], chosen)}


def plain_words(s: Stage, random: Random) -> Inputs:
    """Messages to the bot, mentions, commands and shortcuts on messages, with words in any order."""
    while True:
        words = " ".join(random.sample(MESSAGES, random.randint(1, 3))).split()
        if random.random() < 0.5:
            random.shuffle(words)
        text = odd.text(random, " ".join(words)) if random.random() < 0.5 else " ".join(words)
        user, place = random.choice([*PEOPLE]), random.choice(("", CHANNEL))
        message = s.acting.write(user, text, place or s.slack.direct(user).id)
        said = payloads.event(s.slack, payloads.words_said(s.slack, message), message.channel)
        command = payloads.slash_command(s.slack, user, message.channel, "/miro", message.text)
        menu = payloads.message_shortcut(s.slack, user, "make-request", message)
        sent = random.choice(
            (Delivery.of_event(said), Delivery.of_interaction(menu), Delivery.of_event(command))
        )
        assert post(s, sent) in (200, 400), text
        settle(s, random)
        yield text


def policies(s: Stage, random: Random) -> Inputs:
    """Files of a policy: what can be read comes into force while a request waits."""
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    while True:
        lines = random.choice(POLICIES).splitlines(keepends=True)
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(lines))
            lines[place] = random.choice(
                (odd.text(random, lines[place]), "", lines[place] * 2, random.choice(lines))
            )
        sent = "".join(lines).encode("utf-8", "surrogatepass")
        sent = odd.raw(random, sent) if random.random() < 0.3 else sent
        (s.folder / "policy.toml").write_bytes(sent)
        s.bot.context.policies.reload()
        settle(s, random, 20)
        yield sent


@contextmanager
def disturbed(
    s: Stage, random: Random, miro: bool, answers: Callable[[Call], Answer | None]
) -> Iterator[list[Answer | None]]:
    """Puts a bot in place of the stage's to which most answers of Miro or Slack are odd; yields those."""
    sent: list[Answer | None] = []

    def answer(call: Call) -> Answer | None:
        own = answers(call)
        if own is None or random.random() < 0.3:
            return own
        sent.append(odd.answer(random, own))
        return sent[-1]

    before, urls = s.bot, s.urls
    with serving(answer) as url:
        s.urls = (f"{url}/api/v1/scim", urls[1]) if miro else (urls[0], f"{url}/api/")
        s.bot = s.rebuild()
        try:
            yield sent
        finally:
            s.bot.stop()
            s.bot = before


def miro_answers(s: Stage, random: Random) -> Inputs:
    """To looks, lists and writes, and now and then to a whole request, which nobody has to approve."""
    team, nobody = s.teams["Design"], "9"
    with disturbed(s, random, True, s.miro.answer) as sent:
        person = MiroAccount(id="1", userName="carol@example.com")
        calls: list[Callable[[Miro], object]] = [
            lambda miro: miro.look("carol@example.com"),
            lambda miro: miro.is_member(person, team),
            lambda miro: miro.other_admin("1"),
            lambda miro: miro.groups(),
            lambda miro: miro.roster(),
            lambda miro: miro.group(team),
            lambda miro: miro.by_id("1", MANAGER),
            lambda miro: miro.send(ScimCall("DELETE", f"/Users/{nobody}"), nobody),
        ]
        while True:
            sent.clear()
            with suppress(MiroError):
                random.choice(calls)(s.bot.miro)
            go_on(s, random)
            yield from sent


def slack_answers(s: Stage, random: Random) -> Inputs:
    """To look-ups and forms, and now and then to the cards and pages of a request."""
    deliveries = real(s)
    with disturbed(s, random, False, partial(web_api.answer, s.slack)) as sent:
        calls: list[Callable[[SlackPeople], object]] = [
            lambda people: people.find("alex@example.com"),
            lambda people: people.find("U0JO"),
            lambda people: people.user_group("@designers"),
            lambda people: people.channel(CHANNEL),
            lambda people: people.check_field("Manager"),
            lambda people: post(s, random.choice(deliveries)),
        ]
        while True:
            sent.clear()
            with suppress(SlackAway, BadField):
                random.choice(calls)(s.bot.people)
            go_on(s, random)
            yield from sent


def go_on(s: Stage, random: Random) -> None:
    """Now and then somebody asks for anything, and all that is due is done."""
    if random.randrange(20):
        return
    email, name = random.choice([*PEOPLE.values()])
    asker = s.bot.context.store.people.by_email("carol@example.com")
    assert asker
    raw = {"person": email, "teams": "Engineering", "from_team": "IT", "team": "Design", "name": name}
    with suppress(Problems, Refused):
        asked(s.bot.context, random.choice([*ACTIONS.values()]), raw, "Why not?", Actor(asker, asker.account))
    settle(s, random, 1)


def socket_frames(s: Stage, random: Random) -> Inputs:
    """Messages over Socket Mode; after each one comes a good one, whose answer is waited for."""
    deliveries = [opened(delivery)[0] for delivery in real(s)]
    pulse = Pulse(first_wait=0.01, longest_wait=0.02)
    with socket_slack() as slack, closing(Outgoing()) as lines:
        client = SlackClient("xapp-sandbox", slack.url, lines)
        line = SocketMode(client, "xapp-sandbox", s.bot.receiver(), s.bot.client.heard, 1, pulse)
        line.start()
        try:
            for number in count():
                until(lambda: slack.connections)
                sent = [odd.document(random, {"envelope_id": "E", "payload": each}) for each in deliveries]
                for frame in sent:
                    slack.newest.send(random.choice((*[1] * 60, 2, 3, 8, 9, 10)), frame[:200_000])
                until(partial(acknowledges, slack, {"envelope_id": f"after {number}", "payload": LIMITED}))
                settle(s, random, 4)
                yield from sent
        finally:
            line.stop(2.0)


LIMITED = {"type": "app_rate_limited"}


def acknowledges(slack: SocketSlack, envelope: JSON) -> bool:
    """Whether the bot acknowledges an envelope on the newest line soon: it may have to join again first."""
    line, end = slack.newest, time.monotonic() + 0.5
    line.say(envelope)
    while line is slack.newest and time.monotonic() < end:
        if any(ack["envelope_id"] == envelope["envelope_id"] for ack in slack.acknowledged[-9:]):
            return True
        time.sleep(0.0005)
    return False


def directory_filters(s: Stage, random: Random) -> Inputs:
    provider = Provider(s, random)
    while True:
        yield provider.search()


def directory_requests(s: Stage, random: Random) -> Inputs:
    provider = Provider(s, random)
    while True:
        yield provider.odd_request()


DOORS: dict[Door, int] = {
    signed_bodies: 10, unsigned_bodies: 10, forms: 6, plain_words: 4, policies: 4,
    miro_answers: 2, slack_answers: 2, socket_frames: 2, directory_filters: 100, directory_requests: 10,
}  # fmt: skip
"""{door: its share of all inputs, in fortieths; filters come on top}."""
