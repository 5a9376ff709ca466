"""The real process, killed with SIGKILL at each failpoint of a job that its author's own account pays for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.models import AccountStatus, Books, JobState
from bot.domain.money.spend_request import Pays
from bot.runtime.failpoints import JOB_NAMES
from tests.crash.test_kill import ALWAYS, Scene, scene
from tests.support.own_account import ADAS_KEY
from tests.support.rig import HOST_KEY

__all__ = ["scene"]
PRICE = 12


async def linked(scene: Scene) -> None:
    """Link the member's account, which pays on the server from then on."""
    scene.sandbox.add_key(ADAS_KEY, credits=100)
    async with scene.store() as store:
        status = AccountStatus(credits=Decimal(100), plan="creator", scopes=())
        await store.keys.set(scene.ada.id, ADAS_KEY, set_by=scene.ada.id, status=status, own=True)
        await store.member_settings.change(scene.guild.id, scene.ada.id, lambda own: replace(own, pays=Pays.MINE))


@pytest.mark.parametrize(
    "point",
    [
        each if each in ALWAYS else pytest.param(each, marks=pytest.mark.long)
        for each in JOB_NAMES
        if each != "recover.start"
    ],
)
async def test_a_bot_killed_at_any_point_charges_the_members_account_once_or_refunds_it(scene: Scene, point: str):
    await linked(scene)
    await scene.die_at(point, "a fox #fast")
    await scene.work()
    lost = {"accept.before": [], "accept.stored": [JobState.CANCELLED]}.get(point, [JobState.DELIVERED])
    async with scene.store() as store:
        jobs = await store.job_lists.recent(scene.guild.id, limit=9)
        assert await store.check() == []
    assert [job.state for job in jobs] == [JobState.DELIVERED, *lost]
    assert {job.books for job in jobs} == {Books.OWN}
    made = [job for job in jobs if job.state is JobState.DELIVERED]
    assert len(scene.posted) == len(made)
    assert (scene.sandbox.spent(ADAS_KEY), scene.sandbox.spent(HOST_KEY)) == (PRICE * len(made), 0)
