from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.catalogue import Catalogue, LiveCatalogue
from bot.domain.jobs.durations import Durations
from bot.domain.models import Job, JobState
from bot.errors import StoreError
from bot.jobs.follow.durations import LearnedDurations
from bot.store import Store
from tests.support.durations import taught

ONE, TWO = (taught(Durations.prior("image"), [5.0] * jobs).to_json() for jobs in (1, 2))


def job(operation: str, model: str | None = None, **price: object) -> Job:
    given = {} if model is None else {"model": model}
    values: dict[str, object] = {
        "id": "0000000001", "card_id": "c", "guild_id": 1, "position": 0, "author_id": 2, "operation": operation,
        "input": given, "state": JobState.PROCESSING, "idempotency_key": "k", "key_id": None, "held": Decimal(20),
        "basis": "unknown", "created_at": 0.0,
    }  # fmt: skip
    return Job(**values | price)


async def learn(learned: LearnedDurations, job: Job, seconds: float) -> None:
    learned.note_running(job, since_s=0.0, age_s=seconds)
    learned.learn(job, since_s=seconds, age_s=seconds)
    await learned.save()


async def test_histograms_are_kept_by_kind_of_job(store: Store) -> None:
    flux, every = ("image.generate", "flux", "resolution=4k"), ("image.generate", "", "")
    assert await store.histograms.all() == {}
    await store.histograms.set({flux: ONE, every: ONE})
    await store.histograms.set({every: TWO})
    assert await store.histograms.all() == {flux: ONE, every: TWO}


async def test_what_another_process_has_stored_is_believed_but_for_what_is_not_stored_here(open_store: Any) -> None:
    first, second = [LearnedDurations(await open_store(), LiveCatalogue(Catalogue())) for _ in range(2)]
    for _ in range(40):
        await learn(first, job("image.generate"), 20.0)
    second.learn(job("video.generate"), since_s=5.0, age_s=5.0)
    await second.load()
    assert second.of(job("image.generate")).weight() == pytest.approx(
        first.of(job("image.generate")).weight(), rel=0.01
    )
    await second.save()
    await first.load()
    assert first.of(job("video.generate")).weight() == pytest.approx(
        second.of(job("video.generate")).weight(), rel=0.01
    )


async def test_nothing_is_kept_of_models_that_are_not_in_the_catalogue(store: Store) -> None:
    """They may be any text that a member gave."""
    learned = LearnedDurations(store, LiveCatalogue(Catalogue()))
    own_words = "model=~0123abcd resolution=4k"
    for operation, model in (("image.generate", "12 Elm Street"), ("no.operation", "Flux 2 Pro")):
        await learn(learned, job(operation, model, price_kind=own_words), 5.0)
    assert (await store.histograms.all()).keys() == {
        (operation, model, "") for operation in ("image.generate", "no.operation") for model in ("other", "")
    }


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


async def test_what_was_learned_is_there_after_a_restart(store: Store) -> None:
    learned = LearnedDurations(store, LiveCatalogue(Catalogue()))
    for _ in range(50):
        await learn(learned, job("image.generate"), 30.0)
    after = LearnedDurations(store, LiveCatalogue(Catalogue()))
    await after.load()
    kept, had = (each.of(job("image.generate")) for each in (after, learned))
    assert kept.weight() == pytest.approx(had.weight(), rel=0.01)
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


async def test_what_could_not_be_stored_is_stored_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = LearnedDurations(store, LiveCatalogue(Catalogue()))
    with monkeypatch.context() as patch:

        async def fails(_learned: object) -> None:
            raise StoreError("the database is busy")

        patch.setattr(store.histograms, "set", fails)
        with pytest.raises(StoreError):
            await learn(learned, job("image.generate"), 5.0)
        assert learned.of(job("image.generate")).weight() > 3, "it is known here meanwhile"
    assert await store.histograms.all() == {}
    await learned.save()
    [text] = (await store.histograms.all()).values()
    stored = Durations.from_json(text)
    assert stored is not None
    assert stored.weight() == pytest.approx(learned.of(job("image.generate")).weight(), rel=0.01)
