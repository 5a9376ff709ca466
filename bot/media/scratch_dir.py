"""The folder for temporary files, next to the database, and removing the ones of processes that have ended.

Next to the database and not in the machine's own folder for temporary files: that one is often small, in memory, or
swept by others while the bot runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from bot.runtime.writable import refusal


class ScratchFolder(tempfile.TemporaryDirectory[str]):
    """A folder that is locked for as long as its process lives: of several on a machine none sweeps another's."""

    def __init__(self, prefix: str, parent: Path) -> None:
        super().__init__(prefix=prefix, dir=parent, ignore_cleanup_errors=True)  # a later start sweeps it
        self._held: int | None = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._held, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        """Remove it. Idempotent."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)
        super().cleanup()


def scratch_folder(database: Path) -> ScratchFolder:
    """Make a folder for a process that serves this database; its name shows later processes whose it was.

    Raises StoreError if that is impossible.
    """
    parent = database.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return ScratchFolder(_prefix(database), parent)
    except OSError as error:
        raise refusal(parent, error) from None


def ensure(folder: Path) -> Path:
    """Return `folder`, which is made again if somebody has removed it. Raises OSError if that fails."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def scratch_files(folder: Path, prefix: str) -> tempfile.TemporaryDirectory[str]:
    """Make a folder in the scratch folder for the files of one task. Raises OSError if that fails."""
    return tempfile.TemporaryDirectory(dir=ensure(folder), prefix=prefix)


def sweep(database: Path, *, keep: Path) -> int:
    """Remove the folders that dead processes of this database have left; return how many.

    What belongs to another user, or is not a folder, is skipped.
    """
    swept = 0
    for folder in database.absolute().parent.glob(f"{_prefix(database)}*"):
        if folder != keep and _is_ours(folder) and not _is_held(folder):
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
                swept += 1
    return swept


def _is_held(folder: Path) -> bool:
    """Whether a living process has it."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return True
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(opened)
    return False


def _prefix(database: Path) -> str:
    return f".cannon-bot-{hashlib.sha256(str(database.absolute()).encode()).hexdigest()[:12]}-"


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.lstat()  # a link planted there must not be followed
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
