"""Which process does what only one may do at a time."""

from __future__ import annotations


class Leadership:
    """That of a process that is alone on its database: it always leads."""

    is_leader = True

    async def wait(self) -> None:
        """Return once this process leads."""
