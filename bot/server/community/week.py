"""Where a server has the best of each week posted."""

from __future__ import annotations

from bot.server.community import texts
from bot.store import Record
from bot.store.acts import ModeratorActs


class WeekChanges(ModeratorActs):
    """Moves the best of the week."""

    async def set_channel(self, guild_id: int, channel_id: int | None, *, by_id: int) -> str:
        """Have them posted in a channel; None turns them off. Return the record's text."""

        def record(_: object) -> Record:
            text = texts.week_moved(by_id, channel_id)
            return Record(kind="settings", text=text, by_id=by_id, about={"week_channel": channel_id})

        await self._store.weekly.set_channel(guild_id, channel_id, record=record)
        return texts.week_moved(by_id, channel_id)
