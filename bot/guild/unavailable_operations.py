"""Operations that the API has just said an account may not use, so that the next member is told before."""

from __future__ import annotations

from bot.catalogue import Operation
from bot.domain.text import stamp
from bot.errors import Refused
from bot.guild.api_keys import UsableKey
from bot.guild.texts import account as texts
from bot.runtime.clock import Clock
from bot.store import Store

REMEMBERED_S = 3600.0
WORKED_LATELY_S = 7 * 24 * 3600.0
UNAVAILABLE = "unavailable"
"""The signal that an account may not use an operation: the server, its key, the operation, what the API said."""
SAID_CHARS = 1000


class UnavailableOperations:
    """Kept in memory: a restart forgets them, which costs one create that is refused, and no credits."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[int, int | None, str], tuple[float, str]] = {}
        if store.signals.is_shared:
            store.signals.listen(UNAVAILABLE, self._heard)

    async def note(self, guild_id: int, key: UsableKey, operation: str, said: str) -> None:
        """Remember for an hour that the key's account may not use the operation; `said` is the API's own sentence.

        Not if the operation has worked with this key lately: then one prompt was forbidden, not the operation.
        """
        since = self._clock.wall() - WORKED_LATELY_S
        if not await self._store.job_lists.has_made(guild_id, key.id, operation, since=since):
            self._remember(guild_id, key.id, operation, said)
            number = "" if key.id is None else str(key.id)
            self._store.signals.send(UNAVAILABLE, str(guild_id), number, operation, said[:SAID_CHARS])

    def _remember(self, guild_id: int, key_id: int | None, operation: str, said: str) -> None:
        self._known[guild_id, key_id, operation] = (self._clock.monotonic() + REMEMBERED_S, said)

    def _heard(self, guild_id: str, key_id: str, operation: str, said: str) -> None:
        self._remember(int(guild_id), int(key_id) if key_id else None, operation, said)

    def forget(self, guild_id: int, key: UsableKey) -> None:
        """Let the next job of each operation ask the API again: the account may have another plan by now."""
        for known in [each for each in self._known if each[:2] == (guild_id, key.id)]:
            del self._known[known]

    def require_available(self, guild_id: int, key: UsableKey, operation: Operation) -> None:
        """Raise Refused if the API has said within the hour that the key's account may not use the operation."""
        until, said = self._known.get((guild_id, key.id, operation.id), (0.0, ""))
        left_s = until - self._clock.monotonic()
        if left_s > 0:
            again = stamp(round(self._clock.wall() + left_s))
            raise Refused(texts.unavailable_now(operation.title, said, again))
