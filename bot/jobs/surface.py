"""What the worker needs of Discord, and how a delivery says that it cannot happen now."""

from __future__ import annotations

from typing import Protocol

from bot.domain.models import Job, WaitsFor


class Later(Exception):
    """Raised by `deliver`: not now, try again after `seconds`; `waits_for` says what for, None: for nothing of note."""

    def __init__(self, seconds: float, waits_for: WaitsFor | None = None) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds
        self.waits_for = waits_for


class NoPlace(Exception):
    """Raised by `deliver`: there is nowhere to post the result, or nothing to post. `sentence` says why.

    `unusable`: its file is none that could be posted anywhere, ever.
    """

    def __init__(self, sentence: str, *, unusable: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.unusable = unusable


class Parked(Exception):
    """Raised by `deliver`: somebody has to decide first. `Worker.decided` wakes it, else `seconds` pass."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"parked for {seconds:.0f} s")
        self.seconds = seconds


class Surface(Protocol):
    """Shows the states of jobs and delivers their results."""

    async def deliver(self, job: Job) -> int:
        """Post the job's result and return the message id. Raises Later, Parked or NoPlace."""
        ...

    async def show(self, guild_id: int, card_id: str) -> None:
        """Bring the card up to date with the store; best effort, never raises."""
        ...

    async def post_late(self, job: Job) -> None:
        """Post the result of a `held` job that came after it was given up; best effort, never raises: it stays held."""
        ...

    async def alert(self, guild_id: int, sentence: str) -> None:
        """Tell the guild's moderators; best effort, never raises."""
        ...
