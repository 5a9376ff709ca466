"""Learned durations, in memory and in the store."""

from __future__ import annotations

import math
from typing import TypeAlias

from bot.catalogue import Catalogue, LiveCatalogue
from bot.domain.jobs.durations import Durations, DurationsByKind, Kind
from bot.domain.models import Job
from bot.store import Store

OTHER = "other"
"""For models unknown to the catalogue: their names may be any text a member typed."""
KINDS_MAX = 500
"""Maximum number of kinds; beyond, learning is per operation."""
NAMED_MAX = 5000
"""Size of the kinds cache; it is cleared when full."""
DIGEST = "~"
"""Prefix of a price factor for a member's own words (bot/prices/factors.py)."""

_Named: TypeAlias = tuple[str, str | None, str | None, float | None, int]


class LearnedDurations:
    """Durations by operation, model, and the other price factors.

    An unknown kind borrows from the next wider one, an operation from a prior.
    """

    def __init__(self, store: Store, catalogue: LiveCatalogue) -> None:
        self._store = store
        self._live = catalogue
        self._by_kind = DurationsByKind(most=KINDS_MAX)
        self._named: dict[_Named, tuple[tuple[Kind, ...], str]] = {}
        self._named_by: Catalogue | None = None
        self._unsaved: set[Kind] = set()

    async def load(self) -> None:
        """Read what is stored; what was learned here since the last `save` stays."""
        stored = {kind: Durations.from_json(text) for kind, text in (await self._store.histograms.all()).items()}
        self._by_kind.known |= {
            kind: each for kind, each in stored.items() if each is not None and kind not in self._unsaved
        }

    def of(self, job: Job) -> Durations:
        return self._by_kind.of(*self._kinds(job))

    def note_running(self, job: Job, *, since_s: float, age_s: float) -> None:
        """Learn that a job, last seen at the age `since_s`, still runs at `age_s`, in seconds."""
        self._by_kind.note_running(*self._kinds(job), since_s=since_s, age_s=age_s)

    def learn(self, job: Job, *, since_s: float, age_s: float) -> None:
        """Learn that a job finished between two ages, in seconds."""
        self._unsaved |= self._by_kind.note_done(*self._kinds(job), since_s=since_s, age_s=age_s)

    async def save(self) -> None:
        """Store what was learned since the last call; of several processes the last is believed. Raises StoreError."""
        learned, self._unsaved = self._unsaved, set()
        try:
            await self._store.histograms.set({kind: self._by_kind.known[kind].to_json() for kind in learned})
        except BaseException:
            self._unsaved |= learned
            raise

    def _kinds(self, job: Job) -> tuple[tuple[Kind, ...], str]:
        name = (job.operation, job.model, job.price_kind, job.price_size, job.price_outputs)
        if self._named_by is not self._live.current or len(self._named) >= NAMED_MAX:
            self._named, self._named_by = {}, self._live.current
        if name not in self._named:
            self._named[name] = self._worked_out(job)
        return self._named[name]

    def _worked_out(self, job: Job) -> tuple[tuple[Kind, ...], str]:
        operation = self._live.current.find(job.operation)
        model, words = self._model(job.operation, job.model), _words(job)
        kinds = [(job.operation, "", "")]
        if model:
            kinds.insert(0, (job.operation, model, ""))
        if words and model != OTHER:
            kinds.insert(0, (job.operation, model, words))
        return tuple(kinds), "" if operation is None else operation.workflow

    def _model(self, operation: str, model: str | None) -> str:
        if not model or model == OTHER:
            return model or ""
        known = self._live.current.find(operation)
        return model if known is not None and known.knows_model(model) else OTHER


def _words(job: Job) -> str:
    """Return the price factors besides the model, size rounded to a half; '' for none, or for own words."""
    words = [word for word in (job.price_kind or "").split() if not word.startswith("model=")]
    if any(DIGEST in word for word in words):
        return ""
    if job.price_size:
        words.append(f"size={1.5 ** round(math.log(job.price_size, 1.5)):.0f}")
    if job.price_outputs > 1:
        words.append(f"outputs={job.price_outputs}")
    return " ".join(words)
