"""`python -m tests.support.next_version`: cannon-bot as a version with one more migration."""

from __future__ import annotations

import sys

from bot.store.engine import schema
from cannon_bot import main

MIGRATIONS = (
    *schema.migrations(),
    schema.Migration(len(schema.migrations()) + 1, "CREATE TABLE later (a INTEGER) STRICT;"),
)

if __name__ == "__main__":
    schema.migrations = lambda: MIGRATIONS  # type: ignore[assignment]
    sys.exit(main())
