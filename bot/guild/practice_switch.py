"""What the rest of the bot needs of practice: a server tries everything without a key and without credits."""

from __future__ import annotations

from typing import Protocol


class PracticeSwitch(Protocol):
    """Switches practice of a server on and off."""

    async def is_on(self, guild_id: int) -> bool:
        """Whether the server practises."""
        ...

    async def start(self, guild_id: int, *, by_id: int) -> None:
        """Switch it on, if it is not. Raises Refused where it cannot be."""
        ...

    async def stop(self, guild_id: int, *, by_id: int) -> None:
        """Switch it off, if it is on."""
        ...
