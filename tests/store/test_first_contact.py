from __future__ import annotations

from bot.domain.server.first_contact import WelcomePlace
from bot.store import Store

GUILD, OTHER = 700, 701
NUMBER = 20
"""Of the migration that begins with welcomes."""


async def test_a_guild_is_expected_once_and_due_until_it_is_greeted(store: Store) -> None:
    assert await store.welcomes.expect({GUILD: 5.0, OTHER: 4.0}) == 2
    assert await store.welcomes.expect({GUILD: 9.0}) == 0
    assert await store.welcomes.due() == [(OTHER, 4.0, False), (GUILD, 5.0, False)]
    await store.welcomes.begin(GUILD)
    await store.welcomes.end(OTHER, WelcomePlace.OWNER)
    assert await store.welcomes.due() == [(GUILD, 5.0, True)]
    await store.welcomes.end(GUILD, WelcomePlace.CHANNEL)
    assert await store.welcomes.expect({GUILD: 9.0, OTHER: 9.0}) == 0
    assert await store.welcomes.due() == []
