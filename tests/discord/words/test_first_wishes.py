"""What a new server's members wish for first: each is made by at most one press, though no price is known yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from sandbox.studio.costs import fixed
from tests.support.rig import Rig
from tests.support.surface import agreed, labels, png, whole

TRUE_PRICES = {
    "image.generate": 7,
    "image.edit": 7,
    "video.generate": 30,
    "music.generate": 12,
    "narration.generate": 3,
    "soundfx.generate": 4,
}


async def said(rig: Rig, words: str, **more: Any) -> None:
    """Mention the bot, and press the first button of its answer."""
    await rig.member.send(rig.channel, f"<@{rig.bot.user.id}> {words}", **more)
    [answer] = rig.messages()
    await agreed(rig.member, await rig.member.click(answer, label=whole(answer, labels(answer)[0])))


async def used(rig: Rig, command: str, **options: Any) -> None:
    await agreed(rig.member, await rig.member.slash(rig.channel, command, **options))


WISHES: dict[str, tuple[str, Callable[[Rig], Awaitable[None]]]] = {
    "a picture in 3:2": ("image.generate", lambda rig: said(rig, "a castle at dawn, 3:2")),
    "two pictures": ("image.generate", lambda rig: said(rig, "two pictures of a harbour")),
    "a file to change": ("image.edit", lambda rig: said(rig, "make it night", attachments=[("a.png", png())])),
    "a clip": ("video.generate", lambda rig: said(rig, "a 6 second clip of rain on a window")),
    "two films": ("video.generate", lambda rig: used(rig, "video generate", prompt="a fox", count=2)),
    "three pictures": ("image.generate", lambda rig: used(rig, "image generate", prompt="a fox", count=3)),
    "a batch": (
        "image.generate",
        lambda rig: used(rig, "batch", operation="image.generate", prompts="a fox | a hare | an owl"),
    ),
    "a track": ("music.generate", lambda rig: used(rig, "audio music", prompt="slow jazz", duration_seconds=20)),
    "a song": ("music.generate", lambda rig: said(rig, "a calm song")),
    "a voice": ("narration.generate", lambda rig: said(rig, "say: welcome")),
    "a noise": ("soundfx.generate", lambda rig: said(rig, "sound of thunder, 4 seconds")),
    "a picture with a word of music": ("music.generate", lambda rig: said(rig, "a fox listening to music")),
}


@pytest.mark.long
@pytest.mark.parametrize("most", [15, 200])
@pytest.mark.parametrize("wish", WISHES)
async def test_a_first_wish_is_served_under_a_small_and_a_large_limit(rig: Rig, wish: str, most: int):
    for operation, price in TRUE_PRICES.items():
        rig.sandbox.tariff.set(operation, fixed(price))
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(most))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    operation, make = WISHES[wish]
    await make(rig)
    await rig.work()
    jobs = await rig.jobs()
    assert {job.operation for job in jobs} == {operation}
    made = [job for job in jobs if job.state is JobState.DELIVERED]
    assert made, [(job.state, job.error) for job in jobs]
    assert sum(job.charge for job in made) == len(made) * TRUE_PRICES[operation]
    held = (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held
    assert held == 0
