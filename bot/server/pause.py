"""The host's pause: no server starts a paid job until it ends."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot.errors import Refused
from bot.runtime.clock import Clock
from bot.server import texts
from bot.store import Store
from bot.store.engine.repository import PAUSED_META

log = structlog.get_logger(__name__)

"""Signal: the host has paused new jobs, or resumed them."""


class HostPause:
    """Whether new paid jobs are paused for all servers; kept in the database, cached by `load`.

    Buttons of the host's reports begin and end it. So without those (`has_reports`) it does not apply.
    """

    def __init__(self, store: Store, clock: Clock, *, has_reports: bool) -> None:
        self._store = store
        self._clock = clock
        self._has_reports = has_reports
        self.on_change: Callable[[], None] = lambda: None
        """Called after it changed here."""
        self.since: float | None = None
        """Unix seconds, None: not paused."""

    async def load(self) -> None:
        stored = await self._store.meta.get(PAUSED_META)
        if stored is not None and not self._has_reports:
            log.warning("host_pause.ignored", reason="HOST_REPORTS is not set")
        self.since = float(stored) if stored is not None and self._has_reports else None

    def require_open(self) -> None:
        """Raise Refused while new jobs are paused."""
        if self.since is not None:
            raise Refused(texts.PAUSED_BY_HOST)

    async def begin(self, by_id: int) -> bool:
        """Pause new jobs; False if they are already."""
        await self.load()
        if self.since is not None:
            return False
        self.since = self._clock.wall()
        await self._store.meta.set(PAUSED_META, str(self.since))
        self._tell(by_id, is_on=True)
        return True

    async def end(self, by_id: int) -> bool:
        """Resume new jobs; False if they are not paused."""
        await self.load()
        if self.since is None:
            return False
        await self._store.meta.forget(PAUSED_META)
        self.since = None
        self._tell(by_id, is_on=False)
        return True

    def _tell(self, by_id: int, *, is_on: bool) -> None:
        log.warning("host_pause.changed", on=is_on, by=by_id)
        self.on_change()
