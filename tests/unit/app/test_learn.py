"""`cannon-bot learn`, and what `check` says of what the bot has read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app.host import texts
from bot.app.host.learn import differences, discovery_state, learn
from bot.app.host.prices import read_host_prices
from bot.catalogue import OPERATIONS, Catalogue
from bot.errors import StartError
from bot.prices.factors import price_factors
from bot.runtime.clock import SystemClock
from bot.runtime.progress import no_progress
from bot.settings import SecretStr, Settings
from sandbox.server import Sandbox
from tests.client.test_discovery import MODEL_IDS, RENAMED
from tests.support.rig import Rig

KEY = "cs_test_learning_0000beef"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as made:
        made.add_key(KEY)
        yield made


@pytest.fixture
def learned(sandbox: Sandbox, tmp_path: Path) -> Callable[..., Any]:
    async def run(*, with_estimates: bool = False, replaces: bool = False, **chosen: Any) -> tuple[str, dict[str, Any]]:
        settings = replace(Settings(), **{"cannon_api_url": sandbox.url, "cannon_api_key": SecretStr(KEY), **chosen})
        path = tmp_path / "learned.json"
        page = await learn(
            settings,
            path,
            with_estimates=with_estimates,
            replaces=replaces,
            clock=SystemClock(),
            progress=no_progress,
        )
        return page, json.loads(path.read_text("utf-8"))

    return run


async def test_nothing_differs_from_the_sandbox_as_it_is(learned: Callable[..., Any], sandbox: Sandbox):
    page, report = await learned()
    assert "Nothing differs" in page
    assert report["differences"] == []
    assert set(sandbox.mcp_keys) == {None}
    assert sandbox.document_readers == [None]
    assert sandbox.posts == 0
    assert report["sources"]["get_api_operation"] == f"read ({len(OPERATIONS)})"


async def test_each_difference_is_a_row_and_all_answers_are_in_the_file(learned: Callable[..., Any], sandbox: Sandbox):
    sandbox.vary(renamed=RENAMED, model_ids=MODEL_IDS, mcp_names=["enum"], vanished=["music.generate"])
    page, report = await learned()
    rows = [tuple(each.values()) for each in report["differences"]]
    for guess, true in RENAMED.items():
        assert ("operation", Catalogue().get(guess).title, guess, true) in rows
    assert ("model", "image.generate: Flux 2", "not known", MODEL_IDS["Flux 2"]) in rows
    assert ("model", "image.generate: GPT Image 2", "gptimage2", MODEL_IDS["GPT Image 2"]) in rows
    assert ("operation", "music.generate", "", "gone") in rows
    assert all(all(cell in page for cell in row if cell) for row in rows)
    assert set(report["answers"]["get_api_operation"]) >= set(RENAMED.values())
    assert report["answers"]["get_api_operation"]["music.generate"] is None
    assert set(report["answers"]["get_model_availability"]) == {"image-api", "video-api", "three-d-api"}
    assert report["answers"]["list_offerings"][0]["offerings"]
    assert report["openapi"]["openapi"].startswith("3.")


async def test_prices_are_asked_for_with_the_key_alone_and_read_as_the_hosts(
    learned: Callable[..., Any], sandbox: Sandbox, tmp_path: Path
):
    assert (await learned())[1]["prices"] == []
    _, report = await learned(with_estimates=True, replaces=True)
    priced = {(each["operation"], each["model"]): each["credits"] for each in report["prices"]}
    assert float(priced["image.generate", "seedream5"]) > 0
    listed = read_host_prices(tmp_path / "learned.json", Catalogue())
    picture = Catalogue().get("image.generate")
    told = listed.price(picture, price_factors(picture, {"model": "seedream5", "aspect_ratio": "1:1"}))
    assert told == Decimal(priced["image.generate", "seedream5"])
    assert sum(map(len, listed.samples.values())) > 10
    assert KEY not in json.dumps(report)
    assert sandbox.posts == 0


async def test_a_file_that_is_there_is_kept(learned: Callable[..., Any]):
    await learned()
    with pytest.raises(StartError, match="--force"):
        await learned()


async def test_estimates_need_a_key(learned: Callable[..., Any]):
    with pytest.raises(StartError, match="CANNON_API_KEY"):
        await learned(with_estimates=True, cannon_api_key=None)


async def test_where_nothing_can_be_read_there_is_one_sentence_and_no_file(
    learned: Callable[..., Any], sandbox: Sandbox
):
    for where in ("mcp", "openapi"):
        sandbox.fault(where, "status", times=None, status=404)
    with pytest.raises(StartError, match="could not be read"):
        await learned()
    sandbox.faults.clear()
    await learned()


async def test_what_only_one_source_says_is_written(learned: Callable[..., Any], sandbox: Sandbox):
    sandbox.vary(renamed=RENAMED, document_needs_key=True, mcp_names=["enum"])
    page, report = await learned()
    assert report["openapi"] is None
    assert report["sources"]["openapi"] == "not read (401)"
    assert "prompt.enhance.worldbuilder" in page


def test_no_difference_without_an_answer():
    assert list(differences(Catalogue())) == []


async def test_check_says_when_it_was_read(rig: Rig):
    settings = replace(Settings(), database=rig.folder / "bot.db")
    assert discovery_state(replace(settings, database=rig.folder / "none.db"), 0.0) == ""
    assert "not read yet" in discovery_state(settings, rig.clock.wall())
    await rig.bot.parts.catalogue_refresh.refresh()
    await rig.bot.parts.catalogue_refresh.discover()
    said = discovery_state(settings, rig.clock.wall())
    assert f"{len(OPERATIONS)} operations" in said
    assert "3 lists of models" in said
    assert "its description" in said
    assert "not in the last two days" not in said
    assert "not in the last two days" in discovery_state(settings, rig.clock.wall() + texts.STALE_S + 1)
