"""What a connection gets besides its address: TLS with a verified name, unless the server is this machine's."""

from __future__ import annotations

import pytest

from bot.fleet.postgresql.connection import CONNECT_S, CONNECT_TO_EACH_S, parameters_of
from bot.settings import PostgresUrl


@pytest.mark.parametrize(
    ("address", "is_local", "has_several"),
    [
        ("postgresql://bot:p%40ss@db.example.org/bot", False, False),
        ("postgresql://bot@db1:5432,db2:5433/bot", False, True),
        ("postgresql://bot@localhost,db2/bot", False, True),
        ("postgresql://bot@127.0.0.1:1,127.0.0.1:2/bot?target_session_attrs=any", True, True),
        ("postgresql://[::1]:1,[fd00::2]/bot", False, True),
        ("postgresql://[::1]/bot", True, False),
        ("postgresql:///bot?host=/run/a,/run/b", True, True),
        ("postgresql:///bot?host=/run/a,db2", False, True),
        ("postgresql://%2Frun%2Fa/bot", True, False),
        ("postgresql:///bot", True, False),
    ],
)
def test_another_machine_is_reached_by_verified_tls(address: str, is_local: bool, has_several: bool) -> None:
    given = parameters_of(PostgresUrl(address))
    assert given.get("sslmode") == (None if is_local else "verify-full")
    assert given.get("sslrootcert") == (None if is_local else "system")
    assert given["connect_timeout"] == (CONNECT_TO_EACH_S if has_several else CONNECT_S)


def test_an_address_may_say_how_tls_is_used() -> None:
    given = parameters_of(PostgresUrl("postgresql://db.example.org/bot?sslmode=disable&connect_timeout=9"))
    assert {"sslmode", "sslrootcert", "connect_timeout"}.isdisjoint(given)
