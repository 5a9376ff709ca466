"""What Cannon Studio's keyless tools say: learned without a key, and known after a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.app.catalogue import REFRESH_S, RETRY_S
from bot.catalogue import OPERATIONS
from bot.domain.models import JobState
from tests.client.test_discovery import MODEL_IDS, RENAMED
from tests.support.forms import FORMS
from tests.support.rig import Rig, running

UNLIKE = {"renamed": RENAMED, "model_ids": MODEL_IDS, "mcp_names": ["enum"]}


def require_true_ids(rig: Rig) -> None:
    catalogue = rig.bot.live_catalogue.current
    for operation in OPERATIONS:
        true = catalogue.resolve(operation.id)
        assert (true.id, true.offered) == (RENAMED.get(operation.id, operation.id), True)
        for model in operation.models:
            [now] = [each for each in true.models if each.name == model.name and each.offered]
            assert now.id == MODEL_IDS[model.name], (operation.id, model.name)


async def test_true_ids_are_learned_without_a_key_or_a_create_and_known_after_a_restart_without_network(tmp_path: Path):
    async with running(tmp_path, **UNLIKE, document_needs_key=True) as rig:
        rig.sandbox.mcp_keys.clear()
        assert await rig.bot.parts.catalogue_refresh.discover() is None
        require_true_ids(rig)
        assert set(rig.sandbox.mcp_keys) == {None}
        rig.sandbox.fault("mcp", "drop", times=None)
        rig.sandbox.fault("openapi", "drop", times=None)
        await rig.restart()
        require_true_ids(rig)
        assert rig.sandbox.posts == 0
        rig.sandbox.faults.clear()
        await rig.member.slash(rig.channel, "image generate", prompt="a fox", model="Flux 2 Pro")
        await rig.member.slash(rig.channel, "prompt for:location", prompt="a harbor")
        await rig.work()
        assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED] * 2
        assert rig.sandbox.posts == 2


async def test_true_ids_are_sent_where_only_a_discriminators_mapping_says_them(tmp_path: Path):
    async with running(tmp_path, renamed=RENAMED) as rig:
        true = [replace(each, id=RENAMED.get(each.id, each.id)) for each in OPERATIONS]
        rig.sandbox.document = FORMS["mapping"](true)
        await rig.bot.parts.catalogue_refresh.refresh()
        await rig.member.slash(rig.channel, "sora for:character video", prompt="a fox", character_id="ch_1")
        await rig.work()
        assert [each.called for each in rig.sandbox.requests] == ["sora2.cast.film"]


async def test_it_is_read_daily_and_hourly_while_the_server_is_not_reached(rig: Rig):
    refresh = rig.bot.parts.catalogue_refresh
    await refresh.run_once()
    assert await refresh.discover_once() == REFRESH_S
    rig.sandbox.fault("mcp", "drop", times=None)
    assert await refresh.discover_once() == RETRY_S
    rig.sandbox.faults.clear()
    rig.sandbox.fault("mcp", "status", times=None, status=404)
    assert await refresh.discover_once() == REFRESH_S, "there is no such server"


async def test_the_tools_are_asked_once_the_description_was_tried(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    table, refresh = rig.bot.parts.rounds.table, rig.bot.parts.catalogue_refresh
    assert all(table[name].beside and table[name].is_common for name in ("openapi", "discovery")), "no start waits"
    rig.sandbox.fault("openapi", "status", times=None, status=503)
    order = []
    for name in ("refresh", "discover"):
        read = getattr(refresh, name)

        async def noted(name: str = name, read: Callable[[], Any] = read) -> Any:
            order.append(name)
            return await read()

        monkeypatch.setattr(refresh, name, noted)
    assert await asyncio.gather(refresh.discover_once(), refresh.run_once()) == [REFRESH_S, RETRY_S]
    assert order == ["refresh", "discover"]


async def test_a_failed_reading_keeps_what_is_known(tmp_path: Path):
    async with running(tmp_path, **UNLIKE) as rig:
        refresh = rig.bot.parts.catalogue_refresh
        await refresh.discover()
        stored = await rig.bot.parts.store.api_facts.all()
        for kind in ("garbage", "huge", "status"):
            rig.sandbox.fault("mcp", kind, times=None)
            await refresh.discover()
            rig.sandbox.faults.clear()
        assert await rig.bot.parts.store.api_facts.all() == stored
        require_true_ids(rig)


async def test_the_first_reading_is_told_as_differences_from_the_built_in_operations(tmp_path: Path):
    async with running(tmp_path, **UNLIKE) as rig:
        await rig.bot.parts.store.settings.change(
            rig.guild.id, lambda rules: replace(rules, log_channel=rig.channel.id)
        )
        await rig.bot.parts.catalogue_refresh.discover()
        await rig.bot.parts.catalogue_refresh.discover()
        lines = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "api"]
        assert len(lines) == 1


async def started(folder: Path, *, stored: bool) -> tuple[float, list[dict[str, Any]]]:
    async with running(folder) as rig:
        if stored:
            await rig.bot.parts.catalogue_refresh.discover()
        with capture_logs() as lines:
            began = time.process_time()
            await rig.restart()
            return time.process_time() - began, [dict(each) for each in lines]


@pytest.mark.long
async def test_what_is_known_takes_a_start_no_tenth_of_a_second(tmp_path: Path):
    for name in ("warm", "without", "with"):
        (tmp_path / name).mkdir()
    await started(tmp_path / "warm", stored=True)
    without = min([(await started(tmp_path / "without", stored=False))[0] for _ in range(3)])
    with_facts = min([(await started(tmp_path / "with", stored=True))[0] for _ in range(3)])
    assert with_facts - without < 0.1
