"""A server's first steps: where it was greeted, and its setup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


class StepOutcome(StrEnum):
    """A moderator's answer to a step."""

    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """A step's state. `by_id` and `at` (Unix seconds): who did or skipped it and when, if known."""

    outcome: StepOutcome | None = None
    """None: open."""
    by_id: int | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class SetupChecklist:
    """The state of each step."""

    states: Mapping[SetupStep, StepState]

    @property
    def first_open(self) -> SetupStep | None:
        """The first step neither done nor skipped; None if there is none."""
        return next((step for step, state in self.states.items() if state.outcome is None), None)

    @property
    def is_complete(self) -> bool:
        return self.first_open is None
