"""What a reaction on a card requests, with sensible values where a form would ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.domain.card_jobs import main_job
from bot.domain.models import Job, JobState, MediaKind
from bot.domain.reaction_rules import ReactionAction
from bot.errors import InputError
from bot.generation.generation import Generation
from bot.generation.next_steps import NextSteps
from bot.generation.rerun import Reruns

NOTHING_THERE = "There is no result of it."
STRENGTH = "strong"
"""How far a variant made by a reaction goes: a die is for surprises."""
NEXT_STEPS: Mapping[ReactionAction, tuple[str, MediaKind]] = MappingProxyType(
    {
        ReactionAction.ANIMATE: ("video.generate", MediaKind.IMAGE),
        ReactionAction.UPSCALE: ("video.upscale", MediaKind.VIDEO),
        ReactionAction.SUBTITLES: ("subtitles.generate", MediaKind.VIDEO),
    }
)
"""The operation that a reaction runs, and on which kind of result."""


class ReactionRequests:
    """Makes generations of reactions."""

    def __init__(self, *, reruns: Reruns, next_steps: NextSteps) -> None:
        self._reruns = reruns
        self._next_steps = next_steps

    async def generation(
        self, action: ReactionAction, jobs: Sequence[Job], shown: Sequence[Job], payer_id: int
    ) -> Generation:
        """Return what a paid action requests of a card's jobs, of which `shown` have results that members see.

        Raises InputError where it cannot be done, Refused for a payer whom the server does not let pay.
        """
        job = main_job(jobs)
        if action is ReactionAction.RERUN:
            return await self._reruns.all_again(job, payer_id)
        if action is ReactionAction.VARY:
            if job.state is not JobState.DELIVERED:
                raise InputError(NOTHING_THERE)
            return await self._reruns.vary(job, payer_id, STRENGTH)
        operation_id, kind = NEXT_STEPS[action]
        medium = await self._next_steps.medium_of_card(shown, kind)
        return self._next_steps.begin(job.guild_id, operation_id, medium).completed
