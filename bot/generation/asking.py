"""What a limit refuses, kept for a moment so that the member can ask a moderator to allow it."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import InputError, Refused
from bot.generation import texts
from bot.generation.generation import Generation
from bot.runtime.clock import Clock
from bot.runtime.cooldowns import Cooldowns
from bot.store import Store

KEPT_S = 15 * 60.0
"""How long the question may be asked: as long as Discord lets the ephemeral refusal be answered."""
ASK_AGAIN_S = 5 * 60.0
"""How soon a member may ask again: moderators are few."""


class ModeratorQuestions:
    """Keeps refused generations, and returns one to the member who asks. Nothing is held before they ask."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._cooldowns = Cooldowns(clock, ASK_AGAIN_S)

    async def keep(self, guild_id: int, member_id: int, generation: Generation) -> str | None:
        """Keep a refused generation, and return the id by which it is asked about.

        None where no moderator would read the question, or where it was asked already.
        """
        rules = await self._store.settings.get(guild_id)
        if generation.asked or (rules.approval_channel or rules.log_channel) is None:
            return None
        draft = replace(generation, asked=True).to_draft(generation.agreed)
        return await self._store.drafts.keep(guild_id, member_id, draft, expires_at=self._clock.wall() + KEPT_S)

    async def take(self, guild_id: int, member_id: int, draft_id: str) -> Generation:
        """Return the generation, to be accepted as a question to the moderators; only the first call gets it.

        Raises InputError if it is somebody else's, was asked before or has expired, Refused if they asked just now.
        """
        if await self._store.drafts.get(guild_id, member_id, draft_id) is None:
            raise InputError(texts.QUESTION_EXPIRED)
        if not self._cooldowns.start((guild_id, member_id)):
            raise Refused(texts.ask_again_later(round(ASK_AGAIN_S / 60)))
        data = await self._store.drafts.take(guild_id, member_id, draft_id)
        if data is None:
            raise InputError(texts.QUESTION_EXPIRED)
        return Generation.from_draft(data)
