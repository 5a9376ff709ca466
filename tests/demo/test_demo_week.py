"""The furnished demo: a week that the bot has worked through itself, and a tour that names only what is there."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from bot.domain.models import JobState
from bot.runtime.clock import SystemClock
from sandbox.demo.demo import PAST_S, Demo
from sandbox.demo.furniture.people import PEOPLE
from sandbox.demo.furniture.server import DEMO_CREDITS, GALLERY, LOG, REVIEW, STUDIO
from sandbox.demo.simulation import DemoClock


def test_the_clock_begins_in_the_past_and_is_never_led_beyond_the_present():
    clock = DemoClock(behind_s=1000.0)
    assert 999 < SystemClock().wall() - clock.wall() <= 1000
    before = clock.monotonic()
    clock.skip(400.0)
    assert 400 <= clock.monotonic() - before < 410
    clock.skip_to(100.0)
    assert 99 < SystemClock().wall() - clock.wall() <= 100
    clock.skip_to(500.0)  # not back
    assert 99 < SystemClock().wall() - clock.wall() <= 100
    clock.skip(10_000.0)
    assert abs(SystemClock().wall() - clock.wall()) < 1


@pytest.mark.long
async def test_a_week_of_work_is_there_and_the_books_are_true():
    cpu_s = time.process_time()
    async with Demo() as demo:
        cpu_s = time.process_time() - cpu_s
        guild = demo.preview.viewers[0].guild
        rooms = guild.channels
        jobs = await demo.bot.parts.store.job_lists.recent(guild.id, limit=100)
        states = {job.state for job in jobs}
        assert states == {JobState.DELIVERED, JobState.FAILED, JobState.AWAITING_APPROVAL}
        assert len({job.author_id for job in jobs}) == len(PEOPLE) - 1  # the moderator makes nothing
        now = SystemClock().wall()
        assert all(now - PAST_S <= job.created_at <= now for job in jobs)
        assert len({int((now - job.created_at) // 86_400) for job in jobs}) >= 6
        assert any(job.parent_id for job in jobs)
        charged = sum((job.cost or Decimal(0) for job in jobs), Decimal(0))
        account = next(iter(demo.sandbox.accounts.requests.values())).account
        assert account.left(now) == DEMO_CREDITS - charged
        assert set(rooms) >= {STUDIO, GALLERY, REVIEW, LOG}
        # Three that were starred, and the best of the week.
        assert [len(rooms[name].history()) for name in (GALLERY, REVIEW)] == [4, 1]
        assert "granted" in " ".join(message.content for message in rooms[LOG].history())
        told = [message.created_at for message in rooms[STUDIO].history()]
        assert told == sorted(told)
        assert cpu_s < 20, "the start of the demo is to take at most five seconds on a machine of its own"
