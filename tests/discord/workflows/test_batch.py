"""`/batch` on the simulated Discord: many prompts, one card, one price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Rules
from tests.support.prices import priced
from tests.support.rig import Rig
from tests.support.surface import below_prompt, links_on, nothing_happened, private_sentence, settled_exactly

DELIVERED, FAILED, CANCELLED = JobState.DELIVERED, JobState.FAILED, JobState.CANCELLED


async def rule(rig: Rig, **changes) -> Rules:
    return await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes))


async def batch(rig: Rig, *prompts: str, operation: str = "image.generate", **options: Any) -> Any:
    return await rig.member.slash(
        rig.channel, "batch", operation=operation, prompts=" | ".join(f"{each} #fast" for each in prompts), **options
    )


async def card(rig: Rig) -> discord.Message:
    await rig.work()
    [message] = [each for each in rig.messages() if each.embeds]
    return message


def lines(message: discord.Message) -> list[str]:
    return [line for line in below_prompt(message.embeds[0]) if line.partition(".")[0].isdigit()]


def files(message: discord.Message) -> list[str]:
    return [attachment.filename for attachment in message.attachments]


@pytest.mark.long
async def test_a_batch_is_one_card_with_a_line_for_each_prompt(rig: Rig):
    asked = await batch(rig, "a fox", "an owl", "a deer", aspect_ratio="16:9")
    assert asked.response.embeds[0].title == "Generate Image · 3"
    message = await card(rig)
    assert [line.replace("\\", "")[:12] for line in lines(message)] == ["1. a fox #fa", "2. an owl #f", "3. a deer #f"]
    assert all("✅ Done" in line and "credits" in line for line in lines(message))
    assert len(files(message)) == 3
    assert [request.input["aspect_ratio"] for request in rig.sandbox.requests] == ["16:9"] * 3
    await settled_exactly(rig)


@pytest.mark.long
async def test_twenty_prompts_of_a_file_are_ten_files_and_links(rig: Rig):
    text = "\ufeff" + "\r\n\r\n".join(f"fox number {number} #fast" for number in range(1, 21))
    await rig.member.slash(rig.channel, "batch", operation="image.generate", file=("prompts.txt", text.encode()))
    message = await card(rig)
    assert len(lines(message)) == 20
    assert len(files(message)) == 10
    jobs = await rig.jobs()
    assert {job.state for job in jobs} == {DELIVERED}
    stems = {job.id for job in jobs if any(job.id[:4].lower() in name for name in files(message))}
    linked = {job.id for job in jobs if job.media[0].url in links_on(message)}
    assert (len(stems), len(linked)) == (10, 10)
    assert stems | linked == {job.id for job in jobs}
    await settled_exactly(rig)


async def test_many_long_rewritten_prompts_are_in_a_file_that_has_them_all(rig: Rig):
    await batch(rig, *(f"animal {number} {'in a wood ' * 12}" for number in range(8)), operation="prompt.enhance.image")
    message = await card(rig)
    [attachment] = message.attachments
    text = rig.file(attachment).decode()
    assert all(f"{number}. " in text for number in range(1, 9))
    assert text.lower().count("animal") >= 8


async def test_a_batch_can_be_cancelled_where_it_has_not_begun(rig: Rig):
    await rule(rig, running_per_member=1)
    asked = await batch(rig, "a fox", "an owl", "a deer")
    await rig.step()
    done = await rig.member.click(asked.response, label="Cancel")
    assert "nothing was charged for #2 and #3." in done.response.content
    shown = lines(await card(rig))
    assert sorted(job.state for job in await rig.jobs()) == [CANCELLED, CANCELLED, DELIVERED]
    assert ["🚫" in line for line in shown] == [False, True, True]
    await settled_exactly(rig)


# ---------------------------------------------------------------------- the price of the whole


@pytest.mark.long
async def test_the_whole_is_confirmed_and_approved_with_all_its_prompts(rig: Rig):
    desk = rig.guild.create_text_channel("approvals")
    await priced(rig)
    await rule(rig, confirm_above=Decimal(30), approve_above=Decimal(30), approval_channel=desk.id)
    asked = await batch(rig, "a fox", "an owl")
    assert "will cost about **40 credits**" in asked.response.content
    await rig.member.click(asked.response, label="Yes, ask a moderator")
    await rig.step()
    [question] = [m for m in desk.history() if m.author.id == rig.bot.user.id]
    assert "a fox" in question.embeds[0].description
    assert "an owl" in question.embeds[0].description
    await rig.moderator.click(question, label="Approve")
    await rig.work()
    assert {job.state for job in await rig.jobs()} == {DELIVERED}


# ---------------------------------------------------------------------- what is refused


async def test_what_cannot_be_run_is_refused_in_one_sentence(rig: Rig):
    for options, words in [
        ({"operation": "image.generate"}, "Give the prompts once"),
        ({"operation": "image.generate", "prompts": "a", "file": ("a.txt", b"b")}, "Give the prompts once"),
        (
            {"operation": "image.generate", "prompts": " | | "},
            "`prompts` takes 1 to 20 prompts here, one a line or with | between them. Yours has 0.",
        ),
        ({"operation": "image.generate", "prompts": "a|" * 21}, "`prompts` takes 1 to 20 prompts here"),
        ({"operation": "image.edit", "prompts": "a"}, "Edit Image needs more than a prompt"),
        (
            {"operation": "image.generat", "prompts": "a"},
            "There is no operation image.generat. Choose one from the list. Nearest:",
        ),
        ({"operation": "narration.generate", "prompts": "a|b", "aspect_ratio": "1:1"}, "has no field"),
        ({"operation": "image.generate", "file": ("a.txt", b"\xff\xfe\xff")}, "isn't UTF-8 text"),
        (
            {"operation": "image.generate", "file": ("a.txt", b"a" * 300_000)},
            "The file is too large. The limit is 0.2 MB.",
        ),
        ({"operation": "image.generate", "file": ("a.txt", b"ok\n" + b"a" * 7000)}, "Prompt 2: "),
    ]:
        refused = await rig.member.slash(rig.channel, "batch", **options)
        assert words in private_sentence(refused)
        await nothing_happened(rig)


# ---------------------------------------------------------------------- prompts that are rewritten first


async def test_each_prompt_of_a_batch_can_be_rewritten_first(rig: Rig):
    await batch(rig, "a fox", "an owl", enhance=True, aspect_ratio="16:9")
    await card(rig)
    jobs = sorted(await rig.jobs(), key=lambda job: job.position)
    assert [job.operation for job in jobs] == ["prompt.enhance.image", "image.generate"] * 2
    assert [job.state for job in jobs] == [DELIVERED] * 4
    for rewriter, made in (jobs[:2], jobs[2:]):
        assert made.input["prompt"] == rewriter.output["enhancedPrompt"]
        assert made.input["aspect_ratio"] == rewriter.input["aspectRatio"] == "16:9"
    assert "a fox" in jobs[0].input["prompt"]
    assert "an owl" in jobs[2].input["prompt"]
    await settled_exactly(rig)
