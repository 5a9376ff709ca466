from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, StoreError
from bot.media.scratch import scratch_files, scratch_folder, sweep


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


@pytest.mark.parametrize(
    ("code", "said", "exit_code"),
    [
        (errno.EROFS, "can't be written (Read-only file system). Check its folder", RESTART_CANNOT_HELP),
        (errno.EACCES, f"The bot runs as 10001:{os.getgid()}. Give it the folder: ", RESTART_CANNOT_HELP),
        (errno.ENOSPC, "is full. Free some space.", RESTART_MAY_HELP),
    ],
)
def test_a_folder_that_takes_no_files_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str, exit_code: int
):
    def refuse(**_: object) -> str:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "mkdtemp", lambda *_, **options: refuse(**options))
    monkeypatch.setattr(os, "getuid", lambda: 10001)
    with pytest.raises(StoreError) as raised:
        scratch_folder(tmp_path / "bot.db")
    assert said in raised.value.sentence
    assert str(tmp_path) in raised.value.sentence
    assert raised.value.exit_code == exit_code
