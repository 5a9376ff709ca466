"""One PostgreSQL for a whole test run: started by the first test that needs it, ended with the run.

The process that began the run (pytest's own, or the controller of pytest-xdist's workers) has a folder and keeps the
file `run` in it locked as long as it lives. The first process with a test that needs the server starts a keeper, in a
session of its own, so that Ctrl-C does not reach it. The keeper runs the server, writes where it is into `address`,
and waits for the lock of `run`: the operating system gives it away when the run has ended, however it ended.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
WITH_SCHEMA = "with_schema"
"""The database from which tests' databases are copied."""
ADDRESS = "address"
"""The file that has the folder of the server's socket."""


def _locked(folder: Path, name: str) -> IO[str]:
    file = (folder / name).open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


class Run:
    """What the process that begins the run has; the others are given `folder`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="run-"))
        self._lock = _locked(self.folder, "run")

    def end(self) -> None:
        """Let the keeper go, if there is one, and wait until it has stopped the server."""
        self._lock.close()
        if self.folder.exists():
            _locked(self.folder, "keeper").close()
        shutil.rmtree(self.folder, ignore_errors=True)


def sockets(folder: Path) -> Path:
    """Return where the run's server has its socket; start it if this is the first to ask."""
    address = folder / ADDRESS
    if not address.exists():
        # The keeper has both locks as well: no process starts another while it starts, even if this
        # process is killed.
        with _locked(folder, "start") as start:
            if not address.exists():
                _start_keeper(folder, start)
    return Path(address.read_text(encoding="utf-8"))


def _start_keeper(folder: Path, start: IO[str]) -> None:
    with _locked(folder, "keeper") as keeper:
        locks = (start.fileno(), keeper.fileno())
        words = [sys.executable, "-m", "tests.support.shared_postgres", str(folder), *map(str, locks)]
        with subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=locks, start_new_session=True,
            text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            output = process.stdout.readline()
    if not output:
        raise RuntimeError("the test run's PostgreSQL did not start: its keeper has said why on stderr")


def _keep(folder: Path, start: int) -> None:
    """Run the server until the run has ended."""
    from tests.support.postgres import FAST, running

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # In memory, if the tests' files are: on a disk a database is copied 20 times as slowly.
    with running(FAST, within=folder.parent) as server:
        _make_template(server.new_database(WITH_SCHEMA))
        part = folder / f"{ADDRESS}.part"
        part.write_text(str(server.sockets), encoding="utf-8")
        part.rename(folder / ADDRESS)
        os.close(start)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with (folder / "run").open("r") as run:
            fcntl.flock(run, fcntl.LOCK_SH)
    shutil.rmtree(folder, ignore_errors=True)


def _make_template(dsn: str) -> None:
    from bot.fleet.postgresql import schema
    from bot.fleet.postgresql.connection import connected
    from bot.settings import PostgresUrl

    with connected(PostgresUrl(dsn)) as db:
        schema.migrate(db, WITH_SCHEMA, schema.migrations())


if __name__ == "__main__":
    if os.fork():
        # The starting process waits for it; the keeper has no parent, as it outlives the process that needed it.
        os._exit(0)
    _keep(Path(sys.argv[1]), int(sys.argv[2]))
