"""A process's background work: the table of its rounds, and what else runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import structlog

from bot.account import offerings
from bot.account.audit import AccountAudit
from bot.account.key_health import KeyHealth
from bot.app import catalogue, texts
from bot.app.health import DatabaseWatch, Watchdog, end_process
from bot.app.parts import Parts, Setup
from bot.delivery.card import ticker
from bot.delivery.host import messages
from bot.delivery.posting import best_of_week
from bot.domain.models import PENDING_STATES, JobState, WaitsFor
from bot.errors import StoreError
from bot.jobs.follow.lanes import LaneName, lane_of
from bot.jobs.rounds import maintenance
from bot.jobs.texts import KEY_HEALED
from bot.moderation import alerts
from bot.runtime.background import Round
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.server import welcome
from bot.server.absences import DataRetention
from bot.server.community import shootouts
from bot.store import Record, Store

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs work in the background, under that name."""
EVERY_S = 1.0


class LoopLag:
    """Measures how late each of its rounds begins."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._beat = clock.monotonic()

    async def run_once(self) -> None:
        due, self._beat = self._beat + EVERY_S, self._clock.monotonic()
        self._metrics.loop_lag(self._beat - due)


log = structlog.get_logger(__name__)

UPKEEP_S = 15.0
EACH, ONE = False, True
"""Whether a round runs wherever the bot does, or once for all."""


def add_rounds(setup: Setup, parts: Parts) -> None:
    store, delivery, learned, key_health = parts.store, parts.delivery, parts.learned, parts.get(KeyHealth)
    audit = AccountAudit(store, client=parts.client, clock=setup.clock, metrics=setup.metrics)
    retention = DataRetention(store, setup.catalogue, setup.clock, host_days=setup.settings.retention_days)
    welcomes, upkeep, refresh = parts.welcomes, parts.maintenance, parts.catalogue_refresh
    parts.rounds.add(
        Round("keys", partial(_heal_keys, parts, key_health), UPKEEP_S, ONE),
        Round("host_key", key_health.check_host, offerings.DAY_S, EACH, beside=True),
        Round("rechecks", parts.reconciler.run_once, UPKEEP_S, ONE),
        Round("accounts", audit.run_once, UPKEEP_S, ONE),
        Round("answers", parts.recovery.settle_overdue, UPKEEP_S, ONE),
        Round("news", parts.absences.note_news, UPKEEP_S, EACH),
        Round("absences", parts.absences.run_once, UPKEEP_S, ONE),
        Round("retention", retention.run_once, UPKEEP_S, ONE),
        Round("copies", delivery.takedown.delete_erased, UPKEEP_S, ONE),
        Round("week", parts.weekly.run_once, best_of_week.EVERY_S, ONE, beside=True),
        Round("cast", delivery.cast_pictures.delete_leftovers, UPKEEP_S, ONE),
        Round("shootouts", parts.shootouts.run_once, shootouts.ROUND_S, ONE, beside=True),
        Round("cards", delivery.watch_free, UPKEEP_S, ONE),
        Round("commands", parts.command_sync.catch_up, UPKEEP_S, EACH),
        Round("practice", parts.practice_studio.stop_idle, UPKEEP_S, EACH),
        Round("learned", learned.save, UPKEEP_S, EACH),
        Round("metrics", partial(_count_jobs, store, setup.metrics), UPKEEP_S, ONE),
        Round("offerings", parts.offerings.run_once, offerings.DAY_S, EACH, beside=True),
        Round("host", parts.host_messages.run_once, messages.EVERY_S, EACH, beside=True),
        Round("watch", parts.alerts.run_once, alerts.CHECK_EVERY_S, EACH, beside=True, woken=parts.alerts.woken),
        Round("welcomes", welcomes.run_once, welcome.EVERY_S, EACH, beside=True, woken=welcomes.woken),
        Round("maintenance", upkeep.begin, maintenance.EVERY_S, ONE, beside=True, woken=upkeep.woken),
        Round("ticker", delivery.keep_true, ticker.ROUND_S, EACH, beside=True),
        Round("openapi", refresh.run_once, catalogue.RETRY_S, ONE, beside=True),
        Round("discovery", refresh.discover_once, catalogue.RETRY_S, ONE, beside=True),
    )
    parts.rounds.add(*setup.surface.rounds())
    if parts.backups is not None:
        parts.rounds.add(Round("backups", parts.backups.run_once, UPKEEP_S, EACH, beside=True))


async def _count_jobs(store: Store, metrics: Metrics) -> None:
    figures = await store.figures.now()
    states = {(_lane(state), state): 0 for state in JobState if not state.ended}
    waits = {each.value: 0 for each in WaitsFor}
    for (state, waits_for), count in figures.open.items():
        states[_lane(state), state] += count
        if waits_for is not None:
            waits[waits_for.value] += count
    metrics.open_jobs(states, waits)
    of_host = {"total" if each.is_total else "server": (each.spent, each.limit.credits) for each in figures.of_host}
    metrics.books(figures.booked, figures.held, figures.refused_keys, of_host, figures.accounts)


def _lane(state: JobState) -> str:
    return "none" if state in PENDING_STATES else lane_of(state).value


async def _heal_keys(parts: Parts, key_health: KeyHealth) -> None:
    for healed in await key_health.probe():
        parts.signals.resume(healed.guild_id, healed.key.slot(healed.guild_id))
        if healed.key.own:
            continue
        await parts.store.decisions.add(
            healed.guild_id, lambda _: Record(by_id=0, kind="key", text=str(KEY_HEALED), about={})
        )


COMPARED_BY_S = 30.0
"""How long starts and posts wait for the gateway after a start: finished results must not wait longer."""


@dataclass(frozen=True)
class Duties:
    """Starts them. `compared` is set once servers that removed the bot are known.

    `end` ends the process with an error.
    """

    parts: Parts
    _: KW_ONLY
    clock: Clock
    metrics: Metrics
    compared: asyncio.Event
    spawn: Spawn
    end: Callable[[StoreError], None]

    def begin(self) -> None:
        """Start everything; it runs until cancelled."""
        for name, work in self._works():
            self.spawn(work, name)

    def _works(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        parts, lag = self.parts, LoopLag(self.clock, self.metrics)
        parts.rounds.add(Round("loop-lag", lag.run_once, EVERY_S, EACH, beside=True))
        yield "database", DatabaseWatch(parts.store, self.clock, end=self.end).run()
        for name in parts.rounds.table:
            if name != "maintenance":  # it begins with the worker
                yield name, parts.rounds.keep(name)
        yield "worker", self._follow_jobs()

    async def _follow_jobs(self) -> None:
        """Follow jobs: poll at once, start and post once servers that removed the bot are known."""
        worker = self.parts.worker
        worker.agenda.open = (LaneName.POLL,)
        self.spawn(self._open_lanes(), "maintenance")
        watchdog = Watchdog(lambda: worker.next_beat, self.clock, end=partial(end_process, texts.NOTHING_MOVES))
        watchdog.start()
        try:
            await worker.run()
        finally:
            watchdog.stop()

    async def _open_lanes(self) -> None:
        agenda = self.parts.worker.agenda
        await self.clock.wait(self.compared, COMPARED_BY_S)
        agenda.open = tuple(LaneName)
        agenda.changed.set()
        await self.parts.rounds.keep("maintenance")
