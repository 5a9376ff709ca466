"""The signals of several processes, without a database."""

from __future__ import annotations

from bot.fleet.signals import Signals


class Bus:
    """Two processes on one database: each hears what either sends, itself included."""

    def __init__(self) -> None:
        self.processes = [Signals(self.carry), Signals(self.carry)]

    def carry(self, name: str, words: tuple[str, ...]) -> None:
        for each in self.processes:
            each.heard(name, *words)
