"""Prometheus metrics, on their own registry.

Labels come from small closed sets (operations, states, outcomes), never ids, names, prompts or links. Unexpected or
excess values are counted as `other`, so that outside answers cannot grow the number of series.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.domain.models import JobState
from bot.runtime import texts
from bot.runtime.background import CommonWork


@dataclass(frozen=True, slots=True)
class ShardState:
    """A shard's state. `latency_s`: of its last heartbeat; None if unknown."""

    number: int
    is_connected: bool
    latency_s: float | None


class ShardCollector(Collector):
    """Shard states from `read`."""

    def __init__(self) -> None:
        self.read: Callable[[], Iterable[ShardState]] = tuple

    def collect(self) -> Iterable[Metric]:
        connected = GaugeMetricFamily("cannon_bot_shard_connected", texts.SHARD_CONNECTED, labels=["shard"])
        latency = GaugeMetricFamily("cannon_bot_gateway_latency_seconds", texts.GATEWAY_LATENCY, labels=["shard"])
        for shard in self.read():
            connected.add_metric([str(shard.number)], float(shard.is_connected))
            if shard.latency_s is not None:
                latency.add_metric([str(shard.number)], shard.latency_s)
        return [connected, latency]


class CountCollector(Collector):
    """External counters from `read`."""

    def __init__(self, name: str, about: str) -> None:
        self.read: Callable[[], float] = float
        self._name = name
        self._about = about

    def collect(self) -> Iterable[Metric]:
        return [CounterMetricFamily(self._name, self._about, value=self.read())]


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The database's health, last write (Unix seconds), and failures by kind."""

    is_up: bool
    last_commit: float
    errors: Mapping[str, int]


class DatabaseCollector(Collector):
    """Database state from `read`; None before there is one."""

    def __init__(self) -> None:
        self.read: Callable[[], DatabaseState | None] = lambda: None

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("cannon_bot_database_up", texts.DATABASE_UP)
        commit = GaugeMetricFamily("cannon_bot_last_commit_timestamp_seconds", texts.LAST_COMMIT)
        errors = CounterMetricFamily("cannon_bot_database_errors", texts.DATABASE_ERRORS, labels=["kind"])
        if (state := self.read()) is not None:
            up.add_metric([], float(state.is_up))
            commit.add_metric([], state.last_commit)
            for kind, count in state.errors.items():
                errors.add_metric([kind], float(count))
        return [up, commit, errors]


class LedgerCollector(Collector):
    """All ledger amounts, in credits, by kind."""

    def __init__(self) -> None:
        self.booked: Mapping[str, Decimal] = {}

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily("cannon_bot_credits", texts.CREDITS_BOOKED, labels=["kind"])
        for kind, credits_ in self.booked.items():
            family.add_metric([kind], float(credits_))
        return [family]


