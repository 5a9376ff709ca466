"""`/healthz` tells of a database that keeps nothing, and counts no turn that failed as progress."""

from __future__ import annotations

from typing import Any

import pytest

from bot import __version__, commit
from bot.errors import DatabaseFailing
from bot.jobs.follow.claims import JobRows
from bot.store.engine.pulse import WELL_S
from tests.support.rig import Rig


def health(rig: Rig) -> dict[str, Any]:
    return dict(rig.bot.parts.http._health())


async def test_a_process_whose_database_keeps_nothing_is_not_healthy(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    store = rig.bot.parts.store
    await store.probe()
    assert health(rig)["ok"]
    assert health(rig)["database"] == {"up": True, "silent_s": 0.0, "fails": None}
    assert b"cannon_bot_database_up 1.0" in rig.bot.metrics.render()
    rig.clock.advance(WELL_S)
    store.pulse.note_failure(DatabaseFailing("It can't be reached.", kind="unreachable"))
    assert not health(rig)["ok"]
    assert health(rig)["database"] == {"up": False, "silent_s": WELL_S, "fails": "unreachable"}
    shown = rig.bot.metrics.render()
    assert b"cannon_bot_database_up 0.0" in shown
    assert b'cannon_bot_database_errors_total{kind="unreachable"} 1.0' in shown
    await store.probe()
    assert health(rig)["ok"]


async def test_turns_that_fail_are_no_progress(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    await rig.member.slash(rig.channel, "image generate", prompt="a heron")
    with monkeypatch.context() as patch:

        async def lost(*_: Any) -> bool:
            raise DatabaseFailing("It can't be reached.", kind="unreachable")

        patch.setattr(JobRows, "read", lost)
        assert await rig.bot.parts.worker.step() == 1
    assert health(rig)["turns_last_minute"] == 0
    rig.clock.advance(60)
    assert await rig.bot.parts.worker.step() == 1
    assert health(rig)["turns_last_minute"] == 1


async def test_a_leader_whose_lease_has_lapsed_shows_no_figures_of_the_whole_database(rig: Rig):
    leads = True
    rig.bot.parts.common_work.decide = lambda: leads
    await rig.member.slash(rig.channel, "image generate", prompt="a heron #forever")
    await rig.bot.parts.rounds.run_once("metrics")
    shown = rig.bot.metrics.render()
    assert b"cannon_bot_leader 1.0" in shown
    assert b"cannon_bot_jobs_open" in shown
    assert b"cannon_bot_credits_held" in shown
    leads = False
    shown = rig.bot.metrics.render()
    assert b"cannon_bot_leader 0.0" in shown
    assert b"cannon_bot_credits_held" not in shown
    assert b"cannon_bot_jobs_open" not in shown
    leads = True
    assert b"cannon_bot_credits_held" not in rig.bot.metrics.render(), "those of its last term are old"
    await rig.bot.parts.rounds.run_once("metrics")
    assert b"cannon_bot_credits_held" in rig.bot.metrics.render()


async def test_what_runs_and_how_much_room_is_left_is_in_the_metrics(rig: Rig):
    shown = rig.bot.metrics.render().decode()
    assert f'cannon_bot_build_info{{commit="{commit()}",version="{__version__}"}} 1.0' in shown
    [free] = [line.split()[1] for line in shown.splitlines() if line.startswith("cannon_bot_database_disk_free_bytes")]
    assert float(free) > 0
