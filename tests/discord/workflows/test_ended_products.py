"""What its provider has ended is described so and asked about; it leaves the commands where the live list lacks it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.app.catalogue import REFRESH_S, RETRY_S
from bot.domain.models import Job, JobState
from tests.discord.workflows.test_described_commands import registered
from tests.discord.workflows.test_raw_request import send
from tests.support.rig import Rig
from tests.support.surface import agreed, labels, newest, nothing_happened, parts, settled_exactly
from tests.support.workflows import SORA_ENDED

ENDED = (
    "⚠️ Sora 2 was retired on Sep 24, 2026, so this will probably fail. You pay only if Cannon Studio charges for it."
)
SORA = {"sora"}


@pytest.fixture
async def late(rig: Rig) -> Rig:
    rig.advance(SORA_ENDED - rig.clock.wall())
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, running_per_member=9))
    for operation in ("video.generate", "sora2.video.edit", "image.generate"):
        await rig.bot.parts.store.prices.set(rig.guild.id, operation, "", Decimal(30))
    return rig


async def edit(rig: Rig) -> Any:
    return await rig.member.slash(rig.channel, "sora for:edit", prompt="make it snow", sora_video_id="video_68c1")


def asked_of(result: Any) -> str:
    """Return what is asked of the member alone."""
    [message] = [each for each in (result.response, *result.followups) if each is not None]
    assert message.flags.ephemeral
    return str(message.content)


def video_of(rig: Rig) -> Any:
    return next(each for each in rig.messages() if each.attachments)


async def made_by_sora(rig: Rig) -> Job:
    """Have a video that Sora made while nothing was known of a live list."""
    await agreed(rig.member, await edit(rig))
    await rig.work()
    return await newest(rig)


async def read_list(rig: Rig, *, sora: bool) -> None:
    """Read the live list in its round, with Sora or without, and let the round of the commands come."""
    rig.sandbox.vary(sora="" if sora else "absent")
    assert await rig.bot.parts.catalogue_refresh.run_once() in {REFRESH_S, RETRY_S}
    await rig.bot.parts.command_sync.catch_up()


# ---------------------------------------------------------------------- where nothing can be read


async def test_it_is_asked_about_in_private_before_anything_is_sent_and_one_press_tries_it(late: Rig):
    asked = await edit(late)
    assert asked_of(asked).startswith(ENDED)
    assert labels(asked.response) == ["Continue anyway", "Cancel"]
    await nothing_happened(late)
    made = await late.member.click(asked.response, label="Continue anyway")
    assert not made.ephemeral
    await late.work()
    assert (await newest(late)).state is JobState.DELIVERED
    assert [each.operation for each in late.sandbox.requests] == ["sora2.video.edit"]
    await settled_exactly(late)


async def test_a_model_that_has_ended_is_asked_about_and_another_of_its_operation_is_not(late: Rig):
    asked = await late.member.slash(late.channel, "video generate", prompt="waves", model="Sora 2")
    assert asked_of(asked).startswith(ENDED)
    assert not (await late.member.slash(late.channel, "video generate", prompt="waves", model="Veo 3.1")).ephemeral


async def test_descriptions_and_help_say_so(late: Rig):
    for name in SORA:
        assert registered(late)[name]["description"].startswith("Retired on 2026-09-24: ")
    [line] = [each for each in await help_text(late, topic="sora") if "/sora:" in each]
    assert line.startswith("⚠️ ")
    assert line.endswith("will probably fail")
    video = await help_text(late, topic="video")
    assert "-# ⚠️ Sora 2: retired on Sep 24, 2026; will probably fail" in video
    assert [each for each in video if "/video generate:" in each and "⚠️" in each] == []


async def test_next_steps_say_so_and_have_it_last(late: Rig):
    await made_by_sora(late)
    message = video_of(late)
    offered = await late.member.click(message, label="Next step…")
    [options] = [each["options"] for each in parts(offered.response) if "options" in each]
    ended = [each for each in options if each["value"].startswith("sora2.")]
    assert ended == options[-len(ended) :]
    assert {each["description"] for each in ended} == {"Retired on Sep 24, 2026; will probably fail"}
    operations = await late.moderator.autocomplete(late.channel, "studio request", "operation", "sora")
    assert all(each["name"].endswith(" · retired Sep 24, 2026") for each in operations)


async def help_text(rig: Rig, **options: Any) -> list[str]:
    shown = await rig.member.slash(rig.channel, "help", **options)
    messages = [message for message in (shown.response, *shown.followups) if message is not None]
    return [line for message in messages for embed in message.embeds for line in embed.description.splitlines()]


# ---------------------------------------------------------------------- where the live list lacks it


async def test_its_commands_and_choices_leave_and_are_back_within_a_day_of_being_named(late: Rig):
    assert registered(late).keys() >= SORA
    await read_list(late, sora=False)
    left = registered(late)
    assert SORA.isdisjoint(left)
    assert "sora" not in {each.split()[0] for each in left}
    assert not [each for each in await help_text(late) if "/sora" in each]
    models = await late.member.autocomplete(late.channel, "video generate", "model", "sora")
    assert not [each for each in models if "Sora" in each["name"]]
    late.advance(REFRESH_S)
    await read_list(late, sora=True)
    assert registered(late) == {**left, **{name: registered(late)[name] for name in SORA}}
    assert registered(late).keys() >= SORA
    assert asked_of(await edit(late)).startswith(ENDED)


async def test_an_old_card_continues_with_what_does_not_need_it(late: Rig):
    job = await made_by_sora(late)
    await read_list(late, sora=False)
    shown = await late.member.click(video_of(late), label="Next step…")
    offered = [each["value"] for each in shown.response.components[0]["components"][0]["options"]]
    assert {"video.upscale", "lipsync.generate", "subtitles.generate"} <= set(offered)
    assert not [each for each in offered if each.startswith("sora2.")]
    form = await late.member.select(shown.response, ["video.upscale"])
    await agreed(late.member, await late.member.submit_modal(form, {}))
    await late.work()
    made = await newest(late)
    assert (made.operation, made.parent_id, made.state) == ("video.upscale", job.id, JobState.DELIVERED)


async def test_the_raw_request_reaches_it(late: Rig):
    await read_list(late, sora=False)
    late.sandbox.vary(sora="")
    offered = await late.moderator.autocomplete(late.channel, "studio request", "operation", "sora2.video")
    assert "sora2.video.edit" in {each["value"] for each in offered}
    asked = await send(late, "sora2.video.edit", '{"sora_video_id": "video_68c1", "prompt": "make it snow"}')
    assert asked_of(asked).startswith(ENDED)
    await agreed(late.moderator, asked)
    await late.work()
    assert (await newest(late)).operation == "sora2.video.edit"
