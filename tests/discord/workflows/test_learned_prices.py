"""What one job has cost is the price of the next: of the same account, and of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import UNKNOWN, Job, JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from sandbox.studio.costs import fixed
from tests.support.erased import send_key
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import newest, settled_exactly

PICTURE = "image.generate"


@pytest.fixture
async def limited(rig: Rig) -> Rig:
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(500))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    rig.sandbox.tariff.set(PICTURE, fixed(7))
    return rig


async def picture(rig: Rig, **options: Any) -> Any:
    return await rig.member.slash(rig.channel, "image generate", **({"prompt": "a fox #fast"} | options))


def priced(jobs: Sequence[Job]) -> list[tuple[Decimal, str]]:
    return [(job.held, job.basis) for job in jobs]


async def test_a_failed_jobs_bill_is_nobodys_price(limited: Rig):
    await picture(limited, prompt="a fox #billed")
    await limited.work()
    failed = await newest(limited)
    assert (failed.state, bool(failed.cost)) == (JobState.FAILED, True)
    await picture(limited)
    assert priced([await newest(limited)]) == [(20, UNKNOWN)]


async def test_what_one_server_on_the_hosts_key_learned_another_knows_and_one_with_its_own_key_does_not(rig: Rig):
    rig.sandbox.tariff.set(PICTURE, fixed(7))
    await picture(rig)
    await rig.work()
    guild = rig.env.create_guild("Other")
    await rig.bot.parts.store.settings.change(guild.id, lambda old: replace(old, estimate_tool=False))
    bob = guild.add_member(rig.env.create_user("bob"))
    place = guild.create_text_channel("general")
    await bob.slash(place, "image generate", prompt="a fox #fast")
    [theirs] = await rig.bot.parts.store.job_lists.recent(guild.id)
    assert priced([theirs]) == [(7, "earlier jobs")]
    await rig.work()

    await send_key(rig, GUILD_KEY)
    await picture(rig)
    assert priced([await newest(rig)]) == [(20, UNKNOWN)]
    await rig.work()
    rig.sandbox.tariff.set(PICTURE, fixed(30))
    await picture(rig)
    await rig.work()
    await bob.slash(place, "image generate", prompt="a fox #fast")
    newest_of_theirs = (await rig.bot.parts.store.job_lists.recent(guild.id))[0]
    assert priced([newest_of_theirs]) == [(7, "earlier jobs")]


async def test_trying_again_holds_the_most_that_the_kind_has_cost_lately(rig: Rig):
    for cost in (9, 12, 9):
        rig.sandbox.tariff.set(PICTURE, fixed(cost))
        await picture(rig)
        await rig.work()
    rig.sandbox.tariff.set(PICTURE, fixed(7))
    rig.sandbox.faults.add("submit", "status", status=400, skip=2)
    await picture(rig, count=3)
    await rig.work()
    assert sorted(job.state for job in (await rig.jobs())[:3]) == [
        JobState.DELIVERED, JobState.DELIVERED, JobState.FAILED,
    ]  # fmt: skip
    made = await rig.member.click(rig.messages()[-1], label="Try again from here · 12")
    assert not made.ephemeral
    assert priced([await newest(rig)]) == [(12, "earlier jobs")]
    await rig.work()
    await settled_exactly(rig)
