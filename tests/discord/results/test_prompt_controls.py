from __future__ import annotations

import re
from typing import Any

import discord
import pytest

from bot.delivery.answers.texts import UNEXPECTED
from bot.domain.custom_ids import custom_id
from bot.domain.models import Job, JobState
from bot.errors import InputError
from cogs.ui import controls
from cogs.ui.controls import Control, view_of
from cogs.ui.texts import GONE, NOT_OUTSIDE
from tests.support.rig import Rig
from tests.support.surface import (
    DETAILS,
    REMOVE,
    agreed,
    delete,
    fill,
    inputs,
    labels,
    newest,
    nothing_happened,
    private_sentence,
    settled_exactly,
    unlinked,
    whole,
)

LABELS = ["Generate image", "Generate video", "Rewrite again", "Edit first", DETAILS, REMOVE]


async def rewritten(rig: Rig, kind: str = "image", **options: Any) -> tuple[discord.Message, Job]:
    """Have a prompt rewritten; return the card and the job."""
    await rig.member.slash(rig.channel, f"prompt for:{kind}", prompt="a fox", **options)
    await rig.work()
    return rig.messages(viewer=rig.member)[0], (await rig.jobs())[0]


async def forged(rig: Rig, where: Any, custom: str) -> discord.Message:
    """Post a message of the bot that has a button with any custom id."""
    button: Any = discord.ui.Button(label="Press", custom_id=custom)
    channel: Any = rig.bot.get_channel(where.id)
    with rig.env.time_context():
        return await channel.send("forged", view=view_of([Control(button)]))


# ---------------------------------------------------------------------- what is offered


@pytest.mark.parametrize(("kind", "expected"), [("image", LABELS), ("video", LABELS[1:])])
async def test_a_rewritten_prompt_offers_what_it_is_good_for(rig: Rig, kind: str, expected: list[str]):
    message, job = await rewritten(rig, kind)
    assert labels(message) == expected
    for row in message.components:
        for item in row.children:
            assert re.fullmatch(rf"c1:(prompt_[a-z]+|details|remove):{job.id}", item.custom_id)
            assert len(item.custom_id) <= 100


# ---------------------------------------------------------------------- each control, before and after a restart


@pytest.mark.parametrize("restarted", [True])
@pytest.mark.parametrize(
    ("label", "operation"),
    [
        ("Generate image", "image.generate"),
        ("Generate video", "video.generate"),
        ("Rewrite again", "prompt.enhance.image"),
    ],
)
async def test_a_button_starts_a_new_job_of_who_pressed_it(rig: Rig, label: str, operation: str, restarted: bool):
    message, prompt = await rewritten(rig, aspect_ratio="9:16")
    if restarted:
        await rig.restart(after_s=90 * 24 * 3600)
        [message] = rig.messages()
    pressed = await rig.moderator.click(message, label=whole(message, label))
    result = await agreed(rig.moderator, pressed)
    assert not result.ephemeral
    assert result.response.id != message.id
    job = await newest(rig)
    assert job.operation == operation
    assert job.author_id == rig.moderator.id
    assert job.parent_id == prompt.id
    words = "a fox" if label == "Rewrite again" else prompt.output["enhancedPrompt"]
    assert job.input["prompt"] == words
    ratio = "aspectRatio" if label == "Rewrite again" else "aspect_ratio"
    assert job.input[ratio] == "9:16"
    await rig.work()
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    assert len([message for message in rig.messages() if message.embeds]) == 2
    await settled_exactly(rig)


@pytest.mark.parametrize("restarted", [True])
async def test_edit_first_makes_what_the_prompt_was_changed_to(rig: Rig, restarted: bool):
    message, prompt = await rewritten(rig)
    if restarted:
        await rig.restart()
        [message] = rig.messages()
    shown = await rig.moderator.click(message, label="Edit first")
    texts = {label: item.get("value") for label, item in inputs(shown).items()}
    assert texts["Prompt"] == prompt.output["enhancedPrompt"]
    await rig.moderator.submit_modal(
        shown,
        fill(shown, {"What do you want to make?": ["video.generate"], "Prompt": "a wolf", "Aspect ratio": "16:9"}),
    )
    job = await newest(rig)
    assert (job.operation, job.input) == ("video.generate", {"prompt": "a wolf", "aspect_ratio": "16:9"})
    assert (job.author_id, job.parent_id) == (rig.moderator.id, prompt.id)
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED


async def test_a_form_of_a_card_that_was_deleted_meanwhile_still_works(rig: Rig):
    message, _ = await rewritten(rig)
    shown = await rig.member.click(message, label="Edit first")
    delete(rig, message)
    shown._interaction.source_message_id = None  # simcord lets nobody send a form whose message is gone; Discord does
    await rig.member.submit_modal(
        shown, fill(shown, {"What do you want to make?": ["image.generate"], "Prompt": "a wolf"})
    )
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED


async def test_what_is_made_of_a_private_prompt_is_private_too(rig: Rig):
    message, _ = await rewritten(rig, private=True)
    result = await agreed(rig.member, await rig.member.click(message, label=whole(message, "Generate image")))
    assert result.ephemeral
    await rig.work()
    assert rig.messages(viewer=rig.moderator) == []
    shown = await rig.member.click(message, label="Edit first")
    result = await rig.member.submit_modal(
        shown, fill(shown, {"What do you want to make?": ["image.generate"], "Prompt": "x"})
    )
    assert result.ephemeral


