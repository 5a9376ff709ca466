"""What is left of words and secrets in the files of a bot, and in which tables."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from tests.support.me import delete_own
from tests.support.rig import Rig


def left_in_files(folder: Path, *traces: str | bytes) -> dict[str, list[str]]:
    """Return which of the traces are in which file of the folder and the folders in it."""
    wanted = [trace.encode() if isinstance(trace, str) else trace for trace in traces]
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        if there := [repr(trace) for trace in wanted if trace in content]:
            found[path.name] = there
    return found


def left_in_tables(folder: Path, *traces: str) -> dict[str, int]:
    """Return in how many rows of which table any of the traces is."""
    found: dict[str, int] = {}
    with contextlib.closing(sqlite3.connect(folder / "bot.db")) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in db.execute(f"SELECT * FROM {table}"):
                if any(trace in repr(tuple(row)) for trace in traces):
                    found[table] = found.get(table, 0) + 1
    return found


def sealed_key(rig: Rig) -> bytes:
    """Return the server's sealed key as it is in the database."""
    with contextlib.closing(sqlite3.connect(rig.folder / "bot.db")) as db:
        return bytes(db.execute("SELECT secret FROM guild_keys WHERE retired_at IS NULL").fetchone()[0])


async def send_key(rig: Rig, secret: str, member: Any = None, channel: Any = None) -> Any:
    """Let a member send the form of `/studio key`."""
    who = member or rig.moderator
    shown = await who.slash(channel or rig.channel, "studio key")
    if shown.modal is None:
        return shown
    [field] = rig.form_fields(shown)
    return await who.submit_modal(shown, {field: secret})


async def delete_data(rig: Rig, member: Any) -> Any:
    """Let a member delete their data, and confirm it."""
    return await delete_own(rig, member)


async def round_of_upkeep(rig: Rig, *, days: float = 0.0, hours: float = 0.0) -> None:
    """Let that time pass, then let the bot do what is due beside its jobs, until nothing more is."""
    rig.advance(days * 86_400 + hours * 3600)
    with rig.env.time_context():
        for _ in range(3):
            await rig.bot.parts.rounds.run_once()
    await rig.env.settle()
