"""Webhooks of Cannon Studio: the address in a submitted job, and the handling of calls."""

from __future__ import annotations

import hmac
from dataclasses import KW_ONLY, dataclass

from bot.domain.models import Job
from bot.jobs.signals import WorkerSignals
from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True, kw_only=True)
class WebhookTokens:
    """Makes and reads the tokens of webhooks: job id and signature."""

    settings: Settings
    store: Store

    def url(self, job: Job) -> str | None:
        """Return the webhook address of a job; None without a public URL."""
        if self.settings.public_url is None:
            return None
        return f"{self.settings.public_url}/webhooks/{self.token(job.id)}"

    def token(self, job_id: str) -> str:
        return f"{job_id}-{self.store.sign(f'webhook:{job_id}')}"

    def job_id(self, token: str) -> str | None:
        """Return the job id of a token; None if it is not ours. Constant time."""
        job_id, _, _ = token.partition("-")
        return job_id if hmac.compare_digest(token.encode(), self.token(job_id).encode()) else None


@dataclass(frozen=True)
class Webhooks:
    """Receives webhooks: each is a hint to poll one job now, never the truth."""

    tokens: WebhookTokens
    _: KW_ONLY
    signals: WorkerSignals

    def receive(self, token: str) -> bool:
        """Poll the job of `token` now. Returns False for a token that is not ours."""
        job_id = self.tokens.job_id(token)
        if job_id is None:
            return False
        self.signals.hint(job_id)
        return True
