"""The estimate tool as a server meets it: on by default, asked seldom, and its failures told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.cannon.estimates import EstimateOutcome
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.prices.estimates import KEPT_S, REST_S, EstimateHealth
from tests.support.rig import Rig, running
from tests.support.surface import of, private_sentence, settled_exactly, watch


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, estimate_tool=True) as made:
        yield made


async def draw(rig: Rig, prompt: str = "#fast a fox", **options: Any) -> Any:
    return await rig.member.slash(rig.channel, "image generate", prompt=prompt, **options)


def health(rig: Rig) -> EstimateHealth:
    found = rig.bot.parts.estimate_tool.health("host")
    assert found is not None
    return found


async def test_it_is_on_unless_it_was_switched_off(rig: Rig):
    assert Rules().estimate_tool
    card = await draw(rig, resolution="4K", count=2)
    assert "about 56 credits (Cannon Studio's estimate)" in str(card.response.embeds[0].to_dict())
    assert [job.held for job in await rig.jobs()] == [28, 28]
    assert health(rig).outcome is EstimateOutcome.ANSWERED
    await rig.work()
    await settled_exactly(rig)
    limit = Limit(scope=Scope.EVERYONE, period=Period.WEEK, credits=Decimal(60))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    assert "needs about 28" in private_sentence(await draw(rig, resolution="4K"))
    assert len(await rig.jobs()) == 2


async def test_jobs_that_differ_in_words_only_are_asked_for_once_an_hour(rig: Rig):
    calls = watch(rig)
    await draw(rig, count=4)
    await draw(rig, "#fast a bear")
    assert len(of(calls, "mcp")) == 1
    await draw(rig, resolution="4K")
    assert len(of(calls, "mcp")) == 2
    rig.advance(KEPT_S + 1)
    await draw(rig)
    assert len(of(calls, "mcp")) == 3
    await rig.work()


async def test_after_a_failure_the_next_estimate_takes_its_place_and_it_is_left_alone_for_a_minute(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(15))
    calls = watch(rig)
    began = rig.clock.wall()
    for after_s, asked in ((0.0, 1), (1.0, 1), (REST_S, 2)):
        rig.advance(after_s)
        rig.sandbox.fault("mcp", "status", status=503)
        card = await draw(rig)
        assert "about 15 credits (from this server's price list)" in str(card.response.embeds[0].to_dict())
        rig.sandbox.faults.clear()
        assert len(of(calls, "mcp")) == asked
    assert health(rig) == EstimateHealth(outcome=EstimateOutcome.SILENT, since=began, last_at=rig.clock.wall())
    rig.advance(REST_S)
    await draw(rig)
    assert health(rig).outcome is EstimateOutcome.ANSWERED
    assert health(rig).since == rig.clock.wall()
    await rig.work()
