"""What a process of the bot does: answer members, work on their jobs, or both."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Whether a process is connected to Discord's gateway, and whether it takes turns of jobs.

    One that is connected answers commands, controls and reactions, and accepts jobs. One that works submits, polls and
    delivers them, over Discord's REST API alone; among those that work, one does what only one may do.
    """

    ALL = "all"
    GATEWAY = "gateway"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        """Whether it is connected to the gateway."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Whether it takes turns of jobs."""
        return self is not Role.GATEWAY
