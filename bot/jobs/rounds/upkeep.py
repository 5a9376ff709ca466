"""Rounds beside the worker, so that no job waits for them: refused keys, late results, lost answers and more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.account.audit import AccountAudit
from bot.account.key_health import KeyHealth
from bot.domain.models import PENDING_STATES, JobState, WaitsFor
from bot.jobs import texts
from bot.jobs.follow.durations import LearnedDurations
from bot.jobs.follow.lanes import lane_of
from bot.jobs.rounds.reconciler import Reconciler
from bot.runtime.clock import Clock
from bot.runtime.logs import QuietErrors
from bot.runtime.metrics import Metrics
from bot.server.absences import Absences, DataRetention
from bot.server.settings import Languages
from bot.store import Store
from bot.store.acts import JobSignals
from bot.store.engine.repository import Record

log = structlog.get_logger(__name__)

EVERY_S = 15.0
EACH, ONE = True, False
"""Whether a round is for every process, or for the leader."""


class Upkeep:
    """Runs each round in turn. Failures are logged and retried the next time.

    `settle_answers` resolves cards whose first answer was never confirmed; `fulfil_wishes` does what members requested
    on cards that have ended since; `ask_prices` queries prices; `delete_erased` deletes copies of erased results;
    `renew_commands` registers commands of newly learned operations; `practise` maintains the practice sandbox;
    `catch_up` rereads what other processes may have changed; `watch_unleased` redraws cards that no process follows.
    `leads`: whether this process is the leader.
    """

    def __init__(
        self,
        store: Store,
        *,
        key_health: KeyHealth,
        reconciler: Reconciler,
        audit: AccountAudit,
        worker: JobSignals,
        settle_answers: Callable[[], Awaitable[None]],
        fulfil_wishes: Callable[[], Awaitable[None]],
        ask_prices: Callable[[], Awaitable[None]],
        absences: Absences,
        retention: DataRetention,
        delete_erased: Callable[[], Awaitable[None]],
        renew_commands: Callable[[], Awaitable[None]],
        practise: Callable[[], Awaitable[None]],
        catch_up: Callable[[], Awaitable[None]],
        watch_unleased: Callable[[], Awaitable[None]],
        leads: Callable[[], bool],
        languages: Languages,
        learned: LearnedDurations,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._store = store
        self._key_health = key_health
        self._reconciler = reconciler
        self._audit = audit
        self._worker = worker
        self._settle_answers = settle_answers
        self._fulfil_wishes = fulfil_wishes
        self._ask_prices = ask_prices
        self._absences = absences
        self._retention = retention
        self._delete_erased = delete_erased
        self._renew_commands = renew_commands
        self._practise = practise
        self._catch_up = catch_up
        self._watch_unleased = watch_unleased
        self._leads = leads
        self._languages = languages
        self._learned = learned
        self._metrics = metrics
        self._clock = clock
        self._quiet = QuietErrors(clock)

    async def run(self) -> None:
        """Run until cancelled."""
        pause = asyncio.Event()  # never set: the clock ends each wait
        while True:
            await self.run_once()
            await self._clock.wait(pause, EVERY_S)

    async def run_once(self) -> None:
        """Do what is due."""
        rounds: tuple[tuple[str, Callable[[], Awaitable[None]], bool], ...] = (
            ("keys", self._heal_keys, ONE),
            ("rechecks", self._reconciler.run_once, ONE),
            ("accounts", self._audit.run_once, ONE),
            ("answers", self._settle_answers, ONE),
            ("wishes", self._fulfil_wishes, ONE),
            ("prices", self._ask_prices, EACH),
            ("news", self._absences.note_news, EACH),
            ("absences", self._absences.run_once, ONE),
            ("retention", self._retention.run_once, ONE),
            ("copies", self._delete_erased, ONE),
            ("others", self._catch_up, EACH),
            ("cards", self._watch_unleased, ONE),
            ("commands", self._renew_commands, EACH),
            ("practice", self._practise, ONE),
            ("learned", self._learned.forget_unknown, ONE),
            ("metrics", self._count_jobs, ONE),
        )
        for name, run, is_for_each in rounds:
            if not is_for_each and not self._leads():
                continue
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - the other rounds go on; it is logged there
                self._quiet.note(log, "upkeep.failed", name, error, round=name)

    async def _count_jobs(self) -> None:
        figures = await self._store.figures.now()
        states = {(_lane(state), state): 0 for state in JobState if not state.ended}
        waits = {each.value: 0 for each in WaitsFor}
        for (state, waits_for), count in figures.open.items():
            states[_lane(state), state] += count
            if waits_for is not None:
                waits[waits_for.value] += count
        self._metrics.open_jobs(states, waits)
        self._metrics.books(figures.booked, figures.held, figures.refused_keys)

    async def _heal_keys(self) -> None:
        for healed in await self._key_health.probe():
            self._worker.resume(healed.guild_id, healed.key.slot(healed.guild_id))
            await self._store.decisions.add(
                healed.guild_id, lambda _: Record(by_id=0, kind="key", text=str(texts.KEY_HEALED), about={})
            )


def _lane(state: JobState) -> str:
    return "none" if state in PENDING_STATES else lane_of(state).value
