from __future__ import annotations

import pytest

from bot.catalogue import Catalogue, LiveCatalogue
from bot.domain.poll_schedule import Durations
from bot.jobs.learned_durations import LearnedDurations
from bot.store import Store


async def test_histograms_are_kept_by_kind_of_job(store: Store) -> None:
    assert await store.histograms.all() == {}
    await store.histograms.save("image.generate", "flux", "[1]")
    await store.histograms.save("image.generate", "", "[2]")
    await store.histograms.save("image.generate", "flux", "[3]")
    assert await store.histograms.all() == {("image.generate", "flux"): "[3]", ("image.generate", ""): "[2]"}


async def test_what_was_learned_of_unknown_models_is_forgotten(store: Store) -> None:
    """Earlier versions kept any text that a member gave as a model, for ever and for all to share."""
    catalogue = LiveCatalogue(Catalogue())
    for model in ("my name is Eve Adams", "Flux 2 Pro", "other", ""):
        await store.histograms.save("image.generate", model, Durations.prior("image").to_json())
    learned = LearnedDurations(store, catalogue)
    await learned.load()
    await learned.forget_unknown()
    await learned.learn("image.generate", "12 Elm Street", 5.0)
    await learned.learn("no.operation", "12 Elm Street", 5.0)
    kinds = {("image.generate", model) for model in ("Flux 2 Pro", "other", "")}
    assert (await store.histograms.all()).keys() == kinds | {("no.operation", "other"), ("no.operation", "")}


async def test_what_is_learned_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.learned_durations.KINDS_MAX", 4)
    learned = LearnedDurations(store, LiveCatalogue(Catalogue()))
    for number in range(9):
        await learned.learn(f"operation.{number}", None, 5.0)
    assert len(await store.histograms.all()) == 4


async def test_a_fact_replaces_the_one_before(store: Store) -> None:
    assert await store.meta.get("etag") is None
    await store.meta.set("etag", "one")
    await store.meta.set("etag", "two \ud800")
    assert await store.meta.get("etag") == "two ?"
