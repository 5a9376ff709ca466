"""`more`: the form with what a command does not show, filled with what is known; *Edit and run* has the same one."""

from __future__ import annotations

from typing import Any

from cogs.workflows import texts
from tests.support.rig import Rig
from tests.support.surface import fill, inputs, nothing_happened, private_sentence, whole

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


async def test_a_line_that_makes_no_sense_is_refused_and_costs_nothing(rig: Rig):
    for typed in ["Sed: 4", "seed: maybe", "NSFW check: perhaps"]:
        shown = await opened(rig, "video generate", prompt="waves")
        result = await rig.member.submit_modal(shown, {"rest": typed})
        assert private_sentence(result)
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
