from __future__ import annotations

import pytest


@pytest.fixture
def fleet_url(empty_postgres_database: str) -> str:
    """The address of a fleet's database, still without a schema: whichever process comes first makes it."""
    return empty_postgres_database
