"""Shoot-outs of a server: what is made, the votes, the end, and what they have shown."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from types import MappingProxyType

import structlog

from bot.catalogue import LiveCatalogue, Operation, model_id
from bot.domain.jobs.card_spec import JobSpec
from bot.domain.models import Job, ShootoutPhase
from bot.domain.server.guild_rules import Rules
from bot.domain.server.shootouts import MODELS_MAX, MODELS_MIN, Shootout, ShootoutKind, Standing, table
from bot.domain.texts import GONE, OWNER_ONLY
from bot.errors import InputError, NotAllowed, Refused
from bot.runtime.clock import Clock
from bot.server.community import texts
from bot.server.practice import ShownCards
from bot.server.settings import SettingsChanges
from bot.store import Record, Store
from bot.store.guild.community.shootouts import Voted

log = structlog.get_logger(__name__)

ROUND_S = 2.0
"""How often what is due is drawn: a card is edited for votes at most once in this time."""
DUE_MAX = 100
TYPED_MAX = 10
"""Models that are read of what was typed, before any is looked up."""
OPERATIONS = MappingProxyType({"image": "image.generate", "video": "video.generate"})
"""What each choice of the command's `kind` makes."""


@dataclass(frozen=True)
class ServerShootouts:
    """Shoot-outs of servers."""

    store: Store
    _: KW_ONLY
    catalogue: LiveCatalogue
    settings: SettingsChanges
    cards: ShownCards
    clock: Clock

    async def steps(self, guild_id: int, kind: str, prompt: str, models: str) -> list[JobSpec]:
        """Return a job for each of the models, as typed with commas between, in an order that says nothing.

        '' for the server's default and those whose ids are known. Raises InputError for one model, or too many.
        """
        operation = self.catalogue.current.resolve(OPERATIONS[kind])
        chosen = _typed(operation, models) if models.strip() else await self._usual(guild_id, operation)
        random.SystemRandom().shuffle(chosen)
        return [JobSpec(operation=operation.id, input={"prompt": prompt, "model": each}) for each in chosen]

    async def _usual(self, guild_id: int, operation: Operation) -> list[str]:
        default = (await self.store.settings.get(guild_id)).default_models.get(operation.id)
        now = self.clock.wall()
        offered = [each for each in operation.models if each.offered and not (each.end and each.end.has_passed(now))]
        known = [each.id for each in offered if each.id is not None]
        named = [each.name for each in offered if each.id is None] if len(known) < MODELS_MIN else []
        found = _different(operation, [*([default] if default else []), *known, *named])[:MODELS_MAX]
        if len(found) < MODELS_MIN:
            raise InputError(texts.MODELS_COUNT, "models")
        return found

    async def vote(self, job: Job, member_id: int) -> Shootout:
        """Store a member's vote in place of their earlier one.

        Raises InputError if the vote has ended or the job has no result, Refused while a result is awaited.
        """
        voted, shootout = await self.store.shootouts.vote(job.guild_id, job.id, member_id)
        if voted is Voted.ENDED:
            raise InputError(texts.VOTE_ENDED)
        if voted is Voted.TOO_EARLY:
            raise Refused(texts.NOT_COMPLETE)
        if voted is Voted.NO_RESULT or shootout is None:
            raise InputError(GONE)
        return shootout

    async def end(self, job: Job, *, by_id: int, is_moderator: bool) -> Shootout:
        """End the shoot-out of a job's card, and draw it. A moderator's end of another member's is recorded.

        Raises NotAllowed for others, Refused while a result is awaited, InputError if it has ended.
        """
        if by_id != job.author_id and not is_moderator:
            raise NotAllowed(OWNER_ONLY)

        def record(ended: Shootout) -> Record | None:
            if ended.ended_at is None or by_id == job.author_id:
                return None
            return Record(
                kind="shootout", text=texts.SHOOTOUT_ENDED(who=by_id), by_id=by_id, about={"card": job.card_id}
            )

        ended = await self.store.shootouts.advance(job.guild_id, job.card_id, end=True, record=record)
        if ended is None:
            raise InputError(texts.VOTE_ENDED)
        if ended.ended_at is None:
            raise Refused(texts.NOT_COMPLETE)
        return ended

    async def make_default(self, job: Job, *, by_id: int) -> str:
        """Make the winner the server's default model for its operation; return the model. The caller is a moderator.

        Raises InputError for a job that has not won.
        """
        model = job.model
        if job.shootout is not ShootoutPhase.WON or model is None:
            raise InputError(texts.VOTE_ENDED)

        def change(rules: Rules) -> Rules:
            return replace(rules, default_models=MappingProxyType({**rules.default_models, job.operation: model}))

        await self.settings.change(job.guild_id, change, by_id=by_id)
        return model

    async def table(self, guild_id: int) -> Mapping[ShootoutKind, Sequence[Standing]]:
        return table(await self.store.shootouts.ended(guild_id))

    async def run_once(self) -> None:
        """Begin, end, and draw what is due, of all servers side by side: none waits for another."""
        due = await self.store.shootouts.due(DUE_MAX)
        await asyncio.gather(*(self._advance(guild_id, card_id) for guild_id, card_id in due))

    async def _advance(self, guild_id: int, card_id: str) -> None:
        try:
            await self.store.shootouts.advance(guild_id, card_id)
        except Exception:
            log.exception("shootout.not_advanced", guild=guild_id, card=card_id)
        await self.cards.show_now(guild_id, card_id)


def _typed(operation: Operation, models: str) -> list[str]:
    parts = [each.strip() for each in models.split(",", TYPED_MAX)[:TYPED_MAX]]
    found = _different(operation, [each for each in parts if each])
    if not MODELS_MIN <= len(found) <= MODELS_MAX:
        raise InputError(texts.MODELS_COUNT, "models")
    return found


def _different(operation: Operation, models: Sequence[str]) -> list[str]:
    """Return the models, each once, however it is written."""
    return list({model_id(operation, each).casefold(): each for each in reversed(models)}.values())[::-1]
