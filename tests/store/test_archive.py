"""Jobs that ended long ago leave the tables of decisions, and nothing that anybody counts changes by it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app.host import texts
from bot.app.host.offline import archive_months, detach_month, drop_month, list_months
from bot.domain.models import Job, JobState
from bot.domain.money.spend_request import Draw, Verdict
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.errors import Refused, StartError
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Spending, Store
from bot.store.host import archive
from bot.store.host.archive import kept_from, month_of, span_of
from tests.store.conftest import AUTHOR, GUILD, HandClock, Made
from tests.support.databases import SECRET_KEY, PostgresDatabases
from tests.support.totals import differing

DAY_S = 86_400.0
JANUARY = 1_767_225_600.0  # 2026
MARCH = "2026-03"
OTHER = 701


def knows(model: str) -> bool:
    return model == "flux"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(JANUARY + 10 * DAY_S)


async def take(store: Store, made: Made, *parts: tuple[int, str], guild_id: int = GUILD, **values: Any) -> Job:
    """Accept a job, some of it paid by grants."""
    draws = tuple(Draw(item=0, grant_id=grant_id, credits=Decimal(part)) for grant_id, part in parts)
    verdict = Verdict(states=(JobState.SUBMITTING,), draws=draws)
    card = made.card(guild_id, author_id=values.pop("author_id", AUTHOR), answered=True)
    _, (job,), _ = await store.cards.accept(card, [made.job(card, 0, **values)], lambda _: verdict)
    return job


async def pay(store: Store, job: Job, cost: str) -> Job:
    ended = await store.jobs.change(
        job, JobState.DELIVERED, settle=Decimal(cost), cost=Decimal(cost), message_id=9, finished_at=store._clock.wall()
    )
    assert ended is not None
    return ended


async def a_history(store: Store, made: Made, clock: HandClock) -> None:
    """Have two servers pay in January and in February, by grants too, and be refunded, and be charged late."""
    grant = await store.grants.add(GUILD, AUTHOR, Decimal(7), note="", by_id=1, expires_at=None)
    await pay(store, await take(store, made, (grant.id, "4")), "3")
    await pay(store, await take(store, made, (grant.id, "2")), "8")
    await pay(store, await take(store, made, guild_id=OTHER, author_id=43), "5")
    failed = await store.jobs.change(
        await take(store, made), JobState.FAILED, release=True, recheck=True, remote_id="r"
    )
    assert failed is not None
    clock.now += 30 * DAY_S
    await store.rechecks.found(failed, output={}, media=(), cost=Decimal(6), sentence="late")
    [late] = await store.job_lists.recent(GUILD, states={JobState.HELD})
    await store.rechecks.postpone(late, None, counts=True)
    await pay(store, await take(store, made, author_id=44), "2")


async def counted(store: Store) -> list[Any]:
    """Return all that members and hosts read of what was spent in all."""

    def look(books: Spending) -> list[Any]:
        return [
            books.spent(0, member=is_member, operation=operation, channel_id=channel)
            for is_member in (True, False)
            for operation in ("", "image.generate")
            for channel in (0, 55)
        ] + [books.spent_on_host_key(0, everywhere=True), books.held_of_guild]

    found: list[Any] = []
    for guild_id, member_id in ((GUILD, AUTHOR), (GUILD, 44), (OTHER, 43)):
        found.append(await store.spending.view(guild_id, member_id, look))
        found.append(await store.ledger.balance(guild_id))
        found.append([each.left for each in await store.grants.of_member(guild_id, member_id, used_up=True)])
        spans = [(JANUARY, JANUARY + 31 * DAY_S), (JANUARY + 31 * DAY_S, JANUARY + 365 * DAY_S)]
        report = await store.reports.totals(guild_id, spans)
        found.append((report.spans, report.members, report.operations, report.jobs))
    return found


async def archived(store: Store, before: float) -> int:
    """Archive all that is over; return how many jobs."""
    moved, guild_id = 0, await store.archive.next_guild(0, before)
    while guild_id is not None:
        cards = await store.archive.cards(guild_id, before)
        moved += await store.archive.take(guild_id, cards, before, knows)
        guild_id = await store.archive.next_guild(guild_id, before)
    return moved


def on_a_server(test: Any) -> Any:
    return pytest.mark.long(pytest.mark.sqlite_only("it has a server of its own")(test))


@pytest.fixture
async def on_server(
    postgres_databases: PostgresDatabases, clock: HandClock
) -> AsyncIterator[tuple[PostgresUrl, Store]]:
    address = postgres_databases.new()
    store = await Store.open(address, clock=clock, secret_keys=(SECRET_KEY,))
    yield address, store
    assert await differing(store) == []
    await store.close()


async def rows(store: Store, query: str) -> Sequence[Any]:
    found = await store._database.read(lambda db: db.execute(query).fetchall())
    return [tuple(row) for row in found]


async def test_what_was_spent_stays_whatever_leaves(store: Store, made: Made, clock: HandClock) -> None:
    await a_history(store, made, clock)
    clock.now = span_of("2026-09")[0] + DAY_S
    still_open = await take(store, made)
    before = await counted(store)
    assert await archived(store, span_of("2026-02")[0]) == 3  # the one that was charged late ended in February
    assert await counted(store) == before
    assert await archived(store, span_of(MARCH)[0]) == 2
    assert await counted(store) == before
    assert await rows(store, "SELECT count(*) FROM ledger WHERE job_id IS NOT NULL") == [(1,)]
    assert await rows(store, "SELECT month, count(*) FROM archived_ledger GROUP BY month ORDER BY month") == [
        ("2026-01", 9),
        ("2026-02", 2),
    ]
    await pay(store, still_open, "1")
    assert await differing(store) == []
    assert await store.check() == []
    if store._database.has_partitions:
        after = await counted(store)
        await store.archive.drop("2026-01")
        await store.archive.detach("2026-02")
        assert await counted(store) == after
        assert await differing(store) == []
        assert await store.check() == []
        assert await rows(store, "SELECT count(*) FROM archived_jobs") == [(0,)]


async def test_members_export_what_is_left(store: Store, made: Made, clock: HandClock) -> None:
    await a_history(store, made, clock)
    clock.now += 200 * DAY_S
    assert await archived(store, clock.now - 100 * DAY_S) == 5
    new = await take(store, made)
    page = await store.privacy.page(GUILD, AUTHOR)
    assert [(row["id"] == new.id, row.get("archived"), row["cost"]) for row in page.rows] == [
        (True, None, None),
        (False, True, "3.000"),
        (False, True, "8.000"),
        (False, True, "6.000"),
    ]
    assert page.after is None
    assert all("input" not in row for row in page.rows[1:])


async def test_the_archive_has_no_words(store: Store, made: Made, clock: HandClock) -> None:
    words = "canary-person-xyzzy"
    await pay(store, await take(store, made, input={"prompt": words, "model": words}), "1")
    await pay(store, await take(store, made, input={"prompt": words, "model": "flux"}), "1")
    clock.now += 300 * DAY_S
    assert await archived(store, clock.now - DAY_S) == 2
    assert await rows(store, "SELECT model FROM archived_jobs ORDER BY id") == [(None,), ("flux",)]
    for table in ("jobs", "job_texts", "cards", "archived_jobs"):
        assert words not in repr(await rows(store, f"SELECT * FROM {table}"))
    assert await store.job_lists.search(GUILD, ["canary"], limit=5) == []


async def test_what_dies_in_between_has_archived_nothing(
    store: Store, made: Made, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_history(store, made, clock)
    before = await counted(store)

    def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(archive, "_delete", die)
        with pytest.raises(RuntimeError):
            await archived(store, span_of(MARCH)[0])
    for table in ("archived_jobs", "archived_ledger", "archived_running_totals", "archived_ledger_totals"):
        assert await rows(store, f"SELECT count(*) FROM {table}") == [(0,)]
    assert await counted(store) == before
    clock.now += 100 * DAY_S
    assert await archived(store, span_of(MARCH)[0]) == 5


Prepare = Callable[[Store, Made, HandClock, Job], Awaitable[object]]


async def _recheck(store: Store, _made: Made, _clock: HandClock, job: Job) -> None:
    await store.jobs.change(job, JobState.FAILED, release=True, recheck=True, remote_id="r")


async def _run_on(_store: Store, _made: Made, _clock: HandClock, _job: Job) -> None:
    """The job stays open."""


async def _end_late(store: Store, _made: Made, clock: HandClock, job: Job) -> None:
    clock.now += 200 * DAY_S
    await pay(store, job, "1")


async def _be_former(store: Store, _made: Made, _clock: HandClock, job: Job) -> None:
    await pay(store, job, "1")
    await store.privacy.erase(GUILD, AUTHOR)


async def _delete_copies(store: Store, _made: Made, _clock: HandClock, job: Job) -> None:
    await pay(store, job, "1")
    await store._database.write(
        lambda db: db.execute(
            "INSERT INTO copies (job_id, guild_id, channel_id, message_id, kind, delete_at)"
            " VALUES (?, ?, 1, 2, 'gallery', 3)",
            (job.id, GUILD),
        )
    )


async def _sample(store: Store, _made: Made, _clock: HandClock, job: Job) -> None:
    await pay(store, job, "1")
    await store._database.write(
        lambda db: db.execute(
            "INSERT INTO voice_samples (guild_id, key_id, voice_id, job_id) VALUES (?, 0, 'v', ?)", (GUILD, job.id)
        )
    )


@pytest.mark.parametrize("prepare", [_recheck, _run_on, _end_late, _be_former, _delete_copies, _sample])
async def test_what_is_not_over_stays(store: Store, made: Made, clock: HandClock, prepare: Prepare) -> None:
    before = clock.now + 50 * DAY_S
    over, job = await take(store, made, author_id=44), await take(store, made)
    await store.cancellation.cancel(GUILD, over.id, "no")
    await prepare(store, made, clock, job)
    clock.now += 100 * DAY_S
    assert await archived(store, before) == 1
    assert await store.jobs.get(GUILD, job.id) is not None
    assert await store.jobs.get(GUILD, over.id) is None


async def test_a_line_leaves_the_ledger_for_the_archive_only(store: Store, made: Made) -> None:
    job = await pay(store, await take(store, made), "3")
    copied = """
        INSERT INTO archived_ledger (month, id, guild_id, member_id, job_id, kind, credits_milli, at, practice)
        SELECT '2026-01', id, guild_id, member_id, job_id, kind, 2999, at, practice FROM ledger WHERE kind = 'settle'
    """
    if store._database.has_partitions:
        await rows(store, "SELECT 1")
        await store._database.write(lambda db: db.execute("SELECT make_archive_month('2026-01')"))
    for before in ((), (copied,)):  # not even if the archive has another sum

        def delete(db: Any, statements: Sequence[str] = before) -> None:
            for each in statements:
                db.execute(each)
            db.execute("DELETE FROM ledger WHERE job_id = ?", (job.id,))

        with pytest.raises(Exception, match="append-only"):
            await store._database.write(delete)
    assert len(await store.ledger.rows(GUILD)) == 2


async def test_who_had_their_data_deleted_leaves_the_archive_and_the_totals(
    store: Store, made: Made, clock: HandClock
) -> None:
    await a_history(store, made, clock)
    clock.now += 200 * DAY_S
    assert await archived(store, clock.now - 100 * DAY_S) == 5
    spent = (await store.reports.totals(GUILD, [(JANUARY, clock.now)])).total
    assert await store.privacy.guilds_of(43) == [OTHER]
    for guild_id, member_id in ((GUILD, AUTHOR), (OTHER, 43)):
        await store.privacy.erase(guild_id, member_id)
    clock.now += 40 * DAY_S
    await store.former_members.replace_due()
    for table in ("archived_jobs", "archived_ledger", "archived_running_totals", "running_totals"):
        found = await rows(store, f"SELECT * FROM {table}")
        assert [row for row in found if AUTHOR in row or (43 in row and OTHER in row)] == [], table
    report = await store.reports.totals(GUILD, [(JANUARY, clock.now)])
    assert report.total == spent
    assert sorted(credits_ for _, credits_ in report.members) == [2, 17]
    assert [member > 0 for member, credits_ in report.members if credits_ == 17] == [False]


async def test_a_limit_for_ever_counts_what_is_archived(store: Store, made: Made, clock: HandClock) -> None:
    limit = Limit(scope=Scope.MEMBER, scope_id=AUTHOR, period=Period.TOTAL, credits=Decimal(5))
    await store.limits.set(GUILD, limit, by_id=1)
    await pay(store, await take(store, made), "4")
    clock.now += 300 * DAY_S
    assert await archived(store, clock.now - DAY_S) == 1
    spent = await store.spending.view(
        GUILD, AUTHOR, lambda books: books.spent(0, member=True, operation="", channel_id=0)
    )
    assert spent == 4


@on_a_server
async def test_months_are_listed_and_leave_the_database(
    on_server: tuple[PostgresUrl, Store], made: Made, clock: HandClock
) -> None:
    _, store = on_server
    await a_history(store, made, clock)
    clock.now = span_of("2026-07")[0]
    assert [(each.name, each.jobs, each.archived) for each in await store.archive.months()] == [
        ("2026-01", 4, 0),
        ("2026-02", 1, 0),
    ]
    await archived(store, kept_from(clock.now, 4))
    assert [(each.name, each.jobs, each.archived) for each in await store.archive.months()] == [
        ("2026-01", 0, 4),
        ("2026-02", 0, 1),
    ]
    assert all(each.bytes for each in await store.archive.months())
    assert await store.archive.detach("2026-01") == ["detached_jobs_2026_01", "detached_ledger_2026_01"]
    assert [each.name for each in await store.archive.months()] == ["2026-02"]
    assert await rows(store, "SELECT count(*) FROM detached_ledger_2026_01") == [(9,)]
    # What was open then is archived later: the month has a partition again, and its name is free.
    clock.now = JANUARY + DAY_S
    await pay(store, await take(store, made), "1")
    clock.now = span_of("2026-07")[0]
    await archived(store, kept_from(clock.now, 4))
    assert await store.archive.detach("2026-01") == ["detached_jobs_2026_01_2", "detached_ledger_2026_01_2"]
    assert len(await store.archive.detached()) == 4
    await store.archive.drop("2026-02")
    assert len(await store.archive.detached()) == 4
    assert await store.archive.months() == []


@on_a_server
async def test_the_host_archives_detaches_and_drops_beside_a_bot(
    on_server: tuple[PostgresUrl, Store], made: Made, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, store = on_server
    monkeypatch.setattr("bot.app.host.offline.SystemClock", lambda: clock)
    settings = Settings(database=address, secret_keys=(SecretStr(SECRET_KEY),))
    await a_history(store, made, clock)
    clock.now = span_of("2026-06")[0] + DAY_S
    await take(store, made)

    def archive(keep: int, *, is_sure: bool) -> Awaitable[str]:
        return archive_months(settings, keep, clock=clock, progress=no_progress, is_sure=is_sure)

    with pytest.raises(Refused, match=r"no job from before 2025-06"):
        await archive(12, is_sure=True)
    with pytest.raises(Refused, match=r"would archive 4 jobs of before 2026-02 .* Add --yes"):
        await archive(4, is_sure=False)
    assert await rows(store, "SELECT count(*) FROM archived_jobs") == [(0,)]
    assert await archive(4, is_sure=True) == "Archived 3 jobs. 1 job of these months stays: something of it is open."
    clock.now = span_of("2026-07")[0]
    assert await archive(4, is_sure=True) == "Archived 2 jobs."
    told = texts.months(await list_months(settings)).splitlines()
    assert [line.split()[:3] for line in told] == [
        ["MONTH", "JOBS", "ARCHIVED"],
        ["2026-01", "0", "4"],
        ["2026-02", "0", "1"],
        ["2026-06", "1", "0"],
    ]
    with pytest.raises(Refused, match=r"Nothing of 2026-06 is archived"):
        await drop_month(settings, "2026-06", is_sure=True)
    with pytest.raises(Refused, match=r"would delete the 4 archived jobs of 2026-01 .* Add --yes"):
        await drop_month(settings, "2026-01", is_sure=False)
    assert await drop_month(settings, "2026-01", is_sure=True) == "Deleted 4 archived jobs of 2026-01 and their ledger."
    with pytest.raises(Refused, match=r"1 archived job of 2026-02 .* Add --yes"):
        await detach_month(settings, "2026-02", is_sure=False)
    assert "detached_jobs_2026_02, detached_ledger_2026_02" in await detach_month(settings, "2026-02", is_sure=True)
    assert "Detached: detached_jobs_2026_02" in texts.months(await list_months(settings))


async def test_a_file_has_no_months() -> None:
    with pytest.raises(StartError, match="on PostgreSQL only"):
        await list_months(Settings(database=Path("bot.db")))


def test_months_are_of_utc() -> None:
    begin, end = span_of("2026-02")
    assert (end - begin) / DAY_S == 28
    assert (month_of(begin), month_of(end - 1), month_of(end)) == ("2026-02", "2026-02", MARCH)
    assert kept_from(begin + DAY_S, 0) == begin
    assert month_of(kept_from(begin + DAY_S, 14)) == "2024-12"
