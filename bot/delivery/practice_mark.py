"""What marks everything of practice, so that nobody takes it for real."""

from __future__ import annotations

from collections.abc import Sequence

from bot.delivery import texts
from bot.domain.models import Job


def marked(text: str, jobs: Sequence[Job]) -> str:
    """Return a footer or a line as it is, or with the mark of practice in front if the jobs are practice."""
    return f"{texts.PRACTICE_MARK} · {text}" if any(job.practice for job in jobs) else text


def marked_title(title: str, jobs: Sequence[Job]) -> str:
    """Return a title in the same way, with a short mark."""
    return texts.practice_title(title) if any(job.practice for job in jobs) else title
