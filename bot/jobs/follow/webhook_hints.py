"""Whether webhooks arrive, so that jobs need no polls until one comes."""

from __future__ import annotations

import math

from bot.domain.models import Job
from bot.jobs.follow.lanes import Followed
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
