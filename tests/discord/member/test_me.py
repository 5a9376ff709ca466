"""`/me`: one private panel, its pages, and what each control of it does, after a restart too."""

from __future__ import annotations

from typing import Any

from bot.domain.server.member_settings import MemberSettings
from cogs.member.panel import texts
from cogs.member.panel.pages import key_of
from cogs.ui.texts import GONE
from tests.support.me import opened, turned
from tests.support.rig import Rig
from tests.support.surface import fill, inputs, labels, private_sentence


async def own(rig: Rig, member: Any = None) -> MemberSettings:
    return await rig.bot.parts.own_settings.of(rig.guild.id, (member or rig.member).id)


def text(message: Any) -> str:
    return message.embeds[0].description or ""


async def choose(rig: Rig, page: Any, key: str, value: str) -> Any:
    """Change a default by its form; return the panel's message."""
    form = await rig.member.select(page, values=[key], custom_id="c1:me_set:defaults")
    [label] = inputs(form)
    sent = [value] if key != "style" else value
    return (await rig.member.submit_modal(form, fill(form, {label: sent}))).response


async def test_each_default_is_set_shown_and_cleared(rig: Rig):
    page = await opened(rig, rig.member)
    assert page.ephemeral
    assert text(page).count(str(texts.NOT_SET)) >= 4
    page = await choose(rig, page, "model.image.generate", "seedream5")
    page = await choose(rig, page, "ratio", "16:9")
    page = await choose(rig, page, "style", "  35mm film  ")
    page = (await rig.member.click(page, custom_id="c1:me_toggle:private")).response
    page = (await rig.member.click(page, custom_id="c1:me_toggle:spoiler")).response
    for shown in ("Seedream 5.0 Lite", "16:9", "35mm film", "only you see them", "blurred"):
        assert shown in text(page)
    assert await own(rig) == MemberSettings(
        models={"image.generate": "seedream5"}, aspect_ratio="16:9", style="35mm film", private=True, spoiler=True
    )
    page = await choose(rig, page, "model.image.generate", "-")
    page = await choose(rig, page, "style", "")
    assert (dict((await own(rig)).models), (await own(rig)).style) == ({}, "")
    await rig.member.click(page, custom_id="c1:me_clear:defaults")
    assert await own(rig) == MemberSettings()


async def test_a_member_is_left_out_of_galleries_until_they_choose_again(rig: Rig):
    page = await opened(rig, rig.member)
    assert str(texts.SHOWN_LINE) in text(page)
    page = (await rig.member.click(page, custom_id="c1:me_toggle:shown")).response
    assert str(texts.UNSHOWN_LINE) in text(page)
    assert await own(rig) == MemberSettings(is_unshown=True)
    await rig.member.click(page, custom_id="c1:me_clear:defaults")
    assert (await own(rig)).is_unshown  # it is no default of requests
    await rig.member.click(page, custom_id="c1:me_toggle:shown")
    assert await own(rig) == MemberSettings()


async def test_the_panel_is_about_whoever_presses_and_outlives_a_restart(rig: Rig):
    page = await opened(rig, rig.member)
    await rig.restart()
    await rig.member.click(page, custom_id="c1:me_toggle:private")
    assert (await own(rig)).private
    assert await own(rig, rig.moderator) == MemberSettings()
    theirs = await opened(rig, rig.moderator)
    assert str(texts.private_line(on=False)) in text(theirs)


