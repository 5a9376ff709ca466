"""Members' own accounts in the store: whose key a job may name, books apart, rotation, removal, five thousand keys."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import Books, JobState, LedgerKind
from bot.store import Store
from bot.store.money.totals import HOST_ID, booked
from tests.store.conftest import HandClock, Made
from tests.support.notes import Open

GUILDS = (700, 701)
ADA, BOB = 42, 43
SECRET = "cs_test_of_a_member_"
OLD, NEW = "o" * 40, "n" * 40
LINKED = 5000


async def link(store: Store, made: Any, member_id: int) -> int:
    key = (
        await store.keys.set(member_id, f"{SECRET}{member_id}", set_by=member_id, status=made.status(), own=True)
    ).key
    assert key.own
    return key.id


async def paid(
    store: Store, made: Any, member_id: int, key_id: int | None, cost: str, guild_id: int = GUILDS[0]
) -> Any:
    """Accept a job of a member in a guild, on their account (with its key) or the host's, and deliver it at a cost."""
    card = made.card(guild_id, author_id=member_id)
    books = Books.SERVER if key_id is None else Books.OWN
    job = made.job(card, key_id=key_id, books=books, price_kind="k")
    _, (job,), _ = await store.cards.accept(card, [job], lambda _: None)
    done = await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(cost), cost=Decimal(cost))
    assert done is not None
    return done


async def test_a_job_names_its_servers_key_or_its_authors_and_no_other(store: Store, made: Any) -> None:
    ada, bob = await link(store, made, ADA), await link(store, made, BOB)
    servers = (await store.keys.set(GUILDS[0], "cs_test_server_key", set_by=5, status=made.status())).key.id
    card = made.card(GUILDS[0], author_id=ADA)
    for key_id, books in ((bob, Books.OWN), (servers, Books.OWN), (ada, Books.SERVER), (bob, Books.SERVER)):
        with pytest.raises(sqlite3.IntegrityError, match="paid by its server or its author"):
            await store.cards.accept(card, [made.job(card, key_id=key_id, books=books)], lambda _: None)
    _, (job,), _ = await store.cards.accept(card, [made.job(card, key_id=ada, books=Books.OWN)], lambda _: None)
    for change in ("key_id = NULL", f"key_id = {bob}", f"key_id = {servers}", "practice = 0", "practice = 1"):
        with pytest.raises(sqlite3.IntegrityError, match="paid by its server or its author"):
            await store._database.write(lambda db, change=change: db.execute(f"UPDATE jobs SET {change}"))
    assert await store.jobs.get(job.guild_id, job.id) == job


async def test_a_members_key_is_found_under_no_guild_and_a_guilds_is_no_members(store: Store, made: Any) -> None:
    ada = await link(store, made, ADA)
    assert await store.keys.current(GUILDS[0]) is None
    assert await store.keys.get(GUILDS[0], ada) is None
    assert await store.keys.get(BOB, ada) is None
    key = await store.keys.get(ADA, ada)
    assert key is not None
    assert key.secret == f"{SECRET}{ADA}"
    assert await store.absent_guilds.concerned() == set(), "no server has left"


async def test_a_sealed_key_moved_to_another_member_opens_nothing(store: Store, made: Any) -> None:
    await link(store, made, ADA)
    await link(store, made, BOB)
    await store._database.write(
        lambda db: db.execute(
            "UPDATE guild_keys SET secret = (SELECT secret FROM guild_keys WHERE guild_id = ?) WHERE guild_id = ?",
            (ADA, BOB),
        )
    )
    assert len(await store.check()) == 1


