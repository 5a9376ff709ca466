"""Operations that the code has no command for: they get one from their data, and it behaves as the others do."""

from __future__ import annotations

import importlib
import json
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord.http import HTTPClient

from bot.domain.models import JobState
from tests.support.more import filled
from tests.support.rig import HOST_KEY, Rig
from tests.support.settings_pages import opened, page_text
from tests.support.surface import nothing_happened, png, private_sentence, settled_exactly, unlinked
from tests.support.workflows import IMAGE, delivered, earlier, examined, posted_link
from tests.unit.app.test_catalogue_refresh import store

TILE = {
    "prompt": {"type": "string", "description": "What is on the tile, e.g. roses"},
    "image_url": {"type": "string", "format": "uri", "description": "The picture to tile"},
    "size": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many tiles"},
    "seamless": {"type": "boolean"},
    "visualStyle": {"enum": ["plain", "baroque"]},
}
HOUR_S = 3600.0
"""Forms of the document that name operations and say nothing of their inputs."""


def branch(operation: str, properties: dict[str, Any], *required: str, title: str = "") -> dict[str, Any]:
    """Describe one operation as an OpenAPI document does."""
    given = {"type": "object", "properties": properties, "required": list(required)}
    return {"title": title or operation, "properties": {"operation": {"const": operation}, "input": given}}


def document(*branches: dict[str, Any]) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"oneOf": list(branches)}}}}
    return {"paths": {"/api/v1/requests": {"post": {"requestBody": body}}}}


async def learn(rig: Rig, *branches: dict[str, Any]) -> None:
    """Let the bot read a document, and the round of its upkeep come that registers commands."""
    await rig.bot.live_catalogue.learn(document(*branches))
    rig.sandbox.api.know(rig.bot.catalogue)
    await rig.bot.parts.command_sync.catch_up()


def registered(rig: Rig) -> dict[str, dict[str, Any]]:
    """Return every slash command that Discord has been given, by what a member types."""
    found: dict[str, dict[str, Any]] = {}

    def walk(item: dict[str, Any], above: str) -> None:
        name = f"{above} {item['name']}".strip()
        inner = [each for each in item.get("options") or [] if each["type"] in {1, 2}]
        for each in inner:
            walk(each, name)
        if not inner:
            found[name] = item

    for command in rig.env.backend.commands[None].values():
        if command.get("type", 1) == 1:
            walk(command, "")
    return found


def command_names(rig: Rig) -> dict[str, str]:
    """Return the command of each operation, by the modules that this bot has loaded: other tests load them again."""
    names: dict[str, str] = importlib.import_module("cogs.workflows.asked.options").command_names(rig.bot)
    return names


LOCATION = "prompt for:3D location (generates it)"


def options(rig: Rig, command: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in registered(rig)[command]["options"]}


# ---------------------------------------------------------------------- the built-in ones


async def test_a_3d_location_is_made_of_a_picture_by_the_form_of_prompt(rig: Rig):
    await rig.member.slash(
        rig.channel,
        LOCATION,
        prompt="a harbour at dawn",
        source_image_urls=[("harbour.png", png()), ("quay.png", png())],
        angle_context='[{"label": "north", "azimuth": 0}]',
    )
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.operation) == (JobState.DELIVERED, "three_d.location.generate")
    [request] = rig.sandbox.requests
    assert request.input["description"] == "a harbour at dawn"
    assert len(request.input["source_image_urls"]) == 2
    assert request.input["angle_context"] == [{"label": "north", "azimuth": 0}]
    assert examined(rig, delivered(rig, job)[0]) is IMAGE
    await settled_exactly(rig, HOST_KEY)


# ---------------------------------------------------------------------- new ones


