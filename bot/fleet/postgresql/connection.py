"""A PostgreSQL connection with SQLite's interface: statements, rows and errors."""

from __future__ import annotations

import math
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, NoReturn

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import PipelineStatus, TransactionStatus

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing, StoreError
from bot.fleet.postgresql.dialect import RUN, WRITE_LOCK, Statement, begin_write, locks_of, translated
from bot.language import Text
from bot.settings import PostgresUrl, is_loopback
from bot.store import texts
from bot.store.engine.group_commit import CommitUnknown, TransactionLost
from bot.store.sql import Collision, Parameters, WriteScope

CONNECT_S = 5
"""Timeout of one connection attempt."""
UNHEARD_MS = 5000
"""Timeout of a silent connection."""
CONNECT_TO_EACH_S = 3
"""The same for each of several servers: the others are tried next."""

_ALWAYS: dict[str, str | int] = {
    "application_name": "cannon-bot",
    "client_encoding": "UTF8",
    "connect_timeout": CONNECT_S,
    "keepalives": 1,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": UNHEARD_MS,
    "target_session_attrs": "primary",  # a standby may have less than the primary, and takes no writes
}
"""https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""


def parameters_of(url: PostgresUrl) -> dict[str, str | int]:
    """Return the defaults for `psycopg.connect`, which the URL overrides.

    Remote servers are reached by TLS with a verified name, unless the URL says `sslmode`.
    """
    given = conninfo_to_dict(url.get_secret_value())
    hosts = str(given.get("host", "")).split(",")
    wanted = dict(_ALWAYS)
    if len(hosts) > 1:
        wanted["connect_timeout"] = CONNECT_TO_EACH_S
    if not all(not host or host.startswith("/") or is_loopback(host) for host in hosts):
        wanted |= {"sslmode": "verify-full"} | ({} if "sslmode" in given else {"sslrootcert": "system"})
    return {name: value for name, value in wanted.items() if name not in given}


RECONNECT_S = 10.0
"""How long a transaction waits for an unreachable, perhaps restarting server."""
RECONNECT_EVERY_S = 0.25
GIVEN_UP_S = 1.0
"""How long an unreachable server is not retried: queued work fails at once."""
COMMITS_ARE_KNOWN_S = 15.0
"""How long to look up a commit whose answer was lost."""

_STATUS = f"SELECT pg_xact_status(%s::xid8), {RUN}"
_IN_TRANSACTION = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR, TransactionStatus.ACTIVE})
_GONE = ("08", "57P", "25P03")
"""Error classes of a terminated connection (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
_OUTDATED = "RevalidateCachedQuery"
"""Where the server says that a prepared statement is of before a newer version's migration, once for each statement and
connection. psycopg forgets all of a connection's statements at its ROLLBACK, so that the repetition works."""
_OF_TWO_WRITES = frozenset({"23503", "23505"})
"""A missing parent and a key that is taken: checked when written, against what others commit meanwhile."""
_ROLLED_BACK = "40"
"""A deadlock: the server has rolled back one of the transactions."""
_REASONS: dict[str, tuple[str, Text | str, int]] = {
    "28": ("refused", texts.SERVER_REFUSES, RESTART_CANNOT_HELP),
    "3D": ("refused", texts.SERVER_REFUSES, RESTART_CANNOT_HELP),
    "42501": ("refused", texts.SERVER_LACKS_RIGHTS, RESTART_CANNOT_HELP),
    "25006": ("unwritable", texts.SERVER_IS_READ_ONLY, RESTART_MAY_HELP),
    "53": ("full", texts.SERVER_IS_FULL, RESTART_MAY_HELP),
    "55P03": ("busy", texts.SERVER_IS_BUSY, RESTART_MAY_HELP),
    _ROLLED_BACK: ("busy", texts.SERVER_IS_BUSY, RESTART_MAY_HELP),
}
"""Failure kinds by code prefix, with the sentence and the exit code of a start."""


class PostgresRow(tuple[Any, ...]):
    """A row with access by column name."""

    __slots__ = ()
    names: ClassVar[tuple[str, ...]] = ()
    places: ClassVar[Mapping[str, int]] = {}

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.places[key] if key.__class__ is str else key)

    def keys(self) -> list[str]:
        """Return the names of the columns, in order."""
        return list(self.names)


@lru_cache(maxsize=512)
def _row_type(names: tuple[str, ...]) -> type[PostgresRow]:
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    return type("PostgresRow", (PostgresRow,), {"__slots__": (), "names": names, "places": places})


def _make_row(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], PostgresRow]:
    if cursor.description is None:
        return PostgresRow
    return _row_type(tuple(column.name for column in cursor.description))


