"""What the bot has learned of durations, kept in memory and in the store."""

from __future__ import annotations

from bot.catalogue import LiveCatalogue
from bot.domain.poll_schedule import Durations
from bot.errors import InputError
from bot.store import Store

OTHER = "other"
"""Stands for all models that the catalogue does not know: their names may be any text that a member has typed."""
KINDS_MAX = 500
"""Of how many (operation, model) it learns at most; beyond, an operation's models are learned together."""


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
        for name in ((operation, self._model(operation, model)), (operation, "")):
            if name in self._known:
                return self._known[name]
        return Durations.prior(self._workflow(operation))

    async def learn(self, operation: str, model: str | None, seconds: float) -> None:
        """Learn from one finished job, for its model and for the operation as a whole."""
        for name in {(operation, self._model(operation, model)), (operation, "")}:
            if name not in self._known and len(self._known) >= KINDS_MAX:
                continue
            durations = self._known.get(name) or Durations.prior(self._workflow(operation))
            durations.add(seconds)
            self._known[name] = durations
            await self._store.histograms.save(*name, durations.to_json())

    async def forget_unknown(self) -> None:
        """Delete what earlier versions have learned of models that the catalogue does not know."""
        unknown = [name for name in self._known if self._model(*name) != name[1]]
        for name in unknown:
            del self._known[name]
        await self._store.histograms.forget(unknown)

    def _model(self, operation: str, model: str | None) -> str:
        """Return the model under which the durations are learned."""
        if not model or model == OTHER:
            return model or ""
        try:
            is_known = self._catalogue.current.resolve(operation).knows_model(model)
        except InputError:
            is_known = False
        return model if is_known else OTHER

    def _workflow(self, operation: str) -> str:
        try:
            return self._catalogue.current.resolve(operation).workflow
        except InputError:
            return ""
