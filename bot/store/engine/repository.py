"""What every part of the store stands on."""

from __future__ import annotations

from bot.runtime.clock import Clock
from bot.store.engine.database import Database
from bot.store.vault.secret_box import SecretBox


class Part:
    """A set of tables with their methods; `Store` joins the parts. Each method is one transaction."""

    def __init__(self, database: Database, box: SecretBox, clock: Clock) -> None:
        self._database = database
        self._box = box
        self._clock = clock
