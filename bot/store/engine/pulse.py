"""Health of the database: last commit, last error, error count."""

from __future__ import annotations

from collections import Counter

import structlog

from bot.errors import DatabaseFailing
from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

KINDS = ("busy", "damaged", "disk", "full", "gone", "other", "refused", "slow", "unreachable", "unwritable")
"""The kinds of DatabaseFailing. Each is counted from 0, so that the first one is an increase."""
WELL_S = 30.0
"""How long a database counts as working after its last commit."""


class Pulse:
    """The health of one database. Event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept_at = clock.monotonic()  # just opened
        self.last_commit = clock.wall()
        """Unix seconds."""
        self.failure: DatabaseFailing | None = None
        """The last failure since then."""
        self.errors = Counter(dict.fromkeys(KINDS, 0))
        """How often it failed, by kind."""

    @property
    def silent_s(self) -> float:
        """Seconds since the last commit."""
        return self._clock.monotonic() - self._kept_at

    @property
    def is_well(self) -> bool:
        """Whether something was committed in the last 30 seconds."""
        return self.silent_s < WELL_S

    def note_failure(self, error: BaseException | None) -> None:
        """Count a database error and log the first of its kind since the last commit; ignore others."""
        if not isinstance(error, DatabaseFailing):
            return
        self.errors[error.kind] += 1
        if self.failure is None or self.failure.kind != error.kind:
            log.warning("database.failing", kind=error.kind, error=error.for_host)
        if self.failure is None or self.failure.kind != "gone":  # later ones must not hide the first
            self.failure = error

    def note_commit(self) -> None:
        """Note a commit that wrote a row: an empty transaction works even on a full disk."""
        if self.failure is not None:
            log.info("database.works", after=self.failure.kind, silent_s=round(self.silent_s, 1))
        self.failure = None
        self._kept_at, self.last_commit = self._clock.monotonic(), self._clock.wall()
