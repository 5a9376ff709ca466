"""Whether the bot may write in a folder, and what its host reads if not: of a start, and of `cannon-bot check`."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, StoreError
from bot.runtime import texts

ROOM_BYTES = 1 << 20
"""With less than that nothing can be done: SQLite's log alone begins with some tens of thousands."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def refusal(path: Path, error: OSError) -> StoreError:
    """Return the error for a file or folder that cannot be made, opened or written. A full disk may have room again."""
    if error.errno in FULL:
        return StoreError(texts.disk_is_full(path), exit_code=RESTART_MAY_HELP)
    reason = error.strerror or os.strerror(error.errno or 0)
    if isinstance(error, PermissionError):
        sentence = texts.not_permitted(path, reason, os.getuid())
    else:
        sentence = texts.not_writable(path, reason)
    return StoreError(sentence, exit_code=RESTART_CANNOT_HELP)


def has_room(folder: Path) -> bool:
    """Whether the disk of the folder has any room left; True if that cannot be learned."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return True
    return found.f_bavail * found.f_frsize >= ROOM_BYTES


def problem_of(folder: Path) -> str | None:
    """Return in a sentence why the bot could not start with its files in this folder, None if it could. It tries."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # the start makes what is missing
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return refusal(folder, error).sentence
    return None if has_room(folder) else texts.disk_is_full(folder)