async def test_a_new_operation_of_the_document_becomes_a_command_with_its_rules(rig: Rig):
    assert "image tile" not in registered(rig)
    await learn(rig, branch("image.tile", TILE, "prompt", "image_url", title="Tile Image"))
    command = registered(rig)["image tile"]
    assert command["description"] == "Tile Image"
    made = options(rig, "image tile")
    assert next(iter(made)) == "prompt"
    assert made["prompt"]["required"]
    assert made["prompt"]["description"] == "What is on the tile, e.g. roses"
    assert (made["size"]["type"], made["size"]["min_value"], made["size"]["max_value"]) == (4, 1, 9)
    assert made["seamless"]["type"] == 5
    assert [made[name]["type"] for name in ("image", "from")] == [11, 3]
    assert {"more", "private"} <= set(made)
    offered = await rig.member.autocomplete(rig.channel, "image tile", "visual_style", "bar")
    assert [each["value"] for each in offered] == ["baroque"]


async def test_a_new_operation_takes_an_earlier_result_and_sends_what_its_fields_are_called(rig: Rig):
    await learn(rig, branch("image.tile", TILE, "prompt", "image_url"))
    job = await earlier(rig, IMAGE)
    offered = await rig.member.autocomplete(rig.channel, "image tile", "from", "")
    assert [each["value"] for each in offered] == [job.id]
    await rig.member.slash(rig.channel, "image tile", prompt="roses", size=3, visual_style="plain", **{"from": job.id})
    await rig.work()
    job = (await rig.jobs())[0]
    assert job.operation == "image.tile"
    sent = rig.sandbox.requests[-1].input
    assert {name: sent[name] for name in ("prompt", "size", "visualStyle")} == {
        "prompt": "roses", "size": 3, "visualStyle": "plain",
    }  # fmt: skip
    assert sent["image_url"].startswith("http")
    await settled_exactly(rig, HOST_KEY)


async def test_a_list_of_files_takes_several_and_is_named_where_it_is_required(rig: Rig):
    await learn(
        rig, branch("image.blend", {"image_urls": {"type": "array", "items": {"type": "string"}}}, "image_urls")
    )
    result = await rig.member.slash(rig.channel, "image blend")
    assert "A file is missing: image urls." in private_sentence(result)
    await nothing_happened(rig)
    job = await earlier(rig, IMAGE)
    links = f"{await posted_link(rig, IMAGE)} {await posted_link(rig, IMAGE)}"
    upload = ("cat.png", png())
    await rig.member.slash(rig.channel, "image blend", image=upload, from_=f"{links} {job.id}")
    await rig.work()
    assert len(rig.sandbox.requests[-1].input["image_urls"]) == 4


async def test_what_the_options_have_no_room_for_is_asked_in_a_form(rig: Rig):
    many = {f"field_{number:02}": {"type": "string"} for number in range(30)}
    await learn(rig, branch("image.tile", {**many, "prompt": {"type": "string"}}, "prompt"))
    made = options(rig, "image tile")
    assert len(made) == 11  # with `pay`
    assert {"prompt", "more", "private"} <= set(made)
    shown = await rig.member.slash(rig.channel, "image tile", prompt="roses", more=True)
    left = [f"field_{number:02}" for number in range(30) if f"field_{number:02}" not in made]
    assert rig.form_fields(shown) == [*left[:4], "rest"]
    await rig.member.submit_modal(shown, filled(shown.modal, {left[0]: "first", left[-1]: "last"}))
    [job] = await rig.jobs()
    assert job.input == {"prompt": "roses", left[0]: "first", left[-1]: "last"}


async def test_names_that_are_taken_or_equal_are_told_apart(rig: Rig):
    words = {"prompt": {"type": "string"}}
    await learn(
        rig,
        branch("image.edit.generate", words, "prompt"),
        branch("image.tile", words, "prompt"),
        branch("image.tile.generate", words, "prompt"),
        branch("Image.TILE", words, "prompt"),
    )
    made = registered(rig)
    by_id = command_names(rig)
    assert by_id["image.edit.generate"] == "image edit_generate"
    assert by_id["image.tile.generate"] == "image tile_generate"
    assert len({by_id["image.tile"], by_id["Image.TILE"]}) == 2
    assert set(by_id.values()) <= set(made)