class _NumberLoader(Loader):
    """Sums of integers are `numeric` there, and int here."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)


class _TruthLoader(Loader):
    def load(self, data: Any) -> int:
        return int(bytes(data) == b"t")


class _TextLoader(Loader):
    def load(self, data: Any) -> str:
        return bytes(data).decode()


def _plain(value: Any) -> Any:
    """Convert as SQLite would: an enum's value, a bool as 1 or 0."""
    if value.__class__ is str:
        return value.replace("\0", "\ufffd") if "\0" in value else value  # PostgreSQL's texts can't have NUL
    if value.__class__ in _AS_IT_IS:
        return value
    if isinstance(value, Enum):
        return value.value
    return int(value) if isinstance(value, bool) else value


_AS_IT_IS = frozenset({int, float, bytes, type(None)})


def _plain_parameters(statement: Statement, parameters: Parameters) -> Any:
    if isinstance(parameters, Mapping):
        return statement.with_missing({name: _plain(value) for name, value in parameters.items()})
    return [_plain(value) for value in parameters]


def connected(url: PostgresUrl) -> psycopg.Connection[PostgresRow]:
    """Return an autocommit connection. Raises psycopg.Error, StoreError for an address that libpq does not take."""
    try:
        parameters: dict[str, Any] = dict(parameters_of(url))
        raw = psycopg.connect(
            url.get_secret_value(),
            autocommit=True,
            prepare_threshold=2,
            row_factory=_make_row,
            **parameters,
        )
    except psycopg.ProgrammingError as error:
        named = re.search(r'invalid URI query parameter: "\w+"', str(error))  # others may quote a password
        reason = named[0] if named else "its address is not one"
        raise StoreError(texts.SERVER_NOT_OPENED(name=str(url), reason=reason), exit_code=RESTART_CANNOT_HELP) from None
    raw.adapters.register_loader("numeric", _NumberLoader)
    raw.adapters.register_loader("bool", _TruthLoader)
    raw.adapters.register_loader("json", _TextLoader)
    raw.adapters.register_loader("jsonb", _TextLoader)
    return raw


