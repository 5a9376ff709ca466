"""What the composer shows beside an option's choices: this server's prices, from memory and the store alone."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cogs.ui import prices as price_hints
from tests.support.machine import slowness
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import watch

VIDEO = "video generate"


async def offered(rig: Rig, option: str, command: str = VIDEO, member: Any = None, **filled: object) -> dict[Any, str]:
    """Return the labels of an option's choices by value."""
    found = await (member or rig.member).autocomplete(rig.channel, command, option, "", **filled)
    return {each["value"]: each["name"] for each in found}


async def use_tool(rig: Rig, *, on: bool = True) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, estimate_tool=on))


async def videos(rig: Rig, *durations: int, **options: Any) -> None:
    for duration in durations:
        await rig.member.slash(rig.channel, VIDEO, prompt="waves", duration=duration, **options)
        await rig.work()


async def test_no_hint_makes_the_tool_asked_though_it_is_on(rig: Rig):
    await use_tool(rig)
    calls = watch(rig)
    assert (await offered(rig, "model"))["seedance2"] == "Seedance 2.0 (seedance2)"
    assert calls == []


@pytest.mark.long
async def test_each_choice_shows_what_the_job_would_cost_with_it(rig: Rig):
    await videos(rig, 5, 10, 15, model="seedance2")
    lengths = await offered(rig, "duration", model="seedance2")
    assert lengths[5] == "5 seconds · about 24 credits"
    assert lengths[12] == "12 seconds"
    assert (await offered(rig, "duration", model="wan27video"))[5] == "5 seconds"
    models = await offered(rig, "model", duration=10)
    assert models["seedance2"] == "Seedance 2.0 (seedance2) · about 48 credits"
    assert models["wan27video"] == "Wan 2.7 (wan27video)"
    assert (await offered(rig, "model"))["seedance2"] == "Seedance 2.0 (seedance2) · about 24 to 72 credits"
    assert all("credit" not in label for label in (await offered(rig, "aspect_ratio", model="seedance2")).values())


@pytest.mark.long
async def test_the_servers_own_model_counts_where_none_is_named(rig: Rig):
    await videos(rig, 5, 10, 15, model="seedance2")
    models = {"video.generate": "seedance2"}
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, default_models=models))
    assert (await offered(rig, "duration"))[10] == "10 seconds · about 48 credits"


async def test_the_price_list_is_shown_and_the_higher_of_several_prices(rig: Rig):
    prices = rig.bot.parts.store.prices
    await prices.set(rig.guild.id, "video.generate", "seedance2", Decimal(30))
    assert (await offered(rig, "duration", model="seedance2"))[5] == "5 seconds · about 30 credits"
    await videos(rig, 5, 10, 15, model="seedance2")
    assert (await offered(rig, "duration", model="seedance2"))[10] == "10 seconds · about 48 credits"


async def test_servers_on_the_hosts_key_share_prices_and_no_hint_tells_what_another_key_pays(rig: Rig):
    await videos(rig, 5, 10, 15, model="seedance2")
    elsewhere = rig.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("general")
    visitor = elsewhere.add_member(rig.env.create_user("otto"))
    found = await visitor.autocomplete(channel, VIDEO, "duration", "", model="seedance2")
    assert {each["value"]: each["name"] for each in found}[10] == "10 seconds · about 48 credits"
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    await rig.moderator.submit_modal(shown, {field: GUILD_KEY})
    assert (await offered(rig, "duration", model="seedance2"))[5] == "5 seconds"


async def test_batches_show_prices_of_models_too(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "gptimage2", Decimal(28))
    found = await offered(rig, "model", "batch", operation="image.generate")
    assert found["gptimage2"] == "GPT Image 2 (gptimage2) · about 28 credits"


@pytest.mark.long
async def test_hints_take_less_than_50_ms_on_a_server_with_many_jobs_of_many_kinds(rig: Rig):
    await videos(rig, 5, model="seedance2")
    many(rig, 20_000)
    parts, operation = rig.bot.parts, rig.bot.catalogue.resolve("video.generate")
    offers = rig.bot.catalogue.suggest("video.generate", "duration", "", {"model": "model7"})
    spans = []
    for _ in range(5):
        begun = time.perf_counter()
        book = await parts.price_books.of(rig.guild.id, operation)
        hints = [
            price_hints.hint(operation, book, {"model": "seedance2", field: value}, of_model=True)
            for field, value in (("duration", value) for _, value in offers * 4)
        ]
        spans.append(time.perf_counter() - begun)
    assert all(hints)
    assert min(spans) < 0.05 * slowness(), spans


def many(rig: Rig, jobs: int) -> None:
    """Copy the one paid job into so many of fifty kinds, each of a size of its own."""
    with sqlite3.connect(rig.folder / "bot.db") as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(jobs)")]
        own = {
            "id": "printf('%010d', n)",
            "position": "n",
            "price_kind": "iif(n % 50 = 0, 'model=seedance2', 'model=other' || (n % 50))",
            "price_size": "4.0 + n % 12",
            "cost_milli": "4800 * (4 + n % 12)",
            "created_at": "created_at - n",
            "idempotency_key": "'copy-' || n",
            "remote_id": "'copy-' || n",
        }
        values = ", ".join(own.get(each, each) for each in columns)
        db.execute(
            f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {jobs})"
            f" INSERT INTO jobs ({', '.join(columns)}) SELECT {values} FROM jobs, c WHERE position < 1"
        )
    db.close()
