"""Reading the API's description where it wants a key for it: whose key, how often, and with which ETag."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.domain.models import AccountStatus
from bot.errors import CannonError, KeyRefused
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.unit.app.test_catalogue_refresh import document, refresh_of

OTHER_KEY = "cs_test_other_00000000cafe"


async def set_key(rig: Rig, guild_id: int, secret: str) -> None:
    rig.sandbox.add_key(secret)
    await rig.bot.parts.store.keys.set(
        guild_id, secret, set_by=1, status=AccountStatus(credits=None, plan=None, scopes=())
    )


def hide(rig: Rig, operation: str = "video.dream") -> None:
    rig.sandbox.document = document(operation)
    rig.sandbox.vary(document_needs_key=True)
    rig.sandbox.document_readers.clear()


async def test_no_key_is_sent_where_none_is_wanted(rig: Rig):
    rig.sandbox.document_readers.clear()
    await refresh_of(rig, rig.clock)[1].refresh()
    assert rig.sandbox.document_readers == [None]


async def test_the_hosts_key_reads_what_is_for_customers_only(rig: Rig):
    await set_key(rig, rig.guild.id, GUILD_KEY)
    hide(rig)
    live, refresh = refresh_of(rig, rig.clock)
    await refresh.refresh()
    assert rig.sandbox.document_readers == [None, HOST_KEY], "no server's key where the host has one"
    assert "video.dream" in live.current.operations


async def test_a_page_or_a_message_in_the_documents_place_is_tried_again_with_the_key(rig: Rig):
    for kind, options in (("garbage", {}), ("redirect", {"location": "/sign-in"}), ("status", {"status": 404})):
        hide(rig)
        rig.sandbox.fault("openapi", kind, times=1, **options)
        rig.sandbox.vary(document_needs_key=False)
        await refresh_of(rig, rig.clock)[1].refresh()
        assert rig.sandbox.document_readers == [None, HOST_KEY], kind


async def test_a_server_problem_or_a_full_queue_is_no_reason_to_send_a_key(rig: Rig):
    for status in (429, 500, 503):
        hide(rig)
        rig.sandbox.fault("openapi", "status", times=None, status=status)
        with pytest.raises(CannonError):
            await refresh_of(rig, rig.clock)[1].refresh()
        rig.sandbox.faults.clear()
        assert rig.sandbox.document_readers == [None], status


async def test_without_a_key_of_the_host_the_newest_working_key_of_a_server_reads_it(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None) as rig:
        other = rig.env.create_guild("Other")
        await set_key(rig, other.id, OTHER_KEY)
        rig.advance(60)
        await set_key(rig, rig.guild.id, GUILD_KEY)
        hide(rig)
        with capture_logs() as lines:
            await refresh_of(rig, rig.clock)[1].refresh()
        assert rig.sandbox.document_readers == [None, GUILD_KEY]
        assert GUILD_KEY not in str(lines)
        key = await rig.bot.parts.keys.for_guild(rig.guild.id)
        await rig.bot.parts.keys.note_refused(rig.guild.id, key, probe_at=0.0)
        hide(rig, "video.other")
        await refresh_of(rig, rig.clock)[1].refresh()
        assert rig.sandbox.document_readers == [None, OTHER_KEY], "a refused key is passed over"


async def test_a_key_that_may_not_read_it_keeps_working_and_the_next_one_is_tried(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None) as rig:
        other = rig.env.create_guild("Other")
        await set_key(rig, other.id, OTHER_KEY)
        rig.advance(60)
        await set_key(rig, rig.guild.id, GUILD_KEY)
        hide(rig)
        rig.sandbox.fault("openapi", "status", times=None, key=GUILD_KEY, status=403)
        await refresh_of(rig, rig.clock)[1].refresh()
        assert rig.sandbox.document_readers == [None, GUILD_KEY, OTHER_KEY]
        assert not (await rig.bot.parts.keys.for_guild(rig.guild.id)).refused
        assert await rig.bot.parts.keys.refused() == []


async def test_the_hosts_key_is_not_locked_by_the_document(rig: Rig):
    hide(rig)
    rig.sandbox.fault("openapi", "status", times=None, status=401)
    with pytest.raises(KeyRefused):
        await refresh_of(rig, rig.clock)[1].refresh()
    assert rig.sandbox.document_readers == [None, HOST_KEY]
    assert not (await rig.bot.parts.keys.for_guild(rig.guild.id)).refused
