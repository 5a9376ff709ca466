"""Text that JSON and SQLite allow and PostgreSQL does not: NUL, and halves of a pair of surrogates."""

from __future__ import annotations

from typing import Any

from bot.domain.models import JobState
from bot.settings import PostgresUrl
from bot.store import Store


async def test_what_a_text_cannot_have_costs_no_job_and_no_report(
    empty_postgres_database: str, clock: Any, accepted: Any
) -> None:
    store = await Store.open(PostgresUrl(empty_postgres_database), clock=clock, secret_keys=["x" * 32])
    try:
        prompt = "a\0b \ud83d c \U0001f600"
        card, (job,) = await accepted(store, "10", input={"prompt": prompt})
        assert (found := await store.jobs.get(card.guild_id, job.id)) is not None
        assert found.input["prompt"] == prompt
        failed = await store.jobs.change(job, JobState.FAILED, release=True, error="no\0thing", finished_at=clock.now)
        assert failed is not None
        assert failed.error == "no\ufffdthing"
        page = await store.reports.ledger_page(card.guild_id)
        assert {row["job_id"] for row in page.rows} == {job.id}
    finally:
        await store.close()
