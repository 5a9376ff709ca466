"""Questions to moderators: what the answers to approvals, reviews, refunds, and reports do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.models import Card, Job, JobState, credits_words
from bot.domain.server.guild_rules import Grant
from bot.domain.texts import GONE, LIST_FULL, UNCHANGED
from bot.domain.words.text import harmless, one_line
from bot.errors import InputError, NotAllowed, Refused
from bot.language import speaking
from bot.moderation import texts
from bot.server.settings import Languages
from bot.store import (
    APPROVAL,
    REFUND_REQUEST,
    REPORT,
    REVIEW,
    Answer,
    GrantNote,
    Record,
    ReportOutcome,
    ReviewRule,
    Store,
)
from bot.store.acts import JobSignals, ModeratorActs

REPORTS_A_DAY = 10
"""Reports per member in 24 hours: more is noise, or an attack on the moderators."""


def total(jobs: Sequence[Job]) -> Decimal:
    return sum((job.estimate for job in jobs), Decimal(0))


def grantable(jobs: Sequence[Job]) -> Decimal:
    """Return what a grant for the jobs gives their author, in credits: what they hold."""
    return sum((job.held for job in jobs), Decimal(0))


class QuestionActs(ModeratorActs):
    """Asks and answers. Answers raise InputError if a question is no longer asked."""

    def __init__(self, store: Store, *, worker: JobSignals, languages: Languages) -> None:
        super().__init__(store, worker=worker)
        self._languages = languages

    async def require_waiting(self, guild_id: int, kind: str, subject: str) -> None:
        """Raise InputError unless the question of this kind about the card or job waits for an answer."""
        question = await self._store.questions.get(guild_id, kind, subject)
        if question is None or question.verdict is not None:
            raise InputError(GONE)

    async def note_approval(self, card: Card, job_id: str, *, channel_id: int, message_id: int) -> None:
        """Note where the moderators were asked about the card: it has the prompt, so it goes with the job's result."""
        place = {"channel_id": channel_id, "message_id": message_id}
        await self._store.copies.note(card.guild_id, job_id, **place, kind=APPROVAL)
        await self._store.questions.note_message(card.guild_id, APPROVAL, card.id, **place)

    # ------------------------------------------------------------------ approvals

    async def approve(self, guild_id: int, card_id: str, *, by_id: int, raises_limit: bool) -> Sequence[Job]:
        """Queue the card's jobs; return them.

        `raises_limit` grants the author the cost, so that their limit is untouched. Raises NotAllowed for a moderator's
        own job, unless the guild allows that.
        """
        card = await self._waiting_card(guild_id, card_id)
        if card.author_id == by_id and not (await self._store.settings.get(guild_id)).approve_own:
            raise NotAllowed(texts.NOT_YOUR_OWN)

        def record(jobs: Sequence[Job]) -> Record:
            is_granted = raises_limit and grantable(jobs) > 0
            practice = jobs[0].practice
            text = texts.approved_line(by_id, card.author_id, total(jobs), granted=is_granted, practice=practice)
            about = {"credits": str(total(jobs)), "granted": is_granted, "practice": practice}
            return _of_card(card, text, by_id, about)

        grant = GrantNote(by_id=by_id, note=str(texts.GRANT_NOTE)) if raises_limit else None
        jobs = await self._store.questions.approve(guild_id, card_id, grant=grant, record=record)
        if jobs is None:
            raise InputError(GONE)
        self._worker.wake()
        return jobs

    async def turn_down(self, guild_id: int, card_id: str, reason: str, *, by_id: int) -> None:
        """Reject the card and release its credits. `reason` is for its author, or ''."""
        card, why = await self._waiting_card(guild_id, card_id), harmless(one_line(reason))

        def record(jobs: Sequence[Job]) -> Record:
            practice = jobs[0].practice
            text = texts.refused_line(by_id, card.author_id, total(jobs), why, practice=practice)
            about = {"reason": reason, "practice": practice}
            return _of_card(card, text, by_id, about)

        with speaking(await self._languages.of(card)):  # the author reads the reason there
            sentence = texts.refused(why)
        if await self._store.questions.turn_down(guild_id, card_id, JobState.REFUSED, sentence, record=record) is None:
            raise InputError(GONE)

    async def _waiting_card(self, guild_id: int, card_id: str) -> Card:
        await self.require_waiting(guild_id, APPROVAL, card_id)
        card = await self._store.cards.get(guild_id, card_id)
        if card is None:
            raise InputError(GONE)
        return card

    # ------------------------------------------------------------------ reviews

    async def review(
        self,
        guild_id: int,
        job_id: str,
        answer: Answer,
        reason: str,
        *,
        by_id: int,
        question: tuple[int, int] | None,
    ) -> None:
        """Publish a result, or reject it with a `reason` for its author, or ''.

        `question` is the asking message: a crash may have left it unrecorded, and it must go when the result is taken
        down.
        """
        is_published, why = answer is Answer.PUBLISHED, harmless(one_line(reason))

        def record(job: Job) -> Record:
            text = texts.reviewed(by_id, job.author_id, job.id, why, published=is_published)
            about = {"job": job.id, "member": job.author_id, "reason": reason}
            return Record(kind="review", text=text, by_id=by_id, about=about)

        waiting = await self._store.jobs.get(guild_id, job_id)
        if waiting is None:
            raise InputError(GONE)
        if question is not None:
            channel_id, message_id = question
            await self._store.copies.note(guild_id, job_id, channel_id=channel_id, message_id=message_id, kind=REVIEW)
        with speaking(await self._languages.of_card(guild_id, waiting.card_id)):  # the author reads the reason there
            sentence = "" if is_published else texts.not_posted(why)
        job = await self._store.questions.review(
            guild_id, job_id, answer, by_id=by_id, sentence=sentence, record=record
        )
        if job is None:
            raise InputError(GONE)
        for each in await self._store.jobs.of_card(guild_id, job.card_id):
            if each.state is JobState.READY:
                self._worker.decided(each.id)

    # ------------------------------------------------------------------ refunds

    async def ask_refund(self, job: Job, *, link: str) -> None:
        """Request a refund for a job's author, as a record line; `link` is the card's message, or ''.

        Raises InputError if requested before, or already refunded.
        """

        def line(_: object) -> Record:
            text = texts.refund_requested(job.author_id, credits_words(job.charge), job.id, link)
            return Record(kind=REFUND_REQUEST, text=text, by_id=job.author_id, about={"job": job.id})

        if not await self._store.questions.ask_refund(job.guild_id, job.id, record=line):
            raise InputError(texts.NOTHING_TO_REFUND)

    async def refund(self, guild_id: int, job_id: str, *, by_id: int, posted: bool = False) -> str:
        """Grant a job's author what Cannon Studio charged without a result; return the record's text.

        Raises InputError if already granted. `posted` includes the cost of a posted result.
        """

        def line(made: Grant) -> str:
            return texts.REFUNDED_JOB(who=by_id, member=made.member_id, credits=credits_words(made.credits), job=job_id)

        def record(made: Grant) -> Record:
            about = {"grant": made.id, "member_id": made.member_id, "credits": str(made.credits), "job": job_id}
            return Record(kind="grant", text=line(made), by_id=by_id, about=about)

        made = await self._store.questions.refund(
            guild_id, job_id, note=texts.REFUND_NOTE(job=job_id), by_id=by_id, posted=posted, record=record
        )
        if made is None:
            raise InputError(texts.NOTHING_TO_REFUND)
        return line(made)

    # ------------------------------------------------------------------ reports

    async def require_unreported(self, job: Job, *, by_id: int) -> None:
        """Raise InputError for one's own result or a second report."""
        if job.author_id == by_id or await self._store.questions.is_reported(job.guild_id, job.id, by_id):
            raise InputError(texts.REPORTED_BEFORE)

    async def report(self, job: Job, reason: str, *, link: str, by_id: int) -> None:
        """Report a result with a member's reason; `link` is its message, or ''.

        Raises as `require_unreported`, and Refused beyond REPORTS_A_DAY.
        """
        await self.require_unreported(job, by_id=by_id)

        def line(outcome: ReportOutcome) -> Record | None:
            text = texts.result_reported(by_id, job.author_id, job.id, harmless(one_line(reason)), link)
            about = {"job": job.id, "member": job.author_id, "reason": one_line(reason)}
            return Record(kind=REPORT, text=text, by_id=by_id, about=about) if outcome is ReportOutcome.TAKEN else None

        outcome = await self._store.questions.report(job.guild_id, job.id, by_id, most_a_day=REPORTS_A_DAY, record=line)
        if outcome is ReportOutcome.BEFORE:
            raise InputError(texts.REPORTED_BEFORE)
        if outcome is ReportOutcome.TOO_MANY:
            raise Refused(texts.TOO_MANY_REPORTS(count=REPORTS_A_DAY))

    async def dismiss(self, guild_id: int, job_id: str, *, by_id: int) -> None:
        """Close a result's open reports."""

        def line(_: object) -> Record:
            text = texts.REPORT_DISMISSED(who=by_id, job=job_id)
            return Record(kind="dismissal", text=text, by_id=by_id, about={"job": job_id})

        if not await self._store.questions.dismiss(guild_id, job_id, by_id=by_id, record=line):
            raise InputError(GONE)


