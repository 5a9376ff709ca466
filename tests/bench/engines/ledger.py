"""Rows of the ledger for engines that cannot write them in the transaction that ends a job: in one before it."""

from __future__ import annotations

from typing import Self

import asyncpg
from turns import Turns


class Ledger:
    """Writes rows of the ledger over connections of its own."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._pool: asyncpg.Pool | None = None

    async def __aenter__(self) -> Self:
        self._pool = await asyncpg.create_pool(self._turns.plan.dsn, min_size=2, max_size=16)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._pool is not None
        self._pool.terminate()

    async def pay(self, job: int) -> None:
        """Write the job's row, committed when this returns."""
        assert self._pool is not None
        await self._pool.execute("INSERT INTO ledger VALUES ($1, $2)", job, self._turns.plan.worker)
