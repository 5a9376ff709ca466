"""What every repository of the store is given."""

from __future__ import annotations

from bot.runtime.clock import Clock
from bot.store.engine.database import Database
from bot.store.vault.secret_box import SecretBox


class Repository:
    """A set of tables with their methods; `Store` holds one of each. Each method is one transaction."""

    def __init__(self, database: Database, box: SecretBox, clock: Clock) -> None:
        self._database = database
        self._box = box
        self._clock = clock
