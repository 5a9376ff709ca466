from __future__ import annotations

from typing import Any

import pytest

from bot.generation.recipes.recipes import BUILT_IN
from bot.store import Saved, Store
from bot.store.guild.community.recipes import RECIPES_MAX

GUILD, OTHER = 700, 701
DATA: dict[str, Any] = BUILT_IN[0].to_json()


async def test_a_recipe_is_kept_as_it_was_with_who_made_it(store: Store, clock: Any) -> None:
    assert await store.recipes.save(GUILD, "film", DATA, by_id=1) is Saved.DONE
    made = await store.recipes.get(GUILD, "film")
    assert made is not None
    assert (dict(made.data), made.made_by, made.changed_at) == (DATA, 1, clock.now)
    clock.now += 60
    assert await store.recipes.save(GUILD, "film", {**DATA, "about": "x"}, by_id=2, replaces="film") is Saved.DONE
    changed = await store.recipes.get(GUILD, "film")
    assert changed is not None
    assert (changed.data["about"], changed.made_by) == ("x", 1)
    assert changed.changed_at == made.changed_at + 60


async def test_a_new_one_takes_no_name_that_is_there(store: Store) -> None:
    await store.recipes.save(GUILD, "film", DATA, by_id=1)
    assert await store.recipes.save(GUILD, "film", {}, by_id=2) is Saved.NAME_TAKEN
    await store.recipes.save(GUILD, "clip", DATA, by_id=1)
    assert await store.recipes.save(GUILD, "film", {}, by_id=2, replaces="clip") is Saved.NAME_TAKEN
    assert [(each.name, dict(each.data)) for each in await store.recipes.all(GUILD)] == [("clip", DATA), ("film", DATA)]


async def test_a_renamed_one_leaves_nothing_under_its_old_name(store: Store) -> None:
    await store.recipes.save(GUILD, "film", DATA, by_id=1)
    assert await store.recipes.save(GUILD, "clip", DATA, by_id=1, replaces="film") is Saved.DONE
    assert [each.name for each in await store.recipes.all(GUILD)] == ["clip"]


async def test_one_that_was_deleted_while_it_was_edited_is_not_created_again_in_silence(store: Store) -> None:
    await store.recipes.save(GUILD, "film", DATA, by_id=1)
    assert await store.recipes.delete(GUILD, "film")
    assert not await store.recipes.delete(GUILD, "film")
    assert await store.recipes.save(GUILD, "film", DATA, by_id=1, replaces="film") is Saved.GONE
    assert await store.recipes.all(GUILD) == []


async def test_a_guild_keeps_so_many_and_may_still_change_them(store: Store) -> None:
    for number in range(RECIPES_MAX):
        await store.recipes.save(GUILD, f"film {number}", DATA, by_id=1)
    assert await store.recipes.save(GUILD, "more", DATA, by_id=1) is Saved.TOO_MANY
    assert await store.recipes.save(GUILD, "more", DATA, by_id=1, replaces="film 7") is Saved.DONE
    assert await store.recipes.save(OTHER, "more", DATA, by_id=1) is Saved.DONE


@pytest.mark.parametrize("taken", [False, True])
async def test_a_draft_can_be_read_by_its_member_until_it_expires(store: Store, clock: Any, taken: bool) -> None:
    draft_id = await store.drafts.keep(GUILD, 42, {"a": 1}, expires_at=clock.now + 60)
    assert await store.drafts.get(GUILD, 42, draft_id) == {"a": 1}
    assert await store.drafts.get(GUILD, 43, draft_id) is None
    assert await store.drafts.get(OTHER, 42, draft_id) is None
    if taken:
        await store.drafts.take(GUILD, 42, draft_id)
    else:
        clock.now += 60
    assert await store.drafts.get(GUILD, 42, draft_id) is None


async def test_a_card_keeps_its_label(store: Store, made: Any) -> None:
    card = made.card(label="night trailer")
    await store.cards.accept(card, [made.job(card)], lambda _: None)
    kept = await store.cards.get(GUILD, card.id)
    assert kept is not None
    assert kept.label == "night trailer"
