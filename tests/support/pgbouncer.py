"""A real PgBouncer in front of a test's PostgreSQL, on a UNIX socket in a folder that is deleted afterwards.

It refuses to run as root, so root starts it as `nobody` (https://www.pgbouncer.org/config.html).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import psycopg

from tests.support.postgres import START_S, STOP_S, Server

PORT = 6432
"""The usual port, which the name of its socket has."""
MISSING = "pgbouncer is not installed, and tests of poolers need it: apt-get install pgbouncer (or brew, or dnf)"


class Pooler:
    """A running PgBouncer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, database: str) -> str:
        """Return the address of the server's database through the pooler."""
        return f"postgresql://postgres@/{database}?host={self._folder}&port={PORT}"

    def sessions(self, database: str) -> int:
        """Return how many sessions of the server it has for the database."""
        with psycopg.connect(self.url("pgbouncer"), autocommit=True, cursor_factory=psycopg.ClientCursor) as console:
            return sum(row[2] == database for row in console.execute("SHOW SERVERS").fetchall())


def _program() -> str:
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise RuntimeError(MISSING)
    return found


@contextmanager
def pooling(server: Server, mode: Literal["session", "transaction"], *, size: int = 20) -> Iterator[Pooler]:
    """Start a PgBouncer in front of the server: `size` sessions for each database, else as docs/postgresql.md says."""
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    settings = {
        "listen_addr": "",
        "unix_socket_dir": folder,
        "listen_port": PORT,
        "auth_type": "any",
        "admin_users": "postgres",
        "pool_mode": mode,
        "default_pool_size": size,
        "query_wait_timeout": 10,
        "server_login_retry": 1,
    }
    lines = ["[databases]", f"* = host={server.sockets} port={server.port} user=postgres", "[pgbouncer]"]
    lines += [f"{name} = {value}" for name, value in settings.items()]
    process: subprocess.Popen[bytes] | None = None
    try:
        (folder / "pgbouncer.ini").write_text("\n".join(lines), encoding="utf-8")
        folder.chmod(0o755)
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [_program(), folder / "pgbouncer.ini"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user, cwd="/", process_group=0,
            )  # fmt: skip
        pooler = Pooler(folder)
        _wait(pooler, process, folder / "log")
        yield pooler
    finally:
        if process is not None:
            _end(process)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(pooler: Pooler, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            pooler.sessions("")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PgBouncer did not start: {log.read_text(errors='replace')}") from None
            time.sleep(0.02)
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # it closes all connections at once
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
        return
    process.kill()
    process.wait(STOP_S)
