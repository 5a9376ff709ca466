"""A backup is put back while what it does not know of has been paid: it is not paid again, and nobody loses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.runtime.progress import no_progress
from bot.store.host.backup import back_up
from bot.store.host.restore import restore
from tests.support.rig import Rig

HOUR_S = 3600.0


def taken(rig: Rig) -> Path:
    target = rig.folder / "copy.backup"
    back_up(rig.folder / "bot.db", target, with_key=True, replaces=False, now=rig.clock.wall(), progress=no_progress)
    return target


async def returned_to(rig: Rig, backup: Path, *, after_s: float) -> None:
    """Let time pass, put the backup back, and start the bot on it."""
    await rig.die()
    restore(backup, rig.folder / "bot.db", secret_keys=(), now=rig.clock.wall() + after_s, progress=no_progress)
    await rig.restart(after_s=after_s)
    await rig.work()


@pytest.mark.parametrize("is_chain", [False, pytest.param(True, marks=pytest.mark.long)])
async def test_a_job_that_was_made_since_is_delivered_and_paid_once(rig: Rig, is_chain: bool) -> None:
    options: dict[str, Any] = {"enhance": True} if is_chain else {}
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", **options)
    backup = taken(rig)
    await rig.work()
    made = len(rig.sandbox.requests)
    assert made == 1 + is_chain
    await returned_to(rig, backup, after_s=HOUR_S)
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED] * made
    assert len(rig.sandbox.requests) == made, "the same keys, so the same requests"
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (balance.held, balance.spent) == (0, sum(request.cost for request in rig.sandbox.requests))
    assert await rig.bot.parts.store.check() == []


async def test_a_job_of_an_old_backup_is_refunded_and_not_sent(rig: Rig) -> None:
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    backup = taken(rig)
    await rig.work()
    await returned_to(rig, backup, after_s=13 * HOUR_S)
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert len(rig.sandbox.requests) == 1
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (balance.held, balance.spent) == (0, 0)
    assert await rig.bot.parts.store.check() == []
