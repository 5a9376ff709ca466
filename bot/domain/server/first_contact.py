"""A server's first steps: where it was greeted, and its setup."""

from __future__ import annotations

from enum import StrEnum


class WelcomePlace(StrEnum):
    """Where a server was greeted."""

    CHANNEL = "channel"
    """Its system channel."""
    OWNER = "owner"
    """A DM to its owner."""
    NOWHERE = "nowhere"
    """Neither accepted the message, or none was needed."""


class SetupStep(StrEnum):
    """The setup's steps in order."""

    KEY = "key"
    TEST = "test"
    LIMITS = "limits"
    ROLE = "role"
    CHANNELS = "channels"

    @property
    def is_needed(self) -> bool:
        """Whether a server can make nothing without it."""
        return self in {SetupStep.KEY, SetupStep.TEST}
