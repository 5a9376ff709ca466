from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from bot.catalogue import Catalogue, LiveCatalogue
from bot.domain.jobs.durations import Durations, Kind
from bot.domain.models import Job, JobState
from bot.jobs.follow.durations import LearnedDurations
from bot.store import Store
from bot.store.jobs.figures import write_learned


def job(operation: str, model: str | None = None, **price: object) -> Job:
    given = {} if model is None else {"model": model}
    values: dict[str, object] = {
        "id": "0000000001", "card_id": "c", "guild_id": 1, "position": 0, "author_id": 2, "operation": operation,
        "input": given, "state": JobState.PROCESSING, "idempotency_key": "k", "key_id": None, "held": Decimal(20),
        "basis": "unknown", "created_at": 0.0,
    }  # fmt: skip
    return Job(**values | price)


async def save(store: Store, learned: Mapping[Kind, str]) -> None:
    """Store durations as the transaction of a job's result does."""
    await store._database.write(lambda db: write_learned(db, learned))


async def learn(learned: LearnedDurations, job: Job, seconds: float) -> None:
    learned.note_running(job, since_s=0.0, age_s=seconds)
    await save(learned._store, learned.learn(job, since_s=seconds, age_s=seconds))


async def test_histograms_are_kept_by_kind_of_job(store: Store) -> None:
    flux, every = ("image.generate", "flux", "resolution=4k"), ("image.generate", "", "")
    assert await store.histograms.all() == {}
    await save(store, {flux: "[1]", every: "[2]"})
    await save(store, {flux: "[3]"})
    assert await store.histograms.all() == {flux: "[3]", every: "[2]"}
    await store.histograms.forget([flux])
    assert await store.histograms.all() == {every: "[2]"}


async def test_durations_are_stored_with_the_job_that_shows_them_or_not_at_all(store: Store, accepted: Any) -> None:
    _, (made,) = await accepted(store)
    kind = ("image.generate", "", "")
    stored = await store.jobs.change(made, JobState.READY, learned={kind: "[1]"})
    assert stored is not None
    assert await store.jobs.change(made, JobState.READY, learned={kind: "[2]"}) is None, "another was first"
    assert await store.histograms.all() == {kind: "[1]"}


async def test_what_was_learned_of_unknown_models_is_forgotten(store: Store) -> None:
    """Earlier versions kept any text that a member gave as a model, for ever and for all to share."""
    catalogue = LiveCatalogue(Catalogue())
    for model in ("my name is Eve Adams", "Flux 2 Pro", "other", ""):
        await save(store, {("image.generate", model, ""): Durations.prior("image").to_json()})
    learned = LearnedDurations(store, catalogue)
    await learned.load()
    await learned.forget_unknown()
    own_words = "model=~0123abcd resolution=4k"
    await learn(learned, job("image.generate", "12 Elm Street", price_kind=own_words), 5.0)
    await learn(learned, job("no.operation", "12 Elm Street", price_kind=own_words), 5.0)
    kinds = {("image.generate", model, "") for model in ("Flux 2 Pro", "other", "")}
    assert (await store.histograms.all()).keys() <= kinds | {("no.operation", "other", ""), ("no.operation", "", "")}
    assert (await store.histograms.all()).keys() >= kinds


async def test_what_makes_the_price_makes_the_duration_but_for_a_members_own_words(store: Store) -> None:
    learned = LearnedDurations(store, LiveCatalogue(Catalogue()))
    price = {"price_kind": "model=flux2pro resolution=4k", "price_size": 7.8, "price_outputs": 2}
    await learn(learned, job("image.generate", "Flux 2 Pro", **price), 40.0)
    await learn(learned, job("image.generate", "Flux 2 Pro", price_kind="model=flux2pro size=~0123abcd"), 5.0)
    narrow = ("image.generate", "Flux 2 Pro", "resolution=4k size=8 outputs=2")
    assert (await store.histograms.all()).keys() == {
        narrow, ("image.generate", "Flux 2 Pro", ""), ("image.generate", "", "")
    }  # fmt: skip
    assert learned.of(job("image.generate", "Flux 2 Pro", **price | {"price_size": 8.2})).quantile(0.8) > 20
    assert learned.of(job("image.generate", "Flux 2 Pro")) is not learned.of(
        job("image.generate", "Flux 2 Pro", **price)
    )


async def test_what_was_learned_is_there_after_a_restart_but_for_the_last_few_jobs(store: Store) -> None:
    learned = LearnedDurations(store, LiveCatalogue(Catalogue()))
    for _ in range(50):
        await learn(learned, job("image.generate"), 30.0)
    after = LearnedDurations(store, LiveCatalogue(Catalogue()))
    await after.load()
    kept, had = (each.of(job("image.generate")) for each in (after, learned))
    assert had.weight() - 8 <= kept.weight() <= had.weight()
    assert kept.quantile(0.5) == pytest.approx(had.quantile(0.5), rel=0.02)


async def test_what_is_learned_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.follow.durations.KINDS_MAX", 4)
    monkeypatch.setattr("bot.jobs.follow.durations.NAMED_MAX", 3)
    learned = LearnedDurations(store, LiveCatalogue(Catalogue()))
    for number in range(9):
        await learn(learned, job(f"operation.{number}"), 5.0)
    assert len(await store.histograms.all()) == 4


async def test_a_fact_replaces_the_one_before(store: Store) -> None:
    assert await store.meta.get("etag") is None
    await store.meta.set("etag", "one")
    await store.meta.set("etag", "two \ud800")
    assert await store.meta.get("etag") == "two ?"
