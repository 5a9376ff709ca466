"""How a PostgreSQL database is reached: what is told to libpq in addition to the host's URL."""

from __future__ import annotations

from urllib.parse import parse_qsl

from bot.settings import PostgresUrl

CONNECT_S = 5
"""How long one attempt to connect takes at most."""
UNHEARD_MS = 8000
"""After this time without an answer of the other side's network a connection is given up."""
IDLE_IN_TRANSACTION_S = 2
"""After this time a transaction in which nothing happens is ended: a process that was paused in it has the lock which
every other one waits for."""
LOCK_S = 10
"""How long a transaction waits for its turn to write."""

_ALWAYS: dict[str, str | int] = {
    "application_name": "cannon-bot",
    "client_encoding": "UTF8",
    "connect_timeout": CONNECT_S,
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": UNHEARD_MS,
}
"""https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""
_SESSION = {
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_S}s",
    "lock_timeout": f"{LOCK_S}s",
    "default_transaction_isolation": "read\\ committed",
    "timezone": "UTC",
    "jit": "off",
}


def parameters_of(url: PostgresUrl, **session: str) -> dict[str, str | int]:
    """Return the parameters for `psycopg.connect` beside the URL, which come before its own. `session`: its settings.

    A server elsewhere is reached by TLS, its name verified, unless the URL says `sslmode`.
    """
    given = dict(parse_qsl(url.query))
    wanted = _ALWAYS if url.is_local else {**_ALWAYS, "sslmode": "verify-full"}
    if not url.is_local and "sslmode" not in given:
        wanted = {**wanted, "sslrootcert": "system"}
    options = " ".join(f"-c {name}={value}" for name, value in (_SESSION | session).items())
    chosen = {name: value for name, value in wanted.items() if name not in given}
    return {**chosen, "options": f"{given['options']} {options}" if "options" in given else options}