class CommonFigures(Collector):
    """Figures of the whole database, shown where common work is done alone: a sum over all pages counts them once.

    Dropped when that moves elsewhere: when it comes back, none is shown that was not counted since.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.common = CommonWork()
        self.are_counted = True

    def collect(self) -> Iterable[Metric]:
        self.are_counted = self.are_counted and self.common.is_here()
        return self.registry.collect() if self.are_counted else ()


CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_VALUES_MAX = 100
_LOOP_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_LAG_BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_JOB_BUCKETS_S = (2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_Kind = TypeVar("_Kind", Counter, Gauge)


def _made(kind: type[_Kind], registry: CollectorRegistry, name: str, about: str, *labels: str) -> _Kind:
    return kind(name, about, labels, registry=registry)


class Metrics:
    """Metrics of one bot. Methods never raise for unexpected labels."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # times that read like counts, such as cannon_bot_jobs_created
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._seen: set[str] = set()
        self._whole = CommonFigures()
        own, whole = self.registry, partial(_made, Gauge, self._whole.registry)
        count, gauge = partial(_made, Counter, own), partial(_made, Gauge, own)
        self._open = whole("cannon_bot_jobs_open", "Jobs that have not ended, by lane and state.", "lane", "state")
        self._waits = whole("cannon_bot_jobs_waiting", "Those of them that wait, by what for.", "for")
        self._oldest_due = gauge(
            "cannon_bot_oldest_due_seconds",
            "For how long the job that was due first has waited for its turn, by lane; 0 if none is due.",
            "lane",
        )
        self._jobs = count("cannon_bot_jobs", "Times a job entered a state, by operation.", "operation", "state")
        self._submits = count("cannon_bot_submits", "Jobs sent to Cannon Studio, by outcome.", "operation", "outcome")
        self._polls = count("cannon_bot_polls", "Questions after a job's progress.", "outcome")
        self._deliveries = count("cannon_bot_deliveries", "Results, by the way they went.", "way")
        histogram = partial(Histogram, registry=own)
        self._lag = histogram(
            "cannon_bot_poll_lag_seconds", "From when a poll was due until it was made.", buckets=_LAG_BUCKETS_S
        )
        self._duration = histogram(
            "cannon_bot_job_seconds", "From acceptance to delivery.", ["operation"], buckets=_JOB_BUCKETS_S
        )
        self._loop_lag = histogram(
            "cannon_bot_loop_lag_seconds", "How late the event loop is.", buckets=_LOOP_BUCKETS_S
        )
        self._discord = count("cannon_bot_discord_errors", "Errors of Discord's API.", "code")
        self._api = count("cannon_bot_api_errors", "Errors of Cannon Studio's API.", "error")
        self._hints = count("cannon_bot_webhook_hints", "Webhooks received.", "outcome")
        self._api_calls = count("cannon_bot_api_calls", "Calls of Cannon Studio's API, by outcome.", "call", "outcome")
        self._discord_calls = count(
            "cannon_bot_discord_calls", "Calls of Discord's API, by class and outcome.", "class", "outcome"
        )
        self._limited = count(
            "cannon_bot_rate_limit_wait_seconds",
            "Seconds for which calls waited: for our own pace, or as Discord or Cannon Studio asked.",
            "whose",
        )
        self._held = whole("cannon_bot_credits_held", "Credits held for jobs that have not ended.")
        self._host_limit = whole("cannon_bot_host_limit_credits", texts.HOST_LIMIT, "limit")
        self._host_spent = whole("cannon_bot_host_spent_credits", texts.HOST_SPENT, "limit")
        self._refused_keys = whole("cannon_bot_keys_refused", "Servers' keys that are refused.")
        self._accounts = whole("cannon_bot_accounts", texts.ACCOUNTS, "kind")
        self._differed = count("cannon_bot_books_differed", texts.BOOKS_DIFFERED)
        self._leader = gauge("cannon_bot_leader", texts.LEADER)
        self._build = gauge("cannon_bot_build_info", texts.BUILD, "version", "commit")
        self._files = gauge("cannon_bot_file_bytes", "Size of the database's files.", "file")
        self._ledger, self._shards, self._database = LedgerCollector(), ShardCollector(), DatabaseCollector()
        self._dropped_lines = CountCollector("cannon_bot_log_lines_dropped", texts.LOG_LINES_DROPPED)
        self._whole.registry.register(self._ledger)
        for collector in (self._whole, self._shards, self._database, self._dropped_lines):
            own.register(collector)

    def job(self, operation: str, state: JobState) -> None:
        """Count an entry into `state`."""
        self._jobs.labels(self._label(operation), state.value).inc()

    def open_jobs(self, counts: Mapping[tuple[str, JobState], int], waits: Mapping[str, int]) -> None:
        self._whole.are_counted = True
        for (lane, state), count in counts.items():
            self._open.labels(lane, state.value).set(count)
        for what, count in waits.items():
            self._waits.labels(what).set(count)

    def books(
        self,
        booked: Mapping[str, Decimal],
        held: Decimal,
        refused_keys: int,
        of_host: Mapping[str, tuple[Decimal, Decimal]],
        accounts: Mapping[str, int],
    ) -> None:
        """Set the ledger's totals by kind and the held credits; the number of rejected keys, and of accounts by kind.

        `of_host`: credits spent and allowed under the host's limits, by `server` and `total`.
        """
        self._whole.are_counted = True
        self._ledger.booked = booked
        self._held.set(float(held))
        self._refused_keys.set(refused_keys)
        for kind, count in accounts.items():
            self._accounts.labels(kind).set(count)
        for limit, (spent, allowed) in of_host.items():
            self._host_spent.labels(limit).set(float(spent))
            self._host_limit.labels(limit).set(float(allowed))

    def process(self, *, version: str, commit: str, common: CommonWork) -> None:
        """Set what runs here. While common work is done here, the figures of the whole database are shown."""
        self._build.labels(version, commit).set(1.0)
        self._whole.common = common
        self._leader.set_function(common.is_here)

    def books_differed(self) -> None:
        """Count a difference from the ledger."""
        self._differed.inc()

    def file_size(self, file: str, size: Callable[[], float]) -> None:
        """Register a file size gauge, in bytes."""
        self._files.labels(file).set_function(size)

    def dropped_lines(self, read: Callable[[], float]) -> None:
        self._dropped_lines.read = read

    def database(self, read: Callable[[], DatabaseState]) -> None:
        self._database.read = read

    def shards(self, read: Callable[[], Iterable[ShardState]]) -> None:
        self._shards.read = read

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(name, text, registry=self.registry).set_function(read)

    def loop_lag(self, seconds: float) -> None:
        self._loop_lag.observe(max(0.0, seconds))

    def api_call(self, call: str, outcome: str) -> None:
        """Count a call of Cannon Studio's API. `outcome`: `ok`, or the error's class name."""
        self._api_calls.labels(self._label(call), self._label(outcome)).inc()

    def discord_call(self, kind: str, outcome: str) -> None:
        """Count a request to Discord. `kind`: `answer`, `result` or `other`; `outcome`: `2xx`, `429`, … or `none`."""
        self._discord_calls.labels(self._label(kind), self._label(outcome)).inc()

    def rate_limit_wait(self, whose: str, seconds: float) -> None:
        """Count seconds of rate limit waits. `whose`: `own`, `discord` or `cannon`."""
        self._limited.labels(self._label(whose)).inc(max(0.0, seconds))

    def oldest_due(self, lane: str, seconds: Callable[[], float]) -> None:
        """Register the wait of a lane's oldest due job, in seconds."""
        self._oldest_due.labels(lane).set_function(seconds)

    def submit(self, operation: str, outcome: str) -> None:
        """Count a POST. `outcome`: `accepted`, or the error's class name."""
        self._submits.labels(self._label(operation), self._label(outcome)).inc()

    def poll(self, outcome: str, lag_s: float | None = None) -> None:
        """Count a GET. `outcome`: a remote status, or the error's class name; `lag_s`: seconds past its due time."""
        self._polls.labels(self._label(outcome)).inc()
        if lag_s is not None:
            self._lag.observe(max(0.0, lag_s))

    def delivery(self, way: str) -> None:
        """Count a result. `way`: `attachment`, `link`, `text`, `direct_message`, `later`, or `failed`: kept."""
        self._deliveries.labels(self._label(way)).inc()

    def delivered(self, operation: str, seconds: float) -> None:
        """Note a job's duration from acceptance to delivery."""
        self._duration.labels(self._label(operation)).observe(max(0.0, seconds))

    def discord_error(self, error: BaseException) -> None:
        """Count an error of Discord's API by its code, HTTP status or (no answer) class."""
        code = getattr(error, "code", 0) or getattr(error, "status", 0) or type(error).__name__
        self._discord.labels(self._label(str(code))).inc()

    def api_error(self, error: BaseException) -> None:
        """Count an error of Cannon Studio's API by its class."""
        self._api.labels(self._label(type(error).__name__)).inc()

    def hint(self, *, known: bool) -> None:
        """Count a webhook; `known`: of one of our jobs."""
        self._hints.labels("known" if known else "unknown").inc()

    def render(self) -> bytes:
        """Render in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def _label(self, value: str) -> str:
        if value in self._seen:
            return value
        if len(self._seen) >= _VALUES_MAX or not _WORD.fullmatch(value):
            return OTHER
        self._seen.add(value)
        return value
