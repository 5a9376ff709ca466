"""A database that an earlier commit has written opens, its jobs continue, and its cards' controls and reactions work.

The files in `tests/data/old_database` were written once, by the bot of commit 4927e3b (schema 9) on the Rig: members
and moderators of three servers used its commands, buttons, forms and reactions for a day of simulated time, until
there was a job in every state and every kind of control was on some message. Then the process was killed in the
middle of several jobs. `database.sql` is `sqlite3.Connection.iterdump` of the file with its two pragmas,
`discord.json` the simulated Discord, `studio.json` the requests that Cannon Studio had, and `custom_ids.json` every
button and select of those messages. They are never regenerated: a later bot has to work with them.

Outcomes are read from the database file and from Discord, not from the bot's own objects.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.old_database import OldRig, started


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[OldRig]:
    async with started(tmp_path) as made:
        yield made
