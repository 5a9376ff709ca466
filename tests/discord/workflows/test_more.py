"""`more`: the form with what a command does not show, filled with what is known; *Edit and run* has the same one."""

from __future__ import annotations

from typing import Any

import pytest

from cogs.workflows import texts
from tests.support.more import filled, slash
from tests.support.rig import Rig
from tests.support.surface import fill, inputs, nothing_happened, png, private_sentence, whole
from tests.support.workflows import IMAGE, earlier

GENERATE = "image generate"
REST = str(texts.OTHER_FIELDS)


async def opened(rig: Rig, command: str, **options: Any) -> Any:
    return await rig.member.slash(rig.channel, command, more=True, **options)


def lines_of(shown: Any) -> list[str]:
    return [line.partition(":")[0] for line in inputs(shown)[REST]["value"].splitlines()]


async def with_preset(rig: Rig, operation: str, **values: Any) -> str:
    settings = rig.bot.parts.own_settings
    preset, _ = await settings.keep_preset(rig.guild.id, rig.member.id, "mine", operation=operation, values=values)
    return preset.name


async def test_the_form_asks_what_the_command_does_not_show(rig: Rig):
    shown = await opened(rig, GENERATE, prompt="a fox")
    assert list(inputs(shown)) == ["Reference images", "Resolution", "Quality", "Reference balance", REST]
    assert lines_of(shown) == ["Reference images", "Improve the prompt"]


async def test_what_the_form_asks_goes_along_with_what_was_typed(rig: Rig):
    await rig.member.slash(
        rig.channel, GENERATE, prompt="a fox", count=1, aspect_ratio="16:9", style="oil", reference_prompt_balance=0.5
    )
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input == {
        "prompt": "a fox", "aspect_ratio": "16:9", "style": "oil", "reference_prompt_balance": 0.5,
    }  # fmt: skip


async def test_a_preset_that_names_what_is_no_option_any_more_fills_the_form_and_works_without_it(rig: Rig):
    name = await with_preset(rig, "image.generate", quality="high", resolution="2K", model="gptimage2")
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", count=1, preset=name)
    await rig.work()
    assert rig.sandbox.requests[-1].input["quality"] == "high"
    shown = await opened(rig, GENERATE, prompt="a fox", count=1, preset=name)
    assert inputs(shown)["Quality"]["value"] == "high"
    chosen = [each["value"] for each in inputs(shown)["Resolution"]["options"] if each.get("default")]
    assert chosen == ["2K"]
    await rig.member.submit_modal(shown, {"quality": "", "resolution": "4K"})
    await rig.work()
    sent = rig.sandbox.requests[-1].input
    assert sent == {"prompt": "a fox", "model": "gptimage2", "resolution": "4K"}, "what was emptied is not sent"


async def test_more_files_are_uploaded_than_the_option_takes(rig: Rig):
    files = [(f"{number}.png", png()) for number in range(4)]
    await rig.member.slash(
        rig.channel, GENERATE, prompt="x", count=1, image=("0.png", png()), reference_image_urls=files
    )
    await rig.work()
    assert len(rig.sandbox.requests[-1].input["reference_image_urls"]) == 5


async def test_a_line_takes_a_job_where_the_form_has_an_upload(rig: Rig):
    job = await earlier(rig, IMAGE)
    await rig.member.slash(rig.channel, "video generate", prompt="x", end_image_url=job.id)
    await rig.work()
    assert rig.sandbox.requests[-1].input["end_image_url"] == job.media[0].url


@pytest.mark.parametrize("typed", ["Sed: 4", "seed: maybe", "NSFW check: perhaps"])
async def test_a_line_that_makes_no_sense_is_refused_and_costs_nothing(rig: Rig, typed: str):
    shown = await opened(rig, "video generate", prompt="waves")
    result = await rig.member.submit_modal(shown, {"rest": typed})
    assert private_sentence(result)
    await nothing_happened(rig)


async def test_a_better_prompt_is_a_line_where_it_is_no_option(rig: Rig):
    shown = await opened(rig, "video generate", prompt="waves", count=2)
    await rig.member.submit_modal(shown, filled(shown.modal, {"enhance": True}))
    assert [job.operation for job in await rig.jobs()].count("video.generate") == 2
    assert "prompt.enhance.video" in {job.operation for job in await rig.jobs()}


async def test_a_missing_file_is_asked_in_the_form_too(rig: Rig):
    shown = await opened(rig, "finish upscale")
    assert list(inputs(shown))[:2] == ["Video", "Video: link or job ID"]
    assert "A file is missing" in private_sentence(await rig.member.submit_modal(shown, {}))
    await nothing_happened(rig)


async def test_edit_and_run_has_every_field_in_one_form(rig: Rig):
    await rig.member.slash(rig.channel, "audio music", prompt="piano #fast", seed=7, negative_tags="drums", count=1)
    await rig.work()
    [message] = rig.messages()
    shown = await rig.member.click(message, label=whole(message, "Edit and run"))
    assert inputs(shown)["Prompt"]["value"] == "piano #fast"
    text = inputs(shown)[REST]["value"]
    assert "Seed: 7" in text
    assert "Negative tags: drums" in text
    changed = {"Prompt": "piano #fast", REST: text.replace("Seed: 7", "Seed: 8").replace("drums", "")}
    await rig.member.submit_modal(shown, fill(shown, changed))
    await rig.work()
    assert rig.sandbox.requests[-1].input == {"prompt": "piano #fast", "seed": 8}


async def test_from_offers_the_members_own_and_this_channels_results_and_words_search_the_server(rig: Rig):
    other = rig.guild.create_text_channel("other")
    await rig.moderator.slash(other, GENERATE, prompt="an owl elsewhere #fast", count=1)
    await rig.work()
    owl = (await rig.jobs())[0]
    await rig.moderator.slash(rig.channel, GENERATE, prompt="a heron here #fast", count=1)
    await rig.work()
    heron = (await rig.jobs())[0]

    async def offered(typed: str) -> list[str]:
        found = await rig.member.autocomplete(rig.channel, "image edit", "from", typed)
        return [each["value"] for each in found]

    assert await offered("") == [heron.id]
    assert await offered("owl") == [owl.id]
    mine = await rig.moderator.autocomplete(rig.channel, "image edit", "from", "")
    assert [each["value"] for each in mine] == [heron.id, owl.id]
    assert "a heron here" in mine[0]["name"]


async def test_an_option_that_no_command_has_is_refused_by_discord_itself(rig: Rig):
    with pytest.raises(Exception, match="no option"):
        await slash(rig.member, rig.channel, "help", job="7AB2CD3EF4")
