"""Whether the files at their place are still those that were opened: what is written to others nobody finds again."""

from __future__ import annotations

from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing
from bot.store import texts


class SameFiles:
    """An open SQLite database and its log, as they were found."""

    def __init__(self, database: Path) -> None:
        """Look at them. SQLite replaces neither while it has them open, VACUUM included."""
        self._database = database.absolute()
        log = self._database.with_name(f"{database.name}-wal")
        self._found = {path: _identity(path) for path in (self._database, log)}

    def require(self) -> None:
        """Raise DatabaseFailing, of the kind `gone`, unless both are there still. It takes some microseconds."""
        for path, found in self._found.items():
            try:
                is_there = _identity(path) == found
            except OSError:  # of the disk; what is written next tells
                return
            if not is_there:
                raise self._gone(path)

    def _gone(self, path: Path) -> DatabaseFailing:
        # Without its database the next start would begin from nothing, and with no word of it. A log that is lost here
        # is moved into the database when that is closed, and another file was put there by somebody.
        is_lost = path == self._database and not path.exists()
        return DatabaseFailing(
            texts.OUT_OF_ORDER,
            exit_code=RESTART_CANNOT_HELP if is_lost else RESTART_MAY_HELP,
            kind="gone",
            for_host=texts.file_removed(path) if is_lost else texts.file_exchanged(path),
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode, None if nothing is there. A file that is open keeps its number, removed or not."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
