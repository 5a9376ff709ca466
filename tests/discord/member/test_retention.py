"""What ended long ago is blanked by itself: after a year, or sooner where a server says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.models import Job, JobState
from bot.domain.server.guild_rules import Rules
from bot.domain.server.setting import settings_of
from tests.support.channels import rule
from tests.support.erased import left_in_files, left_in_tables, round_of_upkeep
from tests.support.rig import Rig, running
from tests.support.surface import newest, until

WORDS = "canary-person-xyzzy"


@pytest.fixture
async def for_ever(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path, retention_days=0) as made:
        yield made


async def made(rig: Rig, words: str = WORDS) -> Job:
    await rig.member.slash(rig.channel, "image generate", prompt=f"{words} #fast")
    await rig.work()
    return await newest(rig)


async def test_after_a_year_words_inputs_and_links_are_gone_and_the_books_stay(rig: Rig):
    job = await made(rig)
    await round_of_upkeep(rig, days=364)
    assert left_in_tables(rig.folder, WORDS)
    await round_of_upkeep(rig, days=2)
    assert left_in_files(rig.folder, WORDS, job.media[0].url.rpartition("/")[2]) == {}
    kept = await newest(rig)
    assert (kept.id, kept.state, kept.operation, kept.cost) == (job.id, JobState.DELIVERED, job.operation, job.cost)
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent == Decimal(12)


async def test_a_host_can_keep_it_for_ever(for_ever: Rig):
    await made(for_ever)
    await round_of_upkeep(for_ever, days=4000)
    assert left_in_tables(for_ever.folder, WORDS)


@pytest.mark.parametrize("days", [1])
async def test_a_server_may_keep_it_for_less(rig: Rig, days: int):
    await made(rig)
    await rule(rig, retention_days=days)
    await round_of_upkeep(rig, days=days - 0.1)
    assert left_in_tables(rig.folder, WORDS)
    await round_of_upkeep(rig, days=0.2)
    assert left_in_tables(rig.folder, WORDS) == {}


async def test_a_server_may_keep_it_for_less_where_the_host_keeps_it_for_ever(for_ever: Rig):
    await made(for_ever)
    await rule(for_ever, retention_days=30)
    await round_of_upkeep(for_ever, days=31)
    assert left_in_tables(for_ever.folder, WORDS) == {}


async def test_a_server_cannot_keep_it_for_longer_than_its_host(rig: Rig):
    await made(rig)
    await rule(rig, retention_days=9999)
    await round_of_upkeep(rig, days=366)
    assert left_in_tables(rig.folder, WORDS) == {}


async def test_one_servers_setting_is_not_anothers(rig: Rig):
    other = rig.env.create_guild("Other")
    place = other.create_text_channel("general")
    bob = other.add_member(rig.env.create_user("bob"))
    await bob.slash(place, "image generate", prompt="kept-here #fast")
    await made(rig)
    await rule(rig, retention_days=1)
    await round_of_upkeep(rig, days=2)
    assert left_in_tables(rig.folder, WORDS) == {}
    assert left_in_tables(rig.folder, "kept-here")


async def test_what_is_still_being_made_is_kept_however_long_it_takes(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt=f"{WORDS} #forever")
    await until(rig, JobState.PROCESSING)
    await rule(rig, retention_days=1)
    await round_of_upkeep(rig, days=2)
    assert left_in_tables(rig.folder, WORDS)


def test_the_setting_of_a_server_is_a_number_of_days_or_none() -> None:
    setting = settings_of(Rules)["retention_days"]
    assert setting.label
    assert Rules().retention_days is None
    assert Rules.from_json({"retention_days": 30}).retention_days == 30
    assert Rules.from_json({"retention_days": -1}).retention_days is None
