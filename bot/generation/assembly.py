"""Puts the use cases of generation together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalogue import LiveCatalogue
from bot.generation.generations import Generations
from bot.generation.sources import Sources
from bot.guild.operation_switches import OperationSwitches
from bot.jobs.intake import JobService
from bot.runtime.clock import Clock
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationUseCases:
    """What a surface may do about generations."""

    generations: Generations


def make_use_cases(
    *,
    catalogue: LiveCatalogue,
    switches: OperationSwitches,
    sources: Sources,
    jobs: JobService,
    store: Store,
    clock: Clock,
) -> GenerationUseCases:
    """Return the use cases on these parts."""
    return GenerationUseCases(
        generations=Generations(
            catalogue=catalogue, switches=switches, sources=sources, jobs=jobs, store=store, clock=clock
        ),
    )
