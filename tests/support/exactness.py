"""What must hold after any crash, once everything has ended: each job is delivered and paid once, or refunded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from bot.delivery.channels.view import file_stem
from bot.domain.models import Job, JobState, LedgerKind
from bot.store import Store
from sandbox.server import Sandbox

PAID = {LedgerKind.HOLD, LedgerKind.SETTLE}
GIVEN_BACK = {LedgerKind.HOLD, LedgerKind.RELEASE}


async def assert_exact(store: Store, sandbox: Sandbox, key: str, guild_id: int, files: Iterable[str]) -> list[Job]:
    """Compare the store with the sandbox's books and with `files`, the names of all files posted by the bot.

    Returns the jobs, newest first.
    """
    assert await store.check() == []
    assert await store.cards.unanswered() == []
    names = list(files)
    jobs = await store.job_lists.recent(guild_id, limit=1000)
    remote = Counter(request.idempotency_key for request in sandbox.requests)
    rows = defaultdict(dict)
    for row in await store.ledger.rows(guild_id):
        rows[row.job_id][row.kind] = row.credits
    spent = Decimal(0)
    for job in jobs:
        posted = sum(name.startswith(f"{file_stem(job)}.") for name in names)
        closed = (job.state, set(rows[job.id]), remote[job.idempotency_key], posted)
        if job.state is JobState.DELIVERED:
            assert closed == (JobState.DELIVERED, PAID, 1, 1), job
            assert job.remote_id is not None
            assert rows[job.id][LedgerKind.SETTLE] == sandbox.request(job.remote_id).cost
            spent += rows[job.id][LedgerKind.SETTLE]
        else:
            assert closed == (JobState.CANCELLED, GIVEN_BACK, 0, 0), job
    assert len(names) == sum(job.state is JobState.DELIVERED for job in jobs)
    assert remote.total() == len(names), "a request at Cannon Studio that no job of ours knows"
    balance = await store.ledger.balance(guild_id)
    assert (balance.held, balance.spent) == (0, spent)
    assert spent == sandbox.spent(key)
    return jobs
