"""Results made again: re-run, vary, edit and run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from bot.domain.server.guild_rules import Payer
from bot.domain.texts import RERUN, TURNED_OFF
from bot.generation.rewrites import MUSIC_REWRITES, SOUND_REWRITES, VIDEO_REWRITES
from bot.generation.texts import AUTHORS_ONLY
from cogs.results import texts
from tests.support.results import Press, card_of, count, picture
from tests.support.rig import Rig
from tests.support.surface import (
    agreed,
    delete,
    fill,
    inputs,
    newest,
    private_sentence,
    state_text,
    whole,
)
from tests.support.workflows import IMAGE, earlier

# ---------------------------------------------------------------------- re-run


async def test_a_rerun_has_the_same_input_and_a_new_seed_where_there_is_one(rig: Rig):
    await rig.member.slash(rig.channel, "video generate", prompt="a fox #fast", seed=7, aspect_ratio="9:16")
    await rig.work()
    first = await newest(rig)
    await rig.moderator.click(card_of(rig, first), label=whole(card_of(rig, first), "Re-run"))
    second = await newest(rig)
    assert {**second.input, "seed": 7} == dict(first.input)
    assert second.input["seed"] != 7
    assert 1 <= second.input["seed"] < 2**31


async def test_what_was_made_of_a_private_result_is_private_and_does_not_link_it_for_others(rig: Rig):
    job = await earlier(rig, IMAGE, private=True)
    [message] = [m for m in rig.messages(viewer=rig.member) if m.id == job.message_id]
    result = await rig.member.click(message, label=whole(message, "Re-run"))
    assert result.ephemeral
    await rig.work()
    assert rig.messages(viewer=rig.moderator) == []
    shown = rig.messages(viewer=rig.member)
    assert not any("made from this" in state_text(m) for m in shown)
    assert (await newest(rig)).parent_id == job.id


async def test_a_double_press_makes_one_and_a_press_after_a_while_another(rig: Rig):
    message, _ = await picture(rig)
    await rig.member.click(message, label=whole(message, "Re-run"))
    assert private_sentence(await rig.member.click(message, label=whole(message, "Re-run"))) == str(texts.PRESSED_TWICE)
    assert await count(rig) == 2
    await rig.moderator.click(message, label=whole(message, "Re-run"))
    assert await count(rig) == 3, "one member's presses are not another's"
    rig.advance(4)
    await rig.member.click(message, label=whole(message, "Re-run"))
    assert await count(rig) == 4


async def test_a_rerun_whose_source_is_gone_says_so_and_costs_nothing(rig: Rig):
    _, parent = await picture(rig)
    await rig.member.slash(rig.channel, "image edit", prompt="at night #fast", from_=parent.id)
    await rig.work()
    edit = await newest(rig)
    await gone(rig, parent)
    delete(rig, card_of(rig, parent))
    result = await rig.moderator.click(card_of(rig, edit), label=whole(card_of(rig, edit), "Re-run"))
    assert "no longer there" in result.followups[0].content
    assert await count(rig) == 2


async def gone(rig: Rig, job: Job) -> None:
    """Let Cannon Studio's links to the job's files end, and its retention with them."""
    for medium in job.media:
        rig.sandbox.studio.files._files.pop(medium.url.rpartition("/")[2], None)


@pytest.mark.parametrize("control", ["rerun", "vary", "edit"])
@pytest.mark.parametrize(
    ("payer", "who", "sentence"),
    [(Payer.OFF, "author", TURNED_OFF(operation=RERUN)), (Payer.AUTHOR, "other", str(AUTHORS_ONLY))],
)
async def test_the_server_decides_who_may_make_more_of_a_result(
    rig: Rig, control: str, payer: Payer, who: str, sentence: str | None
):
    message, _ = await picture(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, rerun_payer=payer))
    member = rig.member if who == "author" else rig.moderator
    label = {"rerun": "Re-run", "vary": "Vary", "edit": "Edit and run"}[control]
    if sentence is not None:
        assert private_sentence(await member.click(message, label=whole(message, label))) == sentence
        assert await count(rig) == 1
        return
    await getattr(Press(message, member), control)()
    assert (await newest(rig)).author_id == member.id


# ---------------------------------------------------------------------- vary


@pytest.mark.parametrize(("command", "enhancer"), [("video generate", "prompt.enhance.video")])
async def test_a_variant_of_anything_else_is_made_again_from_other_words(rig: Rig, command: str, enhancer: str | None):
    await rig.member.slash(rig.channel, command, prompt="a fox #fast")
    await rig.work()
    parent = await newest(rig)
    how = await rig.member.click(card_of(rig, parent), label="Vary")
    await agreed(rig.member, await rig.member.click(how.response, label=whole(how.response, "Strong")))
    await rig.work()
    first, second = sorted(await rig.jobs(), key=lambda job: (job.created_at, job.position))[1:]
    assert first.operation == (enhancer or "prompt.enhance.variant")
    if enhancer is not None:
        assert first.sent_input["rewriteRequest"] == VIDEO_REWRITES["strong"]
    assert second.operation == parent.operation
    assert second.input["prompt"] == first.output["enhancedPrompt"]
    assert second.state is JobState.DELIVERED


@pytest.mark.parametrize(("command", "rewrites"), [("audio music", MUSIC_REWRITES), ("audio soundfx", SOUND_REWRITES)])
@pytest.mark.parametrize("strength", ["strong"])
async def test_a_variant_of_sound_rewrites_the_words_for_what_is_heard(
    rig: Rig, command: str, rewrites: Any, strength: str
):
    await rig.member.slash(rig.channel, command, prompt="a fox #fast")
    await rig.work()
    how = await rig.member.click(card_of(rig, await newest(rig)), label="Vary")
    label = whole(how.response, strength.capitalize())
    await agreed(rig.member, await rig.member.click(how.response, label=label))
    [first] = [job for job in await rig.jobs() if job.operation == "prompt.enhance.variant"]
    assert first.input == {"prompt": "a fox #fast"}
    assert first.sent_input == {"prompt": "a fox #fast", "rewriteRequest": rewrites[strength]}
    assert not {"light", "colours", "composition"} & set(re.findall(r"\w+", rewrites[strength].lower()))


# ---------------------------------------------------------------------- edit and run


async def test_the_form_has_what_the_result_was_made_of_and_keeps_what_it_does_not_ask(rig: Rig):
    options = {
        "aspect_ratio": "9:16", "quality": "high", "style": "noir", "resolution": "2K", "model": "gptimage2",
        "reference_prompt_balance": 0.5,
    }  # fmt: skip
    message, parent = await picture(rig, **options)
    shown = await rig.moderator.click(message, label="Edit and run")
    there = {label: item.get("value") for label, item in inputs(shown).items()}
    assert len(there) == 5
    assert there["Prompt"] == parent.input["prompt"]
    assert there["Aspect ratio"] == "9:16"
    typed = {label: value for label, value in there.items() if value} | {"Prompt": "a wolf #fast"}
    typed.pop("Aspect ratio")
    await rig.moderator.submit_modal(shown, fill(shown, typed))
    job = await newest(rig)
    expected = {**parent.input, "prompt": "a wolf #fast"}
    del expected["aspect_ratio"]
    assert dict(job.input) == expected
    assert job.parent_id == parent.id
