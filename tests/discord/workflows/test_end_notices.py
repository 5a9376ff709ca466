"""Who uses what its provider has announced the end of is told so: privately, once a day, without being asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.errors import StoreError
from tests.support.rig import Rig

END = 1_790_294_400.0  # 2026-09-25 00:00 UTC, the day after
NOTICE = "for 2026-09-24, so it may fail. You pay only for what is delivered."


def said(result: Any) -> list[str]:
    """Return what the member alone reads after a command."""
    found = [message for message in (result.response, *result.followups) if message is not None]
    return [message.content for message in found if message.flags.ephemeral and message.content]


@pytest.fixture
async def late(rig: Rig) -> Rig:
    rig.advance(END - rig.clock.wall())
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, running_per_member=9))
    for operation in ("video.generate", "sora2.character.generate"):
        await rig.bot.parts.store.prices.set(rig.guild.id, operation, "", Decimal(30))
    return rig


async def sora(rig: Rig, member: Any = None) -> list[str]:
    made = await (member or rig.member).slash(rig.channel, "sora video", prompt="waves", character_id="ch_1")
    return said(made)


@pytest.mark.long
async def test_a_member_is_told_after_the_answer_once_a_day(late: Rig):
    [notice] = await sora(late)
    assert notice.startswith("⚠️ The provider announced the end of ")
    assert notice.endswith(NOTICE)
    assert await sora(late) == []
    assert len(await sora(late, late.moderator)) == 1
    late.advance(24 * 3600.0)
    await late.restart()
    assert len(await sora(late)) == 1
    await late.work()
    assert {job.state for job in await late.jobs()} == {JobState.DELIVERED}


async def test_a_full_disk_spoils_no_answer(late: Rig, monkeypatch: pytest.MonkeyPatch):
    async def full(*_: object, **_more: object) -> bool:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(late.bot.parts.alerts, "once", full)
    [notice] = await sora(late)
    assert notice.endswith(NOTICE)
    await late.work()
    assert [job.state for job in await late.jobs()] == [JobState.DELIVERED]


async def test_nobody_is_told_before_the_day(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "sora2.character.generate", "", Decimal(30))
    assert [each for each in await sora(rig) if "announced" in each] == []


async def test_a_model_with_an_end_is_enough_and_another_model_of_the_operation_is_none(late: Rig):
    made = await late.member.slash(late.channel, "video generate", prompt="waves", model="Sora 2")
    [notice] = said(made)
    assert "announced the end of Sora 2 for" in notice
    assert said(await late.member.slash(late.channel, "video generate", prompt="waves", model="Veo 3.1")) == []


async def test_a_price_to_confirm_has_the_notice_each_time_and_the_yes_has_none(late: Rig):
    await late.bot.parts.store.settings.change(late.guild.id, lambda old: replace(old, confirm_above=Decimal(1)))
    for _ in range(2):
        asked = await late.member.slash(late.channel, "sora video", prompt="waves", character_id="ch_1")
        [question] = said(asked)
        assert question.splitlines()[0].endswith(NOTICE)
        assert "30 credits" in question
    made = await late.member.click(asked.response, label="Yes, make it")
    assert said(made) == []


async def test_help_says_so_of_the_commands_and_of_the_models(late: Rig):
    overview = await help_text(late)
    assert [each for each in overview if "announced" in each] == []
    [line] = [each for each in await help_text(late, topic="sora") if "/sora video:" in each]
    assert "its provider announced its end for 2026-09-24; it may fail" in line
    video = await help_text(late, topic="video")
    assert [each for each in video if "/video generate:" in each and "announced" in each] == []
    assert any(
        "Sora 2: its provider announced its end for 2026-09-24; it may fail" in each
        for each in await help_text(late, topic="video")
    )


async def test_help_says_nothing_of_an_end_to_come(rig: Rig):
    assert [each for each in [*await help_text(rig), *await help_text(rig, topic="video")] if "announced" in each] == []


async def help_text(rig: Rig, **options: Any) -> list[str]:
    shown = await rig.member.slash(rig.channel, "help", **options)
    messages = [message for message in (shown.response, *shown.followups) if message is not None]
    return [line for message in messages for embed in message.embeds for line in embed.description.splitlines()]
