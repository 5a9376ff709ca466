"""A second copy of the bot: the same token on another database. Each would pay for what the other has paid for already.

Whose a message is can be read off its controls: they carry their installation's signature and the ids of jobs. A
message proves another copy if another signature is on it, or jobs that this database does not know, and if it was made
while this process has been running: one of an earlier life, of a database that was lost, or of the time before a
restore, proves nothing. Time is Discord's own here: ids grow with it, so what is newer than the first event that came
to this process was made during its life, whatever its clock says.

Nothing of that decides who is paid for. Each way to a job has one moment at which Discord takes one copy's message
alone, and whose message that is decides (bot/app/connection/recovery.py, cogs/reactions/submit.py). See
docs/decisions/0042-the-signature.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

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

SECOND_COPY = "second_copy"
"""The signal of a proof, for the other processes on this database."""
NOTED_EVERY_S = 60.0
"""How often a proof is stored at most."""


class SecondCopy:
    """Knows whether another copy is alive. While it is, no new work is taken."""

    def __init__(self, store: Store, *, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._born: int | None = None
        self._until = self._noted_at = -PROOF_HOLDS_S
        store.signals.listen(SECOND_COPY, self._heard)
        metrics.second_copy(lambda: float(self.is_there))

    @property
    def is_there(self) -> bool:
        """Whether there was a proof lately. It ends by itself a quarter of an hour after the last one."""
        return self._clock.monotonic() < self._until

    async def begin(self) -> None:
        """Forget what an earlier process has proven: at the start of one that is alone on its database."""
        await self._store.meta.forget(SECOND_COPY_META)

    def require_alone(self) -> None:
        """Raise Refused while another copy is alive."""
        if self.is_there:
            raise Refused(texts.SECOND_COPY)

    def lives(self, event_id: int) -> None:
        """Note the id of what Discord's gateway has just told of: an interaction, a new message."""
        if self._born is None:
            self._born = event_id

    async def look(self, message_id: int, custom_ids: Iterable[str], *, is_taken: bool = False) -> bool:
        """Whether a message of the bot's account was made by another copy in this process' life; that is noted.

        `is_taken`: it is where this process wanted to answer what Discord had just told it. Only a process on the same
        database could have done so too.
        """
        if not self._store.signature or self._born is None or message_id < self._born:
            return False
        marks = marks_of(custom_ids)
        is_certain = marks.is_foreign or (is_taken and not self._store.is_shared)
        if not is_certain and not await self._is_unknown(marks.job_ids):
            return False
        await self._prove(message_id, ", ".join(sorted(marks.signatures)))
        return True

    async def _is_unknown(self, job_ids: Collection[str]) -> bool:
        try:
            return bool(job_ids) and not await self._store.jobs.known(job_ids)
        except StoreError:
            return False  # the next message is looked at again

    async def _prove(self, message_id: int, signature: str) -> None:
        if not self.is_there:
            say = seen_twice(self._clock.wall())
            log.error("second_copy.found", message=message_id, signature=signature, own=self._store.signature, say=say)
        self._store.signals.send(SECOND_COPY)
        now = self._clock.monotonic()
        if now - self._noted_at >= NOTED_EVERY_S:
            self._noted_at = now
            try:
                await self._store.meta.set(SECOND_COPY_META, f"{self._clock.wall():.0f}")
            except StoreError as error:
                log.warning("second_copy.not_noted", error=error.sentence)

    def _heard(self) -> None:
        self._until = self._clock.monotonic() + PROOF_HOLDS_S
