"""A folder of dated backups, of which the newest are kept.

The folder itself says how old the newest is: it is noted nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import math
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl
from bot.store import texts
from bot.store.engine.files import replacing
from bot.store.host.backup import BackupMade, back_up, file_errors, signature_of

log = structlog.get_logger(__name__)

SPARE_BYTES = 64 * 1024 * 1024
"""What a backup leaves free on its disk."""
RETRY_S = 900.0
"""When a backup that failed is tried again."""
LOOK_EVERY_S = 300.0
"""How often the folder is read, which others may change."""
AHEAD_MAX_S = 3600.0
"""How far in the future a backup's time may be: later ones were made by a wrong clock."""
REHEARSED = "rehearsed.json"
"""The file with the outcome of the last rehearsal."""

_NAME = re.compile(r"cannon-bot-(\d{8}T\d{6})Z\.backup")
_FORM = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBackup:
    """A backup in the folder."""

    path: Path
    at: float
    """When it was made (Unix seconds)."""
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The outcome of a rehearsal."""

    at: float
    """When (Unix seconds)."""
    backup: str
    """The name of the backup's file."""
    restores: bool
    sentence: str
    restored_at: float | None
    """When one last succeeded (Unix seconds), None if never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A new backup, and how many older ones were deleted for it."""

    made: BackupMade
    deleted: int


def backups_in(folder: Path, now: float) -> list[DatedBackup]:
    """Return the folder's backups, the newest first; those dated after `now` (Unix seconds) are left out.

    None without the folder. Raises OSError.
    """
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if (match := _NAME.fullmatch(path.name)) is None:
            continue
        at = datetime.strptime(match[1], _FORM).replace(tzinfo=UTC).timestamp()
        with contextlib.suppress(FileNotFoundError):  # deleted by another program just now
            found.append(DatedBackup(path=path, at=at, size=path.stat().st_size))
    return sorted((each for each in found if each.at <= now + AHEAD_MAX_S), key=lambda each: each.at, reverse=True)


def rotate(database: Path | PostgresUrl, folder: Path, *, keep: int, now: float, progress: Progress) -> Rotated:
    """Make a dated backup in the folder, and then delete all but the newest `keep`. Blocks: not for the event loop.

    The key file is not copied. Raises StoreError, with nothing deleted, if the backup cannot be made, if another
    process makes one now, or if the folder has another bot's.
    """
    with file_errors(folder), _one_at_a_time(folder):
        earlier = backups_in(folder, now)
        target = folder / f"cannon-bot-{datetime.fromtimestamp(now, UTC).strftime(_FORM)}Z.backup"
        made = back_up(
            database, target, with_key=False, replaces=True, now=now, progress=progress, spare_bytes=SPARE_BYTES
        )
        if earlier and signature_of(earlier[0].path) not in {"", signature_of(target)}:
            target.unlink()
            raise StoreError(texts.FOLDER_OF_ANOTHER(folder=folder), exit_code=RESTART_CANNOT_HELP)
        old = backups_in(folder, now)[keep:]
        for each in old:
            each.path.unlink(missing_ok=True)
    return Rotated(made=made, deleted=len(old))


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Create the folder, lock it, and delete what killed processes left. Raises StoreError if it is locked, OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(texts.COPIED_ALREADY(target=folder)) from None
        for left in folder.glob("cannon-bot-*.backup.partial*"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)


def note_rehearsal(folder: Path, backup: str, sentence: str, *, restores: bool, now: float) -> None:
    """Keep a rehearsal's outcome in the folder. Raises StoreError."""
    last = last_rehearsal(folder)
    restored_at = now if restores else last.restored_at if last is not None else None
    outcome = Rehearsed(at=now, backup=backup, restores=restores, sentence=sentence, restored_at=restored_at)
    with file_errors(folder / REHEARSED), replacing(folder / REHEARSED) as partial:
        partial.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def last_rehearsal(folder: Path) -> Rehearsed | None:
    """Return the last outcome kept in the folder, None without one."""
    try:
        return Rehearsed(**json.loads((folder / REHEARSED).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class _Stopped(Exception):
    """The process ends, and the backup with it."""


class Backups:
    """Makes a backup in `folder` each `every_s` seconds, keeps `keep`, and knows the newest."""

    def __init__(self, database: Path | PostgresUrl, folder: Path, *, keep: int, every_s: float, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._keep = keep
        self._every_s = every_s
        self._clock = clock
        self._newest: DatedBackup | None = None
        self.failure: str | None = None
        """Why the last backup could not be made, None if it could."""
        self.rehearsed: Rehearsed | None = None
        """The outcome of the last rehearsal, None without one."""

    @property
    def age_s(self) -> float:
        """Seconds since the newest backup, infinity without one."""
        return math.inf if self._newest is None else max(0.0, self._clock.wall() - self._newest.at)

    @property
    def bytes(self) -> int:
        """The size of the newest backup, 0 without one."""
        return 0 if self._newest is None else self._newest.size

    async def run_once(self) -> float:
        """Make a backup if one is due; return the seconds until the next look. A failure is logged, and tried again."""
        stopped = threading.Event()
        try:
            return await asyncio.to_thread(self._turn, stopped)
        except asyncio.CancelledError:
            stopped.set()
            raise

    def _turn(self, stopped: threading.Event) -> float:
        def progress(_what: str, _done: int, _total: int) -> None:
            if stopped.is_set():
                raise _Stopped

        try:
            with file_errors(self._folder):
                self._look()
                if self.age_s >= self._every_s:
                    self._make(progress)
            self.failure = None
        except StoreError as error:
            self.failure = error.sentence
            log.warning("backup.failed", folder=str(self._folder), error=error.sentence, again_s=RETRY_S)
            return RETRY_S
        except _Stopped:
            return RETRY_S
        return min(LOOK_EVERY_S, max(1.0, self._every_s - self.age_s))

    def _make(self, progress: Progress) -> None:
        began, now = self._clock.monotonic(), self._clock.wall()
        done = rotate(self._database, self._folder, keep=self._keep, now=now, progress=progress)
        self._look()
        took = round(self._clock.monotonic() - began, 1)
        log.info("backup.made", file=done.made.path.name, bytes=done.made.size, seconds=took, deleted=done.deleted)

    def _look(self) -> None:
        self._newest = next(iter(backups_in(self._folder, self._clock.wall())), None)
        self.rehearsed = last_rehearsal(self._folder)
