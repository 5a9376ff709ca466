"""More jobs than are claimed at once, and than rows are kept of: each still has its turns and its end."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bot.jobs.follow import claims
from bot.store import processes
from tests.support.following import ask, kept
from tests.support.rig import Rig

JOBS = 7
RUNNING = 3
"""Of one member at a time."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(claims, "CLAIMED_MAX", 1)
    monkeypatch.setattr(processes, "WHOLE_MAX", 0)
    monkeypatch.setattr(claims, "KEPT", 1)
    yield
    gc.unfreeze()


@pytest.mark.long
async def test_after_a_restart_each_is_followed_and_delivered_once(rig: Rig) -> None:
    asked = [await ask(rig, f"wave {number}") for number in range(JOBS)]
    await rig.step()
    await rig.restart()
    followed = rig.bot.parts.worker
    await rig.step()
    assert followed.followed == RUNNING
    assert sum(each.row is not None for each in followed.agenda.jobs.values()) <= claims.KEPT
    await rig.work()
    assert [(job.id, job.state) for job in kept(rig)] == [(job.id, "delivered") for job in asked]
    assert sum(len(message.attachments) for message in rig.messages()) == JOBS
