"""The table `meta`: small facts that the bot keeps about itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from bot.store.engine.columns import to_text
from bot.store.engine.repository import Repository
from bot.store.sql import Connection


class Meta(Repository):
    """The table `meta`: small facts that the bot keeps about itself."""

    async def get(self, name: str) -> str | None:
        """Return the value stored under this name, None if there is none."""
        row = await self._database.read(
            lambda db: db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        )
        return None if row is None else str(row[0])

    async def set(self, name: str, value: str) -> None:
        """Store a value under this name, replacing any earlier one."""

        def change(db: Connection) -> None:
            db.execute(
                "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, to_text(value)),
            )

        await self._database.write(change)

    async def forget(self, *names: str) -> None:
        """Delete what is stored under these names."""
        await self._database.write(
            lambda db: db.executemany("DELETE FROM meta WHERE name = ?", [(name,) for name in names])
        )


def stored_facts(path: Path, *names: str) -> dict[str, str]:
    """Return what a database file, which may be in use, has stored under these names; {} if it cannot be read.

    Nothing is created or migrated. Blocks: not for the event loop.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
            marks = ", ".join("?" * len(names))
            return dict(db.execute(f"SELECT name, value FROM meta WHERE name IN ({marks})", names))  # noqa: S608 - marks
    except sqlite3.Error:
        return {}
