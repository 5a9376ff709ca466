"""A server's first steps with the bot: where it was greeted, and what of its setup is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class WelcomePlace(StrEnum):
    """Where a server was greeted."""

    CHANNEL = "channel"
    """In its system channel."""
    OWNER = "owner"
    """By direct message to its owner."""
    NOWHERE = "nowhere"
    """Neither took the message, or none was needed."""


class SetupStep(StrEnum):
    """The steps of a setup, in their order."""

    KEY = "key"
    TEST = "test"
    LIMITS = "limits"
    ROLE = "role"
    CHANNELS = "channels"


class StepOutcome(StrEnum):
    """What a moderator has done about a step."""

    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """How far a step is. `by_id` and `at` (Unix seconds) say who has done or skipped it, where that is known."""

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
        """The first step that is neither done nor skipped; None if there is none."""
        return next((step for step, state in self.states.items() if state.outcome is None), None)

    @property
    def is_complete(self) -> bool:
        """Whether each step is done or skipped."""
        return self.first_open is None
