"""Changes of the API: each is told once, whatever comes and goes, and nothing is stored without being told."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.live import ApiChange, ChangeKind, Subject
from bot.store import Record, Store
from bot.store.guild import account as api_changes
from bot.store.guild.account import DatedChange, Published
from tests.store.conftest import GUILD, HandClock

DAY_S = api_changes.QUIET_S
CAME, GONE, CHANGED = ChangeKind.CAME, ChangeKind.GONE, ChangeKind.CHANGED


def operation(kind: ChangeKind, key: str = "video.dream") -> ApiChange:
    return ApiChange(kind=kind, subject=Subject.OPERATION, operation=key)


def model(kind: ChangeKind, name: str) -> ApiChange:
    return ApiChange(kind=kind, subject=Subject.MODEL, operation="image.generate", name=name)


def field(rules: str) -> ApiChange:
    return ApiChange(kind=CHANGED, subject=Subject.FIELD, operation="image.generate", name="prompt", rules=rules)


def nobody(_news: Sequence[DatedChange]) -> Mapping[int, Record]:
    return {}


PUBLISHED = Published(facts={("openapi", ""): "{}"}, meta={"openapi_etag": "1"})


async def adopt(store: Store, *changes: ApiChange, facts: Mapping[str, str] | None = None) -> list[str]:
    news = await store.api_changes.adopt(Published(meta=facts or {}), changes, lines=nobody)
    return [f"{each.operation} {each.name} {each.kind}{each.rules and ' '}{each.rules}" for each in news]


async def test_a_change_is_news_once(store: Store) -> None:
    assert await adopt(store, operation(GONE), model(CAME, "flux-3"), model(CAME, "flux-4")) == [
        "image.generate flux-3 came",
        "image.generate flux-4 came",
        "video.dream  gone",
    ]
    assert await adopt(store, operation(GONE), model(CAME, "flux-4")) == []
    assert await adopt(store) == []


async def test_each_change_of_one_field_is_told(store: Store) -> None:
    assert await adopt(store, field("maximum 10")) == ["image.generate prompt changed maximum 10"]
    assert await adopt(store, field("maximum 20")) == ["image.generate prompt changed maximum 20"]
    assert await adopt(store, field("maximum 20")) == []


async def test_what_comes_and_goes_is_told_once_a_day_and_ends_with_what_is_true(
    store: Store, clock: HandClock
) -> None:
    told = []
    for kind in (GONE, CAME, GONE, CAME, GONE, CAME):
        told += await adopt(store, operation(kind))
        clock.now += 60
    assert told == ["video.dream  gone", "video.dream  came"]
    assert await adopt(store, operation(GONE)) == []
    clock.now += DAY_S
    assert await adopt(store) == ["video.dream  gone"], "that was held back"
    clock.now += DAY_S
    assert await adopt(store) == []


async def test_facts_lines_and_changes_are_stored_together_or_not_at_all(store: Store) -> None:

    def broken(news: Sequence[DatedChange]) -> Mapping[int, Record]:
        raise sqlite3.IntegrityError(f"{len(news)} changes")

    with pytest.raises(sqlite3.IntegrityError):
        await store.api_changes.adopt(PUBLISHED, [operation(GONE)], lines=broken)
    assert await store.meta.get("openapi_etag") is None
    assert await store.api_facts.all() == {}
    line = Record(kind="api", text="noticed that.", by_id=0)
    news = await store.api_changes.adopt(PUBLISHED, [operation(GONE)], lines=lambda _: {GUILD: lambda: line})
    assert len(news) == 1
    assert await store.meta.get("openapi_etag") == "1"
    assert await store.api_facts.all() == PUBLISHED.facts
    assert [each.text for each in await store.decisions.all(GUILD)] == ["noticed that."]


async def test_the_latest_are_shown_without_what_is_off(store: Store, clock: HandClock) -> None:
    await adopt(store, operation(GONE))
    clock.now += 60
    await adopt(store, model(CAME, "flux-3"))
    latest = await store.api_changes.latest(5)
    assert [(each.operation, each.at) for each in latest] == [
        ("image.generate", clock.now),
        ("video.dream", clock.now - 60),
    ]
    assert [each.operation for each in await store.api_changes.latest(1)] == ["image.generate"]
    [left] = await store.api_changes.latest(5, without={"image.generate"})
    assert left.operation == "video.dream"


async def test_a_document_cannot_fill_the_table(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_changes, "ROWS_MAX", 30)
    monkeypatch.setattr(api_changes, "SEEN_MAX", 20)
    for number in range(5):
        clock.now += 60
        news = await adopt(store, *(model(CAME, f"m{number}-{each}") for each in range(50)))
        assert len(news) == 20
    assert 20 <= len(await store.api_changes.latest(1000)) <= 40


async def test_texts_that_cannot_be_stored_are_made_storable(store: Store) -> None:
    assert await adopt(store, model(CAME, "a\ud800b"), field("values \udfff"))


@pytest.mark.long
@given(steps=st.lists(st.tuples(st.booleans(), st.sampled_from([60.0, 40_000.0, DAY_S])), max_size=10))
def test_however_it_flaps_nothing_is_told_twice_a_day_and_the_last_word_is_true(
    steps: list[tuple[bool, float]],
) -> None:
    asyncio.run(_flaps(steps))


async def _flaps(steps: list[tuple[bool, float]]) -> None:
    clock, told, was_there = HandClock(), list[tuple[float, str]](), True
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder) / "bot.db", clock=clock)
        for is_there, pause_s in [*steps, (True, DAY_S)]:
            changed = [operation(CAME if is_there else GONE)] if is_there is not was_there else []
            was_there = is_there
            told += [(clock.now, line) for line in await adopt(store, *changed)]
            clock.now += pause_s
        told += [(clock.now, line) for line in await adopt(store)]
        await store.close()
    for line in {line for _, line in told}:
        times = [at for at, each in told if each == line]
        assert all(later - earlier >= DAY_S for earlier, later in pairwise(times))
    assert not told or told[-1][1].endswith("came")
