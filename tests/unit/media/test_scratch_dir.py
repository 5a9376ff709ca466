from __future__ import annotations

import shutil
from pathlib import Path

from bot.media.scratch_dir import scratch_files, scratch_folder, sweep


def test_a_folder_that_vanished_is_made_again_for_its_owner_alone(tmp_path: Path):
    with scratch_folder(tmp_path / "bot.db") as folder:
        own = Path(folder)
        assert own.parent == tmp_path
        shutil.rmtree(own)
        with scratch_files(own, "job-") as made:
            assert Path(made).parent == own
            assert own.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_what_dead_processes_of_the_same_database_left_is_swept_and_nothing_else(tmp_path: Path):
    temp = tmp_path
    database = tmp_path / "bot.db"
    target = tmp_path / "target"
    target.mkdir()
    with scratch_folder(database) as own, scratch_folder(tmp_path / "other.db") as other:
        left = temp / f"{Path(own).name[:-8]}left"
        left.mkdir()
        (left / "half.part").touch()
        link = temp / f"{Path(own).name[:-8]}link"
        link.symlink_to(target)
        assert sweep(database, keep=Path(own)) == 1
        assert set(temp.iterdir()) == {Path(own), Path(other), link, target}
        assert target.is_dir()


def test_what_another_living_process_of_the_database_has_is_left_to_it(tmp_path: Path):
    database = tmp_path / "bot.db"
    with scratch_folder(database) as own, scratch_folder(database) as neighbours:
        assert sweep(database, keep=Path(own)) == 0
        assert Path(neighbours).is_dir()
    assert list(tmp_path.iterdir()) == []
