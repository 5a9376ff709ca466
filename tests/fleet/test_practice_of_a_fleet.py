"""A server practises on PostgreSQL: each process has a sandbox, and a job goes on at whichever follows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import discord as dpy
import psycopg
import pytest

from bot.domain.models import JobState
from sandbox.server import Sandbox
from tests.support.rig import HOST_KEY
from tests.support.surface import state_text
from tests.support.wire.fleet import Fleet
from tests.support.wire.server import WireDiscord

TAKEN_OVER_S, SOON_S = 100.0, 60.0


@pytest.fixture
async def fleet(tmp_path: Path, empty_postgres_database: str):
    async with WireDiscord() as discord, Sandbox(small=True) as sandbox:
        sandbox.add_key(HOST_KEY, credits=10_000)
        yield Fleet(discord, sandbox, tmp_path, empty_postgres_database)


async def practise(fleet: Fleet) -> str:
    """Have a moderator switch practice on; return the answer."""
    morgan = fleet.discord.add_member(fleet.guild, "morgan", permissions=dpy.Permissions(manage_guild=True))
    reply = await fleet.discord.slash(morgan, fleet.channel, "studio practice")
    await fleet.until(lambda: not reply.loading)
    return str(reply.message.content or reply.message.embeds)


def rows(fleet: Fleet, query: str) -> list[Any]:
    with psycopg.connect(fleet.database) as db:
        return db.execute(query).fetchall()


def states(fleet: Fleet) -> list[str]:
    return sorted(state for (state,) in rows(fleet, "SELECT state FROM jobs"))


@pytest.mark.long
async def test_a_job_of_practice_goes_on_at_another_process_and_its_result_is_used_there(fleet):
    async with fleet.running(1) as [first]:
        assert "nothing costs anything" in await practise(fleet)
        done = await fleet.ask("a fox #fast")
        await fleet.until(lambda: done.message.attachments)
        replies = [await fleet.ask(f"a wolf {number}") for number in range(2)]
        await fleet.until(lambda: states(fleet) == ["delivered", "queued", "queued"])
        requests = rows(fleet, "SELECT remote_id FROM jobs ORDER BY id")
        async with fleet.running(1) as [second]:
            await first.kill()
            await fleet.until(lambda: states(fleet) == ["delivered"] * 3, TAKEN_OVER_S)
            await fleet.until(lambda: all(each.message.attachments for each in replies))
            [(made,)] = rows(fleet, "SELECT id FROM jobs ORDER BY created_at LIMIT 1")
            edited = await fleet.discord.slash(
                fleet.ada, fleet.channel, "image edit", prompt="red #fast", **{"from": made}
            )
            await fleet.until(lambda: edited.message.attachments and states(fleet) == [JobState.DELIVERED] * 4, SOON_S)
            assert second.running
    assert rows(fleet, "SELECT remote_id FROM jobs WHERE operation = 'image.generate' ORDER BY id") == requests
    assert len(fleet.posted) == 4
    assert rows(fleet, "SELECT DISTINCT practice FROM ledger") == [(1,)]
    assert sorted(rows(fleet, "SELECT kind, count(*) FROM ledger GROUP BY kind")) == [("hold", 4), ("settle", 4)]
    assert fleet.sandbox.posts == 0, "nothing of practice reaches the true API"


@pytest.mark.long
async def test_a_host_who_forbids_practice_ends_it_in_the_whole_fleet(fleet):
    async with fleet.running(2):
        await practise(fleet)
        asked = await fleet.ask("a fox #forever")
        await fleet.until(lambda: states(fleet) == ["queued"])
    async with fleet.running(2, PRACTICE="off"):
        await fleet.until(lambda: states(fleet) == ["cancelled"], SOON_S)
        await fleet.until(lambda: "Practice mode has ended" in state_text(asked.message), SOON_S)
    assert sorted(rows(fleet, "SELECT kind, practice FROM ledger")) == [("hold", 1), ("release", 1)]
    assert fleet.sandbox.posts == 0
