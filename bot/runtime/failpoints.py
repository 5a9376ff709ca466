"""Named places where a test may stop the process, to prove that every step survives it.

Unarmed, a failpoint costs one dictionary look-up. It is armed by the environment variable
`CANNON_BOT_FAILPOINTS=name[,name…]` (the process kills itself with SIGKILL, as the kernel would) or,
inside one process, by `arm(name)`, which raises `Crash` there.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable

JOB_NAMES = (
    "accept.before",  # nothing written yet
    "accept.stored",  # hold and job written, Discord not answered
    "answer.sent",  # Discord has the card, its message id is not stored
    "answer.stored",  # that id is stored
    "submit.before",  # the attempt is stored, nothing sent
    "submit.sent",  # Cannon Studio has accepted, its answer is not stored
    "submit.stored",  # remote id stored
    "poll.success",  # success seen, not stored
    "ready.stored",  # outputs stored
    "download.half",  # half of a file on disk
    "download.done",  # all files on disk, nothing sent
    "send.done",  # Discord has the media, the delivery is not stored
    "deliver.stored",  # delivered and settled
    "recover.start",  # during start-up recovery
)
"""In the life of a job."""
DECISION_NAMES = (
    "decision.before",  # a moderator's act is checked, nothing written yet
    "decision.changed",  # inside the transaction: changed, not recorded
    "decision.stored",  # changed and recorded, Discord not answered
    "decision.posted",  # the log channel has the line, that is not stored
)
"""In a moderator's act."""
FILE_NAMES = (
    "copy.half",  # a part of the database is copied
    "restore.copied",  # the backup is copied next to the database, nothing exchanged
    "restore.marked",  # the mark of a restore is set
    "restore.moved",  # the present database has its other name, its log not yet
    "restore.keyed",  # the key file of the backup is in place, the database not yet
    "restore.swapped",  # both are, the mark is still set
)
"""In copying and exchanging the files of the database."""
MOVE_NAMES = (
    "move.half",  # some rows are copied, nothing committed
    "move.filled",  # all are
    "move.marked",  # the file is marked as moved, the target not committed
    "move.committed",  # both are
)
"""In moving a file's content to PostgreSQL."""
NAMES = JOB_NAMES + DECISION_NAMES + FILE_NAMES + MOVE_NAMES


class Crash(BaseException):
    """Simulates the death of the process in tests that run inside one process."""


_armed: dict[str, bool] = {}


def arm(names: Iterable[str], *, kill: bool = False) -> None:
    """Arm `names`: each fires once. `kill` ends the process, else `Crash` is raised."""
    for name in names:
        if name not in NAMES:
            raise ValueError(f"no failpoint {name!r}; there are {', '.join(NAMES)}")
        _armed[name] = kill


def disarm() -> list[str]:
    """Disarm all; return the names that had not fired."""
    left = list(_armed)
    _armed.clear()
    return left


def failpoint(name: str) -> None:
    """Kill the process here if `name` is armed."""
    if name not in _armed:
        return
    if _armed.pop(name):
        os.kill(os.getpid(), signal.SIGKILL)
    raise Crash(name)


if _names := os.environ.get("CANNON_BOT_FAILPOINTS"):
    arm((name.strip() for name in _names.split(",")), kill=True)
