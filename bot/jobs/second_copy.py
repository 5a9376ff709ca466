"""Detects a second copy of the bot (same token, other database): each would pay again for the other's jobs.

A message's controls carry their installation's signature and job ids. A message proves another copy if its signature
differs, or this database does not know its jobs, and it was made while this process has been running: older ones may
come from a lost or restored database. Time is Discord's own here: ids grow with it, so anything newer than this
process' first event was made during its life, whatever its clock says.

This only stops new work. What is paid is decided at the one moment when Discord takes one copy's message
(bot/delivery/answers/recovery.py, cogs/reactions/submit.py). See docs/decisions/0042-the-signature.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import structlog

from bot.domain.custom_ids import marks_of
from bot.errors import Refused, StoreError
from bot.jobs import texts
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.store import Store
from bot.store.engine.repository import PROOF_HOLDS_S, SECOND_COPY_META
from bot.store.texts import second_copy as seen_twice

log = structlog.get_logger(__name__)

NOTED_EVERY_S = 60.0
"""Minimum time between two stored proofs."""


class SecondCopy:
    """Knows whether another copy is running. Meanwhile no new work is taken."""

    def __init__(self, store: Store, *, clock: Clock, metrics: Metrics) -> None:
        self._store, self._clock = store, clock
        self._born: int | None = None
        self._until = self._noted_at = -PROOF_HOLDS_S
        self.tell: Callable[[], None] = lambda: None
        """Called with each proof, for others' `heard`."""
        metrics.second_copy(lambda: float(self.is_there))

    @property
    def is_there(self) -> bool:
        """Whether there was a recent proof. It expires after a quarter of an hour."""
        return self._clock.monotonic() < self._until

    async def begin(self) -> None:
        """Forget earlier proofs: at the start of a process alone on its database."""
        await self._store.meta.forget(SECOND_COPY_META)

    def require_alone(self) -> None:
        """Raise Refused while another copy is running."""
        if self.is_there:
            raise Refused(texts.SECOND_COPY)

    def lives(self, event_id: int) -> None:
        """Note the id of a new interaction or message from the gateway."""
        if self._born is None:
            self._born = event_id

    async def look(self, message_id: int, custom_ids: Iterable[str]) -> bool:
        """Whether another copy made this message during this process' life; that is noted."""
        if not self._store.signature or self._born is None or message_id < self._born:
            return False
        marks = marks_of(custom_ids)
        if not marks.is_foreign and not await self._is_unknown(marks.job_ids):
            return False
        await self._prove(message_id, ", ".join(sorted(marks.signatures)))
        return True

    async def _is_unknown(self, job_ids: Collection[str]) -> bool:
        try:
            return bool(job_ids) and not await self._store.jobs.known(job_ids)
        except StoreError:
            return False  # retried with the next message

    async def _prove(self, message_id: int, signature: str) -> None:
        if not self.is_there:
            say = seen_twice(self._clock.wall())
            log.error("second_copy.found", message=message_id, signature=signature, own=self._store.signature, say=say)
        self.heard()
        self.tell()
        now = self._clock.monotonic()
        if now - self._noted_at >= NOTED_EVERY_S:
            self._noted_at = now
            try:
                await self._store.meta.set(SECOND_COPY_META, f"{self._clock.wall():.0f}")
            except StoreError as error:
                log.warning("second_copy.not_noted", error=error)

    def heard(self) -> None:
        self._until = self._clock.monotonic() + PROOF_HOLDS_S
