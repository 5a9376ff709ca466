from __future__ import annotations

import json
from typing import Any

import pytest

from bot.catalogue import OPERATIONS, Catalogue, merge
from bot.domain.models import JobState
from bot.errors import InputError
from bot.generation.json_input import parsed, skeleton
from cogs.ui.forms import INPUT_CHARS
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import labels, nothing_happened, png, private_sentence, settled_exactly, whole

REQUEST = "studio request"


async def shown_form(rig: Rig, operation: str, **options: Any) -> Any:
    return await rig.moderator.slash(rig.channel, REQUEST, operation=operation, **options)


async def send(rig: Rig, operation: str, typed: str, **options: Any) -> Any:
    shown = await shown_form(rig, operation, **options)
    [field] = rig.form_fields(shown)
    return await rig.moderator.submit_modal(shown, {field: typed})


def prefilled(shown: Any) -> dict[str, Any]:
    row = shown.modal["components"][0]
    item = row.get("component") or row["components"][0]
    return json.loads(item["value"])


async def test_json_becomes_a_posted_picture_paid_like_any_other(rig: Rig):
    result = await send(rig, "image.generate", '{"prompt": "a heron", "model": "gptimage2", "quality": null}')
    assert not result.ephemeral
    assert "a heron" in result.response.embeds[0].description
    await rig.work()
    [message] = rig.messages()
    assert len(message.attachments) == 1
    [request] = rig.sandbox.requests
    assert request.input == {"prompt": "a heron", "model": "gptimage2"}
    await settled_exactly(rig)


@pytest.mark.parametrize("operation", ["three_d.model.generate"])
async def test_the_3d_operations_can_be_requested(rig: Rig, operation: str):
    offered = await rig.moderator.autocomplete(rig.channel, REQUEST, "operation", "3d")
    assert operation in [each["value"] for each in offered]
    await send(rig, operation, '{"description": "a harbour at dawn"}')
    await rig.work()
    [request] = rig.sandbox.requests
    assert (request.operation, request.input) == (operation, {"description": "a harbour at dawn"})
    [job] = await rig.jobs()
    assert job.state.ended


async def test_an_operation_that_only_the_live_document_knows_can_be_requested(rig: Rig):
    branch = {
        "title": "Tile Image",
        "properties": {
            "operation": {"const": "image.tile"},
            "input": {"properties": {"prompt": {"type": "string"}, "size": {"enum": [1, 2]}}, "required": ["prompt"]},
        },
    }
    schema = {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [branch]}}}}}
    await rig.bot.live_catalogue.learn({"paths": {"/api/v1/requests": {"post": schema}}})
    offered = await rig.moderator.autocomplete(rig.channel, REQUEST, "operation", "tile")
    assert [each["value"] for each in offered] == ["image.tile"]
    assert prefilled(await shown_form(rig, "image.tile")) == {"prompt": "", "size": None}
    result = await send(rig, "image.tile", '{"prompt": "x", "size": 3}')
    assert "must be 1 or 2" in result.response.content
    await nothing_happened(rig)
    await send(rig, "image.tile", '{"prompt": "x", "size": 2}')
    [job] = await rig.jobs()
    assert (job.operation, job.input) == ("image.tile", {"prompt": "x", "size": 2})


async def test_the_form_starts_with_what_is_required_and_names_the_rest(rig: Rig):
    shown = await shown_form(rig, "image.edit")
    assert shown.modal["title"] == "Edit Image"
    assert prefilled(shown) == {
        "prompt": "make it night, with lights in the windows",
        "image_url": "https://",
        "model": None,
        "aspect_ratio": None,
        "resolution": None,
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_every_skeleton_is_json_that_fits_the_form_and_holds_known_fields(operation: Any):
    text = skeleton(operation, max_chars=INPUT_CHARS)
    assert len(text) <= INPUT_CHARS
    start = json.loads(text)
    assert set(start) == {field.name for field in operation.fields}
    needed = {field.name for field in operation.fields if field.required and field.probe is None}
    assert {name for name, value in start.items() if value is not None} == needed


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_what_a_skeleton_proposes_is_right_but_for_links_and_ids_that_only_the_asker_knows(operation: Any):
    start = json.loads(skeleton(operation, max_chars=INPUT_CHARS))
    if "https://" in start.values():
        start |= {name: "https://media.example/a" for name, value in start.items() if value == "https://"}
    start |= {name: "id_123" for name, value in start.items() if value == ""}
    probed = {field.name: 4 for field in operation.fields if field.required and field.probe and "dur" in field.name}
    others = {
        field.name: "x" for field in operation.fields if field.required and field.probe and field.name not in probed
    }
    either = {"prompt": "x"} if operation.id == "soundfx.generate" else {}  # or a video: none is required alone
    assert Catalogue().check(operation.id, start | probed | others | either) is not None


def test_a_skeleton_with_too_many_fields_leaves_optional_ones_out():
    properties = {f"{'long' * 14}_{number}": {"type": "string"} for number in range(80)}
    branch = {"properties": {"operation": {"const": "a.b"}, "input": {"properties": properties, "required": []}}}
    schema = {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [branch]}}}}}
    catalogue = merge(Catalogue(), {"paths": {"/api/v1/requests": {"post": schema}}})
    text = skeleton(catalogue.get("a.b"), max_chars=INPUT_CHARS)
    assert len(text) <= INPUT_CHARS
    assert 40 < len(json.loads(text)) < 80


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ('{"prompt": "a"\n "model": "b"}', "line 2, column 2"),
        ('{"prompt": }', "line 1, column 12"),
        ("", "line 1, column 1"),
        ('{“prompt”: "a"}', "straight quotes"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": 1, "a": 2}', 'the name "a" twice'),
        ("[1, 2]", "JSON object of named fields"),
        ('"text"', "JSON object of named fields"),
        ("null", "JSON object of named fields"),
        ("[" * 3990, ""),
        ('{"a":' * 700, ""),
        ("[" * 1900 + "]" * 1900, ""),
    ],
)
def test_what_is_not_a_json_object_is_reported_in_one_sentence_with_its_place(typed: str, wanted: str):
    with pytest.raises(InputError) as told:
        parsed(typed)
    assert wanted in told.value.sentence
    assert "\n" not in told.value.sentence
    assert len(told.value.sentence) < 200
    assert told.value.sentence.endswith(".")


