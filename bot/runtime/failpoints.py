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
    "answer.sent",  # Discord has the card, we have not noted it
    "answer.stored",  # noted
    "submit.before",  # the attempt is noted, nothing sent
    "submit.sent",  # Cannon Studio has accepted, we have not noted it
    "submit.stored",  # remote id noted
    "poll.success",  # success seen, not noted
    "ready.stored",  # outputs noted
    "download.half",  # half of a file on disk
    "download.done",  # all files on disk, nothing sent
    "send.done",  # Discord has the media, we have not noted it
    "deliver.stored",  # delivered and settled
    "recover.start",  # in the middle of start-up recovery
)
"""The way of a job."""
DECISION_NAMES = (
    "decision.before",  # a moderator's act is checked, nothing written yet
    "decision.changed",  # inside the transaction: changed, not recorded
    "decision.stored",  # changed and recorded, Discord not answered
    "decision.posted",  # the log channel has the line, we have not noted it
)
"""The way of a moderator's act."""
NAMES = JOB_NAMES + DECISION_NAMES


class Crash(BaseException):
    """Stands for the death of the process in tests that stay inside one process."""


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
    """Die here if `name` is armed."""
    if name not in _armed:
        return
    if _armed.pop(name):
        os.kill(os.getpid(), signal.SIGKILL)
    raise Crash(name)


if _names := os.environ.get("CANNON_BOT_FAILPOINTS"):
    arm((name.strip() for name in _names.split(",")), kill=True)
