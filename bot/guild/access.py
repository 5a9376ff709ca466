"""Who may not use the bot on a server, and whether anybody may start a job now."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.guild_rules import Rules
from bot.domain.harmless_text import harmless
from bot.domain.text import one_line, stamp
from bot.errors import InputError
from bot.guild.changes import ModeratorActs
from bot.guild.texts import access as texts
from bot.store import Record


class AccessChanges(ModeratorActs):
    """Blocks members and pauses servers. Each method returns what was done, as the record has it."""

    async def block(self, guild_id: int, member_id: int, *, until: float | None, why: str, by_id: int) -> str:
        """Block a member until then (Unix seconds), or for good. `why` is the moderator's own words, or ''."""
        reason = harmless(one_line(why))
        about = {"member_id": member_id, "until": until, "reason": one_line(why)}

        def line() -> Record:
            text = texts.blocked(by_id, member_id, "" if until is None else stamp(until, "f"), reason)
            return Record(kind="block", text=text, by_id=by_id, about=about)

        await self._store.blocks.add(
            guild_id, member_id, until=until, reason=reason, by_id=by_id, record=lambda _: line()
        )
        self._worker.wake()  # what they have in the queue ends now
        return line().text

    async def unblock(self, guild_id: int, member_id: int, *, by_id: int) -> str:
        """Lift a member's block. Raises InputError if none applies."""

        def line() -> Record:
            about = {"member_id": member_id, "unblocked": True}
            return Record(kind="block", text=texts.unblocked(by_id, member_id), by_id=by_id, about=about)

        if not await self._store.blocks.remove(guild_id, member_id, record=lambda done: line() if done else None):
            raise InputError(texts.not_blocked(member_id), "member")
        return line().text

    async def pause(self, guild_id: int, *, on: bool, by_id: int) -> str:
        """Pause new jobs of the guild, or let them start again. Raises InputError if that is so already."""

        def change(rules: Rules) -> Rules:
            if rules.paused == on:
                raise InputError(texts.paused_already(on=on), "switch")
            return replace(rules, paused=on)

        def line() -> Record:
            return Record(kind="pause", text=texts.paused(by_id, on=on), by_id=by_id, about={"paused": on})

        await self._store.settings.change(guild_id, change, record=lambda _: line())
        self._worker.wake()
        return line().text
