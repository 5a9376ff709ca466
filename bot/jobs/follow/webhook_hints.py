"""Whether webhooks arrive, so that jobs need no polls until one comes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.domain.models import Job
from bot.jobs.follow.agenda import Agenda
from bot.jobs.follow.lanes import REMOTE_STATES, Followed
from bot.runtime.clock import Clock
from bot.settings import Settings

TRUSTED_AFTER = 3
"""Consecutive jobs with a webhook before webhooks are trusted."""


class WebhookTrust:
    """Counts webhooks of finished jobs. A missing one resets the trust."""

    def __init__(self, settings: Settings) -> None:
        self._are_asked = settings.public_url is not None
        self._in_a_row = 0

    def covers(self, job: Job) -> bool:
        """Whether it is enough to poll a job after its webhook, and late without one."""
        return self._in_a_row >= TRUSTED_AFTER and not job.practice

    def note_done(self, followed: Followed) -> None:
        """Note that a job finished, with or without a webhook before."""
        if self._are_asked and not followed.job.practice:
            self._in_a_row = self._in_a_row + 1 if was_hinted(followed) else 0


def was_hinted(followed: Followed) -> bool:
    return followed.hint_served_at > -math.inf


HINT_PACE_S = 2.0


@dataclass(frozen=True)
class HintPace:
    """Decides when a hint triggers a poll; hints that come too soon share one."""

    agenda: Agenda
    clock: Clock

    def note(self, followed: Followed) -> None:
        """Schedule a poll after a hint."""
        if not followed.busy and followed.state not in REMOTE_STATES:
            return
        now = self.clock.monotonic()
        if followed.hint_due is None:
            followed.hint_due = max(now, followed.hint_served_at + HINT_PACE_S, _again_at(followed))
        # While it is busy, the hint may precede the answer it is about: `wait_s` handles that.
        if not followed.busy and followed.due > followed.hint_due:
            self.agenda.set_due(followed, followed.hint_due - now)
            self.agenda.changed.set()

    def begin(self, followed: Followed) -> None:
        """Begin a turn, which serves every hint until now."""
        if followed.hint_due is not None:
            followed.hint_due, followed.hint_served_at = None, self.clock.monotonic()

    def wait_s(self, followed: Followed, wait_s: float) -> float:
        """Return when the next turn is due after one that wants `wait_s`, given hints meanwhile."""
        if followed.hint_due is None:
            return wait_s
        if followed.state not in REMOTE_STATES:
            followed.hint_due = None
            return wait_s
        due = max(followed.hint_due, _again_at(followed))
        return min(wait_s, max(0.0, due - self.clock.monotonic()))


def _again_at(followed: Followed) -> float:
    """Return when the API lets the request be polled again, monotonic seconds. A hint is a reason, at any age."""
    return followed.again_at(0.0)
