"""`cannon-bot fleet`: the processes on the database. On SQLite it is one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from bot.fleet.host import texts
from bot.runtime.clock import Clock
from bot.settings import PostgresUrl, Settings
from bot.store.host.jobs import reading
from bot.store.processes import processes_in


def page(settings: Settings, clock: Clock, *, is_json: bool) -> str:
    """Return what the command prints. Raises StoreError."""
    found = list_processes(settings, clock)
    return json.dumps(found, indent=2, ensure_ascii=False) if is_json else texts.processes(found)


def list_processes(settings: Settings, clock: Clock) -> list[dict[str, Any]]:
    """Return the processes that run, or ended within the hour, as JSON values. Raises StoreError."""
    with reading(settings.database) as db:
        now = clock.wall()
        if isinstance(settings.database, PostgresUrl):  # the processes' clock
            from bot.fleet.postgresql.dialect import NOW  # noqa: PLC0415 - SQLite needs no psycopg

            now = float(db.execute(NOW).fetchone()[0])
        found = processes_in(db, now)
    return [
        {**asdict(each), "state": each.state.value, "shards": list(each.shards), "silent_s": round(each.silent_s, 1)}
        for each in found
    ]
