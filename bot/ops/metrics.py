"""What Prometheus reads: counters of this process, and figures of the record as of the scrape.

Counters are summed over replicas. What comes from the record is the same in each of them: take the maximum.
No label holds anything about a person.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from approvals.record.database import StoreTrouble
from approvals.record.figures import Figures
from approvals.request import Request
from approvals.states import State

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
BUCKETS = (10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY)

COUNTED = CollectorRegistry()
SCIM_CALLS = Counter(
    "miro_bot_scim_calls", "Calls of Miro's APIs, by HTTP status; `none` where no answer came.",
    ("method", "endpoint", "status"), registry=COUNTED,
)  # fmt: skip
SLACK_CALLS = Counter(
    "miro_bot_slack_calls", "Calls of Slack's Web API; `ok`, Slack's error (429: `ratelimited`) or `other`.",
    ("method", "result"), registry=COUNTED,
)  # fmt: skip
REFUSED = Counter(
    "miro_bot_http_refused", "HTTP requests refused before anything was read of them.",
    ("reason",), registry=COUNTED,
)  # fmt: skip
PUSHED = Counter(
    "miro_bot_directory_requests", "SCIM requests of directories, by HTTP status.",
    ("method", "status"), registry=COUNTED,
)  # fmt: skip
DECIDED = Histogram(
    "miro_bot_decision_seconds", "From a request to its approval or denial.",
    ("action", "outcome"), registry=COUNTED, buckets=BUCKETS,
)  # fmt: skip
DONE = Histogram(
    "miro_bot_done_seconds", "From a request until its change was verified in Miro.",
    ("action",), registry=COUNTED, buckets=BUCKETS,
)  # fmt: skip


def moved(before: Request, after: Request) -> None:
    """Observes how long a request took that was just decided, or done."""
    if before.state is after.state:
        return
    if after.state is State.APPROVED and before.state is State.WAITING and after.asking.approved_at:
        at = after.asking.approved_at
        DECIDED.labels(after.action, "approved").observe((at - after.asked_at).total_seconds())
    elif after.outcome and after.state is State.DENIED:
        DECIDED.labels(after.action, "denied").observe((after.outcome.at - after.asked_at).total_seconds())
    elif after.outcome and after.state is State.DONE and not after.outcome.unshown:
        DONE.labels(after.action).observe((after.outcome.at - after.asked_at).total_seconds())


class Record(Collector):
    """Figures of the record, read anew for each scrape."""

    def __init__(self, figures: Figures, now: datetime, window: timedelta) -> None:
        self._figures, self._now, self._window = figures, now, window

    def collect(self) -> Iterator[Metric]:
        """The figures; only `miro_bot_record_readable 0` where the record can't be read."""
        try:
            families = [*self._families()]
        except StoreTrouble:
            families = []
        yield GaugeMetricFamily(
            "miro_bot_record_readable", "Whether the record could be read.", value=bool(families)
        )
        yield from families

    def _families(self) -> Iterator[Metric]:
        requests = GaugeMetricFamily(
            "miro_bot_requests", "Requests, by action and state.", labels=("action", "state")
        )
        figures = self._figures
        for (action, state), count in figures.requests().items():
            requests.add_metric((action, state), count)
        yield requests
        for name, text, value in (
            ("oldest_waiting_seconds", "Age of the oldest that waits.", self._age(figures.waiting_since())),
            ("oldest_hand_over_seconds", "Age of the oldest hand-over.", self._age(figures.handed_since())),
            ("outbox_pending", "Cards, messages and pages not shown in Slack yet.", figures.unshown()),
            ("outbox_lag_seconds", "How long the oldest of them waits.", self._age(figures.unshown_since())),
            ("reviews_open", "Access reviews and comparisons that aren't closed.", figures.open_reviews()),
            ("directories_held", "Directories of which something waits for operators.", figures.held()),
            ("directory_problems", "People of whom nothing can be asked.", figures.directory_problems()),
            ("scim_credits_spent", "Of Miro's 10,000 credits per 30 s.", figures.credits(self._window)),
        ):
            yield GaugeMetricFamily(f"miro_bot_{name}", text, value=value)

    def _age(self, since: datetime | None) -> float:
        return max(0.0, (self._now - since).total_seconds()) if since else 0.0


def exposition(figures: Figures, now: datetime, window: timedelta) -> bytes:
    """All metrics in Prometheus' text format, version 0.0.4; `window`: of Miro's rate limit."""
    of_record = CollectorRegistry()
    of_record.register(Record(figures, now, window))
    return generate_latest(COUNTED) + generate_latest(of_record)


def may_read(header: str, token: str) -> bool:
    """Whether an Authorization header holds the token for metrics; without a token nobody may."""
    return bool(token) and hmac.compare_digest(header.encode(), f"Bearer {token}".encode())
