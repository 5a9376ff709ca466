"""Webhooks of Cannon Studio: the address that a job is submitted with, and what a call to it does."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from bot.domain.models import Job


class WebhookTokens:
    """Makes and reads the tokens of webhooks: a job's id and its signature."""

    def __init__(self, *, public_url: str | None, sign: Callable[[str], str]) -> None:
        self._public_url = public_url
        self._sign = sign

    def url(self, job: Job) -> str | None:
        """Return the address where Cannon Studio may report that the job has changed; None without a public URL."""
        if self._public_url is None:
            return None
        return f"{self._public_url}/webhooks/{self.token(job.id)}"

    def token(self, job_id: str) -> str:
        """Return the token of a job."""
        return f"{job_id}-{self._sign(f'webhook:{job_id}')}"

    def job_id(self, token: str) -> str | None:
        """Return the id of the job that a token is for; None for one that is not ours. Constant time."""
        job_id, _, _ = token.partition("-")
        return job_id if hmac.compare_digest(token.encode(), self.token(job_id).encode()) else None


class Webhooks:
    """Receives webhooks: each is a hint to poll one job now, and never the truth."""

    def __init__(self, tokens: WebhookTokens, *, hint: Callable[[str], object]) -> None:
        self._tokens = tokens
        self._hint = hint

    def receive(self, token: str) -> bool:
        """Poll the job of `token` now. Returns False for a token that is not ours."""
        job_id = self._tokens.job_id(token)
        if job_id is None:
            return False
        self._hint(job_id)
        return True
