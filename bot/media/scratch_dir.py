"""The folder for temporary files, and removing the ones of processes that have ended."""

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
    return tempfile.TemporaryDirectory(prefix=_prefix(database))


def sweep(database: Path, *, keep: Path) -> int:
    """Remove the folders of earlier processes of this database; return how many. The caller knows that they are dead.

    What belongs to another user, or is not a folder, is skipped.
    """
    swept = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_prefix(database)}*"):
        if folder != keep and _is_ours(folder):
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
                swept += 1
    return swept


def _prefix(database: Path) -> str:
    return f"cannon-bot-{hashlib.sha256(str(database.absolute()).encode()).hexdigest()[:12]}-"


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.lstat()  # a link planted there must not be followed
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
