from __future__ import annotations

from bot.store import Store


async def test_histograms_are_kept_by_kind_of_job(store: Store) -> None:
    assert await store.histograms.all() == {}
    await store.histograms.save("image.generate", "flux", "[1]")
    await store.histograms.save("image.generate", "", "[2]")
    await store.histograms.save("image.generate", "flux", "[3]")
    assert await store.histograms.all() == {("image.generate", "flux"): "[3]", ("image.generate", ""): "[2]"}


async def test_a_fact_replaces_the_one_before(store: Store) -> None:
    assert await store.meta.get("etag") is None
    await store.meta.set("etag", "one")
    await store.meta.set("etag", "two \ud800")
    assert await store.meta.get("etag") == "two ?"
