"""Health of the database: last commit, last error, error count, and the two log lines of an outage."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog

from bot.errors import DatabaseFailing
from bot.runtime.clock import Clock
from bot.store import texts

log = structlog.get_logger(__name__)

KINDS = tuple(sorted({*texts.WHAT_HOSTS_DO, "slow"}))
"""The kinds of DatabaseFailing. Each is counted from 0, so that the first one is an increase."""
WELL_S = 30.0
"""How long a database counts as working after its last commit."""


class Pulse:
    """The health of one database. Event loop only.

    An outage begins with the first failure, or with 30 seconds without a commit, and ends with the next commit. It is
    logged here and nowhere else: `bot.runtime.logs` drops other lines about a DatabaseFailing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept_at = clock.monotonic()  # just opened
        self.last_commit = clock.wall()
        """Unix seconds."""
        self.failure: DatabaseFailing | None = None
        """The last failure of an outage."""
        self._began_at = 0.0
        self._writes: dict[object, float] = {}
        self.errors = Counter(dict.fromkeys(KINDS, 0))
        """How often it failed, by kind."""

    @property
    def silent_s(self) -> float:
        """Seconds since the last commit."""
        return self._clock.monotonic() - self._kept_at

    @property
    def is_well(self) -> bool:
        """Whether something was committed in the last 30 seconds, and no write has waited longer."""
        return self.silent_s < WELL_S and self.oldest_write_s < WELL_S

    @property
    def oldest_write_s(self) -> float:
        """Seconds for which the oldest unanswered write has waited, 0 without one."""
        return self._clock.monotonic() - next(iter(self._writes.values())) if self._writes else 0.0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the block as an unanswered write."""
        write = object()
        self._writes[write] = self._clock.monotonic()
        try:
            yield
        finally:
            del self._writes[write]

    def note_failure(self, error: BaseException | None) -> None:
        """Count a database error; ignore others. The first one begins an outage, unless only a member gave up."""
        if not isinstance(error, DatabaseFailing):
            return
        self.errors[error.kind] += 1
        if error.kind == "slow":
            return
        if self.failure is None:
            self._began_at = self._clock.monotonic()
            since = datetime.fromtimestamp(self.last_commit, UTC).isoformat(timespec="seconds")
            hint = texts.WHAT_HOSTS_DO[error.kind]
            log.warning("database.failing", kind=error.kind, last_commit=since, problem=error.for_host, hint=hint)
        if self.failure is None or self.failure.kind != "gone":  # later ones must not hide the first
            self.failure = error

    def note_silence(self) -> None:
        """Note a failure if a commit, or one write, takes too long although nothing has failed: a call hangs."""
        if self.failure is None and not self.is_well:
            self.note_failure(DatabaseFailing(texts.OUT_OF_ORDER, kind="silent", for_host=texts.SILENT))

    def note_commit(self) -> None:
        """Note a commit that wrote a row: an empty transaction works even on a full disk."""
        self._kept_at, self.last_commit = self._clock.monotonic(), self._clock.wall()
        if not self.is_well:  # another write hangs
            return
        if self.failure is not None:
            seconds = round(self._clock.monotonic() - self._began_at, 1)
            log.info("database.works", after=self.failure.kind, seconds=seconds)
        self.failure = None
