"""The test run's own PostgreSQL goes when the run goes, however it goes."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INNER = """
import os
import signal
import threading

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it starts in the background ignore it

def test_it(empty_postgres_database, postgres_server, postgres_folder):
    print("", postgres_folder, postgres_server.sockets, flush=True)
    if os.environ["ENDS"] == "by itself":
        return
    threading.Event().wait()
"""


@pytest.mark.long
@pytest.mark.parametrize("ends", ["by itself", "SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_is_left_of_the_server(tmp_path: Path, ends: str):
    (tmp_path / "test_inner.py").write_text(INNER)
    words = ["-p", "tests.support.postgres_fixtures", "-p", "no:cacheprovider", "-qs", "--rootdir", tmp_path, tmp_path]
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env={**os.environ, "ENDS": ends},
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        folder, sockets = next(map(Path, line.split()) for line in run.stdout if line.startswith(" /"))
        with (folder / "keeper").open("r") as keeper:
            if ends != "by itself":
                assert sockets.is_dir()
                os.killpg(run.pid, signal.Signals[ends])
            run.communicate()
            fcntl.flock(keeper, fcntl.LOCK_SH)  # given when the keeper has ended
    assert not sockets.exists()
    assert not folder.exists()
