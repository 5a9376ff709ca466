"""Which process does what only one may do at a time."""

from __future__ import annotations

from typing import Protocol


class Leadership(Protocol):
    """Whether this process leads. Another may lead a moment later: what the leader does must bear being done twice."""

    @property
    def is_leader(self) -> bool:
        """Whether this process leads now."""
        ...

    async def wait(self) -> None:
        """Return once this process leads. One that never calls it never leads."""
        ...


class OnlyProcess:
    """That of a process that is alone on its database: it always leads."""

    is_leader = True

    async def wait(self) -> None:
        """Return at once."""
