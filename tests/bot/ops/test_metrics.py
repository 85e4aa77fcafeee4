"""What Prometheus reads of a working bot, and whether dashboard and alerts ask for metrics that exist."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from approvals.decide.actor import Actor
from approvals.decide.streams.reviews import Step
from approvals.ids import GroupId, SlackId
from approvals.record.outbox import Note
from approvals.record.store import Store
from approvals.request import Draft
from bot.miro.quota import WINDOW
from bot.ops import metrics
from bot.sandbox.stage import Stage
from bot.slack.api.edge import SlackFault
from bot.slack.door.serving import serving
from bot.work.reviewing import reviews
from tests.approvals.record.tamper import by_hand
from tests.bot.journeys.scenes import approve, ask, playing

DEPLOY = Path(__file__).parents[3] / "docs" / "deploy"
QUERIES = (DEPLOY / "alerts.yml").read_text() + (DEPLOY / "grafana.json").read_text()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A bot with one request that is done, and one that waits."""
    with playing(tmp_path) as stage:
        ask(stage, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        approve(stage, "U0PRIYA")
        ask(stage, "U0ALEX", "/miro-access", "for Design because I help there")
        yield stage


def samples(stage: Stage) -> dict[str, dict[str, float]]:
    """By name of a metric and by its labels as text, what a scrape reads."""
    found: dict[str, dict[str, float]] = {}
    text = metrics.exposition(stage.bot.store.figures, stage.clock(), WINDOW).decode()
    for family in parsed(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[" ".join(sample.labels.values())] = sample.value
    return found


def test_a_scrape_says_what_the_record_holds(stage: Stage) -> None:
    read = samples(stage)
    assert read["miro_bot_requests"] == {"request-access done": 1, "request-access waiting": 1}
    assert read["miro_bot_record_readable"] == {"": 1}
    assert 0 < read["miro_bot_scim_credits_spent"][""] <= 10_000
    assert read["miro_bot_outbox_pending"] == {"": 0}
    assert read["miro_bot_outbox_lag_seconds"] == {"": 0}


def test_open_reviews_are_counted(stage: Stage) -> None:
    carol = Actor(stage.bot.store.people.meet(email="carol@example.com"))
    assert samples(stage)["miro_bot_reviews_open"] == {"": 0}
    review = reviews.start(stage.bot.context, carol, GroupId(""), stage.clock() + timedelta(days=1))
    assert samples(stage)["miro_bot_reviews_open"] == {"": 1}
    stage.bot.store.add_to_review(Draft(Step.CLOSED), review.id)
    assert samples(stage)["miro_bot_reviews_open"] == {"": 0}


def test_the_oldest_that_waits_ages(stage: Stage) -> None:
    before = samples(stage)["miro_bot_oldest_waiting_seconds"][""]
    stage.clock.sleep(3600)
    assert samples(stage)["miro_bot_oldest_waiting_seconds"][""] == pytest.approx(before + 3600)


def test_what_slack_has_not_been_shown_counts_and_lags(stage: Stage) -> None:
    [request] = stage.bot.store.requests(states=["waiting"])
    stage.bot.store.outbox.redraw(request.id)
    stage.clock.sleep(60)
    read = samples(stage)
    assert read["miro_bot_outbox_pending"][""] == 1
    assert read["miro_bot_outbox_lag_seconds"][""] == 60
    stage.bot.store.outbox.redraw(request.id)
    stage.clock.sleep(60)
    assert samples(stage)["miro_bot_outbox_lag_seconds"][""] == 120


def test_messages_and_pages_that_wait_lag_too(stage: Stage) -> None:
    outbox = stage.bot.store.outbox
    say = partial(outbox.say, Note("U0DANA", {"text": "hi"}))
    for want in (say, partial(outbox.opened, SlackId("U0DANA"))):
        stage.settle()
        assert samples(stage)["miro_bot_outbox_lag_seconds"][""] == 0
        want()
        stage.clock.sleep(60)
        assert samples(stage)["miro_bot_outbox_lag_seconds"][""] == 60


def test_calls_decisions_and_what_is_done_are_counted(stage: Stage) -> None:
    before = samples(stage)
    approve(stage, "U0PRIYA")
    after = samples(stage)

    def more(name: str, labels: str) -> float:
        return after[name].get(labels, 0) - before[name].get(labels, 0)

    assert more("miro_bot_decision_seconds_count", "request-access approved") == 1
    assert more("miro_bot_done_seconds_count", "request-access") == 1
    assert more("miro_bot_scim_calls_total", "/Groups/{id} PATCH 200") == 1
    assert more("miro_bot_slack_calls_total", "chat.update ok") >= 1


def test_a_text_that_is_no_code_of_slacks_makes_no_series(stage: Stage) -> None:
    for text in ("no_team Alex", "a" * 41, "Odd1"):
        stage.slack.fault("auth.test", error=text)
        with pytest.raises(SlackFault):
            stage.bot.client.auth_test()
    calls = samples(stage)["miro_bot_slack_calls_total"]
    assert calls["auth.test other"] == 3
    assert not [labels for labels in calls if "Alex" in labels]


def test_nothing_in_a_scrape_is_about_a_person(stage: Stage) -> None:
    text = metrics.exposition(stage.bot.store.figures, stage.clock(), WINDOW).decode()
    assert "request-access" in text
    assert not re.search("alex|@example|U0|Engineering", text, re.IGNORECASE)


def test_a_record_that_cannot_be_read_is_said_and_nothing_else(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "record.db")) as store:
        with by_hand(store) as connection:
            connection.execute("DROP TABLE outbox")
        text = metrics.exposition(store.figures, datetime.now(UTC), WINDOW).decode()
    assert "miro_bot_record_readable 0.0" in text
    assert "miro_bot_requests" not in text


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(set(re.findall(r"miro_bot_\w+", QUERIES))))
def test_dashboard_and_alerts_ask_for_metrics_that_exist(stage: Stage, name: str) -> None:
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    text = metrics.exposition(stage.bot.store.figures, stage.clock(), WINDOW).decode()
    assert name in {family.name + end for family in parsed(text) for end in suffixes[family.type]}


