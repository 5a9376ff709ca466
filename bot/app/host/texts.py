"""What hosts read of the commands for them. English: a terminal and a bug report have no other language."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from bot.store.texts import size

ERASING = "Erasing old jobs"
DELETING = "Deleting what is left of erased jobs"
LOG_NOT_EMPTIED = (
    " Another program is reading the database, so its log still has erased data; the bot empties it within the hour."
)


def count(number: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def moment(at: float) -> str:
    """Return a Unix time as hosts read it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


# ---------------------------------------------------------------------- backups


def backed_up(path: Path, bytes_: int, key_file: Path | None, needed: Collection[str]) -> str:
    """Say what was copied where, and which keys it needs besides."""
    lines = [f"Backed up to {path} ({size(bytes_)}) and checked."]
    if key_file is not None:
        lines.append(f"The secret key is in {key_file}. Whoever has both files has all API keys: keep them private.")
    if needed:
        lines.append(
            f"To restore it you also need the secret key {', '.join(sorted(needed))}, which is not in this backup:"
            " keep SECRET_KEYS or the key file as well."
        )
    return "\n".join(lines)


def restored(database: Path, schema: int, taken_at: float, kept: Collection[Path], open_jobs: int) -> str:
    """Say what is in place now, and where the files of before are."""
    lines = [f"Restored {database} as it was at {moment(taken_at)} (schema {schema})."]
    if kept:
        lines.append("The files that were there before: " + ", ".join(str(path) for path in kept))
    if open_jobs:
        lines.append(
            f"{count(open_jobs, 'job')} had not ended. Those that may have been submitted since are not paid twice:"
            " they continue under the same idempotency key, or are refunded if that is too old."
        )
    return "\n".join(lines)


def upgrade(schema: int, known: int, bytes_: int, free: int, seconds: float) -> str:
    """Say what the next start does to the database."""
    steps = f"migration {known}" if schema + 1 == known else f"migrations {schema + 1} to {known}"
    room = "" if bytes_ <= free else " That is not enough: the upgrade will not start before you free some space."
    return (
        f"The next start upgrades the database from schema {schema} to {known} ({steps}). It first makes a backup of"
        f" {size(bytes_)} next to it; the disk has {size(free)} left.{room} It takes about {duration(seconds)}."
    )


def duration(seconds: float) -> str:
    """Return a time as hosts read it."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"


# ---------------------------------------------------------------------- pruning


def pruned(jobs: int, rows: int, files: int, freed: int | None, *, is_clean: bool) -> str:
    """Say what was erased; `freed` is by how many bytes the file shrank, None if it was not rewritten."""
    said = f"Erased {count(jobs, 'job')}, deleted {count(rows, 'row')} of erased jobs and {count(files, 'old backup')}."
    if freed is not None:
        said += f" The database is {size(freed)} smaller."
    return said + ("" if is_clean else LOG_NOT_EMPTIED)
