"""The folder for temporary files, next to the database, and removing the ones of processes that have ended.

Next to the database and not in the machine's own folder for temporary files: that one is often small, in memory, or
swept by others while the bot runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path


def scratch_folder(database: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a folder for the process that serves this database; its name shows later processes whose it was."""
    database.absolute().parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=_prefix(database), dir=database.absolute().parent)


def ensure(folder: Path) -> Path:
    """Return `folder`, which is made again if somebody has removed it. Raises OSError if that fails."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def scratch_files(folder: Path, prefix: str) -> tempfile.TemporaryDirectory[str]:
    """Make a folder in the scratch folder for the files of one task. Raises OSError if that fails."""
    return tempfile.TemporaryDirectory(dir=ensure(folder), prefix=prefix)


def sweep(database: Path, *, keep: Path) -> int:
    """Remove the folders of earlier processes of this database; return how many. The caller knows that they are dead.

    What belongs to another user, or is not a folder, is skipped.
    """
    swept = 0
    for folder in database.absolute().parent.glob(f"{_prefix(database)}*"):
        if folder != keep and _is_ours(folder):
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
                swept += 1
    return swept


def _prefix(database: Path) -> str:
    return f".cannon-bot-{hashlib.sha256(str(database.absolute()).encode()).hexdigest()[:12]}-"


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.lstat()  # a link planted there must not be followed
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
