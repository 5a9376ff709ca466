"""What its provider has ended is described so and asked about; it leaves the commands where the live list lacks it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.app.catalogue import REFRESH_S, RETRY_S
from bot.domain.models import Job, JobState
from tests.discord.workflows.test_described_commands import TILE, branch, learn, registered
from tests.discord.workflows.test_raw_request import send
from tests.support.rig import Rig
from tests.support.surface import agreed, labels, newest, nothing_happened, parts, settled_exactly, whole
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


async def test_a_price_to_confirm_is_part_of_the_same_question(late: Rig):
    await late.bot.parts.store.settings.change(late.guild.id, lambda old: replace(old, confirm_above=Decimal(1)))
    asked = await edit(late)
    assert asked_of(asked).splitlines()[0] == ENDED
    assert "30 credits" in asked_of(asked)
    assert not (await late.member.click(asked.response, label="Continue anyway")).ephemeral


async def test_it_is_not_asked_about_before_the_day_after(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "sora2.video.edit", "", Decimal(30))
    rig.advance(SORA_ENDED - 1 - rig.clock.wall())
    assert not (await edit(rig)).ephemeral


async def test_a_model_that_has_ended_is_asked_about_and_another_of_its_operation_is_not(late: Rig):
    asked = await late.member.slash(late.channel, "video generate", prompt="waves", model="Sora 2")
    assert asked_of(asked).startswith(ENDED)
    assert not (await late.member.slash(late.channel, "video generate", prompt="waves", model="Veo 3.1")).ephemeral


async def test_several_jobs_are_asked_about_once(late: Rig):
    asked = await late.member.slash(late.channel, "video generate", prompt="waves", model="Sora 2", count=3)
    assert asked_of(asked).count(ENDED) == 1
    await agreed(late.member, asked)
    assert len(await late.jobs()) == 3


async def test_a_reaction_on_an_old_card_says_so_and_its_button_asks(late: Rig):
    await made_by_sora(late)
    message = video_of(late)
    await late.member.react(message, "🔁")
    asked = await late.member.click(message, label=whole(message, "Re-run"))
    assert ENDED in "".join(each.content for each in (asked.response, *asked.followups) if each is not None)
    assert len(await late.jobs()) == 1


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


async def test_the_keyless_tools_alone_are_such_a_list(late: Rig):
    late.sandbox.vary(sora="absent")
    await late.bot.parts.catalogue_refresh.discover()
    await late.bot.parts.command_sync.catch_up()
    assert SORA.isdisjoint(registered(late))
    late.sandbox.vary(sora="")
    late.advance(REFRESH_S)
    await late.bot.parts.catalogue_refresh.discover()
    await late.bot.parts.command_sync.catch_up()
    assert registered(late).keys() >= SORA


async def test_a_list_that_cannot_be_read_changes_nothing(late: Rig):
    await read_list(late, sora=False)
    late.sandbox.fault("openapi", "status", times=None, status=500)
    late.advance(REFRESH_S)
    await late.bot.parts.catalogue_refresh.run_once()
    await late.bot.parts.command_sync.catch_up()
    assert SORA.isdisjoint(registered(late))


async def test_a_restart_without_network_keeps_them_away(late: Rig):
    await read_list(late, sora=False)
    await late.restart()
    assert SORA.isdisjoint(registered(late))


async def test_the_list_before_the_end_hides_nothing(rig: Rig):
    await read_list(rig, sora=False)
    assert registered(rig).keys() >= SORA


async def test_a_new_operation_of_the_group_keeps_its_command_while_the_others_leave_and_return(late: Rig):
    tile = branch("sora2.video.loop", TILE, "prompt")
    others = [branch(f"image.kind{number}", TILE, "prompt") for number in range(3)]
    known = [branch(each, {}) for each in late.bot.catalogue.operations if not each.startswith("sora2.")]
    await learn(late, tile, *others, *known)
    assert SORA.isdisjoint(registered(late))
    assert "more sora2_video_loop" in registered(late)
    late.advance(REFRESH_S)
    every = [branch(each, {}) for each in late.bot.catalogue.operations if each.startswith("sora2.")]
    await learn(late, tile, *others, *known, *every)
    assert registered(late).keys() >= {*SORA, "more sora2_video_loop"}


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
