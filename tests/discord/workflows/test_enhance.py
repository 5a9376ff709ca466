"""Jobs whose prompt is rewritten first."""

from __future__ import annotations

import pytest

from bot.domain.models import JobState
from bot.generation.rewrites import ENHANCE_MUSIC
from tests.support.rig import Rig
from tests.support.surface import settled_exactly, state_text
from tests.support.workflows import COMMANDS

ENHANCED = {
    "image generate": ({}, {"aspect_ratio": "1:1", "style": "sepia"}, {"aspectRatio": "1:1", "visualStyle": "sepia"}),
    "audio music": ({}, {"style": "noir"}, {"rewriteRequest": ENHANCE_MUSIC}),
    "sora for:edit": ({"sora_video_id": "video_1"}, {"duration": 8}, {"duration": 8}),
}


@pytest.mark.parametrize("command", ENHANCED)
async def test_enhance_rewrites_the_prompt_first_and_the_card_shows_both(rig: Rig, command: str):
    needed, options, wishes = ENHANCED[command]
    await rig.member.slash(rig.channel, command, prompt="a fox", enhance=True, **needed, **options)
    await rig.work()
    first, second = rig.sandbox.requests
    kind = {"image": "image", "audio": "variant"}.get(command.partition(" ")[0], "video")
    assert first.operation == f"prompt.enhance.{kind}"
    assert first.input == {"prompt": "a fox", **wishes}
    last, rewriter = await rig.jobs()
    assert (rewriter.position, last.position) == (0, 1)
    assert second.operation == COMMANDS[command]
    assert second.input["prompt"] == rewriter.output["enhancedPrompt"] != "a fox"
    assert second.input.items() >= options.items()
    [message] = [each for each in rig.messages() if each.embeds]
    shown = message.embeds[0].description
    assert shown.startswith("> a fox")
    assert rewriter.output["enhancedPrompt"] in shown
    assert message.embeds[0].title is None
    assert second.operation == COMMANDS[command]
    assert len(message.attachments) == 1
    await settled_exactly(rig)


@pytest.mark.parametrize(("word", "billed"), [("#fail", 0), ("#none", 1)])
async def test_without_a_rewritten_prompt_nothing_more_is_made_nor_charged(rig: Rig, word: str, billed: int):
    await rig.member.slash(rig.channel, "image generate", prompt=f"a fox {word}", enhance=True, count=2)
    await rig.work()
    assert [request.operation for request in rig.sandbox.requests] in ([], ["prompt.enhance.image"])
    jobs = sorted(await rig.jobs(), key=lambda job: job.position)
    assert [job.state for job in jobs] == [JobState.FAILED, JobState.CANCELLED, JobState.CANCELLED]
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (balance.held, balance.spent) == (0, billed)
    [message] = rig.messages()
    shown = state_text(message)
    assert "❌ Failed" in shown
    assert shown.count("🚫 Canceled: The previous step has no result") == 2


@pytest.mark.parametrize("point", ["submit.sent", "send.done"])
async def test_a_crash_between_the_steps_makes_nothing_twice(rig: Rig, point: str):
    from bot.runtime import failpoints

    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    failpoints.arm([point])
    with pytest.raises(failpoints.Crash):
        await rig.work()
    await rig.restart(after_s=1.0)
    await rig.work()
    assert [request.operation for request in rig.sandbox.requests] == ["prompt.enhance.image", "image.generate"]
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    [message] = rig.messages()
    assert len(message.attachments) == 1
    await settled_exactly(rig)
