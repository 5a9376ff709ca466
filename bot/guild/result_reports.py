"""Results that members report to the moderators, as lines of the record, and the end of a report."""

from __future__ import annotations

from bot.domain.harmless_text import harmless
from bot.domain.models import Job
from bot.domain.text import one_line
from bot.errors import InputError, Refused
from bot.guild.changes import ModeratorActs
from bot.guild.texts import DECIDED
from bot.guild.texts import results as texts
from bot.store import REPORT, Record, ReportOutcome

REPORTS_A_DAY = 10
"""How many results a member may report within 24 hours: more is noise, or an attack on the moderators."""


class ResultReportActs(ModeratorActs):
    """Takes members' reports, and ends them. A report is a line of the record, which the outbox posts."""

    async def require_open(self, job: Job, *, by_id: int) -> None:
        """Raise InputError for one's own result or a second report."""
        if job.author_id == by_id:
            raise InputError(texts.OWN_RESULT)
        if await self._store.result_reports.is_reported(job.guild_id, job.id, by_id):
            raise InputError(texts.REPORTED_BEFORE)

    async def report(self, job: Job, reason: str, *, link: str, by_id: int) -> None:
        """Report a result for a reason, a member's own words; `link` is the message that shows it, or ''.

        Raises as `require_open`, and Refused for more than REPORTS_A_DAY.
        """
        await self.require_open(job, by_id=by_id)
        about = {"job": job.id, "member": job.author_id, "reason": one_line(reason)}

        def line() -> Record:
            text = texts.result_reported(by_id, job.author_id, job.id, harmless(one_line(reason)), link)
            return Record(kind=REPORT, text=text, by_id=by_id, about=about)

        outcome = await self._store.result_reports.add(
            job.guild_id,
            job.id,
            by_id,
            most_a_day=REPORTS_A_DAY,
            record=lambda done: line() if done is ReportOutcome.TAKEN else None,
        )
        if outcome is ReportOutcome.BEFORE:
            raise InputError(texts.REPORTED_BEFORE)
        if outcome is ReportOutcome.TOO_MANY:
            raise Refused(texts.too_many_reports(REPORTS_A_DAY))

    async def dismiss(self, guild_id: int, job_id: str, *, by_id: int) -> None:
        """End the open reports of a result. Raises InputError if there are none."""

        def line(count: int) -> Record | None:
            text = texts.report_dismissed(by_id, job_id)
            return Record(kind="dismissal", text=text, by_id=by_id, about={"job": job_id}) if count else None

        if not await self._store.result_reports.dismiss(guild_id, job_id, record=line):
            raise InputError(DECIDED)