async def test_a_blocked_member_is_refused_like_with_a_command(rig: Rig):
    message, _ = await rewritten(rig)
    eve = rig.guild.add_member(rig.env.create_user("eve"))
    await rig.bot.parts.store.blocks.add(rig.guild.id, eve.id, until=None, reason="", by_id=rig.moderator.id)
    for label in LABELS[:3]:
        private_sentence(await eve.click(message, label=whole(message, label)))
    shown = await eve.click(message, label="Edit first")
    private_sentence(
        await eve.submit_modal(shown, fill(shown, {"What do you want to make?": ["image.generate"], "Prompt": "x"}))
    )
    assert len(await rig.jobs()) == 1


# ---------------------------------------------------------------------- long prompts


async def test_a_prompt_that_is_too_long_for_a_form_is_reported(rig: Rig):
    message, job = await rewritten(rig)
    await change_output(rig, job, "x" * 8001)
    assert "8,001" in private_sentence(await rig.member.click(message, label="Edit first"))
    assert "6,000" in private_sentence(
        await agreed(rig.member, await rig.member.click(message, label=whole(message, "Generate image")))
    )


async def change_output(rig: Rig, job: Job, words: str) -> None:
    import json

    text = json.dumps({"enhancedPrompt": words})
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET output = ? WHERE id = ?", (text, job.id))
    )


# ---------------------------------------------------------------------- forged and strange controls


async def test_a_control_of_another_server_a_private_one_and_an_unknown_one_have_the_same_answer(rig: Rig):
    _, job = await rewritten(rig)
    await rig.member.slash(rig.channel, "prompt for:image", prompt="a secret", private=True)
    await rig.work()
    secret = await newest(rig)
    other = rig.env.create_guild("Elsewhere")
    place = other.create_text_channel("general")
    stranger = other.add_member(rig.env.create_user("eve"))
    cases = [
        (stranger, place, custom_id("prompt_image", job.id)),
        (stranger, place, custom_id("prompt_again", job.id)),
        (stranger, place, custom_id("next", job.id)),
        (rig.moderator, rig.channel, custom_id("prompt_image", secret.id)),
        (rig.moderator, rig.channel, custom_id("prompt_edit", secret.id)),
        (rig.member, rig.channel, custom_id("prompt_image", "0000000000")),
        (rig.member, rig.channel, custom_id("prompt_image", "no-such.job")),
        (rig.member, rig.channel, custom_id("no_such_action", job.id)),
        (rig.member, rig.channel, f"c2:prompt_image:{job.id}"),
        (rig.member, rig.channel, f"c0:prompt_image:{job.id}"),
    ]
    before = len(await rig.jobs())
    for actor, channel, custom in cases:
        message = await forged(rig, channel, custom)
        assert private_sentence(await actor.click(message, label="Press")) == str(GONE), custom
    assert len(await rig.jobs()) == before
    assert await rig.bot.parts.store.job_lists.recent(other.id) == []


async def test_a_servers_control_in_a_direct_message_says_that_it_works_in_that_server(rig: Rig):
    _, job = await rewritten(rig)
    with rig.env.time_context():
        user = await rig.bot.fetch_user(rig.member.id)
        message = await user.send("there", view=view_of([Control.button("prompt_image", job.id, label="Press")]))
    assert private_sentence(await rig.member.user.click(message, label="Press")) == str(NOT_OUTSIDE)


@pytest.mark.parametrize(
    ("action", "subject"), [("", "x"), ("Image", "x"), ("image", ""), ("image", "a:b"), ("image", "x" * 61)]
)
def test_what_is_no_custom_id_is_refused_when_it_is_made(action: str, subject: str):
    with pytest.raises(ValueError, match="no control"):
        custom_id(action, subject)


def test_the_longest_custom_id_fits_discords_limit():
    assert len(custom_id("a" * 32, "x" * 60).replace("c1", "c999")) <= 100


def test_two_actions_cannot_have_one_name(monkeypatch):
    monkeypatch.setattr(controls, "_ACTIONS", {})

    async def first(*_: Any) -> None: ...

    async def second(*_: Any) -> None: ...

    controls.on("same")(first)
    controls.on("same")(first)
    with pytest.raises(ValueError, match="two actions"):
        controls.on("same")(second)


# ---------------------------------------------------------------------- errors and memory


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(ZeroDivisionError(), str(UNEXPECTED)), (InputError("This is the sentence."), "This is the sentence.")],
)
async def test_an_error_in_a_control_is_never_silent(rig: Rig, monkeypatch, error: Exception, sentence: str):
    async def fail(*_: Any) -> None:
        raise error

    monkeypatch.setitem(controls._ACTIONS, "fails", fail)
    message = await forged(rig, rig.channel, custom_id("fails", "x"))
    assert private_sentence(await rig.member.click(message, label="Press")) == sentence
    await nothing_happened(rig)


@pytest.mark.parametrize("part", ["interaction_check", "from_custom_id"])
def test_nothing_of_a_control_that_discord_only_logs_is_changed_by_a_subclass(part: str):
    """Both are made so that they cannot fail; a class below Control that does more there would fail silently."""
    assert Control.__subclasses__() == []
    assert part in vars(Control)


async def test_an_error_after_the_answer_is_reported_in_a_second_message(rig: Rig, monkeypatch):
    async def fail(interaction: Any, *_: Any) -> None:
        await interaction.response.send_message("done", ephemeral=True)
        raise ZeroDivisionError

    monkeypatch.setitem(controls._ACTIONS, "fails", fail)
    message = await forged(rig, rig.channel, custom_id("fails", "x"))
    result = await rig.member.click(message, label="Press")
    assert result.followups[0].ephemeral
    assert str(UNEXPECTED) in unlinked(result.followups[0].content)
