"""A server's own API key, set, replaced or removed by its moderators."""

from __future__ import annotations

from dataclasses import dataclass

from bot.account import texts
from bot.account.api_keys import slot_of
from bot.account.key_health import StatusPace
from bot.cannon.client import CannonClient
from bot.domain.models import AccountStatus, GuildKey
from bot.domain.texts import UNCHANGED
from bot.errors import InputError, KeyRefused
from bot.server.practice import ShownCards
from bot.store import Record, Store
from bot.store.acts import JobSignals, ModeratorActs
from bot.store.guild.keys import KeyChange, RetiredKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """A key that was set: its API status, and what it replaces."""

    key: GuildKey
    status: AccountStatus
    before: RetiredKey | None
    before_is_kept: bool
    """Whether open jobs still need the previous one."""
    ended_practice: bool = False
    """Whether practice ended with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRemoved:
    """A key that was removed."""

    before: RetiredKey
    is_kept: bool
    """Whether open jobs still need it."""
    text: str
    """The record's text."""


class ServerKeyChanges(ModeratorActs):
    """Sets and removes a server's key. Only its last four characters are returned or recorded."""

    def __init__(
        self, store: Store, *, worker: JobSignals, client: CannonClient, pace: StatusPace, cards: ShownCards
    ) -> None:
        super().__init__(store, worker=worker)
        self._cards = cards
        self._client = client
        self._pace = pace

    async def set(self, guild_id: int, secret: str, *, by_id: int) -> KeySet:
        """Check a key by the API's status call, then make it the guild's; this ends practice.

        Raises InputError if the API refuses it, Refused after too many tries, CannonError if the call fails; then
        nothing has changed.
        """
        self._pace.require(guild_id)
        try:
            status = await self._client.status(secret)
        except KeyRefused:
            raise InputError(texts.KEY_NOT_ACCEPTED) from None

        def record(change: KeyChange) -> Record:
            new, before = change.key.last4, None if change.before is None else change.before.last4
            return Record(
                kind="key", text=texts.key_set(by_id, new, before), by_id=by_id, about={"last4": new, "before": before}
            )

        done = await self._store.keys.set(guild_id, secret, set_by=by_id, status=status, record=record)
        self._worker.resume(guild_id, slot_of(guild_id, done.key.id))
        kept = done.before is not None and await self._is_kept(done.before)
        for card_id in done.ended:
            await self._cards.show(guild_id, card_id)
        return KeySet(
            key=done.key,
            status=status,
            before=done.before,
            before_is_kept=kept,
            ended_practice=done.ended_practice,
        )

    async def remove(self, guild_id: int, *, by_id: int) -> KeyRemoved:
        """Remove the guild's key. Raises InputError if it has none."""

        def record(before: RetiredKey) -> Record:
            about = {"last4": None, "before": before.last4}
            return Record(kind="key", text=texts.KEY_REMOVED(who=by_id, key=before.last4), by_id=by_id, about=about)

        before = await self._store.keys.remove(guild_id, record=record)
        if before is None:
            raise InputError(UNCHANGED)
        return KeyRemoved(
            before=before, is_kept=await self._is_kept(before), text=texts.KEY_REMOVED(who=by_id, key=before.last4)
        )

    async def _is_kept(self, key: RetiredKey) -> bool:
        return await self._store.keys.get(key.guild_id, key.id) is not None
