"""`cannon-bot jobs` and `check`, the real commands beside a bot that runs and after it."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.rig import Rig
from tests.support.surface import newest
from tests.unit.test_cli import cannon_bot

WORDS = "canary-person-xyzzy"


def command(rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    return cannon_bot(*arguments, cwd=rig.folder, DATABASE=str(rig.folder / "bot.db"))


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
    done = command(rig, "check", "--offline")
    assert WORDS not in done.stdout
    assert "delivered" in done.stdout
