"""Metrics that are read when they are scraped, or taken over as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.domain.reading_time import slow
from bot.runtime import texts


@dataclass(frozen=True, slots=True)
class ShardState:
    """One connection to the gateway, by its number. `latency_s`: how long its last heartbeat took; None: not known."""

    number: int
    is_connected: bool
    latency_s: float | None


class ShardCollector(Collector):
    """The state of each shard, as `read` returns it."""

    def __init__(self) -> None:
        self.read: Callable[[], Iterable[ShardState]] = tuple

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
        connected = GaugeMetricFamily("cannon_bot_shard_connected", texts.SHARD_CONNECTED, labels=["shard"])
        latency = GaugeMetricFamily("cannon_bot_gateway_latency_seconds", texts.GATEWAY_LATENCY, labels=["shard"])
        for shard in self.read():
            connected.add_metric([str(shard.number)], float(shard.is_connected))
            if shard.latency_s is not None:
                latency.add_metric([str(shard.number)], shard.latency_s)
        return [connected, latency]


class CountCollector(Collector):
    """What something else counts, as `read` returns it."""

    def __init__(self, name: str, about: str) -> None:
        self.read: Callable[[], float] = float
        self._name = name
        self._about = about

    def collect(self) -> Iterable[Metric]:
        """Return the metric."""
        return [CounterMetricFamily(self._name, self._about, value=self.read())]


class ReadingCollector(Collector):
    """How often reading a text of strangers kept the process, by the reader."""

    def collect(self) -> Iterable[Metric]:
        """Return the metric."""
        family = CounterMetricFamily("cannon_bot_slow_readings", texts.SLOW_READINGS, labels=["reader"])
        for reader, times in slow.copy().items():
            family.add_metric([reader], times)
        return [family]


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Whether the database works, when it last kept a row (Unix seconds), and how often it failed, by kind."""

    is_up: bool
    last_commit: float
    errors: Mapping[str, int]


class DatabaseCollector(Collector):
    """The state of the database, as `read` returns it; None before there is one."""

    def __init__(self) -> None:
        self.read: Callable[[], DatabaseState | None] = lambda: None

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
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
    """What was ever booked, in credits, by kind."""

    def __init__(self) -> None:
        self.booked: Mapping[str, Decimal] = {}

    def collect(self) -> Iterable[Metric]:
        """Return the metric."""
        family = CounterMetricFamily("cannon_bot_credits", texts.CREDITS_BOOKED, labels=["kind"])
        for kind, credits_ in self.booked.items():
            family.add_metric([kind], float(credits_))
        return [family]
