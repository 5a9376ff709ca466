"""Operations that are switched off."""

from __future__ import annotations

from typing import Any

from bot.store import Store
from bot.store.guild.settings import EVERYWHERE

GUILD = 700


async def test_an_operation_is_switched_off_and_on_again_for_one_guild_or_everywhere(store: Store) -> None:
    assert await store.switched_off.all() == {}
    assert await store.switched_off.set(GUILD, ["sora2.video.edit"], on=False, by_id=1)
    assert not await store.switched_off.set(GUILD, ["sora2.video.edit"], on=False, by_id=2)
    assert await store.switched_off.set(EVERYWHERE, ["sora2.video.edit"], on=False, by_id=1)
    assert await store.switched_off.set(GUILD, ["image.edit"], on=False, by_id=1)
    assert await store.switched_off.all() == {
        GUILD: frozenset({"sora2.video.edit", "image.edit"}),
        EVERYWHERE: frozenset({"sora2.video.edit"}),
    }
    assert await store.switched_off.set(GUILD, ["sora2.video.edit"], on=True, by_id=1)
    assert not await store.switched_off.set(GUILD, ["sora2.video.edit"], on=True, by_id=1)
    assert not await store.switched_off.set(GUILD + 1, ["image.edit"], on=True, by_id=1)
    assert await store.switched_off.all() == {
        GUILD: frozenset({"image.edit"}),
        EVERYWHERE: frozenset({"sora2.video.edit"}),
    }


async def test_switches_are_there_after_a_restart(open_store: Any) -> None:
    store = await open_store()
    await store.switched_off.set(GUILD, ["image.edit"], on=False, by_id=1)
    await store.close()
    assert await (await open_store()).switched_off.all() == {GUILD: frozenset({"image.edit"})}
