"""Moderators are told what Cannon Studio changes: one line for each reading, once, in servers that may use it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from tests.support.rig import Rig, running

DAY_S = 24 * 3600.0
PROMPT = {"prompt": {"type": "string"}}


def document(*operations: str, **fields: dict[str, Any]) -> dict[str, Any]:
    """Return a description of these operations, and of those whose `fields` are given: `video_dream={…}`."""
    described = dict.fromkeys(operations, PROMPT) | {
        key.replace("_", "."): properties for key, properties in fields.items()
    }
    branches = [
        {
            "properties": {
                "operation": {"const": key},
                "input": {"type": "object", "properties": properties},
            }
        }
        for key, properties in described.items()
    ]
    schema = {"oneOf": branches}
    return {
        "openapi": "3.1.0",
        "paths": {"/api/v1/requests": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}},
    }


A = document("video.dream", "video.tale")


async def desk_of(rig: Rig, guild: Any) -> Any:
    channel = guild.create_text_channel("log")
    await rig.bot.parts.store.settings.change(guild.id, lambda old: replace(old, log_channel=channel.id))
    return channel


@pytest.fixture
async def desk(rig: Rig) -> Any:
    """The log channel, after a first reading that is not to be seen in it."""
    rig.sandbox.document = A
    await rig.bot.parts.catalogue_refresh.refresh()
    return await desk_of(rig, rig.guild)


async def read(rig: Rig, document: dict[str, Any], *, after_s: float = DAY_S) -> None:
    rig.advance(after_s)
    rig.sandbox.document = document
    await rig.bot.parts.catalogue_refresh.refresh()
    await post(rig)


async def post(rig: Rig) -> None:
    with rig.env.time_context():
        await rig.bot.parts.alerts.run_once()
    await rig.env.settle()


def lines(rig: Rig, desk: Any) -> list[str]:
    found = [each.content for each in desk.history() if each.author.id == rig.bot.user.id]
    return [each.split(" <t:")[0].removeprefix("Cannon Studio changed its API. ") for each in found]


async def test_new_models_and_changed_fields_are_in_the_same_line(rig: Rig, desk: Any):
    model = {"model": {"enum": ["dream-1", "dream-2"]}}
    length = {"prompt": {"type": "string", "maxLength": 9}}
    await read(rig, document("video.tale", "video.saga", video_dream=length | model))
    [line] = lines(rig, desk)
    assert line.startswith("New: video.saga, the model dream-1 of video.dream, the model dream-2 of video.dream")
    assert line.endswith(". Changed: the field prompt of video.dream.")


async def test_a_change_is_told_once_whatever_restarts_in_between(rig: Rig, desk: Any):
    more = document("video.dream", "video.tale", "video.saga")
    await read(rig, more)
    await rig.restart()
    await read(rig, more)
    await rig.bot.parts.store.meta.forget("openapi_etag")
    await rig.restart()
    await read(rig, more)
    assert lines(rig, desk) == ["New: video.saga."]


async def test_what_could_not_be_stored_is_told_by_the_next_reading(
    rig: Rig, desk: Any, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as failing:

        async def full(*_: object, **_more: object) -> None:
            raise StoreError("The disk is full.")

        failing.setattr(rig.bot.parts.store.api_changes, "adopt", full)
        with pytest.raises(StoreError):
            await read(rig, document("video.dream", "video.tale", "video.saga"))
    await read(rig, document("video.dream", "video.tale", "video.saga"))
    assert lines(rig, desk) == ["New: video.saga."]


async def test_only_servers_that_may_use_it_are_told(rig: Rig, desk: Any):
    other = rig.env.create_guild("Other")
    other_desk = await desk_of(rig, other)
    changed = {"prompt": {"type": "string", "maxLength": 9}}
    dream = rig.bot.catalogue.resolve("video.dream")
    await rig.bot.parts.switches.switch(other.id, dream, on=False, by_id=1)
    await post(rig)
    await read(rig, document("video.tale", video_dream=changed))
    assert lines(rig, desk) == ["Changed: the field prompt of video.dream."]
    assert [line for line in lines(rig, other_desk) if "Changed:" in line] == []
    await read(rig, document("video.saga", "video.tale", video_dream={"prompt": {"type": "string", "maxLength": 8}}))
    assert [line for line in lines(rig, other_desk) if "New:" in line] == ["New: video.saga."]


async def test_a_server_without_a_key_or_a_log_channel_is_told_nothing(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None) as rig:
        desk = await desk_of(rig, rig.guild)
        quiet = rig.env.create_guild("Quiet")
        await read(rig, A)
        assert lines(rig, desk) == []
        assert await rig.bot.parts.store.decisions.all(quiet.id) == []


async def status(rig: Rig, name: str = "Cannon Studio's API description") -> str | None:
    result = await rig.moderator.slash(rig.channel, "studio status")
    return {field.name: field.value for field in result.response.embeds[0].fields}.get(name)


async def varied(rig: Rig, *, after_s: float = DAY_S, **options: Any) -> None:
    """Have another API described, and read it."""
    rig.advance(after_s)
    rig.sandbox.vary(**options)
    await rig.bot.parts.catalogue_refresh.refresh()
    await post(rig)


@pytest.fixture
async def known(rig: Rig) -> Any:
    """The log channel of a bot that has read the API as it is documented."""
    await varied(rig)
    return await desk_of(rig, rig.guild)


async def test_what_vanishes_is_told_and_shown_until_it_is_back(rig: Rig, known: Any):
    await varied(rig, vanished={"video.upscale", "lipsync.generate"})
    assert lines(rig, known) == ["Removed: lipsync.generate and video.upscale."]
    await rig.restart()
    assert await status(rig, "No longer offered by Cannon Studio") == "Generate Lip Sync, Upscale Video"
    dream = rig.bot.catalogue.resolve("video.upscale")
    await rig.bot.parts.switches.switch(rig.guild.id, dream, on=False, by_id=1)
    assert await status(rig, "No longer offered by Cannon Studio") == "Generate Lip Sync", "what is on here"
    await varied(rig, vanished=set())
    assert lines(rig, known)[-1] == "New: lipsync.generate."
    assert await status(rig, "No longer offered by Cannon Studio") is None


async def test_names_of_the_document_do_nothing_in_a_message(rig: Rig, desk: Any):
    evil = {"model": {"enum": ["@everyone", "[x](https://evil.test)", "**bold**" * 40]}}
    await read(rig, document("video.tale", video_dream=evil))
    [line] = lines(rig, desk)
    assert "@everyone" not in line
    assert "](" not in line
    assert len(line) < 500
