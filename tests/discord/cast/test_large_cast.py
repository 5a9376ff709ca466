"""A server with 1,000 characters: what members wait for while they type, and what images cost in memory."""

from __future__ import annotations

import time
import tracemalloc
from statistics import quantiles

import pytest

from bot.domain.models import new_id
from bot.domain.words.cast import CAST_MAX, CastKind, CastMember
from bot.errors import BotError
from tests.support.cast import add, caster
from tests.support.rig import Rig
from tests.support.surface import png

LIMIT_S = 0.030
TYPED = ("", "char", "character 7", "Character 1, Character 2, ch", "zz")


async def fill(rig: Rig, count: int) -> None:
    for number in range(count):
        member = CastMember(
            id=new_id(), guild_id=rig.guild.id, kind=CastKind.CHARACTER, name=f"Character {number}", look="a fox " * 20,
            made_by=rig.member.id, made_at=0.0,
        )  # fmt: skip
        await rig.bot.parts.store.cast.add(member)


@pytest.mark.long
async def test_a_thousand_are_completed_within_the_limit_and_fifty_used_at_once(rig: Rig):
    """Processor time of all threads, as other tests run beside this one."""
    await fill(rig, CAST_MAX)
    who, cast, took = caster(rig), rig.bot.parts.cast, []
    for number in range(200):
        begun = time.process_time()
        found = await cast.completed(who, TYPED[number % len(TYPED)], styles=False, most=25)
        took.append(time.process_time() - begun)
        assert len(found) == (0 if TYPED[number % len(TYPED)] == "zz" else 25)
    p99 = quantiles(took, n=100)[98]
    assert p99 <= LIMIT_S, took
    for number in range(5):
        names = [f"Character {each}" for each in range(10 * number, 10 * number + 10)]
        await rig.member.slash(rig.channel, "image generate", prompt=" and ".join(f"@{name}" for name in names))
    await rig.work()
    used = {each.name for job in await rig.jobs() for each in job.casting.players}
    assert len(used) == 50
    with pytest.raises(BotError, match="There can be up to"):
        await add(rig, "One too many", pictures=0, look="x")


@pytest.mark.long
async def test_images_leave_nothing_in_memory(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Thirty images of one MB each: 31 KiB stay, their rows and links."""
    monkeypatch.setattr("tests.support.cast.png", lambda: png() + bytes(1024 * 1024))
    await add(rig, "First", pictures=2)
    kept = rig.bot.parts.delivery.cast_pictures
    tracemalloc.start()
    try:
        before = tracemalloc.take_snapshot()
        for number in range(15):
            rig.clock.advance(60)
            await kept.links(await add(rig, f"Character {number}", pictures=2))
        after = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    own = [
        tracemalloc.Filter(inclusive=True, filename_pattern=f"*/{folder}/*") for folder in ("bot", "cogs", "sandbox")
    ]
    grown = sum(each.size_diff for each in after.filter_traces(own).compare_to(before.filter_traces(own), "filename"))
    assert grown < 512 * 1024