def _of_card(card: Card, text: str, by_id: int, about: dict[str, object]) -> Record:
    return Record(kind="approval", text=text, by_id=by_id, about={"card": card.id, "member": card.author_id, **about})


RULES_MAX = 50


class ReviewRuleChanges(ModeratorActs):
    """Changes where results are reviewed."""

    async def set_rule(self, guild_id: int, rule: ReviewRule, *, by_id: int) -> None:
        """Add a review rule. Raises InputError at the guild's maximum."""

        def allow(rules: Sequence[ReviewRule]) -> None:
            if rule.channel_id not in {each.channel_id for each in rules} and len(rules) >= RULES_MAX:
                raise InputError(LIST_FULL(most=RULES_MAX), "only_in")

        def line(_: object) -> Record:
            text = texts.review_on(by_id, rule.channel_id, rule.review_channel)
            about = {"channel": rule.channel_id, "review_channel": rule.review_channel}
            return Record(kind="settings", text=text, by_id=by_id, about=about)

        await self._store.reviews.set_rule(guild_id, rule, allow=allow, record=line)

    async def remove_rule(self, guild_id: int, channel_id: int | None, *, by_id: int) -> str:
        """Remove a channel's rule, or all; return the record's text.

        Waiting results can still be decided. Raises InputError if there is no such rule.
        """

        def line() -> Record:
            text = texts.review_off(by_id, channel_id)
            return Record(kind="settings", text=text, by_id=by_id, about={"channel": channel_id})

        if not await self._store.reviews.remove_rule(guild_id, channel_id, record=lambda _: line()):
            raise InputError(UNCHANGED)
        return line().text