def test_the_dashboard_is_json_with_a_query_in_each_panel() -> None:
    panels = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    assert all("miro_bot_" in panel["targets"][0]["expr"] for panel in panels)


def fetched(url: str, token: str | None = None) -> tuple[int, bytes]:
    """Status and body of a page."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(url, headers=headers)) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.thorough
@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 401), ("let-me-read", 200)])
def test_metrics_take_a_token_of_their_own(stage: Stage, token: str | None, status: int) -> None:
    watch = stage.bot.watch
    watch._token = "let-me-read"
    with serving(watch, "127.0.0.1", 0, 2) as url:
        got, body = fetched(f"{url}/metrics", token)
    assert got == status
    assert (b"miro_bot_requests" in body) == (status == 200)


@pytest.mark.parametrize("page", ["healthz", "readyz"])
def test_at_slacks_address_strangers_read_only_whether_it_is_well(stage: Stage, page: str) -> None:
    stage.bot.watch._token = "let-me-read"
    with serving(stage.bot.door(is_public=True), "127.0.0.1", 0, 2) as url:
        for token in (None, "wrong"):
            status, body = fetched(f"{url}/{page}", token)
            assert (status, json.loads(body)) == (200, {"ok": True})
        assert "record" in json.loads(fetched(f"{url}/{page}", "let-me-read")[1])
        with by_hand(stage.bot.store) as connection:
            connection.execute("BEGIN IMMEDIATE")
            assert fetched(f"{url}/{page}") == (503, b'{"ok": false}')


def test_without_a_token_there_are_no_metrics(stage: Stage) -> None:
    with serving(stage.bot.watch, "127.0.0.1", 0, 2) as url:
        assert fetched(f"{url}/metrics")[0] == 404
        assert fetched(f"{url}/metrics", "guess")[0] == 404


def test_ready_is_who_can_take_what_people_do(stage: Stage) -> None:
    with serving(stage.bot.watch, "127.0.0.1", 0, 2) as url:
        status, body = fetched(f"{url}/readyz")
        assert (status, json.loads(body)["workers"]) == (200, "moving")
        with by_hand(stage.bot.store) as connection:
            connection.execute("BEGIN IMMEDIATE")
            assert fetched(f"{url}/readyz")[0] == 503


def test_what_the_door_refused_is_said_by_every_page(stage: Stage) -> None:
    door = stage.bot.door()
    with serving(door, "127.0.0.1", 0, 2) as url, serving(stage.bot.watch, "127.0.0.1", 0, 2) as health:
        request = Request(f"{url}/slack/events", data=b"payload={}")
        with pytest.raises(HTTPError) as refused:
            urlopen(request)
        refused.value.close()
        assert json.loads(fetched(f"{health}/healthz")[1])["refused"] == {"unsigned": 1}