@pytest.mark.long
async def test_two_hundred_new_operations_stay_within_discords_limits_and_the_rest_is_named(rig: Rig):
    branches = [branch(f"image.kind{number:03}", TILE, "prompt") for number in range(200)]
    await learn(rig, *branches)
    commands = [each for each in rig.env.backend.commands[None].values() if each.get("type", 1) == 1]
    assert len(commands) <= 100
    for command in commands:
        assert len(command["options"] or []) <= 25, command["name"]
    ways = command_names(rig)
    left = [each for each in rig.bot.catalogue.operations if each not in ways]
    assert "image.kind199" in left
    assert "image.kind000" in ways
    panel = await opened(rig, "operations")
    shown = page_text(panel)
    for part in range(1, 1 + len(rig.bot.catalogue.operations) // 25):
        panel = (await rig.moderator.click(panel, custom_id=f"c1:set_page:operations.{part}")).response
        shown += page_text(panel)
    assert "`/image kind000`" in unlinked(shown)
    assert "only with `/studio request`" in unlinked(shown)


# ---------------------------------------------------------------------- while the bot runs, and after


@pytest.fixture
def registrations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count from now on how often commands are registered, by every bot."""
    times: list[int] = []
    upsert = HTTPClient.bulk_upsert_global_commands

    def counted(http: HTTPClient, application_id: int, payload: list[Any]) -> Any:
        times.append(len(payload))
        return upsert(http, application_id, payload=payload)

    monkeypatch.setattr(HTTPClient, "bulk_upsert_global_commands", counted)
    return times


async def test_a_flapping_document_registers_at_most_once_an_hour(rig: Rig, registrations: list[int]):
    for number in range(10):
        await learn(rig, branch(f"image.kind{number}", TILE, "prompt"))
    assert len(registrations) == 1
    rig.advance(HOUR_S)
    await rig.bot.parts.command_sync.catch_up()
    assert len(registrations) == 2
    assert "image kind9" in registered(rig)
    await rig.bot.parts.command_sync.catch_up()
    assert len(registrations) == 2


async def test_commands_are_there_after_a_restart_without_registering_again(rig: Rig, registrations: list[int]):
    read = document(branch("image.tile", TILE, "prompt", "image_url"))
    await store(rig, json.dumps(read))
    await rig.restart()
    assert "image tile" in registered(rig)
    await rig.restart()
    assert len(registrations) == 1
    result = await rig.member.slash(rig.channel, "image tile", prompt="roses", image=("cat.png", png()))
    assert not result.ephemeral
    await rig.work()


async def test_the_registered_ones_serve_while_discord_takes_none(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    tile = branch("image.tile", TILE, "prompt")
    await learn(rig, tile)

    async def refusing(*_: Any, **__: Any) -> Any:
        raise discord.HTTPException(SimpleNamespace(status=400, reason="Bad Request"), "invalid")  # type: ignore[arg-type] # what it reads of a response

    monkeypatch.setattr(HTTPClient, "bulk_upsert_global_commands", refusing)
    rig.advance(HOUR_S)
    await learn(rig, tile, branch("image.poster", TILE, "prompt"))
    assert rig.bot.parts.command_sync.is_outdated
    await rig.member.slash(rig.channel, "image tile", prompt="roses")
    await rig.work()
    assert [job.operation for job in await rig.jobs()] == ["image.tile"]


# ---------------------------------------------------------------------- what a document no longer names


async def read(rig: Rig, *branches: dict[str, Any]) -> None:
    """Let the bot fetch a document, and the round of its upkeep come that registers commands."""
    rig.sandbox.document = document(*branches)
    await rig.bot.parts.catalogue_refresh.refresh()
    rig.sandbox.api._documented = rig.bot.catalogue
    rig.sandbox.api.vary(rig.sandbox.api.variant)
    rig.advance(HOUR_S)
    await rig.bot.parts.command_sync.catch_up()


async def test_a_command_goes_with_its_operation_and_comes_back(rig: Rig):
    tile, poster = branch("image.tile", TILE, "prompt"), branch("image.poster", TILE, "prompt")
    await read(rig, tile, poster)
    await rig.member.slash(rig.channel, "image tile", prompt="roses")
    await rig.step()
    [job] = await rig.jobs()
    assert job.state is JobState.QUEUED
    await read(rig, poster)
    assert "image tile" not in registered(rig)
    assert "image poster" in registered(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED, "what was paid is delivered whatever the document says"
    await read(rig, tile, poster)
    assert "image tile" in registered(rig)
