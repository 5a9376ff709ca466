"""A member's account that is flooded delays no one else's jobs, in the same server either."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Books, Card, Job, JobState, new_id
from bot.domain.money.spend_request import Verdict
from tests.support.following import ask, own_server, the_job
from tests.support.neighbours import passes, worker_at_work
from tests.support.own_account import ADAS_KEY, linked
from tests.support.rig import Rig
from tests.support.surface import watch

JOBS = 80
PATIENCE_S = 60.0
"""Far more than a neighbor may cost: the rig's time passes while eighty turns are taken, so it measures no seconds."""
CALLS_MAX = 30
"""Of a flooded account with eighty jobs in that time, which is asked to wait for half a minute."""


async def running_of_ada(rig: Rig, count: int) -> None:
    """Store jobs on Ada's account that Cannon Studio is said to work on."""
    store, now = rig.bot.parts.store, rig.clock.wall()
    key = await store.keys.current(rig.member.id)
    assert key is not None
    for _ in range(count):
        card = Card(
            id=new_id(), guild_id=rig.guild.id, channel_id=rig.channel.id, author_id=rig.member.id, interaction_id=None,
            created_at=now,
        )  # fmt: skip
        job_id = new_id()
        job = Job(
            id=job_id, card_id=card.id, guild_id=card.guild_id, position=0, author_id=card.author_id,
            operation="image.generate", input={"prompt": "hers"}, state=JobState.PROCESSING,
            idempotency_key=f"cannon-bot-{job_id}", key_id=key.id, books=Books.OWN, held=Decimal(1), basis="unknown",
            remote_id=f"req_{job_id}", attempts=1, overdue_at=now, created_at=now,
        )  # fmt: skip
        await store.cards.accept(card, [job], lambda _: Verdict(states=(JobState.PROCESSING,)))
        await store.cards.mark_answered(card.guild_id, card.id, None, card.channel_id)


async def seconds_of_one(rig: Rig) -> float:
    """Let another member have a picture made on the server's account; return the seconds until it is posted."""
    row = await ask(rig, "a heron #fast", server=own_server(rig), pay="server")
    return await passes(rig, lambda: the_job(rig, row.id).state == "delivered", limit_s=PATIENCE_S)


@pytest.mark.parametrize("where", ["get", "submit"])
async def test_its_429s_and_polls_delay_no_one_else(rig: Rig, where: str):
    await linked(rig, rig.member, ADAS_KEY)
    calls: list[Any] = watch(rig)
    async with worker_at_work(rig):
        rig.sandbox.fault(where, "flood", times=None, key=ADAS_KEY, retry_after="30")
        await running_of_ada(rig, JOBS)
        await rig.member.slash(rig.channel, "image generate", prompt="hers, too")
        await passes(rig, lambda: any(call.key == ADAS_KEY for call in calls), limit_s=PATIENCE_S)
        assert await seconds_of_one(rig) < PATIENCE_S
    assert len([call for call in calls if call.key == ADAS_KEY and call.where == where]) <= CALLS_MAX
