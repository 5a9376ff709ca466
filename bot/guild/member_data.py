"""What is kept of a member on a server, and its end."""

from __future__ import annotations

from bot.catalogue import LiveCatalogue
from bot.guild.account_memory import AccountMemories
from bot.store import Erased, Store


class MemberData:
    """Blanks a member's own data at their request. docs/decisions/0007-privacy.md says what stays."""

    def __init__(self, store: Store, catalogue: LiveCatalogue, memories: AccountMemories) -> None:
        self._memories = memories
        self._store = store
        self._catalogue = catalogue

    async def erase(self, guild_id: int, member_id: int) -> Erased:
        """Blank what the member's ended jobs in the guild say, and forget their drafts and reactions there.

        The caller has copies of their results deleted (bot/delivery/takedown.py).
        """
        is_known = self._catalogue.current.knows_model
        erased = await self._store.privacy.erase(guild_id, member_id, is_known_model=is_known)
        self._memories.forget(guild_id)
        return erased
