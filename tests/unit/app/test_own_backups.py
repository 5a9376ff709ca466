"""A process with BACKUP_DIR makes backups as one of its rounds and shows their age; any other one shows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rig import running

pytestmark = pytest.mark.long


async def test_a_bot_makes_backups_and_shows_their_age(tmp_path: Path) -> None:
    async with running(tmp_path, backup_dir=tmp_path / "backups") as rig:
        assert b"cannon_bot_backup_age_seconds +Inf" in rig.bot.metrics.render(), "none yet"
        await rig.bot.parts.rounds.run_once("backups")
        [made] = (tmp_path / "backups").iterdir()
        shown = rig.bot.metrics.render().decode()
        age = next(line for line in shown.splitlines() if line.startswith("cannon_bot_backup_age_seconds "))
        assert 0 <= float(age.split()[1]) < 300
        assert f"cannon_bot_backup_bytes {float(made.stat().st_size)}" in shown


async def test_without_a_folder_there_is_no_metric_and_no_round(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        assert b"cannon_bot_backup" not in rig.bot.metrics.render()
        assert "backups" not in rig.bot.parts.rounds.table