async def test_a_wrong_input_is_reported_before_anything_is_spent(rig: Rig):
    for operation, typed, wanted in [
        ("image.generate", '{"prompt": "x",}', "not valid JSON. Check line 1"),
        ("image.edit", '{"prompt": "x", "image_url": "https://10.0.0.1/a.png"}', "public"),
        ("image.tile", '{"from": "https://localhost/a.png"}', "public"),
    ]:
        result = await send(rig, operation, typed)
        assert wanted in private_sentence(result)
        await nothing_happened(rig)


async def test_links_are_checked_and_an_old_discord_link_is_as_good_as_in_a_command(rig: Rig):
    upload = await rig.member.send(rig.channel, "look", attachments=[("cat.png", png())])
    [file] = upload.attachments
    await send(rig, "image.edit", json.dumps({"prompt": "make it night", "image_url": file.url}))
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    text = await rig.member.send(rig.channel, "look", attachments=[("cat.txt", b"not a picture")])
    result = await send(rig, "image.edit", json.dumps({"prompt": "x", "image_url": text.attachments[0].url}))
    assert "image" in private_sentence(result)
    assert len(rig.sandbox.requests) == 1
    await settled_exactly(rig, HOST_KEY)


async def test_an_operation_that_is_off_opens_no_form_and_is_refused_if_it_was_open(rig: Rig):
    operation = rig.bot.catalogue.get("image.generate")
    shown = await shown_form(rig, "image.generate")
    await rig.bot.parts.switches.switch(rig.guild.id, operation, on=False, by_id=1)
    [field] = rig.form_fields(shown)
    late = await rig.moderator.submit_modal(shown, {field: '{"prompt": "x"}'})
    assert "turned off" in private_sentence(late)
    result = await shown_form(rig, "image.generate")
    assert result.modal is None
    assert "turned off" in private_sentence(result)
    await nothing_happened(rig)


async def test_an_operation_that_does_not_exist_is_refused_with_the_nearest(rig: Rig):
    result = await shown_form(rig, "imagegenerate")
    assert result.modal is None
    assert "Nearest: image.generate." in private_sentence(result)


async def test_a_plain_member_gets_no_form(rig: Rig):
    for command in rig.env.backend.commands[None].values():
        command["default_member_permissions"] = None
    result = await rig.member.slash(rig.channel, REQUEST, operation="image.generate")
    assert result.modal is None
    assert "Manage Server" in private_sentence(result)


async def test_a_moderator_who_loses_the_role_while_the_form_is_open_is_refused(rig: Rig):
    shown = await shown_form(rig, "image.generate")
    [field] = rig.form_fields(shown)
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    result = await rig.moderator.submit_modal(shown, {field: '{"prompt": "x"}'})
    assert "Manage Server" in private_sentence(result)
    await nothing_happened(rig)


# ---------------------------------------------------------------------- sent as it was typed, after one warning


@pytest.mark.parametrize(
    ("operation", "typed", "wanted"),
    [
        ("image.generate", {}, "needs: prompt"),
        ("image.edit", {"prompt": "x", "image_url": 5}, "must be a link"),
        ("image.tile", {"prompt": "x"}, "Cannon Studio's docs list no operation image.tile"),
    ],
)
async def test_it_is_sent_as_it_was_typed_after_one_warning(rig: Rig, operation: str, typed: dict, wanted: str):
    asked = await send(rig, operation, json.dumps(typed))
    assert asked.ephemeral
    assert asked.response.content.startswith("⚠️ ")
    assert wanted in asked.response.content
    assert asked.response.content.count("⚠️") == 1
    await nothing_happened(rig)
    await rig.moderator.click(asked.response, label="Continue anyway")
    [job] = await rig.jobs()
    assert (job.operation, job.input) == (operation, typed)
    await rig.work()
    [request] = rig.sandbox.requests or [job]
    assert request.input == typed
    await settled_exactly(rig)


async def test_the_warning_survives_a_restart_but_not_the_loss_of_the_role(rig: Rig):
    asked = await send(rig, "image.generate", '{"prompt": "x", "seed": 7}')
    await rig.restart()
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    refused = await rig.moderator.click(asked.response, label="Continue anyway")
    assert "Manage Server" in private_sentence(refused)
    await nothing_happened(rig)


@pytest.mark.parametrize(("operation", "typed"), [("image.tile", {"prompt": "x"})])
async def test_what_no_document_names_can_be_tried_again_after_the_same_question(rig: Rig, operation: str, typed: dict):
    asked = await send(rig, operation, json.dumps(typed))
    await rig.moderator.click(asked.response, label="Continue anyway")
    await rig.work()
    [message] = rig.messages()
    again = await rig.moderator.click(message, label=whole(message, "Try again"))
    assert labels(again.response) == ["Continue anyway", "Cancel"]
    await rig.moderator.click(again.response, label="Continue anyway")
    assert [(job.operation, job.input) for job in await rig.jobs()] == [(operation, typed)] * 2
