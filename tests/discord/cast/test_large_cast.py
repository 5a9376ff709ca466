"""A server with 1,000 characters: what members are offered, and where it ends."""

from __future__ import annotations

import pytest

from bot.domain.models import new_id
from bot.domain.words.cast import CAST_MAX, CastKind, CastMember
from bot.errors import BotError
from tests.support.cast import add, caster
from tests.support.rig import Rig

TYPED = ("", "char", "character 7", "Character 1, Character 2, ch", "zz")


async def fill(rig: Rig, count: int) -> None:
    for number in range(count):
        member = CastMember(
            id=new_id(), guild_id=rig.guild.id, kind=CastKind.CHARACTER, name=f"Character {number}", look="a fox " * 20,
            made_by=rig.member.id, made_at=0.0,
        )  # fmt: skip
        await rig.bot.parts.store.cast.add(member)


@pytest.mark.long
async def test_of_a_thousand_25_are_completed_fifty_can_be_used_at_once_and_there_can_be_no_more(rig: Rig):
    await fill(rig, CAST_MAX)
    who, cast = caster(rig), rig.bot.parts.cast
    for typed in TYPED:
        found = await cast.completed(who, typed, styles=False, most=25)
        assert len(found) == (0 if typed == "zz" else 25)
    for number in range(5):
        names = [f"Character {each}" for each in range(10 * number, 10 * number + 10)]
        await rig.member.slash(rig.channel, "image generate", prompt=" and ".join(f"@{name}" for name in names))
    await rig.work()
    used = {each.name for job in await rig.jobs() for each in job.casting.players}
    assert len(used) == 50
    with pytest.raises(BotError, match="There can be up to"):
        await add(rig, "One too many", pictures=0, look="x")
