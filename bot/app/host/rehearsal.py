"""`cannon-bot rehearse`: restores a backup into a folder that is deleted, and lets this version work on it there."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app.host import texts
from bot.domain.models import Job
from bot.errors import RESTART_CANNOT_HELP, BotError, StartError, StoreError
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import Settings
from bot.store import Store
from bot.store.engine.files import require_room
from bot.store.host.backup import copy_key, file_errors
from bot.store.host.rehearsed import BooksSeen, books_of, places_of, sent_jobs
from bot.store.host.restore import restore
from bot.store.host.rotation import SPARE_BYTES, backups_in, note_rehearsal
from bot.store.vault.secret_box import key_file_of

SCRATCH = ".rehearsal-"
MOST_S = 20.0
"""How long open jobs may take at most: the sandbox makes everything at once."""
STILL_S = 5.0
"""How long nothing moves before it is over: more than between two polls."""
COPIES = 2
"""Room that is needed, in sizes of the backup: the copy, and its backup before an upgrade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A backup that was restored and worked with."""

    backup: Path
    jobs: int
    open_jobs: int
    """Of the backup."""
    ended: int
    """How many of those have ended."""
    seconds: float


def rehearse(
    settings: Settings, backup: Path | None, *, clock: Clock, progress: Progress, most_s: float = MOST_S
) -> str:
    """Rehearse the newest backup in BACKUP_DIR, or the given one; return the outcome as a sentence.

    The outcome is kept in BACKUP_DIR, if the backup is there. Nothing but this machine is reached, and neither the
    backup nor the bot's database is changed. Raises StartError without a backup, StoreError if it does not restore.
    """
    chosen = _newest(settings, clock) if backup is None else backup.expanduser().absolute()
    folder = settings.backup_dir if settings.backup_dir == chosen.parent else None
    try:
        with file_errors(chosen), _scratch(chosen) as scratch:
            done = _rehearsed(settings, chosen, scratch, clock, progress, most_s)
    except Exception as error:  # whatever fails, such as a migration, is what a rehearsal is for
        reason = error.sentence if isinstance(error, BotError) else texts.unexpected(error)
        sentence = texts.does_not_restore(chosen.name, reason)
        if folder is not None:
            note_rehearsal(folder, chosen.name, sentence, restores=False, now=clock.wall())
        raise StoreError(sentence) from error
    sentence = texts.restores(done.backup.name, done.jobs, done.open_jobs, done.ended, done.seconds)
    if folder is not None:
        note_rehearsal(folder, chosen.name, sentence, restores=True, now=clock.wall())
    return sentence


def _newest(settings: Settings, clock: Clock) -> Path:
    folder = settings.backup_dir
    if folder is None:
        raise StartError(texts.NOTHING_TO_REHEARSE, exit_code=RESTART_CANNOT_HELP)
    with file_errors(folder):
        found = backups_in(folder, clock.wall())
    if not found:
        raise StartError(texts.NO_BACKUP_YET(folder=folder))
    return found[0].path


@contextlib.contextmanager
def _scratch(backup: Path) -> Iterator[Path]:
    """Yield a private folder next to the backup, deleted afterwards; delete those of killed rehearsals."""
    for left in backup.parent.glob(f"{SCRATCH}*"):
        _delete_unless_locked(left)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=backup.parent))
    descriptor = os.open(scratch, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(descriptor)


def _delete_unless_locked(folder: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _rehearsed(
    settings: Settings, backup: Path, scratch: Path, clock: Clock, progress: Progress, most_s: float
) -> Rehearsal:
    began, file = clock.monotonic(), scratch / "data" / "cannon-bot.db"  # an upgrade locks the folder of its file
    file.parent.mkdir(mode=0o700)
    if backup.is_file():
        require_room(COPIES * backup.stat().st_size, shutil.disk_usage(scratch).free, spare=SPARE_BYTES)
    if isinstance(settings.database, Path):
        copy_key(key_file_of(settings.database), key_file_of(file))
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    restore(backup, file, secret_keys=keys, now=clock.wall(), progress=progress)
    before = books_of(file)
    ended = asyncio.run(_go_on(settings, file, keys, before, clock, progress, most_s))
    return Rehearsal(
        backup=backup,
        jobs=before.jobs,
        open_jobs=before.open_jobs,
        ended=ended,
        seconds=clock.monotonic() - began,
    )


async def _go_on(
    settings: Settings,
    file: Path,
    keys: tuple[str, ...],
    before: BooksSeen,
    clock: Clock,
    progress: Progress,
    most_s: float,
) -> int:
    """Let the bot continue the jobs; return how many have ended. Raises StoreError if the books are not the same."""
    playing: Any = importlib.import_module("sandbox.rehearsal")
    sent = []
    async with _opened(file, keys, clock, progress) as store:
        await _require_sound(store)
        for job in await asyncio.to_thread(sent_jobs, file):
            if (secret := await _secret_of(store, job, playing.HOST_KEY)) is not None:
                given = {"remote_id": job.remote_id, "operation": job.operation, "input": job.input}
                sent.append(playing.Sent(secret=secret, **given))
    await playing.play(
        Settings(database=file, secret_keys=settings.secret_keys, log_level="CRITICAL"),
        places=await asyncio.to_thread(places_of, file),
        sent=sent,
        is_over=_Watch(clock).is_over,
        clock=clock,
        most_s=most_s,
    )
    after = await asyncio.to_thread(books_of, file, before.last_line)
    if (after.digest, after.jobs) != (before.digest, before.jobs):
        raise StoreError(texts.BOOKS_CHANGED)
    async with _opened(file, keys, clock, progress) as store:
        await _require_sound(store)
    return before.open_jobs - after.open_jobs


@contextlib.asynccontextmanager
async def _opened(file: Path, keys: tuple[str, ...], clock: Clock, progress: Progress) -> Any:
    store = await Store.open(file, clock=clock, secret_keys=keys, alone=True, progress=progress)
    try:
        yield store
    finally:
        await store.close()


async def _require_sound(store: Store) -> None:
    if problems := await store.check():
        raise StoreError(" ".join(problems))


async def _secret_of(store: Store, job: Job, host_key: str) -> str | None:
    if job.key_id is None:
        return host_key
    key = await store.keys.get(job.guild_id, job.key_id)
    return None if key is None else key.secret


@dataclass(slots=True)
class _Watch:
    """Notices when nothing moves any more: open jobs wait for a moderator, a price or a file that there is not here."""

    clock: Clock
    seen: object = None
    since: float = 0.0

    async def is_over(self, store: Store) -> bool:
        counts = (await store.figures.now()).open
        if counts != self.seen:
            self.seen, self.since = counts, self.clock.monotonic()
        return not counts or self.clock.monotonic() - self.since >= STILL_S
