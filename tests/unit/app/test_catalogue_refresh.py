from __future__ import annotations

import json
from typing import Any

import pytest

from bot.app.catalogue import DOCUMENT, REFRESH_S, RETRY_S, CatalogueRefresh, DocumentReader
from bot.cannon.discovery import Discovery
from bot.catalogue import Catalogue, LiveCatalogue
from bot.errors import CannonError
from bot.runtime.background import Round
from bot.store.guild.account import Published
from tests.support.clocks import SteppedClock, kept
from tests.support.rig import ManualClock, Rig


def refresh_of(rig: Rig, clock: ManualClock) -> tuple[LiveCatalogue, CatalogueRefresh]:
    live, new = LiveCatalogue(Catalogue()), rig.bot.parts.new
    return live, new(
        CatalogueRefresh, catalogue=live, reader=new(DocumentReader), discovery=new(Discovery), clock=clock
    )


async def stored(rig: Rig) -> str | None:
    return (await rig.bot.parts.store.api_facts.all()).get(DOCUMENT)


async def store(rig: Rig, body: str) -> None:
    await rig.bot.parts.store.api_changes.adopt(Published(facts={DOCUMENT: body}), [], lines=lambda _: {})


def document(operation: str, title: str = "") -> dict[str, Any]:
    schema = {"title": title, "properties": {"operation": {"const": operation}, "input": {"type": "object"}}}
    body = {"content": {"application/json": {"schema": schema}}}
    return {"paths": {"/api/v1/requests": {"post": {"requestBody": body}}}}


async def test_the_document_is_read_daily_and_hourly_after_a_failure(rig: Rig):
    clock = SteppedClock()
    live, refresh = refresh_of(rig, clock)
    rig.sandbox.document = document("video.dream")
    async with kept(clock, Round("openapi", refresh.run_once, RETRY_S)):
        assert await clock.wanted.get() == REFRESH_S
        assert "video.dream" in live.current.operations
        rig.sandbox.fault("openapi", "status", times=None, status=400)
        clock.over.set()
        assert await clock.wanted.get() == RETRY_S
    assert "video.dream" in live.current.operations, "a failure changes nothing"


async def test_what_was_read_is_known_after_a_restart_and_not_sent_again(rig: Rig):
    _, refresh = refresh_of(rig, rig.clock)
    rig.sandbox.document = document("video.dream")
    await refresh.refresh()
    live, after_restart = refresh_of(rig, rig.clock)
    await after_restart.load()
    assert "video.dream" in live.current.operations
    before = await stored(rig)
    await store(rig, json.dumps(document("video.other")))
    await after_restart.refresh()
    assert await stored(rig) != before, "the etag says that nothing is new"


async def test_a_document_that_cannot_be_read_raises_and_changes_nothing(rig: Rig):
    live, refresh = refresh_of(rig, rig.clock)
    before = live.current
    rig.sandbox.fault("openapi", "status", times=None, status=403)
    with pytest.raises(CannonError):
        await refresh.refresh()
    assert live.current is before


@pytest.mark.parametrize("body", ["{", "[]", "7", '{"paths": {"/api/v1/requests": 5}}', '{"components": []}'])
async def test_a_broken_document_in_the_database_stops_no_start_and_is_read_again(rig: Rig, body: str):
    await store(rig, body)
    await rig.bot.parts.store.meta.set("openapi_etag", '"old"')
    await rig.restart()
    live, refresh = refresh_of(rig, rig.clock)
    await refresh.load()
    rig.sandbox.document = document("video.dream")
    await refresh.refresh()
    assert "video.dream" in live.current.operations


async def test_a_document_that_names_nothing_does_not_replace_the_stored_one(rig: Rig):
    _, refresh = refresh_of(rig, rig.clock)
    rig.sandbox.document = document("video.dream")
    await refresh.refresh()
    rig.sandbox.document = {"openapi": "3.1.0", "paths": {}}
    await refresh.refresh()
    live, after_restart = refresh_of(rig, rig.clock)
    await after_restart.load()
    assert "video.dream" in live.current.operations