async def test_a_preset_is_made_run_changed_and_deleted(rig: Rig):
    page = await opened(rig, rig.member, "presets")
    assert str(texts.NO_PRESETS) in text(page)
    form = await rig.member.select(page, values=["image.generate"], custom_id="c1:preset_new:list")
    values = {str(texts.PRESET_NAME): "Anime 16:9", "Model": "seedream5", "Aspect ratio": "16:9"}
    page = (await rig.member.submit_modal(form, fill(form, values))).response
    assert "**Anime 16:9**" in text(page)
    key = key_of("Anime 16:9")
    await rig.restart()

    form = await rig.member.click(page, custom_id=f"c1:preset_run:{key}")
    assert "Prompt" in inputs(form)
    await rig.member.submit_modal(form, fill(form, {"Prompt": "a fox"}))
    [job] = await rig.jobs()
    assert {"prompt": "a fox", "model": "seedream5", "aspect_ratio": "16:9"}.items() <= dict(job.input).items()

    form = await rig.member.click(page, custom_id=f"c1:preset_edit:{key}")
    values = {str(texts.PRESET_NAME): "Wide", "Model": "", "Aspect ratio": "21:9"}
    page = (await rig.member.submit_modal(form, fill(form, values))).response
    [preset] = await rig.bot.parts.own_settings.presets(rig.guild.id, rig.member.id)
    assert (preset.name, dict(preset.values)) == ("Wide", {"aspect_ratio": "21:9"})
    page = (await rig.member.click(page, custom_id=f"c1:preset_delete:{key_of('Wide')}")).response
    assert str(texts.NO_PRESETS) in text(page)


async def test_a_preset_whose_model_is_gone_is_refused_wherever_it_is_used(rig: Rig):
    values = {"model": "gone-1"}
    await rig.bot.parts.own_settings.keep_preset(
        rig.guild.id, rig.member.id, "old", operation="image.generate", values=values
    )
    page = await opened(rig, rig.member, "presets")
    page = (await rig.member.select(page, values=[key_of("old")], custom_id="c1:preset_pick:list")).response
    ran = await rig.member.click(page, custom_id=f"c1:preset_run:{key_of('old')}")
    typed = await rig.member.slash(rig.channel, "image generate", prompt="a fox", preset="old")
    for answer in (ran, typed):
        assert "gone-1" in private_sentence(answer)
    assert await rig.jobs() == []


async def test_a_result_is_saved_as_a_preset_without_its_prompt_and_seed(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="my fox", model="seedream5", aspect_ratio="16:9")
    await rig.work()
    job = (await rig.jobs())[0]
    form = await rig.moderator.click(await next_step(rig, job.id, rig.moderator), custom_id=f"c1:preset_save:{job.id}")
    said = await rig.moderator.submit_modal(form, fill(form, {str(texts.PRESET_NAME): "theirs"}))
    assert "**theirs**" in said.response.content
    [preset] = await rig.bot.parts.own_settings.presets(rig.guild.id, rig.moderator.id)
    assert (preset.operation, dict(preset.values)) == (
        "image.generate",
        {"model": "seedream5", "aspect_ratio": "16:9"},
    )
    assert await rig.bot.parts.own_settings.presets(rig.guild.id, rig.member.id) == []


async def next_step(rig: Rig, job_id: str, member: Any) -> Any:
    """Return the message that the button Next step of a card answers with."""
    card = next(each for each in rig.messages() if any(label.startswith("Next") for label in labels(each)))
    button = next(label for label in labels(card) if label.startswith("Next"))
    return (await member.click(card, label=button)).response


async def test_a_control_with_a_page_or_a_preset_that_is_not_there_says_so(rig: Rig):
    page = await opened(rig, rig.member, "presets")
    await rig.bot.parts.own_settings.keep_preset(
        rig.guild.id, rig.member.id, "x", operation="image.generate", values={"style": "noir"}
    )
    page = await turned(rig.member, page, "presets")
    page = (await rig.member.select(page, values=[key_of("x")], custom_id="c1:preset_pick:list")).response
    await rig.bot.parts.own_settings.remove_preset(rig.guild.id, rig.member.id, "x")
    for action in ("run", "edit", "delete"):
        assert private_sentence(await rig.member.click(page, custom_id=f"c1:preset_{action}:{key_of('x')}")) == str(
            GONE
        )