class PostgresConnection:
    """A connection that reconnects at the beginning of the next transaction.

    A commit whose answer was lost is looked up.
    """

    def __init__(
        self, url: PostgresUrl, *, prepare: Callable[[psycopg.Connection[PostgresRow]], None] | None = None
    ) -> None:
        """`prepare` is called with each new connection. Raises DatabaseFailing if the first fails."""
        self._url = url
        self._prepare = prepare
        self._transaction: tuple[str, str] | None = None
        """The server's id of a writing transaction, and its `RUN`."""
        self._to_release = ""
        self._locks: dict[int, bool] = {}
        """The advisory locks of the transaction: whether it has each, or another process."""
        self._gave_up_at = -math.inf
        try:
            self._raw = self._connected(time.monotonic())
        except DatabaseFailing as error:
            raise _refused(url, error) from error

    @property
    def in_transaction(self) -> bool:
        return not self._raw.closed and self._raw.info.transaction_status in _IN_TRANSACTION

    def execute(self, sql: str, parameters: Parameters = (), /) -> psycopg.Cursor[PostgresRow]:
        """Run a statement in SQLite's dialect. Raises DatabaseFailing, sqlite3.IntegrityError, psycopg.Error."""
        if sql == "COMMIT":
            return self._commit()
        if sql.startswith("BEGIN"):
            return self._begin(translated(sql).text)
        if sql.startswith("RELEASE"):
            # Sent with the next savepoint or commit, to save a round trip.
            self._to_release = f"{sql}; "
            return self._raw.cursor()
        statement = translated(sql)
        try:
            if sql.startswith("SAVEPOINT"):
                return self._savepoint(sql)
            given = _plain_parameters(statement, parameters) if statement.has_places else None
            return self._raw.execute(statement.text, given)
        except psycopg.Error as error:
            if sql == "ROLLBACK":
                self._raw.close()
            self._raise(error)

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> psycopg.Cursor[PostgresRow]:
        """Run a statement for each of these; `rowcount` is the total. Raises as `execute`."""
        statement = translated(sql)
        cursor = self._raw.cursor()
        try:
            cursor.executemany(statement.text, [_plain_parameters(statement, each) for each in parameters])
        except psycopg.Error as error:
            self._raise(error)
        return cursor

    def notify(self, channel: str, payload: str) -> None:
        """Notify in a separate transaction. Raises psycopg.Error, DatabaseFailing."""
        while True:
            if is_new := self._raw.closed:
                self._raw = self._connected(time.monotonic())
            try:
                self._raw.execute("SELECT pg_notify(%s, %s)", [channel, payload])
            except psycopg.Error as error:
                if is_new or not self._is_lost(error):
                    raise
                self._raw.close()
            else:
                return

    def close(self) -> None:
        """Close the connection; uncommitted changes are rolled back."""
        self._raw.close()

    def begin_write(self, scope: WriteScope, session: int) -> None:
        """Begin a transaction that writes in the scope; wait for other processes' writes there.

        Raises as `execute`, and DatabaseFailing if the session, by its process on the server, is lost.
        """
        self._begin(begin_write(scope, session))
        self._locks = {WRITE_LOCK: True} if scope.is_everything else dict.fromkeys(locks_of(scope), True)

    def add_write(self, scope: WriteScope) -> bool:
        """Set the savepoint `one` for a write in the scope; False, without one, if another process writes there.

        It never waits, as others may wait for what this transaction has; nor does it ask twice for the same, so that a
        scope's writes keep their order. Raises as `execute`.
        """
        wanted = (WRITE_LOCK,) if scope.is_everything else locks_of(scope)
        missing = [] if self._locks.get(WRITE_LOCK) else [lock for lock in wanted if not self._locks.get(lock)]
        if any(lock in self._locks for lock in missing):
            return False
        # Before the savepoint: to roll back to it would give up what was locked after it.
        tries = ", ".join(f"pg_try_advisory_xact_lock({lock})" for lock in missing)
        try:
            cursor = self._savepoint(f"SELECT {tries}; SAVEPOINT one" if missing else "SAVEPOINT one")
        except psycopg.Error as error:
            self._raise(error)
        while missing and cursor.description is None:
            cursor.nextset()
        has = cursor.fetchone() if missing else ()
        self._locks.update(zip(missing, map(bool, has or ()), strict=True))
        if all(has or ()):
            return True
        self._to_release = "RELEASE one; "
        return False

    def _savepoint(self, sql: str) -> psycopg.Cursor[PostgresRow]:
        several, self._to_release = self._to_release + sql, ""
        return self._raw.execute(several, prepare=False)

    def _begin(self, text: str) -> psycopg.Cursor[PostgresRow]:
        until = time.monotonic() + RECONNECT_S
        while True:
            if self.in_transaction or self._raw.info.pipeline_status is not PipelineStatus.OFF:
                self._raw.close()  # a transaction, or an `executemany`, that its end has not ended
            if self._raw.closed:
                self._raw = self._connected(until)
            try:
                cursor = self._raw.execute(text, prepare=False)
            except psycopg.Error as error:
                is_standby = isinstance(error, psycopg.errors.ReadOnlySqlTransaction)  # since this connection was made
                is_passing = self._is_lost(error) or is_standby
                self._raw.close()  # whatever has failed: it may be in any state
                if not is_passing or time.monotonic() > until:
                    self._raise(error)
                continue
            self._transaction, self._to_release = None, ""
            while cursor.nextset():
                pass
            if cursor.description is not None and (row := cursor.fetchone()) is not None:
                if row["is_lost"]:
                    self._raw.execute("ROLLBACK")
                    raise session_lost()
                self._transaction = (row["id"], row["run"])
            return cursor

    def _commit(self) -> psycopg.Cursor[PostgresRow]:
        raw, transaction = self._raw, self._transaction
        try:
            return raw.execute("COMMIT")
        except psycopg.Error as error:
            if not self._is_lost(error) or transaction is None:
                self._raise(error)
            raw.close()
            if self._has_committed(*transaction):
                return self._raw.cursor()
            raise TransactionLost(texts.SERVER_IS_LOST, name=texts.OUR_DATABASE, kind="unreachable") from error

    def _has_committed(self, transaction_id: str, run: str) -> bool:
        """Return whether the server has committed it. Raises CommitUnknown if unknowable now.

        https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT: it is `in progress`
        until the server notices the lost connection. After a crash or a failover, the number of a lost transaction
        is in the future, or already another's.
        """
        until = time.monotonic() + COMMITS_ARE_KNOWN_S
        while True:
            try:
                if self._raw.closed:
                    self._raw = self._connected(until)
                row = self._raw.execute(_STATUS, [transaction_id]).fetchone()
            except psycopg.errors.InvalidParameterValue:  # "is in the future"
                return False
            except (psycopg.Error, DatabaseFailing) as error:
                if isinstance(error, DatabaseFailing) or not self._is_lost(error) or time.monotonic() > until:
                    raise _unknown() from error
                self._raw.close()
                continue
            status, run_now = ("in progress", run) if row is None else row
            if run_now != run:
                if status == "committed":
                    raise _unknown()
                return False
            if status in {"committed", "aborted"}:
                return bool(status == "committed")
            if time.monotonic() > until:
                raise _unknown()
            time.sleep(RECONNECT_EVERY_S)  # on its own thread

    def _connected(self, until: float) -> psycopg.Connection[PostgresRow]:
        """Return a new connection, waiting until then (monotonic seconds).

        Raises DatabaseFailing, never TransactionLost: it has waited long enough.
        """
        if time.monotonic() < self._gave_up_at + GIVEN_UP_S:
            raise DatabaseFailing(texts.SERVER_IS_LOST, name=texts.OUR_DATABASE, kind="unreachable")
        while True:
            try:
                return self._prepared(connected(self._url))
            except psycopg.Error as error:
                if time.monotonic() + RECONNECT_EVERY_S > until or not _may_pass(error):
                    self._gave_up_at = time.monotonic()
                    self._give_up(error)
                time.sleep(RECONNECT_EVERY_S)

    def _prepared(self, raw: psycopg.Connection[PostgresRow]) -> psycopg.Connection[PostgresRow]:
        try:
            if self._prepare is not None:
                self._prepare(raw)
        except BaseException:
            raw.close()
            raise
        return raw

    def _give_up(self, error: psycopg.Error) -> NoReturn:
        try:
            self._raise(error)
        except TransactionLost as lost:
            raise DatabaseFailing(
                texts.SERVER_IS_LOST, name=texts.OUR_DATABASE, exit_code=lost.exit_code, kind=lost.kind
            ) from error

    def _is_lost(self, error: psycopg.Error) -> bool:
        return self._raw.closed or (error.sqlstate or "").startswith(_GONE)

    def _raise(self, error: psycopg.Error) -> NoReturn:
        """Raise the store's own errors. Bugs of ours are raised unchanged."""
        if isinstance(error, psycopg.IntegrityError):
            kind = Collision if error.sqlstate in _OF_TWO_WRITES else sqlite3.IntegrityError
            raise kind(error.diag.message_primary or str(error)) from error
        if (failing := failure_of(error)) is not None:
            raise failing from error
        raise error


