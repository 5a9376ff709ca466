"""What the live document or the API itself requires is asked for in a form, whatever options the command has."""

from __future__ import annotations

import json
from typing import Any

from bot.domain.models import JobState, MediaKind
from tests.support.rig import Rig
from tests.support.surface import inputs, labels, nothing_happened, whole
from tests.support.workflows import hosted, sample


async def require(rig: Rig, operation: str, **fields: dict[str, Any]) -> None:
    """Let the live document say that the operation needs these fields, too."""
    known = {name: {"type": "string"} for name in ("prompt", "image_url")}
    given = {"properties": known | fields, "required": ["prompt", *fields]}
    branch = {"properties": {"operation": {"const": operation}, "input": given}}
    schema = {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [branch]}}}}}
    await rig.bot.live_catalogue.learn({"paths": {"/api/v1/requests": {"post": schema}}})


NAME = {"display_name": {"type": "string", "description": "What it is called"}}


async def test_a_command_asks_for_what_it_has_no_option_for(rig: Rig):
    await require(rig, "image.generate", **NAME)
    shown = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    [field] = rig.form_fields(shown)
    await nothing_happened(rig)
    await rig.member.submit_modal(shown, {field: "Nugget"})
    await rig.work()
    [job] = await rig.jobs()
    assert job.input == {"prompt": "gold", "display_name": "Nugget"}


async def test_where_no_form_can_be_opened_any_more_a_button_opens_it(rig: Rig):
    await require(rig, "image.edit", **NAME)
    picture = hosted(rig, *sample(MediaKind.IMAGE))
    answer = await rig.member.slash(rig.channel, "image edit", prompt="night", from_=picture)
    [message] = [each for each in (answer.response, *answer.followups) if each is not None and each.ephemeral]
    assert "probably needs: display name" in message.content
    assert labels(message) == ["Fill in…"]
    await nothing_happened(rig)
    await rig.restart()
    await require(rig, "image.edit", **NAME)
    for _ in range(2):  # a form that was dismissed can be opened again
        shown = await rig.member.click(message, label="Fill in…")
    [field] = rig.form_fields(shown)
    await rig.member.submit_modal(shown, {field: "Nugget"})
    [job] = await rig.jobs()
    assert job.input == {"prompt": "night", "image_url": picture, "display_name": "Nugget"}


async def failed_for_want_of_a_name(rig: Rig) -> Any:
    issue = {"code": "invalid_type", "received": "undefined", "path": ["input", "display_name"], "message": "Required"}
    rig.sandbox.fault("submit", "status", status=422, body=json.dumps({"error": {"issues": [issue]}}))
    await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.work()
    [message] = [each for each in rig.messages() if each.embeds]
    return message


async def test_try_again_asks_for_the_field_that_the_api_has_named(rig: Rig):
    message = await failed_for_want_of_a_name(rig)
    shown = await rig.member.click(message, label=whole(message, "Try again"))
    assert list(inputs(shown)) == ["Display name"]
    [field] = rig.form_fields(shown)
    answer = await rig.member.submit_modal(shown, {field: "Nugget"})
    assert not answer.ephemeral, answer.response.content
    job = (await rig.jobs())[0]
    assert job.input == {"prompt": "gold", "display_name": "Nugget"}
    assert [each.state for each in await rig.jobs()][1:] == [JobState.FAILED]


async def test_a_sound_effect_of_nothing_is_asked_for_its_prompt(rig: Rig):
    shown = await rig.member.slash(rig.channel, "audio soundfx")
    assert list(inputs(shown)) == ["Prompt"]
    await nothing_happened(rig)
    await rig.member.submit_modal(shown, {rig.form_fields(shown)[0]: "rain"})
    [job] = await rig.jobs()
    assert job.input["prompt"] == "rain"