async def test_what_a_member_pays_is_in_their_books_alone(store: Store, made: Any) -> None:
    ada = await link(store, made, ADA)
    await paid(store, made, ADA, ada, "7")
    await paid(store, made, ADA, ada, "5", GUILDS[1])
    await paid(store, made, ADA, None, "3")
    assert (await store.own_accounts.sums(ADA, 0)).spent == 12
    assert (await store.own_accounts.sums(BOB, 0)).spent == 0
    assert (await store.ledger.balance(GUILDS[0])).spent == 3
    report = await store.reports.totals(GUILDS[0], [(0, 10**10)])
    assert (report.total, report.jobs) == (3, 1)
    assert (await store.figures.now()).booked["settle"] == 3
    assert (await store.figures.now()).accounts == {"server": 0, "member": 1, "practice": 0}
    assert await store.check() == []


async def test_its_account_is_compared_with_its_books_over_all_servers(store: Store, made: Any) -> None:
    ada = await link(store, made, ADA)
    assert await store.account_checks.to_check(2_000_000.0) == [], "an unused key costs no call"
    await paid(store, made, ADA, ada, "7")
    [key] = await store.account_checks.to_check(2_000_000.0)
    assert (key.id, key.own) == (ada, True)

    async def compared(balance: str) -> Any:
        version = await store.account_checks.books_version(ADA)
        return await store.account_checks.compare(ADA, ada, Decimal(balance), version=version)

    assert (await compared("93")).credits == 0
    before = await store.account_checks.books_version(ADA)
    await paid(store, made, ADA, ada, "5", GUILDS[1])
    assert await store.account_checks.books_version(ADA) > before
    assert (await compared("88")).credits == 0
    await compared("80")
    assert (await compared("80")).credits == 8


async def test_costs_of_one_account_are_no_one_elses(store: Store, made: Any) -> None:
    ada, bob = await link(store, made, ADA), await link(store, made, BOB)
    await paid(store, made, ADA, ada, "7")
    await paid(store, made, ADA, ada, "8", GUILDS[1])
    assert len(await store.true_costs.all(ADA, ada)) == 1
    for owner, key_id in ((BOB, bob), (BOB, ada), (GUILDS[0], ada), (GUILDS[0], None)):
        assert await store.true_costs.all(owner, key_id) == {}


async def test_a_removed_key_is_kept_for_its_running_jobs_and_then_gone(store: Store, made: Any) -> None:
    ada = await link(store, made, ADA)
    card = made.card(GUILDS[0], author_id=ADA)
    _, jobs, _ = await store.cards.accept(
        card,
        [made.job(card, 0, key_id=ada, books=Books.OWN), made.job(card, 1, key_id=ada, books=Books.OWN)],
        lambda _: None,
    )
    sent = await store.jobs.change(jobs[0], JobState.QUEUED, attempts=1, remote_id="r1")
    assert sent is not None
    removed = await store.own_accounts.remove(ADA)
    assert removed is not None
    assert (removed.running, [card_id for _, card_id in removed.cards]) == (1, [card.id])
    assert (await store.jobs.get(GUILDS[0], jobs[1].id)).state is JobState.CANCELLED  # type: ignore[union-attr]
    assert await store.keys.current(ADA) is None
    assert await store.keys.get(ADA, ada) is not None
    await store.jobs.change(sent, JobState.DELIVERED, settle=Decimal(9), cost=Decimal(9))
    assert await store.keys.get(ADA, ada) is None
    assert await store.check() == []
    assert await store.own_accounts.remove(ADA) is None


async def test_secret_keys_change_for_members_keys_too(open_store: Open, made: Any) -> None:
    store = await open_store(secret_keys=(OLD,))
    await link(store, made, ADA)
    await store.close()
    await (await open_store(secret_keys=(NEW, OLD), alone=True)).close()
    key = await (await open_store(secret_keys=(NEW,))).keys.current(ADA)
    assert key is not None
    assert key.secret == f"{SECRET}{ADA}"


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("ada", "bob", "host")),
        st.sampled_from(GUILDS),
        st.integers(0, 40),
        st.sampled_from(("deliver", "fail", "late", "open")),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_under_random_acts_each_of_three_accounts_has_its_books(acts: Any, tmp_path_factory: Any) -> None:
    asyncio.run(three_accounts(acts, tmp_path_factory.mktemp("own") / "bot.db"))


