"""What a server's rules mean for a member who pays with an account of their own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.domain.models import Books, JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.jobs.texts import OWN_ACCOUNT_TROUBLE
from tests.support import me
from tests.support.channels import rule
from tests.support.own_account import ADAS_KEY, BOBS_KEY, link, linked, spent, words
from tests.support.rig import GUILD_KEY, Rig, running
from tests.support.surface import private_sentence
from tests.support.workflows import IMAGE, earlier


async def limited(rig: Rig, credits_: int = 0) -> None:
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(credits_))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)


async def make(rig: Rig, member: Any = None, **options: Any) -> Any:
    answer = await (member or rig.member).slash(rig.channel, "image generate", **({"prompt": "a fox"} | options))
    await rig.work()
    return answer


async def test_limits_ceilings_and_approvals_are_about_the_servers_credits(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await limited(rig)
    await rule(rig, job_ceiling=Decimal(1), approve_above=Decimal(1), approval_channel=rig.channel.id)
    await make(rig)
    [job] = await rig.jobs()
    assert (job.state, job.books) == (JobState.DELIVERED, Books.OWN)
    assert spent(rig)[:3] == (0, 0, 12)


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


async def test_running_limits_hold_whoever_pays(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await rule(rig, running_per_member=1)
    for _ in range(3):
        await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert sorted(job.state for job in await rig.jobs()) == [
        JobState.SUBMITTING, JobState.WAITING, JobState.WAITING,
    ]  # fmt: skip
    await rig.work()
    assert rig.sandbox.spent(ADAS_KEY) == 36
    assert await rig.bot.parts.store.check() == []


async def test_nothing_of_it_is_in_the_servers_report_balance_or_export(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await make(rig)
    store = rig.bot.parts.store
    report = await store.reports.totals(rig.guild.id, [(0, rig.clock.wall() + 1)])
    assert (report.total, report.jobs, report.members) == (0, 0, ())
    assert await store.ledger.balance(rig.guild.id) == await store.ledger.balance(rig.guild.id + 1)
    page = await store.reports.ledger_page(rig.guild.id)
    assert page.rows == ()
    mine = await store.reports.ledger_page(rig.guild.id, member_id=rig.member.id)
    assert [row["own_account"] for row in mine.rows] == [True, True]


async def test_the_record_says_that_it_was_on_their_own_account_without_amounts(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await rule(rig, running_per_member=1)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.member.slash(rig.channel, "image generate", prompt="a wolf")
    waiting = next(job for job in await rig.jobs() if job.state is JobState.WAITING)
    await rig.bot.parts.jobs.cancel(waiting, by_id=rig.moderator.id)
    [line] = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert "on their own account" in line.text
    assert "credit" not in line.text


async def test_a_server_may_forbid_it(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await rule(rig, own_accounts=False)
    assert "server" in private_sentence(await make(rig, pay="mine"))
    await make(rig)
    assert [job.books for job in await rig.jobs()] == [Books.SERVER]
    assert rig.sandbox.spent(ADAS_KEY) == 0


async def test_the_host_may_forbid_it_for_all(tmp_path: Path):
    async with running(tmp_path, own_accounts="off") as rig:
        answer = await link(rig, rig.member, ADAS_KEY)
        assert "host" in answer.followups[-1].content
        assert await rig.bot.parts.store.keys.current(rig.member.id) is None


async def test_in_practice_no_account_pays(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await rig.moderator.slash(rig.channel, "studio practice", switch="on")
    await make(rig)
    assert [job.books for job in await rig.jobs()] == [Books.PRACTICE]
    assert "practice" in private_sentence(await make(rig, pay="mine"))
    assert spent(rig) == (0, 0, 0, 0)


async def test_someone_elses_reaction_spends_nothing_of_it(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await earlier(rig, IMAGE)
    assert spent(rig)[:3] == (0, 0, 12)
    [message] = rig.messages()
    await rig.moderator.react(message, "🔁")
    await rig.work()
    newest = (await rig.jobs())[0]
    assert (newest.author_id, newest.books) == (rig.moderator.id, Books.SERVER)
    assert spent(rig)[:3] == (12, 0, 12)


async def test_a_pressed_button_is_paid_by_who_presses(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await linked(rig, rig.moderator, BOBS_KEY)
    await earlier(rig, IMAGE)
    [message] = rig.messages()
    asked = await rig.moderator.click(message, label="Re-run · 12")
    if asked.ephemeral:
        await rig.moderator.click(asked.response, label="Yes, make it")
    await rig.work()
    assert spent(rig) == (0, 0, 12, 12)


async def test_on_a_server_without_a_key_the_own_account_is_the_only_one(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None, cannon_api_key_guilds=None) as rig:
        await link(rig, rig.member, ADAS_KEY)
        await make(rig)
        assert [job.books for job in await rig.jobs()] == [Books.OWN]
        page = await me.opened(rig, rig.member, "account")
        assert "288" not in words(page), "the balance is what was last reported"
        assert "12 credits" in words(page)


async def test_an_empty_own_account_refuses_its_member_alone(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY, credits_=5)
    answer = await make(rig, private=True)
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert job.error == str(OWN_ACCOUNT_TROUBLE)
    assert answer is not None
    await make(rig, rig.moderator, pay="server")
    assert (await rig.jobs())[0].state is JobState.DELIVERED


async def test_five_keys_an_hour_are_tried_for_a_member_and_another_is_free(rig: Rig):
    page = await me.opened(rig, rig.member, "account")
    for number in range(6):
        form = await rig.member.click(page, custom_id="c1:account_link:key")
        [field] = rig.form_fields(form)
        answer = await rig.member.submit_modal(form, {field: f"no_such_key_{number}"})
    assert "Too many" in answer.followups[-1].content
    await link(rig, rig.moderator, BOBS_KEY)
    assert await rig.bot.parts.store.keys.current(rig.moderator.id) is not None


async def test_what_is_no_key_is_said_and_nothing_is_called(rig: Rig):
    for typed in ["two words", "ключ-ключ-ключ"]:
        page = await me.opened(rig, rig.member, "account")
        form = await rig.member.click(page, custom_id="c1:account_link:key")
        [field] = rig.form_fields(form)
        assert "API key" in private_sentence(await rig.member.submit_modal(form, {field: typed}))
        assert await rig.bot.parts.store.keys.current(rig.member.id) is None


async def test_a_forged_choice_changes_nothing(rig: Rig):
    await link(rig, rig.member, ADAS_KEY)
    page = await me.opened(rig, rig.member, "account")
    await rig.member.click(page, custom_id="c1:account_pays:mine")
    settings = rig.bot.parts.store.member_settings
    assert (await settings.get(rig.guild.id, rig.member.id)).pays == "mine"
    await settings.change(rig.guild.id, rig.member.id, lambda own: replace(own, pays="server"))
    assert (await settings.get(rig.guild.id, rig.member.id)).pays == "server"
    assert GUILD_KEY not in words(page)
