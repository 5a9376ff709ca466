"""A shoot-out from its command to its end: one card, one price, votes, and what the server learns."""

from __future__ import annotations

from tests.support.rig import Rig
from tests.support.shootouts import card_of, held, over, stored, turn, vote
from tests.support.surface import parts


async def test_x(rig: Rig):
    card = await held(rig)
    print(card.embeds[0].to_dict())
    print(parts(card))
    print([a.filename for a in card.attachments])
    print((await vote(rig, rig.member, "A")).response.content)
    print((await vote(rig, rig.moderator, "B")).response.content)
    print((await vote(rig, rig.moderator, "A")).response.content)
    await turn(rig)
    print((await card_of(rig)).embeds[0].description)
    card = await over(rig)
    print(card.embeds[0].to_dict())
    print(parts(card))
    print(await stored(rig))
    print((await rig.moderator.slash(rig.channel, "shootout")).response.embeds[0].to_dict())
    assert 0
