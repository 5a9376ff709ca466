"""What is remembered of an account: with the job's change, of one guild and key, bounded, and erased."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Job, JobState
from bot.domain.server.guild_rules import Rules
from bot.store import Store, TriedOutcome
from bot.store.jobs import tried_values

DAY_S = 86_400.0


async def try_value(
    store: Store, accepted: Any, value: str, said: str | None = None, field: str = "model", **values: Any
) -> Job:
    _, (job,) = await accepted(store, **values)
    outcome = TriedOutcome(values={field: value}, said=said)
    to = JobState.READY if said is None else JobState.FAILED
    changed = await store.jobs.change(job, to, release=said is not None, tried=outcome)
    assert changed is not None
    return changed


async def known(store: Store, guild_id: int = 700, key_id: int | None = None) -> list[tuple[str, bool, str]]:
    return [(each.value, each.works, each.said) for each in await store.tried_values.all(guild_id, key_id)]


async def test_the_latest_is_first_and_a_refusal_keeps_its_word(store: Store, accepted: Any, clock: Any):
    for value, said in (("a", None), ("b", None), ("c", "Unknown model."), ("a", None)):
        clock.now += 1
        await try_value(store, accepted, value, said)
    assert await known(store) == [("a", True, ""), ("c", False, "Unknown model."), ("b", True, "")]
    assert [each.uses for each in await store.tried_values.all(700, None)] == [2, 0, 1]


async def test_what_worked_is_refused_only_after_two_refusals_in_a_row(store: Store, accepted: Any):
    await try_value(store, accepted, "a")
    await try_value(store, accepted, "a", "No.")
    assert (await known(store))[0][1]
    await try_value(store, accepted, "a", "No.")
    assert await known(store) == [("a", False, "No.")]
    await try_value(store, accepted, "a")
    assert await known(store) == [("a", True, "")]


async def test_another_server_and_another_key_know_nothing_of_it(store: Store, accepted: Any, made: Any):
    key = (await store.keys.set(700, "cs_live_first_000000", set_by=1, status=made.status())).key
    await try_value(store, accepted, "own", key_id=key.id)
    await try_value(store, accepted, "hosts")
    assert await known(store, 701) == []
    assert [each[0] for each in await known(store)] == ["hosts"]
    assert [each[0] for each in await known(store, key_id=key.id)] == ["own"]


async def test_nothing_is_noted_where_somebody_else_changed_the_job_first(store: Store, accepted: Any):
    _, (job,) = await accepted(store)
    await store.jobs.change(job, JobState.QUEUED)
    assert await store.jobs.change(job, JobState.READY, tried=TriedOutcome(values={"model": "a"})) is None
    assert await known(store) == []


async def test_each_field_and_each_server_keeps_so_many(
    store: Store, accepted: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tried_values, "_DROP_OF_FIELD", tried_values._DROP_OF_FIELD.replace("OFFSET 50", "OFFSET 2"))
    monkeypatch.setattr(tried_values, "_DROP_OF_GUILD", tried_values._DROP_OF_GUILD.replace("OFFSET 2000", "OFFSET 3"))
    for value in "abc":
        clock.now += 1
        await try_value(store, accepted, value)
    assert [each[0] for each in await known(store)] == ["c", "b"]
    for value in "de":
        clock.now += 1
        await try_value(store, accepted, value, field="mode")
    assert [each[0] for each in await known(store)] == ["e", "d", "c"]


async def test_retention_purge_and_the_members_own_wish_erase_it(store: Store, accepted: Any, clock: Any):
    for value, said, author_id in (
        ("flux", None, 42),
        ("my own words", "Unknown model.", 42),
        ("my other words", None, 42),
        ("of both", None, 42),
        ("of both", None, 43),
        ("of another", "Unknown model.", 43),
    ):
        await try_value(store, accepted, value, said, author_id=author_id)
    await store.privacy.erase(700, 42, is_known_model=lambda value: value == "flux")
    assert sorted(each[0] for each in await known(store)) == ["flux", "of another", "of both"]
    clock.now += 5 * DAY_S
    await store.retention.forget_unused(0)
    await store.retention.forget_unused(6)
    assert len(await known(store)) == 3
    await store.settings.change(700, lambda _: Rules(retention_days=5))
    await store.retention.forget_unused(0)
    assert await known(store) == []
    await try_value(store, accepted, "again")
    await store.retention.give_up(700)
    await store.retention.clear_out(700, 0.0)
    assert await known(store) == []


async def test_with_the_record_of_a_card_goes_what_was_sent_with_it_alone(store: Store, accepted: Any):
    words = {"input": {"prompt": "a fox", "model": "my own words"}}
    job = await try_value(store, accepted, "my own words", "Unknown model.", **words)
    other = await try_value(store, accepted, "flux", "Unknown model.", input={"model": "flux"})
    await try_value(store, accepted, "of two jobs", "Unknown model.")
    twice = await try_value(store, accepted, "of two jobs", "Unknown model.", input={"model": "of two jobs"})
    for each in (job, other, twice):
        await store.cards.erase(700, each.card_id, is_known_model=lambda value: value == "flux")
    assert sorted(each[0] for each in await known(store)) == ["flux", "of two jobs"]
