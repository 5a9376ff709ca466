"""Whether webhooks arrive, so that jobs need no polls until one comes."""

from __future__ import annotations

import math

from bot.domain.models import Job
from bot.jobs.followed import Followed

TRUSTED_AFTER = 3
"""So many jobs in a row must have had theirs."""


class WebhookTrust:
    """Counts the webhooks that came for finished jobs. One that did not come ends the trust until others have.

    `are_asked` is whether jobs are submitted with an address for them.
    """

    def __init__(self, *, are_asked: bool) -> None:
        self._are_asked = are_asked
        self._in_a_row = 0

    def covers(self, job: Job) -> bool:
        """Whether it is enough to poll a job once its webhook has come, and late if none does."""
        return self._in_a_row >= TRUSTED_AFTER and not job.practice

    def note_done(self, followed: Followed) -> None:
        """A job was seen to be done: its webhook had come before, or not."""
        if self._are_asked and not followed.job.practice:
            self._in_a_row = self._in_a_row + 1 if was_hinted(followed) else 0


def was_hinted(followed: Followed) -> bool:
    """Whether a webhook had a poll of this job begin."""
    return followed.hint_served_at > -math.inf
