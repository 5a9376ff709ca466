"""What the bot has learned of durations, kept in memory and in the store."""

from __future__ import annotations

from bot.catalogue import LiveCatalogue
from bot.domain.poll_schedule import Durations
from bot.errors import InputError
from bot.store import Store


class LearnedDurations:
    """Durations per (operation, model). A model that was never seen borrows from its operation, then from a prior."""

    def __init__(self, store: Store, catalogue: LiveCatalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._known: dict[tuple[str, str], Durations] = {}

    async def load(self) -> None:
        """Read what earlier runs learned."""
        for name, text in (await self._store.histograms.all()).items():
            durations = Durations.from_json(text)
            if durations is not None:
                self._known[name] = durations

    def of(self, operation: str, model: str | None) -> Durations:
        """Return what is known of how long such a job takes."""
        for name in ((operation, model or ""), (operation, "")):
            if name in self._known:
                return self._known[name]
        return Durations.prior(self._workflow(operation))

    async def learn(self, operation: str, model: str | None, seconds: float) -> None:
        """Learn from one finished job, for its model and for the operation as a whole."""
        for name in {(operation, model or ""), (operation, "")}:
            durations = self._known.get(name) or Durations.prior(self._workflow(operation))
            durations.add(seconds)
            self._known[name] = durations
            await self._store.histograms.save(*name, durations.to_json())

    def _workflow(self, operation: str) -> str:
        try:
            return self._catalogue.current.resolve(operation).workflow
        except InputError:
            return ""
