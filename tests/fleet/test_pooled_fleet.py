"""A fleet of real processes behind a PgBouncer whose few sessions they share."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from bot.domain.models import JobState
from bot.errors import RESTART_CANNOT_HELP
from sandbox.server import Sandbox
from tests.fleet.test_parts_of_a_fleet import exact, is_done, pressed
from tests.support.pgbouncer import Pooler, pooling
from tests.support.postgres import Server
from tests.support.rig import HOST_KEY
from tests.support.wire.fleet import Fleet
from tests.support.wire.server import WireDiscord

pytestmark = pytest.mark.long

SESSIONS = 4
"""Three processes have nine connections through the pooler."""


@pytest.fixture
def pooler(postgres_server: Server):
    with pooling(postgres_server, "transaction", size=SESSIONS) as made:
        yield made


async def test_a_fleet_works_on_sessions_that_it_shares(tmp_path: Path, pooler: Pooler, fleet_url: str):
    name = psycopg.conninfo.conninfo_to_dict(fleet_url)["dbname"]
    pooled = {"DATABASE": pooler.url(name), "DATABASE_DIRECT": fleet_url}
    async with WireDiscord() as discord, Sandbox(speed=50.0, small=True) as sandbox:
        sandbox.add_key(HOST_KEY, credits=10_000)
        fleet = Fleet(discord, sandbox, tmp_path, fleet_url)
        async with fleet.running("gateway", "worker", "worker", **pooled) as (_, first, _):
            replies = [await fleet.ask(f"fox {number} #forever") for number in range(3)]
            await fleet.until(lambda: len(sandbox.requests) == 3)
            await first.kill()
            for request in sandbox.requests:
                sandbox.finish(request.id)
            await fleet.until(lambda: all(reply.message.attachments for reply in replies), 120)
            await discord.click(fleet.ada, replies[0].message, pressed(replies[0].message, "Re-run"))
            await fleet.until(lambda: len(sandbox.requests) == 4)
            sandbox.finish(sandbox.requests[-1].id)
            await fleet.until(lambda: is_done(fleet), 120)
            assert pooler.sessions(name) <= SESSIONS
        assert exact(fleet) == [JobState.DELIVERED] * 4
        async with fleet.store() as store:
            assert await store.check() == []


async def test_a_process_without_the_direct_address_ends_with_a_sentence(
    tmp_path: Path, pooler: Pooler, fleet_url: str
):
    name = psycopg.conninfo.conninfo_to_dict(fleet_url)["dbname"]
    async with WireDiscord() as discord, Sandbox(speed=50.0, small=True) as sandbox:
        fleet = Fleet(discord, sandbox, tmp_path, pooler.url(name))
        async with fleet.process("worker") as process, asyncio.timeout(120):
            assert await process.ended() == RESTART_CANNOT_HELP
            assert "Set DATABASE_DIRECT to the address of PostgreSQL itself" in process.output()
            assert "Traceback" not in process.output()
