"""What servers may spend of the host's own credits: bounded by the host, and lifted by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.jobs.card_spec import CardSpec, JobSpec
from bot.domain.models import JobState
from sandbox.studio.costs import fixed
from tests.support.channels import press, rule, shown
from tests.support.erased import send_key
from tests.support.origins import origin
from tests.support.prices import priced
from tests.support.reacting import other
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.surface import newest, private_sentence

LIMIT = Decimal(50)
DAY_S = 86_400


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, cannon_api_key_limit=LIMIT) as made:
        yield made


async def ask(rig: Rig, member: Any = None, channel: Any = None, **options: Any) -> Any:
    who, where = member or rig.member, channel or rig.channel
    return await who.slash(where, "image generate", **({"prompt": "a fox #fast"} | options))


async def spend(rig: Rig, times: int) -> None:
    for _ in range(times):
        await ask(rig)
        await rig.work()


async def test_what_is_held_counts_and_what_is_above_is_refused(rig: Rig):
    await spend(rig, 1)
    await ask(rig, count=3)
    sentence = private_sentence(await ask(rig, rig.guild.add_member(rig.env.create_user("bob"))))
    assert "host" in sentence
    assert len(await rig.jobs()) == 4
    await rig.work()
    assert rig.sandbox.spent(HOST_KEY) == 48


async def test_what_was_spent_counts_for_the_rest_of_the_month(rig: Rig):
    await spend(rig, 4)
    rig.advance(20 * DAY_S)
    assert "host" in private_sentence(await ask(rig))
    rig.advance(12 * DAY_S)
    await ask(rig)
    assert len(await rig.jobs()) == 5


async def test_a_batch_at_a_price_that_nobody_knows_spends_no_more_than_one_job_of_it(rig: Rig):
    rig.sandbox.tariff.set("image.generate", fixed(300))
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal("0.001"))
    lines = b"\n".join(b"a fox %d #fast" % number for number in range(20))
    for _ in range(3):
        await rig.member.slash(rig.channel, "batch", operation="image.generate", file=("p.txt", lines))
        await ask(rig)
        await ask(rig, rig.moderator)
        await rig.work()
    assert rig.sandbox.spent(HOST_KEY) == 300


@pytest.mark.parametrize(("listed", "held"), [("0", 20), ("0.001", 20), ("35", 20)])
async def test_a_price_on_a_servers_list_lowers_nothing_that_the_host_pays(rig: Rig, listed: str, held: int):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(listed))
    await ask(rig)
    job = await newest(rig)
    assert (job.held, job.basis) == (held, "unknown")


async def test_all_servers_together_have_a_total_that_only_its_host_reads(tmp_path: Path):
    async with running(tmp_path, cannon_api_key_total=Decimal(30)) as rig:
        await ask(rig)
        guild = rig.env.create_guild("Other")
        place, bob = guild.create_text_channel("general"), guild.add_member(rig.env.create_user("bob"))
        assert "all servers together" in private_sentence(await ask(rig, bob, place))
        await rig.work()
        await ask(rig, bob, place)
        await rig.work()
        assert rig.sandbox.spent(HOST_KEY) == 24
        assert "all servers" not in shown(await rig.moderator.slash(rig.channel, "studio status"))


async def test_each_server_has_its_own(rig: Rig):
    await spend(rig, 4)
    guild = rig.env.create_guild("Other")
    place = guild.create_text_channel("general")
    bob = guild.add_member(rig.env.create_user("bob"))
    await ask(rig, bob, place)
    assert len(await rig.bot.parts.store.job_lists.recent(guild.id)) == 1


async def test_a_servers_own_key_is_its_own_affair(rig: Rig):
    await spend(rig, 4)
    await send_key(rig, GUILD_KEY)
    await ask(rig)
    await rig.work()
    assert rig.sandbox.spent(GUILD_KEY) == 12


async def test_what_its_own_key_paid_does_not_count(rig: Rig):
    await send_key(rig, GUILD_KEY)
    await spend(rig, 4)
    await rig.moderator.slash(rig.channel, "studio key", action="remove")
    await ask(rig)
    assert len(await rig.jobs()) == 5


@pytest.mark.parametrize("way", ["limits", "a grant", "an approval"])
async def test_no_moderator_lifts_it(rig: Rig, way: str):
    await spend(rig, 4)
    if way == "limits":
        await rig.moderator.slash(rig.channel, "quota set", credits=9999.0, period="month", scope="server")
        await rig.moderator.slash(rig.channel, "quota set", credits=9999.0, period="month")
    elif way == "a grant":
        await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=9999.0)
    else:
        await rule(rig, approve_above=Decimal(1))
    assert "host" in private_sentence(await ask(rig))
    assert "host" in private_sentence(await ask(rig, rig.moderator))
    assert len(await rig.jobs()) == 4


async def test_a_moderator_reads_how_much_is_left(rig: Rig):
    await spend(rig, 1)
    text = shown(await rig.moderator.slash(rig.channel, "studio status"))
    assert "12" in text
    assert "50" in text


async def test_every_way_to_spend_is_bounded(rig: Rig):
    await spend(rig, 4)
    job = await newest(rig)
    await press(rig, other(rig), "again", job.id)
    await rig.moderator.react(rig.messages()[0], "🔁")
    await rig.member.slash(rig.channel, "batch", operation="image.generate", file=("p.txt", b"one\ntwo"))
    await rig.env.settle()
    assert len(await rig.jobs()) == 4


async def test_fifty_requests_at_once_hold_one_guess_and_the_others_wait_for_the_price(rig: Rig):
    members = [rig.guild.add_member(rig.env.create_user(f"bob{number}")) for number in range(50)]
    made = [
        CardSpec(
            origin=origin(rig, members[number], interaction_id=1000 + number),
            steps=[JobSpec(operation="image.generate", input={"prompt": "x"})],
        )
        for number in range(50)
    ]
    outcomes = await asyncio.gather(*(rig.bot.parts.jobs.accept(each) for each in made), return_exceptions=True)
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 20


# ---------------------------------------------------------------------- the host's balance


@pytest.mark.parametrize("question", ["a price", pytest.param("help", marks=pytest.mark.long), "usage", "too little"])
async def test_no_member_reads_the_balance_of_the_host(rig: Rig, question: str):
    await rig.moderator.slash(rig.channel, "studio status")
    if question == "a price":
        await priced(rig)
        await rule(rig, confirm_above=Decimal(1))
        text = shown(await ask(rig))
        assert "not known yet" in text  # a list says nothing of what the host pays
    elif question == "help":
        text = shown(await rig.member.slash(rig.channel, "help"))
    elif question == "usage":
        text = shown(await rig.member.slash(rig.channel, "me"))
    else:
        rig.sandbox.add_key(HOST_KEY, credits=7)
        text = shown(await ask(rig))
    for balance in ("10,000", "10000", "9,988", "9,980", "7 credits"):
        assert balance not in text


async def test_nor_does_a_moderator_of_a_server_that_it_serves(rig: Rig):
    for command in ("studio status", "usage report"):
        text = shown(await rig.moderator.slash(rig.channel, command))
        assert "10,000" not in text


async def test_who_has_an_own_key_reads_its_balance(rig: Rig):
    await send_key(rig, GUILD_KEY)
    assert "500" in shown(await rig.moderator.slash(rig.channel, "studio status"))
    await priced(rig)
    await rule(rig, confirm_above=Decimal(1))
    assert "500" in shown(await ask(rig))


async def test_without_a_limit_the_hosts_key_serves_as_before(tmp_path: Path):
    async with running(tmp_path) as free:
        for _ in range(6):
            await ask(free)
            await free.work()
        assert {job.state for job in await free.jobs()} == {JobState.DELIVERED}
