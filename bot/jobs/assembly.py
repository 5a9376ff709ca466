"""Puts a worker, its turns and its maintenance together."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from bot.account.api_keys import ApiKeys
from bot.account.key_health import KeyHealth
from bot.account.unavailable import UnavailableOperations
from bot.cannon.budgets import KeyBudgets
from bot.cannon.client import CannonClient
from bot.catalogue import LiveCatalogue
from bot.domain.models import Job
from bot.jobs.follow.agenda import Agenda
from bot.jobs.follow.claims import Claims
from bot.jobs.follow.durations import LearnedDurations
from bot.jobs.follow.lanes import Lane
from bot.jobs.follow.webhook_hints import WebhookTrust
from bot.jobs.rounds.maintenance import AskModerators, Maintenance
from bot.jobs.signals import WorkerSignals
from bot.jobs.surface import Surface
from bot.jobs.turns.delivering import Delivering
from bot.jobs.turns.key_waits import KeyWaits
from bot.jobs.turns.polling import Polling
from bot.jobs.turns.submitting import Submitting
from bot.jobs.turns.transitions import OwnErrors, Transitions
from bot.jobs.worker import Worker
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.server.settings import Languages
from bot.store import Claimed, Store


def make_worker(
    *,
    store: Store,
    client: CannonClient,
    keys: ApiKeys,
    key_health: KeyHealth,
    budgets: KeyBudgets,
    unavailable: UnavailableOperations,
    catalogue: LiveCatalogue,
    learned: LearnedDurations,
    clock: Clock,
    surface: Surface,
    languages: Languages,
    ask_moderators: AskModerators,
    metrics: Metrics,
    complete: Callable[[Job], Awaitable[Mapping[str, Any]]],
    signals: WorkerSignals,
    claimed: Callable[[Sequence[Claimed]], None],
    is_awaited: Callable[[], bool],
    claims: Callable[..., Claims] = Claims,
    webhook_url: Callable[[Job], str | None] | None = None,
) -> tuple[Worker, Maintenance]:
    """Return a worker for the jobs of `store`, and its upkeep.

    `complete` and `webhook_url`: see `submitting`; `ask_moderators`: see `maintenance`. Without `webhook_url` no job
    uses webhooks. `claimed` receives the claimed jobs. `is_awaited` says whether a
    member waits for an answer. `claims` makes what claims them.
    """
    rng = random.Random()  # noqa: S311 - spreads load, guards nothing
    agenda = Agenda(clock, is_awaited)
    transitions = Transitions(
        store,
        surface=surface,
        languages=languages,
        clock=clock,
        metrics=metrics,
        claim_soon=agenda.claim_soon,
    )
    key_waits = KeyWaits(
        transitions,
        health=key_health,
        budgets=budgets,
        clock=clock,
        rng=rng,
        packs=keys.packs,
    )
    trust = WebhookTrust(are_asked=webhook_url is not None)
    submitting = Submitting(
        client,
        store,
        transitions,
        key_waits,
        keys=keys,
        unavailable=unavailable,
        catalogue=catalogue,
        complete=complete,
        webhook_url=webhook_url or (lambda _job: None),
        learned=learned,
        trust=trust,
        clock=clock,
        metrics=metrics,
        rng=rng,
    )
    polling = Polling(
        client,
        transitions,
        key_waits,
        catalogue=catalogue,
        learned=learned,
        trust=trust,
        clock=clock,
        metrics=metrics,
        rng=rng,
    )
    maintenance = Maintenance(
        store,
        clock=clock,
        show=surface.show,
        ask_moderators=ask_moderators,
        claim_soon=signals.claim,
        languages=languages,
    )
    worker = Worker(
        keys=keys,
        agenda=agenda,
        claims=claims(store, agenda, clock, claimed=claimed, announce_free=signals.claim),
        key_waits=key_waits,
        submitting=submitting,
        polling=polling,
        delivering=Delivering(transitions, clock=clock, metrics=metrics),
        own_errors=OwnErrors(transitions, clock),
        maintain=maintenance.woken.set,
        clock=clock,
    )
    signals.reach(worker)
    for name, lane in agenda.lanes.items():
        metrics.oldest_due(name, partial(_oldest_due_s, lane, clock))
    return worker, maintenance


def _oldest_due_s(lane: Lane, clock: Clock) -> float:
    return lane.oldest_due_s(clock.monotonic())
