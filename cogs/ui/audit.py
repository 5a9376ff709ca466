"""The record of decisions: each is one line in the database and, where the server has one, in its log channel."""

from collections.abc import Mapping
from typing import Any

from bot.app.client import CannonBot
from bot.store import Record


async def record(
    bot: CannonBot, guild_id: int, by_id: int, kind: str, text: str, about: Mapping[str, Any] | None = None
) -> None:
    """Note who decided what, for good; the watch posts it to the server's log channel.

    `text` says what was done, as a sentence that begins with its verb: who did it stands before it. `by_id` is 0 for
    the bot itself. Members' own words in `text` must be made plain by the caller. Raises StoreError if it could not be
    written.
    """
    line = Record(kind=kind, text=text, by_id=by_id, about=about or {})
    await bot.parts.store.decisions.add(guild_id, line)
