from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from bot.media.scratch_dir import scratch_folder, sweep


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_what_dead_processes_of_the_same_database_left_is_swept_and_nothing_else(temp: Path, tmp_path: Path):
    database = tmp_path / "bot.db"
    with scratch_folder(database) as own, scratch_folder(tmp_path / "other.db") as other:
        left = temp / f"{Path(own).name[:-8]}left"
        left.mkdir()
        (left / "half.part").touch()
        target = tmp_path / "target"
        target.mkdir()
        link = temp / f"{Path(own).name[:-8]}link"
        link.symlink_to(target)
        assert sweep(database, keep=Path(own)) == 1
        assert set(temp.iterdir()) == {Path(own), Path(other), link}
        assert target.is_dir()
