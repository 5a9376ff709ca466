"""How many pictures `/image generate` makes: as many as the server has set, unless its author says how many."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.server.guild_rules import Limit, Period, PictureCount, Scope
from tests.support.channels import rule
from tests.support.rig import Rig
from tests.support.surface import settled_exactly


@pytest.mark.parametrize(
    ("pictures", "options", "expected"),
    [
        (PictureCount.ONE, {}, 1),
        (PictureCount.FOUR, {"count": 2}, 2),
        (PictureCount.TWO, {"count": 1}, 1),
    ],
)
async def test_the_server_sets_how_many_pictures_a_request_makes(
    rig: Rig, pictures: PictureCount, options: dict[str, int], expected: int
):
    await rule(rig, pictures=pictures)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", **options)
    assert len(await rig.jobs()) == expected
    await rig.work()
    [card] = rig.messages()
    assert len(card.attachments) == expected
    await settled_exactly(rig)


async def test_where_the_price_is_not_known_and_matters_the_first_picture_finds_it_out(rig: Rig):
    await rule(rig, pictures=PictureCount.FOUR)
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(200))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    assert [job.waits_for_price for job in reversed(await rig.jobs())] == [False, True, True, True]
    await rig.work()
    [card] = rig.messages()
    assert len(card.attachments) == 4
    await settled_exactly(rig)
