"""Default voices and samples: of one guild, one member and one key, and erased with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.errors import Refused
from bot.store import Store


async def sample(store: Store, made: Any, voice: str = "v_ada", guild_id: int = 700, **values: Any) -> Any:
    card = made.card(guild_id)
    _, (job,), _ = await store.cards.accept(card, [made.job(card, **values)], lambda _: None, sample_of=voice)
    return job


async def test_a_voice_has_one_sample_for_each_account(store: Store, made: Any):
    key = (await store.keys.set(700, "cs_live_first_000000", set_by=1, status=made.status())).key
    first = await sample(store, made)
    with pytest.raises(Refused):
        await sample(store, made)
    others = [await sample(store, made, key_id=key.id), await sample(store, made, guild_id=701)]
    others.append(await sample(store, made, voice="v_bea"))
    assert await store.voices.sample_of(700, None, "v_ada") == first.id
    assert await store.voices.sample_of(700, key.id, "v_ada") == others[0].id
    assert await store.voices.sample_of(701, None, "v_ada") == others[1].id
    assert await store.voices.sample_of(701, None, "v_bea") is None
    assert len(await store.ledger.rows(700)) == 3  # the refused one held nothing


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.CANCELLED, JobState.REFUSED, JobState.EXPIRED])
async def test_one_without_a_result_gives_way_to_another(store: Store, made: Any, end: JobState):
    first = await sample(store, made)
    await store.jobs.change(first, end, release=True)
    assert await store.voices.sample_of(700, None, "v_ada") is None
    second = await sample(store, made)
    assert await store.voices.sample_of(700, None, "v_ada") == second.id


async def test_an_erased_one_and_one_whose_file_is_gone_give_way_too(store: Store, made: Any):
    first = await sample(store, made)
    await store.jobs.change(first, JobState.HELD, settle=first.held)
    await store.privacy.erase(700, first.author_id)
    second = await sample(store, made)
    await store.voices.forget_sample(701, second.id)
    assert await store.voices.sample_of(700, None, "v_ada") == second.id
    await store.voices.forget_sample(700, second.id)
    assert await store.voices.sample_of(700, None, "v_ada") is None


async def test_a_default_is_of_one_member_and_goes_with_their_data_or_the_server(store: Store):
    async def choose(guild_id: int, member_id: int, voice: str) -> None:
        await store.member_settings.change(guild_id, member_id, lambda own: replace(own, voice=voice))

    async def chosen(guild_id: int, member_id: int) -> str:
        return (await store.member_settings.get(guild_id, member_id)).voice

    for each in ((700, 42, "v_ada"), (700, 43, "v_bea"), (701, 42, "v_ada")):
        await choose(*each)
    assert await store.privacy.guilds_of(42) == [700, 701]
    await store.privacy.erase(700, 42)
    assert [await chosen(700, each) for each in (42, 43)] == ["", "v_bea"]
    await store.retention.give_up(700)
    await store.retention.clear_out(700, 0.0)
    assert (await chosen(700, 43), await chosen(701, 42)) == ("", "v_ada")
