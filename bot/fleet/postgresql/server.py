"""Read-only access to a PostgreSQL database in use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import psycopg

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.fleet.host import texts as fleet_texts
from bot.fleet.postgresql import schema
from bot.fleet.postgresql.connection import PostgresConnection, connected
from bot.fleet.postgresql.listener import require_hearing
from bot.fleet.postgresql.shard_locks import members_of
from bot.settings import PostgresUrl
from bot.store import texts
from bot.store.host.condition import inside
from bot.store.host.integrity import problems_of_rows
from bot.store.sql import Connection
from bot.store.vault import secret_box as sealed
from bot.store.vault.secret_box import load_box

_FAILOVER = """
SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
    (SELECT count(*) FROM pg_stat_replication)
"""
"""A role without `pg_monitor` sees how many standbys there are, and not which are synchronous."""
_PLACES = "SELECT pid, host(client_addr) FROM pg_stat_activity WHERE datname = current_database()"
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


class ServerLook(NamedTuple):
    """A readable database."""

    db: Connection
    """In a transaction that sees one moment."""
    version: int
    """The schema's version, 0 if unused."""
    known: int
    """The newest version that this bot knows."""


@contextlib.contextmanager
def looking(url: PostgresUrl) -> Iterator[ServerLook]:
    """Yield the database's contents. Blocks: not for the event loop. Raises StoreError if the server is unusable."""
    versions: list[int] = []

    def prepare(raw: Any) -> None:
        schema.refuse_unsuitable(raw, str(url))
        versions.append(schema.version_of(raw))

    with contextlib.closing(PostgresConnection(url, prepare=prepare)) as db:
        db.execute("BEGIN")
        yield ServerLook(db, versions[-1], schema.migrations()[-1].version)


@contextlib.contextmanager
def reading_server(url: PostgresUrl) -> Iterator[Connection]:
    """Yield a connection on one snapshot. Raises StoreError, also for another schema."""
    with looking(url) as found:
        if found.version != found.known:
            raise StoreError(
                texts.OTHER_SCHEMA(version=found.version, known=found.known), exit_code=RESTART_CANNOT_HELP
            )
        yield found.db


def problems_of_server(url: PostgresUrl, secret_keys: Sequence[str], now: float) -> list[str]:
    """Return a sentence per problem; a database without tables has none, because the bot creates them.

    `now` is the Unix time in seconds. Blocks.
    """
    if not secret_keys:
        return [texts.KEYS_OF_SECRETS_MISSING]
    try:
        require_hearing(url)
        with looking(url) as found:
            if found.version > found.known:
                return [texts.NEWER_SCHEMA(name=str(url), version=found.version, known=found.known)]
            if found.version < found.known:
                return []  # this version's queries may not work before the next start migrates it
            needed = sealed.needed_fingerprints(found.db, now)
            try:
                box = load_box(secret_keys, None, needed=needed)
            except StoreError as error:
                return [*problems_of_rows(found.db, None), error.sentence]
            return problems_of_rows(found.db, box)
    except StoreError as error:
        return [error.sentence]


def facts_of_server(url: PostgresUrl) -> list[str]:
    """Return whether a failover keeps what was promised, and who has which shard; nothing of an unusable server.

    Blocks.
    """
    try:
        with contextlib.closing(connected(url)) as raw:
            row = raw.execute(_FAILOVER).fetchone()
            _, members, held = members_of(raw)
            places: dict[int, str | None] = dict(raw.execute(_PLACES).fetchall())
    except (psycopg.Error, StoreError):
        return []
    commit, names, standbys = row or ("", "", 0)
    shards = [fleet_texts.has_shards(pid, places.get(pid), sorted(held[pid])) for pid in sorted(members | held)]
    return [fleet_texts.failover(commit, names, standbys), *(shards or [fleet_texts.NO_PROCESS])]


def condition(url: PostgresUrl, now: float) -> dict[str, Any]:
    """Return JSON diagnostics of a database that bots may be using. Raises no database errors."""
    found: dict[str, Any] = {"address": str(url)}
    try:
        with looking(url) as there:
            found |= {
                "postgresql": there.db.execute("SHOW server_version").fetchone()[0],
                "bytes": there.db.execute("SELECT pg_database_size(current_database())").fetchone()[0],
                "connections": there.db.execute(_CONNECTIONS).fetchone()[0],
                "schema": there.version,
                "schema_known": there.known,
            }
            if there.version == there.known:
                found |= inside(there.db, now)
    except StoreError as error:
        return found | {"error": error.sentence}
    return found