async def three_accounts(acts: Any, path: Path) -> None:

    clock = HandClock(1_000_000.0)
    made = Made(clock)
    store = await Store.open(path, clock=clock, secret_keys=("x" * 32,))
    try:
        keys = {"ada": await link(store, made, ADA), "bob": await link(store, made, BOB), "host": None}
        spent = dict.fromkeys(keys, Decimal(0))
        held = dict.fromkeys(keys, Decimal(0))
        of_guild = dict.fromkeys(GUILDS, Decimal(0))
        for who, guild_id, cost, end in acts:
            card = made.card(guild_id, author_id=BOB if who == "bob" else ADA)
            books = Books.SERVER if who == "host" else Books.OWN
            _, (job,), _ = await store.cards.accept(
                card, [made.job(card, key_id=keys[who], books=books)], lambda _: None
            )
            amount = Decimal(cost)
            if end == "deliver":
                await store.jobs.change(job, JobState.DELIVERED, settle=amount, cost=amount)
            elif end == "fail":
                await store.jobs.change(job, JobState.FAILED, release=True)
            elif end == "late":
                sent = await store.jobs.change(job, JobState.QUEUED, remote_id=job.id, submitted_at=clock.wall())
                assert sent is not None
                lost = await store.jobs.change(sent, JobState.FAILED, release=True, recheck=True)
                assert lost is not None
                await store.rechecks.billed(lost, amount)
            else:
                held[who] += job.held
            if end in {"deliver", "late"}:
                spent[who] += amount
                of_guild[guild_id] += amount if who == "host" else 0
        for who, member_id in (("ada", ADA), ("bob", BOB)):
            sums = await store.own_accounts.sums(member_id, 0)
            assert (sums.spent, sums.held) == (spent[who], held[who])
            found = await store._database.read(
                lambda db, key=keys[who]: booked(db, HOST_ID, practice=Books.OWN, key_id=key)
            )
            assert found[LedgerKind.SETTLE] + found[LedgerKind.ADJUST] == spent[who]
        for guild_id in GUILDS:
            assert (await store.ledger.balance(guild_id)).spent == of_guild[guild_id]
            assert (await store.reports.totals(guild_id, [(0, 10**10)])).total == of_guild[guild_id]
        assert await store.check() == []
    finally:
        await store.close()


@pytest.mark.sqlite_only("a measurement of the file's start")
async def test_five_thousand_linked_keys_cost_the_start_no_time_memory_or_call(open_store: Open, made: Any) -> None:
    store = await open_store()
    await store.close()
    without_s, without_bytes = await opened(open_store)
    store = await open_store()
    seal = store._database  # one statement: five thousand status calls are not what is measured
    for number in range(3):
        await link(store, made, 10**6 + number)
    await seal.write(
        lambda db: db.execute(
            "INSERT INTO guild_keys (guild_id, secret, last4, set_by, set_at, scopes, own)"
            " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " SELECT 2000000 + i, (SELECT secret FROM guild_keys LIMIT 1), 'abcd', i, 1.0, '[]', 1 FROM n",
            (LINKED,),
        )
    )
    await store.close()
    with_s, with_bytes = await opened(open_store)
    assert with_s - without_s <= 0.1
    assert with_bytes - without_bytes <= 2 * 2**20


async def opened(open_store: Open) -> tuple[float, int]:
    """Open the store, read what every start reads of keys; return the least of three CPU times (s), and the bytes."""
    least, kept = 60.0, 0
    for _ in range(3):
        tracemalloc.start()
        began = time.process_time()
        store = await open_store()
        await store.keys.refused()
        await store.keys.newest(3, without=lambda _: False)
        await store.absent_guilds.concerned()
        assert await store.account_checks.to_check(2_000_000.0) == []
        least = min(least, time.process_time() - began)
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        await store.close()
    return least, kept
