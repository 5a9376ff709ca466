"""Members' reactions on cards: what paid ones request, what withdrawing one cancels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.domain.jobs.card_jobs import main_job, results_of
from bot.domain.jobs.card_spec import Origin
from bot.domain.models import Card, Job, JobState, MediaKind
from bot.domain.server.places import Viewer
from bot.domain.server.reaction_rules import REACTIONS, Reaction, ReactionAction, ReactionKey
from bot.errors import InputError
from bot.generation import texts
from bot.generation.again.next_steps import NextSteps
from bot.generation.again.rerun import Reruns
from bot.generation.generation import Generation
from bot.generation.generations import Generations
from bot.generation.sources import require_kept
from bot.jobs.intake import Accepted, JobService
from bot.store import Store
from bot.store.guild.reactions import TakenBack
from bot.store.texts import REACTION_WITHDRAWN

NEXT_STEPS: Mapping[ReactionAction, tuple[str, MediaKind]] = MappingProxyType(
    {
        ReactionAction.ANIMATE: ("video.generate", MediaKind.IMAGE),
        ReactionAction.UPSCALE: ("video.upscale", MediaKind.VIDEO),
        ReactionAction.SUBTITLES: ("subtitles.generate", MediaKind.VIDEO),
    }
)
"""A reaction's operation, and the kind of result it takes."""


@dataclass(frozen=True, kw_only=True)
class ReactedCard:
    """The card that was reacted to, and the emoji's action on this server."""

    card: Card
    jobs: tuple[Job, ...]
    rule: Reaction


@dataclass(frozen=True, kw_only=True)
class Reactions:
    """Counts reactions, and runs the paid ones' requests."""

    generations: Generations
    reruns: Reruns
    next_steps: NextSteps
    jobs: JobService
    store: Store

    async def find(self, guild_id: int, message_id: int, emoji: str) -> ReactedCard | None:
        """Return a reaction's target; None if the message shows no card, or the emoji does nothing here."""
        return await self._on(guild_id, await self.store.cards.in_message(guild_id, message_id), emoji)

    async def find_card(self, guild_id: int, card_id: str, emoji: str) -> ReactedCard | None:
        """Return the target of a reaction that waited, wherever the card is now; None as for `find`."""
        return await self._on(guild_id, await self.store.cards.with_jobs(guild_id, card_id), emoji)

    async def _on(self, guild_id: int, found: tuple[Card, tuple[Job, ...]] | None, emoji: str) -> ReactedCard | None:
        if found is None:
            return None
        rule, rules = REACTIONS.get(emoji), await self.store.settings.get(guild_id)
        if rule is None or rule.action not in rules.reactions:
            return None
        return ReactedCard(card=found[0], jobs=found[1], rule=rule)

    async def count(self, key: ReactionKey, reacted: ReactedCard) -> bool:
        """Note a reaction. Return whether it acts now.

        It then waits until `note_done`, `note_failed` or `accept`. Raises InputError for a card with erased contents,
        which can only be removed.
        """
        if reacted.rule.action is not ReactionAction.REMOVE:
            require_kept(*reacted.jobs)
        return await self.store.reaction_acts.note(key, reacted.rule, card_id=reacted.card.id)

    async def generation(self, reacted: ReactedCard, shown: Sequence[Job], payer: Viewer) -> Generation:
        """Return a paid reaction's request, with defaults instead of a form.

        `shown`: the card's jobs with visible results. Raises InputError if impossible, Refused for a payer who may not
        re-run results here.
        """
        action, job = reacted.rule.action, main_job(reacted.jobs)
        if action is ReactionAction.RERUN:
            return await self.reruns.rerun_all(job, payer, among=reacted.jobs)
        if action is ReactionAction.VARY:
            made = next((each for each in results_of(reacted.jobs) if each.state is JobState.DELIVERED), None)
            if made is None:
                raise InputError(texts.NO_RESULT)
            rules = await self.store.settings.get(job.guild_id)
            return await self.reruns.vary(made, payer, rules.vary_strength)
        operation_id, kind = NEXT_STEPS[action]
        medium = await self.next_steps.medium_of_card(shown, kind)
        return self.next_steps.begin(job.guild_id, operation_id, medium).completed

    async def accept(self, key: ReactionKey, generation: Generation, origin: Origin) -> Accepted:
        """Accept a reaction's generation. It has then acted; withdrawing it finds the new card.

        Raises as `Generations.accept` does, and Refused if it was withdrawn meanwhile.
        """
        return await self.generations.accept(generation, replace(origin, reaction=key))

    async def press_star(self, key: ReactionKey, reacted: ReactedCard) -> bool:
        """Toggle a member's star. Return whether it counts now."""
        require_kept(*reacted.jobs)
        store = self.store.reaction_acts
        if await store.take_back(key) is not None:
            return False
        await store.note(key, reacted.rule, card_id=reacted.card.id)
        await store.note_done(key)
        return True

    async def note_done(self, key: ReactionKey) -> None:
        """Note that a waiting reaction has acted; one noted by `accept` is unchanged."""
        await self.store.reaction_acts.note_done(key)

    async def note_failed(self, key: ReactionKey) -> None:
        """Note that a reaction's action failed or can't be done any more, so that its next event acts."""
        await self.store.reaction_acts.note_failed(key)

    async def withdraw(self, key: ReactionKey) -> TakenBack | None:
        """Remove a reaction, and cancel its unsubmitted jobs: `made_card` is then theirs. None if there was none."""
        act = await self.store.reaction_acts.take_back(key)
        if act is None:
            return None
        reason = str(REACTION_WITHDRAWN)
        cancelled = act.made_card is not None and await self.jobs.undo_card(key.guild_id, act.made_card, reason)
        return act if cancelled else replace(act, made_card=None)

    async def clear(self, guild_id: int, message_id: int, emoji: str | None) -> list[str]:
        """Remove all reactions on a message, or those with one emoji. Return their cards' ids."""
        return await self.store.reaction_acts.clear(guild_id, message_id, emoji)