def session_lost() -> DatabaseFailing:
    """Return the error of a process whose locks are another's by now, or may be."""
    return DatabaseFailing(texts.OUT_OF_ORDER, for_host=LOST, kind="unreachable")


LOST = "the session of locks was lost"


def _unknown() -> CommitUnknown:
    return CommitUnknown(texts.COMMIT_UNKNOWN, name=texts.OUR_DATABASE, kind="unreachable")


def failure_of(error: psycopg.Error) -> DatabaseFailing | None:
    """Return the server's failure, None for a bug of ours."""
    code = error.sqlstate or ""
    for beginning, (kind, sentence, exit_code) in _REASONS.items():
        if code.startswith(beginning):
            is_for_host = exit_code == RESTART_CANNOT_HELP
            failing = TransactionLost if beginning == _ROLLED_BACK else DatabaseFailing
            return failing(
                texts.OUT_OF_ORDER if is_for_host else sentence,
                exit_code=exit_code,
                kind=kind,
                for_host=str(sentence).format(name=texts.OUR_DATABASE),
                name=texts.OUR_DATABASE,
            )
    is_outdated = error.diag.source_function == _OUTDATED
    is_psycopgs_own = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    if is_psycopgs_own or code.startswith(_GONE) or is_outdated:
        return TransactionLost(texts.SERVER_IS_LOST, name=texts.OUR_DATABASE, kind="unreachable")
    return None


def _may_pass(error: psycopg.Error) -> bool:
    """Whether it is transient: a restart, or too many connections."""
    return (error.sqlstate or "08").startswith((*_GONE, "53"))


IS_IT_RUNNING = "Is the server running"
"""How libpq's question begins, which our own sentence asks too."""


def _refused(url: PostgresUrl, error: DatabaseFailing) -> DatabaseFailing:
    """Return the error for the host, in the server's words, which hold no secret."""
    cause = error.__cause__
    reason = cause.diag.message_primary or str(cause) if isinstance(cause, psycopg.Error) else error.for_host
    reason = " ".join(line for line in map(str.strip, reason.splitlines()) if not line.startswith(IS_IT_RUNNING))
    sentence = texts.SERVER_NOT_OPENED(name=str(url), reason=reason[:300].rstrip("."))
    return DatabaseFailing(sentence, exit_code=error.exit_code, kind=error.kind)
