"""The bot's metrics for Prometheus, on their own registry.

Labels come from small closed sets (operations, states, outcomes); no id, name, prompt or link ever becomes one.
A value that is not a plain word, or one too many, is counted as `other`, so that an answer from outside cannot
make the number of series grow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.domain.models import JobState

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_VALUES_MAX = 100
_LAG_BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_JOB_BUCKETS_S = (2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)


class Metrics:
    """Every metric of one bot. Methods never raise for an unexpected label value."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._seen: set[str] = set()
        own = self.registry
        self._open = Gauge("cannon_bot_jobs_open", "Jobs that have not ended, by state.", ["state"], registry=own)
        self._oldest_due = Gauge(
            "cannon_bot_oldest_due_seconds",
            "For how long the job that was due first has waited for its turn, by lane; 0 if none is due.",
            ["lane"],
            registry=own,
        )
        self._jobs = Counter(
            "cannon_bot_jobs", "Times a job entered a state, by operation.", ["operation", "state"], registry=own
        )
        self._submits = Counter(
            "cannon_bot_submits", "Jobs sent to Cannon Studio, by outcome.", ["operation", "outcome"], registry=own
        )
        self._polls = Counter("cannon_bot_polls", "Questions after a job's progress.", ["outcome"], registry=own)
        self._deliveries = Counter("cannon_bot_deliveries", "Results posted, by outcome.", ["outcome"], registry=own)
        self._lag = Histogram(
            "cannon_bot_poll_lag_seconds",
            "From when a poll was due until it was made.",
            buckets=_LAG_BUCKETS_S,
            registry=own,
        )
        self._duration = Histogram(
            "cannon_bot_job_seconds",
            "From acceptance to delivery.",
            ["operation"],
            buckets=_JOB_BUCKETS_S,
            registry=own,
        )
        self._discord = Counter("cannon_bot_discord_errors", "Errors of Discord's API.", ["code"], registry=own)
        self._api = Counter("cannon_bot_api_errors", "Errors of Cannon Studio's API.", ["error"], registry=own)
        self._hints = Counter("cannon_bot_webhook_hints", "Webhooks received.", ["outcome"], registry=own)
        self._refused = Counter(
            "cannon_bot_connections_refused", "Connections closed, by the bound passed.", ["bound"], registry=own
        )

    def job(self, operation: str, state: JobState) -> None:
        """Count that a job of `operation` entered `state`."""
        self._jobs.labels(self._label(operation), state.value).inc()

    def open_jobs(self, counts: Mapping[JobState, int]) -> None:
        """Set how many jobs are in each state that is not final."""
        for state in JobState:
            if not state.ended:
                self._open.labels(state.value).set(counts.get(state, 0))

    def oldest_due(self, lane: str, seconds: Callable[[], float]) -> None:
        """Have the wait of a lane's oldest due job read by `seconds` whenever the metrics are."""
        self._oldest_due.labels(lane).set_function(seconds)

    def submit(self, operation: str, outcome: str) -> None:
        """Count one POST. `outcome`: `accepted`, or the error's class name."""
        self._submits.labels(self._label(operation), self._label(outcome)).inc()

    def poll(self, outcome: str, lag_s: float | None = None) -> None:
        """Count one GET. `outcome`: a remote status, or the error's class name; `lag_s`: seconds past its due time."""
        self._polls.labels(self._label(outcome)).inc()
        if lag_s is not None:
            self._lag.observe(max(0.0, lag_s))

    def delivery(self, outcome: str, *, operation: str | None = None, seconds: float | None = None) -> None:
        """Count one posting. `outcome`: `attachment`, `link`, `text`, `held`, …; `seconds`: from acceptance to now."""
        self._deliveries.labels(self._label(outcome)).inc()
        if operation is not None and seconds is not None:
            self._duration.labels(self._label(operation)).observe(max(0.0, seconds))

    def discord_error(self, error: BaseException) -> None:
        """Count an error of Discord's API by its code, else its HTTP status, else (no answer) its class."""
        code = getattr(error, "code", 0) or getattr(error, "status", 0) or type(error).__name__
        self._discord.labels(self._label(str(code))).inc()

    def api_error(self, error: BaseException) -> None:
        """Count an error of Cannon Studio's API by its class."""
        self._api.labels(self._label(type(error).__name__)).inc()

    def hint(self, *, known: bool) -> None:
        """Count a webhook; `known`: whether it named a job of ours."""
        self._hints.labels("known" if known else "unknown").inc()

    def connection_refused(self, bound: str) -> None:
        """Count a connection that was one too many. `bound`: `all` or `peer`."""
        self._refused.labels(self._label(bound)).inc()

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def _label(self, value: str) -> str:
        if value in self._seen:
            return value
        if len(self._seen) >= _VALUES_MAX or not _WORD.fullmatch(value):
            return OTHER
        self._seen.add(value)
        return value
