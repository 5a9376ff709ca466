"""Puts a worker and its turns together."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.cannon.client import CannonClient
from bot.catalogue import LiveCatalogue
from bot.domain.models import Job
from bot.guild.api_keys import ApiKeys
from bot.guild.key_health import KeyHealth
from bot.guild.unavailable_operations import UnavailableOperations
from bot.jobs.agenda import Agenda
from bot.jobs.delivering import Delivering
from bot.jobs.key_waits import KeyWaits
from bot.jobs.learned_durations import LearnedDurations
from bot.jobs.maintenance import Maintenance
from bot.jobs.polling import Polling
from bot.jobs.submitting import Submitting
from bot.jobs.surface import Surface
from bot.jobs.transitions import Transitions
from bot.jobs.worker import Worker
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.store import Store


def make_worker(
    *,
    store: Store,
    client: CannonClient,
    keys: ApiKeys,
    key_health: KeyHealth,
    unavailable: UnavailableOperations,
    catalogue: LiveCatalogue,
    learned: LearnedDurations,
    clock: Clock,
    surface: Surface,
    maintenance: Maintenance,
    metrics: Metrics,
    complete: Callable[[Job], Awaitable[Mapping[str, Any]]],
    webhook_url: Callable[[Job], str | None] = lambda _job: None,
) -> Worker:
    """Return a worker for the jobs of `store`. `complete` and `webhook_url` are described in `submitting`."""
    rng = random.Random()  # noqa: S311 - spreads load, guards nothing
    agenda = Agenda(clock)
    transitions = Transitions(store, surface=surface, clock=clock, metrics=metrics, claim_soon=agenda.claim_soon)
    key_waits = KeyWaits(transitions, health=key_health, clock=clock, rng=rng)
    submitting = Submitting(
        client,
        store,
        transitions,
        key_waits,
        unavailable=unavailable,
        catalogue=catalogue,
        complete=complete,
        webhook_url=webhook_url,
        learned=learned,
        clock=clock,
        metrics=metrics,
        rng=rng,
    )
    polling = Polling(
        client, transitions, key_waits, catalogue=catalogue, learned=learned, clock=clock, metrics=metrics, rng=rng
    )
    return Worker(
        store,
        keys=keys,
        agenda=agenda,
        key_waits=key_waits,
        submitting=submitting,
        polling=polling,
        delivering=Delivering(transitions, clock=clock, metrics=metrics),
        maintenance=maintenance,
        clock=clock,
    )
