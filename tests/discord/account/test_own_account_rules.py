"""What a server's rules mean for a member who pays with an account of their own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.domain.models import Books, JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from tests.support import me
from tests.support.channels import rule
from tests.support.own_account import ADAS_KEY, BOBS_KEY, link, linked, spent
from tests.support.rig import Rig, running
from tests.support.surface import private_sentence


async def limited(rig: Rig, credits_: int = 0) -> None:
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(credits_))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)


async def make(rig: Rig, member: Any = None, **options: Any) -> Any:
    answer = await (member or rig.member).slash(rig.channel, "image generate", **({"prompt": "a fox"} | options))
    await rig.work()
    return answer


async def test_limits_are_about_the_servers_credits_and_places_hold_whoever_pays(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await limited(rig)
    await rule(rig, job_ceiling=Decimal(1), approve_above=Decimal(1), approval_channel=rig.channel.id)
    await make(rig)
    [job] = await rig.jobs()
    assert (job.state, job.books) == (JobState.DELIVERED, Books.OWN)
    await rule(rig, running_per_member=1)
    for _ in range(3):
        await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    waiting, *others = await rig.jobs()
    assert [job.state for job in (waiting, *others)] == [
        JobState.WAITING, JobState.WAITING, JobState.SUBMITTING, JobState.DELIVERED,
    ]  # fmt: skip
    await rig.bot.parts.jobs.cancel(waiting, by_id=rig.moderator.id)
    [line] = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert "on their own account" in line.text
    assert "credit" not in line.text
    await rig.work()
    assert spent(rig)[:3] == (0, 0, 36)
    assert await rig.bot.parts.store.check() == []


async def test_a_server_may_forbid_it_and_practice_has_none(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await rule(rig, own_accounts=False)
    assert "server" in private_sentence(await make(rig, pay="mine"))
    await make(rig)
    assert [job.books for job in await rig.jobs()] == [Books.SERVER]
    await rule(rig, own_accounts=True)
    await rig.moderator.slash(rig.channel, "studio practice", switch="on")
    await make(rig)
    assert (await rig.jobs())[0].books == Books.PRACTICE
    assert "practice" in private_sentence(await make(rig, pay="mine"))
    assert rig.sandbox.spent(ADAS_KEY) == 0


async def test_blocks_words_and_pauses_hold_whoever_pays(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await rule(rig, words=("fox",))
    assert "word" in private_sentence(await make(rig))
    await rule(rig, words=(), paused=True)
    assert "pause" in private_sentence(await make(rig)).lower()
    await rule(rig, paused=False)
    await rig.bot.parts.store.blocks.add(rig.guild.id, rig.member.id, by_id=rig.moderator.id, until=None, reason="spam")
    assert "spam" in private_sentence(await make(rig))
    assert await rig.jobs() == []
    assert spent(rig) == (0, 0, 0, 0)


async def test_the_host_may_forbid_it_for_all(tmp_path: Path):
    async with running(tmp_path, own_accounts="off") as rig:
        answer = await link(rig, rig.member, ADAS_KEY)
        assert "host" in answer.followups[-1].content
        assert await rig.bot.parts.store.keys.current(rig.member.id) is None


async def test_five_keys_an_hour_are_tried_for_a_member_and_another_is_free(rig: Rig):
    page = await me.opened(rig, rig.member, "account")
    for number in range(6):
        form = await rig.member.click(page, custom_id="c1:account_link:key")
        [field] = rig.form_fields(form)
        answer = await rig.member.submit_modal(form, {field: f"no_such_key_{number}"})
    assert "Too many" in answer.followups[-1].content
    await link(rig, rig.moderator, BOBS_KEY)
    assert await rig.bot.parts.store.keys.current(rig.moderator.id) is not None
