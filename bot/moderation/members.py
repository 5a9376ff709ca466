"""Limits and grants, changed with `/quota`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.models import credits_words
from bot.domain.money.limit_rules import terms, whose
from bot.domain.server.guild_rules import Grant, Limit, Rules
from bot.domain.texts import UNCHANGED
from bot.domain.words.text import harmless, one_line, stamp
from bot.errors import InputError
from bot.moderation import texts
from bot.store import Record
from bot.store.acts import ModeratorActs


class QuotaChanges(ModeratorActs):
    """Sets and removes limits, and grants credits. Each method returns the record's text."""

    async def set_limit(self, guild_id: int, limit: Limit, *, by_id: int) -> str:
        """Set a limit, replacing one of the same scope, operation, channel and period."""
        made = await self._store.limits.set(
            guild_id,
            limit,
            by_id=by_id,
            record=lambda made: Record(kind="limit", text=_set(by_id, made), by_id=by_id, about=_about(made)),
        )
        return _set(by_id, made)

    async def remove_limit(self, guild_id: int, limit_id: int, *, by_id: int) -> str:
        """Remove a limit. Raises InputError for an unknown id."""

        def record(removed: Limit) -> Record:
            about = {**_about(removed), "removed": True}
            return Record(kind="limit", text=_removed(by_id, removed), by_id=by_id, about=about)

        removed = await self._store.limits.remove(guild_id, limit_id, record=record)
        if removed is None:
            raise InputError(UNCHANGED, "limit")
        return _removed(by_id, removed)

    async def grant(
        self, guild_id: int, member_id: int, amount: Decimal, *, note: str, expires_at: float | None, by_id: int
    ) -> str:
        """Grant a member credits once, on top of their limits; until then (Unix seconds), or for good."""
        until = "" if expires_at is None else stamp(expires_at, "f")
        words = harmless(one_line(note)) if note else ""

        def text() -> str:
            return texts.granted(by_id, member_id, credits_words(amount), until, words)

        def record(made: Grant) -> Record:
            about = {"grant": made.id, "member_id": member_id, "credits": str(amount), "expires_at": expires_at}
            return Record(kind="grant", text=text(), by_id=by_id, about=about)

        await self._store.grants.add(
            guild_id, member_id, amount, note=note, by_id=by_id, expires_at=expires_at, record=record
        )
        return text()


def _set(by_id: int, limit: Limit) -> str:
    return texts.LIMIT_SET(who=by_id, members=whose(limit), limit=terms(limit))


def _removed(by_id: int, limit: Limit) -> str:
    return texts.LIMIT_REMOVED(who=by_id, members=whose(limit), limit=terms(limit))


def _about(limit: Limit) -> dict[str, str | int]:
    return {
        "limit": limit.id,
        "scope": limit.scope.value,
        "scope_id": limit.scope_id,
        "operation": limit.operation,
        "channel_id": limit.channel_id,
        "period": limit.period.value,
        "credits": str(limit.credits),
    }


class AccessChanges(ModeratorActs):
    """Blocks members and pauses servers. Each method returns the record's text."""

    async def block(self, guild_id: int, member_id: int, *, until: float | None, why: str, by_id: int) -> str:
        """Block a member until then (Unix seconds), or for good. `why` is the moderator's reason, or ''."""
        reason = harmless(one_line(why))
        about = {"member_id": member_id, "until": until, "reason": one_line(why)}

        def line() -> Record:
            text = texts.blocked(by_id, member_id, "" if until is None else stamp(until, "f"), reason)
            return Record(kind="block", text=text, by_id=by_id, about=about)

        await self._store.blocks.add(
            guild_id, member_id, until=until, reason=reason, by_id=by_id, record=lambda _: line()
        )
        self._worker.wake()  # their queued jobs end now
        return line().text

    async def unblock(self, guild_id: int, member_id: int, *, by_id: int) -> str:
        """Unblock a member. Raises InputError if not blocked."""

        def line() -> Record:
            about = {"member_id": member_id, "unblocked": True}
            return Record(kind="block", text=texts.UNBLOCKED(who=by_id, member=member_id), by_id=by_id, about=about)

        if not await self._store.blocks.remove(guild_id, member_id, record=lambda _: line()):
            raise InputError(UNCHANGED, "member")
        return line().text

    async def pause(self, guild_id: int, *, on: bool, by_id: int) -> str:
        """Pause or resume the guild's new jobs. Raises InputError if unchanged."""

        def change(rules: Rules) -> Rules:
            if rules.paused == on:
                raise InputError(UNCHANGED, "switch")
            return replace(rules, paused=on)

        def line() -> Record:
            return Record(kind="pause", text=texts.paused(by_id, on=on), by_id=by_id, about={"paused": on})

        await self._store.settings.change(guild_id, change, record=lambda _: line())
        self._worker.wake()
        return line().text
