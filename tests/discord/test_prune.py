"""`cannon-bot prune` and `cannon-bot jobs`, the real commands beside a bot that runs and after it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Any

import pytest

from tests.support.erased import left_in_files, left_in_tables
from tests.support.rig import Rig
from tests.support.surface import newest
from tests.unit.test_cli import cannon_bot

WORDS = "canary-person-xyzzy"


def command(rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    return cannon_bot(*arguments, cwd=rig.folder, DATABASE=str(rig.folder / "bot.db"))


def count(rig: Rig, table: str) -> int:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(rig.folder / "bot.db")) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


async def ended(rig: Rig, days_ago: float, words: str = WORDS) -> Any:
    """Have a job made, and let it have ended so long before the real time of the commands."""
    await rig.member.slash(rig.channel, "image generate", prompt=f"{words} #fast")
    await rig.work()
    job = await newest(rig)
    at = time.time() - days_ago * 86_400
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET finished_at = ? WHERE id = ?", (at, job.id))
    )
    return job


@pytest.mark.long
async def test_what_is_old_is_erased_beside_the_running_bot(rig: Rig) -> None:
    job = await ended(rig, 40)
    await rig.moderator.react(rig.messages()[0], "⭐")
    await rig.env.settle()
    await rig.bot.parts.store.copies.note(rig.guild.id, job.id, channel_id=55, message_id=66, kind="gallery")
    new = await ended(rig, 1, "of yesterday")
    await rig.bot.parts.store.copies.note(rig.guild.id, new.id, channel_id=55, message_id=67, kind="gallery")
    assert command(rig, "prune", "--days", "50", "--yes").returncode == 0
    assert left_in_tables(rig.folder, WORDS)
    assert (count(rig, "copies"), count(rig, "reaction_acts")) == (2, 1)
    told = command(rig, "prune", "--days", "30")
    assert (told.returncode, told.stdout) == (1, "")
    assert "This would erase 1 job for good" in told.stderr
    assert left_in_tables(rig.folder, WORDS)
    done = command(rig, "prune", "--days", "30", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Erased 1 job," in done.stdout
    assert left_in_tables(rig.folder, WORDS) == {}
    assert (count(rig, "copies"), count(rig, "reaction_acts")) == (1, 0)
    assert left_in_tables(rig.folder, "of yesterday")
    assert count(rig, "ledger") == 4, "the books stay"


@pytest.mark.long
async def test_only_a_stopped_bots_file_is_rewritten(rig: Rig) -> None:
    await ended(rig, 40)
    assert command(rig, "prune", "--days", "30", "--vacuum", "--yes").returncode == 1
    assert left_in_tables(rig.folder, WORDS)
    await rig.die()
    old, new = (rig.folder / f"bot.db.{name}" for name in ("schema-001.backup", "before-restore-20260101T000000"))
    for each in (old, new):
        each.write_text(WORDS)
    os.utime(old, (time.time() - 40 * 86_400,) * 2)
    done = command(rig, "prune", "--days", "30", "--vacuum", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert not old.exists()
    assert new.exists(), "it is no older than what is kept"
    new.unlink()
    assert left_in_files(rig.folder, WORDS) == {}
    await rig.restart()


@pytest.mark.long
async def test_a_job_is_shown_beside_the_running_bot(rig: Rig) -> None:
    await rig.member.slash(rig.channel, "image generate", prompt=f"{WORDS} #down #fast")
    await rig.work()
    job = await newest(rig)
    listed = json.loads(command(rig, "jobs", "list", "--json", "--guild", str(rig.guild.id)).stdout)
    assert [each["id"] for each in listed] == [job.id]
    done = command(rig, "jobs", "show", job.id)
    assert (done.returncode, done.stderr) == (0, "")
    assert WORDS not in done.stdout
    assert command(rig, "jobs", "list", "--state", "flying").returncode == 2
    assert command(rig, "jobs", "retry", job.id).returncode == 1


@pytest.mark.long
async def test_the_page_of_a_lived_in_bot_has_no_words_of_members(rig: Rig) -> None:
    await rig.member.slash(rig.channel, "image generate", prompt=f"{WORDS} #fast")
    await rig.work()
    done = command(rig, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert WORDS not in done.stdout
    assert "delivered" in done.stdout
