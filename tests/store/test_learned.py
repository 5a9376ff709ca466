from __future__ import annotations

from bot.store import Store


async def test_histograms_are_kept_by_kind_of_job(store: Store) -> None:
    assert await store.histograms() == {}
    await store.save_histogram("image.generate", "flux", "[1]")
    await store.save_histogram("image.generate", "", "[2]")
    await store.save_histogram("image.generate", "flux", "[3]")
    assert await store.histograms() == {("image.generate", "flux"): "[3]", ("image.generate", ""): "[2]"}


async def test_a_fact_replaces_the_one_before(store: Store) -> None:
    assert await store.get_meta("etag") is None
    await store.set_meta("etag", "one")
    await store.set_meta("etag", "two \ud800")
    assert await store.get_meta("etag") == "two ?"
