"""What servers may spend of the host's own credits: bounded by the host, and lifted by nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.studio.costs import fixed
from tests.support.channels import press, rule, shown
from tests.support.erased import send_key
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


async def test_what_is_held_and_spent_counts_for_its_month_whatever_a_servers_list_says(rig: Rig):
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal("0.001"))
    await ask(rig)
    assert ((await newest(rig)).held, (await newest(rig)).basis) == (20, "unknown")
    await rig.work()
    await ask(rig, count=3)
    assert "host" in private_sentence(await ask(rig, other(rig, "bob")))
    await rig.work()
    assert rig.sandbox.spent(HOST_KEY) == 48
    rig.advance(20 * DAY_S)
    assert "host" in private_sentence(await ask(rig))
    rig.advance(12 * DAY_S)
    await ask(rig)
    assert len(await rig.jobs()) == 5


async def test_no_way_and_no_moderator_passes_it(rig: Rig):
    await spend(rig, 4)
    status = shown(await rig.moderator.slash(rig.channel, "studio status"))
    assert "48" in status
    assert "50" in status
    job = await newest(rig)
    await press(rig, other(rig), "again", job.id)
    await rig.moderator.react(rig.messages()[0], "🔁")
    await rig.member.slash(rig.channel, "batch", operation="image.generate", file=("p.txt", b"one\ntwo"))
    await rig.env.settle()
    await rig.moderator.slash(rig.channel, "quota set", credits=9999.0, period="month", scope="server")
    await rig.moderator.slash(rig.channel, "quota set", credits=9999.0, period="month")
    await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=9999.0)
    await rule(rig, approve_above=Decimal(1))
    assert "host" in private_sentence(await ask(rig))
    assert "host" in private_sentence(await ask(rig, rig.moderator))
    assert len(await rig.jobs()) == 4


async def test_a_servers_own_key_is_its_own_affair(rig: Rig):
    await send_key(rig, GUILD_KEY)
    await spend(rig, 4)
    assert "452" in shown(await rig.moderator.slash(rig.channel, "studio status"))
    await rig.moderator.slash(rig.channel, "studio key", action="remove")
    await spend(rig, 4)
    assert rig.sandbox.spent(GUILD_KEY) == rig.sandbox.spent(HOST_KEY) == 48
    assert "host" in private_sentence(await ask(rig))
    await send_key(rig, GUILD_KEY)
    await spend(rig, 1)
    assert rig.sandbox.spent(GUILD_KEY) == 60
    await rule(rig, confirm_above=Decimal(1))
    assert "440" in shown(await ask(rig))


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


# ---------------------------------------------------------------------- the host's balance


async def test_nobody_of_a_server_reads_the_balance_of_the_host(rig: Rig):
    texts = [shown(await rig.moderator.slash(rig.channel, command)) for command in ("studio status", "usage")]
    texts += [shown(await rig.member.slash(rig.channel, command)) for command in ("help", "me")]
    await priced(rig)
    await rule(rig, confirm_above=Decimal(1))
    texts.append(shown(await ask(rig)))
    assert "not known yet" in texts[-1]  # a list says nothing of what the host pays
    rig.sandbox.add_key(HOST_KEY, credits=7)
    texts.append(shown(await ask(rig)))
    for balance in ("10,000", "10000", "9,988", "9,980", "7 credits"):
        assert [text for text in texts if balance in text] == []
