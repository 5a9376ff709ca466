"""Named places where a test may kill the process, to prove crash safety.

Unarmed, a failpoint costs one dictionary look-up. It is armed by the environment variable
`CANNON_BOT_FAILPOINTS=name[,name…]` (SIGKILL) or, in-process, by `arm(name)`, which raises `Crash` there.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable

JOB_NAMES = (
    "accept.before",  # nothing written yet
    "accept.stored",  # hold and job written, Discord not answered
    "answer.sent",  # Discord has the card, its message id is not stored
    "answer.stored",  # that id is stored, and the attempts of the jobs that are sent at once
    "submit.before",  # attempt stored, nothing sent
    "submit.sent",  # accepted by Cannon Studio, answer not stored
    "submit.stored",  # remote id stored
    "poll.success",  # success seen, not stored
    "ready.stored",  # outputs stored
    "download.half",  # half of a file on disk
    "download.done",  # all files on disk, nothing sent
    "send.done",  # media sent, delivery not stored
    "deliver.stored",  # delivered and settled
    "recover.start",  # during start-up recovery
)
"""In the life of a job."""
BEGIN_NAMES = ("answer.begun",)  # inside the transaction of the message id: claims and first attempts written
"""In the life of a job that is sent at once, before `answer.stored`."""
PRICE_NAMES = (
    "price.told",  # cost stored, nothing held for those that wait for it
    "price.held",  # inside the transaction: hold of one of them written
    "price.started",  # held and started, not claimed
)
"""In the life of a job that waits for the price of its kind."""
DECISION_NAMES = (
    "decision.before",  # act checked, nothing written
    "decision.changed",  # inside the transaction: changed, not recorded
    "decision.stored",  # changed and recorded, Discord not answered
    "decision.posted",  # line posted, that is not stored
)
"""In a moderator's act."""
FILE_NAMES = (
    "copy.half",  # part of the database copied
    "restore.copied",  # backup copied next to the database, nothing swapped
    "restore.kept",  # old files have a second name, key file in place, database not yet
    "restore.swapped",  # both in place
)
"""In copying and swapping the database's files."""
MOVE_NAMES = (
    "move.half",  # some rows copied, nothing committed
    "move.filled",  # all rows copied
    "move.marked",  # file marked as moved, target not committed
    "move.committed",  # both are
)
"""In moving a file's content to PostgreSQL."""
CAST_NAMES = ("cast.posted",)  # images posted and noted as unused, their character not stored
"""In adding a character or other images of one."""
SHOOTOUT_NAMES = (
    "shootout.before",  # its time has passed, nothing written
    "shootout.changed",  # inside the transaction: outcome written
    "shootout.stored",  # ended, its card not drawn
)
"""In the begin and the end of a vote."""
EVENT_NAMES = (
    "event.prized",  # inside the transaction: a prize granted
    "event.ended",  # ended, nothing posted
    "event.posted",  # places posted, that is not stored
)
"""In the end of an event."""
GALLERY_NAMES = (
    "gallery.sent",  # results of several cards posted, that is not stored
    "week.posted",  # the best of the week posted and stored as copies, the week not as done
)
"""In posting the best of the week."""
NAMES = (
    *JOB_NAMES,
    *BEGIN_NAMES,
    *PRICE_NAMES,
    *DECISION_NAMES,
    *FILE_NAMES,
    *MOVE_NAMES,
    *CAST_NAMES,
    *SHOOTOUT_NAMES,
    *EVENT_NAMES,
    *GALLERY_NAMES,
)


class Crash(BaseException):
    """Simulated crash in single-process tests."""


_armed: dict[str, bool] = {}


def arm(names: Iterable[str], *, kill: bool = False) -> None:
    """Arm `names`: each fires once. `kill` kills the process, else `Crash` is raised."""
    for name in names:
        if name not in NAMES:
            raise ValueError(f"no failpoint {name!r}; there are {', '.join(NAMES)}")
        _armed[name] = kill


def disarm() -> list[str]:
    """Disarm all; return the names that did not fire."""
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
