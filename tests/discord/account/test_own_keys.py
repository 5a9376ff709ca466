"""Members' keys beside those of servers and the host: whose calls have which, where they are found, how they end."""

from __future__ import annotations

import contextlib
import io
import logging
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import structlog

from bot.cannon.budgets import Call
from bot.delivery.texts import WAITING_TO_CONTINUE
from bot.domain.models import Books, JobState
from bot.runtime.logs import configure_logs
from tests.discord.moderate.test_key_entry import another
from tests.support import me
from tests.support.channels import rule
from tests.support.erased import left_in_files, send_key
from tests.support.following import pass_time
from tests.support.own_account import ADAS_KEY, BOBS_KEY, link, linked, spent, words
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import of, private_messages, state_text, watch


async def make(rig: Rig, member: Any, channel: Any = None, **options: Any) -> Any:
    return await member.slash(channel or rig.channel, "image generate", **({"prompt": "a fox"} | options))


def planted() -> list[str]:
    return [each for key in (ADAS_KEY, BOBS_KEY) for each in (key, key.removeprefix("cs_test_"))]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged at the most talkative level, libraries included."""
    out, root = io.StringIO(), logging.getLogger()
    before = (root.level, list(root.handlers), structlog.get_config())
    configure_logs(level="DEBUG", log_format="json", secrets=(HOST_KEY,), stream=out)
    yield out
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.configure(**before[2])


# ---------------------------------------------------------------------- whose calls


async def test_no_call_of_one_has_the_key_of_another(rig: Rig):
    """Two members, two servers (one with a key of its own, one on the host's), each paying for theirs."""
    boss, place, _ = another(rig, "elsewhere")
    await send_key(rig, GUILD_KEY)
    await linked(rig, rig.member, ADAS_KEY)
    await linked(rig, rig.moderator, BOBS_KEY)
    calls = watch(rig)
    await make(rig, rig.member, prompt="of ada")
    await make(rig, rig.moderator, prompt="of bob")
    await make(rig, rig.member, prompt="of the server", pay="server")
    await boss.slash(place, "image generate", prompt="of the host")
    await rig.work()
    keys = {request.input["prompt"]: request.key for request in rig.sandbox.requests}
    assert keys == {"of ada": ADAS_KEY, "of bob": BOBS_KEY, "of the server": GUILD_KEY, "of the host": HOST_KEY}
    by_request = {request.id: request.key for request in rig.sandbox.requests}
    polls = [call for call in calls if call.target in by_request]
    assert polls
    assert [call for call in polls if call.key != by_request[call.target or ""]] == []
    assert spent(rig) == (12, 12, 12, 12)
    assert await rig.bot.parts.store.check() == []


async def test_it_is_in_no_log_file_message_or_metric(rig: Rig, log: io.StringIO):
    await linked(rig, rig.member, ADAS_KEY)
    rig.sandbox.add_key(BOBS_KEY)
    rig.sandbox.revoke_key(BOBS_KEY)
    answer = await link(rig, rig.moderator, BOBS_KEY)
    rig.sandbox.revoke_key(BOBS_KEY)
    await make(rig, rig.member)
    await make(rig, rig.member, prompt="#fail")
    await rig.work()
    with (
        contextlib.closing(sqlite3.connect(rig.folder / "bot.db")) as db,
        contextlib.closing(sqlite3.connect(rig.folder / "backup.db")) as copy,
    ):
        db.backup(copy)
    lines = log.getvalue().splitlines()
    assert len(lines) > 5
    assert [line for line in lines if any(each in line for each in planted())] == []
    assert [each for each in planted() if each in rig.bot.metrics.render().decode()] == []
    assert left_in_files(rig.folder, *planted()) == {}
    everything = " ".join(map(words, rig.messages())) + str(answer)
    assert [each for each in planted() if each in everything] == []
    assert "own account" not in everything
    status = await rig.moderator.slash(rig.channel, "studio status")
    assert ADAS_KEY[-4:] not in str(status.response.__dict__)


# ---------------------------------------------------------------------- how they end


async def test_removed_while_its_jobs_run_it_ends_them_and_is_gone(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await rule(rig, running_per_member=1)
    await make(rig, rig.member, prompt="a fox")
    await make(rig, rig.member, prompt="a wolf")
    await rig.step()
    page = await me.opened(rig, rig.member, "account")
    answer = await rig.member.click(page, custom_id="c1:account_remove:key")
    assert "1 job still runs" in answer.followups[-1].content
    await rig.work()
    assert sorted(job.state for job in await rig.jobs()) == [JobState.CANCELLED, JobState.DELIVERED]
    assert spent(rig) == (0, 0, 12, 0)
    assert await key_rows(rig) == 0
    assert await rig.bot.parts.store.check() == []


async def key_rows(rig: Rig) -> int:
    query = "SELECT count(*) FROM guild_keys WHERE guild_id = ?"
    found: int = await rig.bot.parts.store._database.read(lambda db: db.execute(query, (rig.member.id,)).fetchone()[0])
    return found


async def test_forgotten_by_the_host_while_its_jobs_run_they_are_refunded_and_nothing_is_left(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await make(rig, rig.member, prompt="a fox #slow")
    await rig.step()
    store = rig.bot.parts.store
    await store.own_accounts.remove(rig.member.id, at_once=True)
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert await key_rows(rig) == 0
    assert (await store.own_accounts.sums(rig.member.id, 0)).held == 0
    await rig.work()
    assert await store.check() == []


async def test_rejected_while_a_job_waits_it_asks_only_its_member_and_a_new_one_continues(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    log_channel = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=log_channel.id)
    rig.sandbox.revoke_key(ADAS_KEY)
    await make(rig, rig.member)
    for _ in range(3):
        await rig.step()
        rig.advance(61)
    [job] = await rig.jobs()
    assert job.state is JobState.SUBMITTING
    assert await rig.bot.parts.store.decisions.all(rig.guild.id) == []
    assert log_channel.history() == []
    assert "rejects" in words(await me.opened(rig, rig.member, "account"))
    assert "reject" not in " ".join(map(words, rig.messages()))
    await make(rig, rig.moderator, pay="server")
    await link(rig, rig.member, BOBS_KEY)
    await rig.work()
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    assert spent(rig) == (12, 0, 0, 12)


async def test_out_of_credits_is_told_to_its_member_alone_and_topping_it_up_is_enough(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY, credits_=0)
    await make(rig, rig.member)
    await rig.work()
    said = " ".join(map(words, rig.messages()))
    assert "credits left" not in said
    assert await rig.bot.parts.store.decisions.all(rig.guild.id) == []
    rig.sandbox.accounts.accounts[ADAS_KEY].credits = Decimal(100)
    rig.advance(120)
    await make(rig, rig.member)
    await rig.work()
    assert rig.sandbox.spent(ADAS_KEY) == 12


async def test_a_429_of_one_account_slows_no_other(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await make(rig, rig.member)
    await rig.step()
    [job] = await rig.jobs()
    worker = rig.bot.parts.worker
    key = await rig.bot.parts.keys.for_job(job)
    assert key is not None
    for call in (Call.CREATE, Call.POLL):
        worker.key_waits.pause(key, job, 600.0, call)
    await make(rig, rig.moderator, prompt="of the host", pay="server")
    await make(rig, rig.member, prompt="of the server", pay="server")
    began = rig.clock.elapsed
    for _ in range(200):
        await rig.step()
        rig.advance(0.5)
        if sum(each.state is JobState.DELIVERED for each in await rig.jobs()) == 2:
            break
    assert rig.clock.elapsed - began < 60
    assert {each.books for each in await rig.jobs() if each.state is JobState.DELIVERED} == {Books.SERVER}


async def test_no_call_is_made_for_linked_keys_at_the_start(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    calls = watch(rig)
    await rig.restart()
    await rig.step()
    assert of(calls, "status") == []
    assert [call for call in calls if call.key == ADAS_KEY] == []


# ---------------------------------------------------------------------- a key that dies


async def rejected(rig: Rig, key: str) -> None:
    """Let Cannon Studio reject the key, and the bot's next poll find that."""
    rig.sandbox.revoke_key(key)
    await pass_time(rig, 40, 1)


@pytest.mark.parametrize("key", [ADAS_KEY, HOST_KEY])
async def test_a_card_whose_key_is_rejected_says_that_it_waits_without_a_time(rig: Rig, key: str):
    if key == ADAS_KEY:
        await linked(rig, rig.member, ADAS_KEY)
    await make(rig, rig.member, prompt="a fox #slow")
    await rig.step()
    await rejected(rig, key)
    [card] = rig.messages()
    assert str(WAITING_TO_CONTINUE) in state_text(card)
    assert "<t:" not in state_text(card)
    rig.sandbox.add_key(key, credits=300)
    await pass_time(rig, 240, 10)
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]


async def test_who_owns_a_rejected_key_is_told_once_and_replaces_it_from_there(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    for _ in range(2):
        await make(rig, rig.member, prompt="a fox #slow")
    await rig.step()
    await rejected(rig, ADAS_KEY)
    [told] = private_messages(rig, rig.member)
    assert "rejects the key of your own account" in told.content
    rig.sandbox.add_key(BOBS_KEY, credits=300)
    form = await rig.member.user.click(told, custom_id="c1:key_replace:key")
    [field] = rig.form_fields(form)
    await rig.member.user.submit_modal(form, {field: BOBS_KEY})
    [told] = private_messages(rig, rig.member)
    assert (told.content, told.components) == ("The new key works, so your requests continue.", [])


async def test_who_owns_a_rejected_key_can_let_the_server_pay_from_there(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY)
    await make(rig, rig.member, prompt="a fox #slow")
    await rig.step()
    await rejected(rig, ADAS_KEY)
    [told] = private_messages(rig, rig.member)
    await rig.member.user.click(told, custom_id=f"c1:key_server:{rig.guild.id}")
    assert "The server pays for your new requests there" in private_messages(rig, rig.member)[0].content
    await make(rig, rig.member, prompt="a heron")
    await pass_time(rig, 40, 1)
    assert [job.own for job in await rig.jobs() if job.state is JobState.DELIVERED] == [False]
