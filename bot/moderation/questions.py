"""Cards that wait for a moderator, and the effect of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.models import Card, Job, JobState
from bot.domain.texts import GONE, LIST_FULL, UNCHANGED
from bot.domain.words.text import harmless, one_line
from bot.errors import InputError, NotAllowed
from bot.language import speaking
from bot.moderation import texts
from bot.server.settings import Languages
from bot.store import Record, ReviewRule, ReviewVerdict, Store
from bot.store.acts import JobSignals, ModeratorActs
from bot.store.guild.approvals import GrantNote


def total(jobs: Sequence[Job]) -> Decimal:
    return sum((job.estimate for job in jobs), Decimal(0))


def grantable(jobs: Sequence[Job]) -> Decimal:
    """Return what a grant for the jobs gives their author, in credits: what they hold."""
    return sum((job.held for job in jobs), Decimal(0))


QUESTION = "approval"
"""The kind of the question's message among a card's copies: it has the prompt, so it is deleted with the result."""


class ApprovalDecisions(ModeratorActs):
    """Approves and rejects cards. Both raise InputError if already decided."""

    def __init__(self, store: Store, *, worker: JobSignals, languages: Languages) -> None:
        super().__init__(store, worker=worker)
        self._languages = languages

    async def waiting(self, guild_id: int, card_id: str) -> tuple[Card, Sequence[Job]]:
        """Return the waiting card with its jobs. Raises InputError if it does not wait."""
        found = await self._store.cards.with_jobs(guild_id, card_id)
        if found is None or await self._store.approvals.get(guild_id, card_id) is None:
            raise InputError(GONE)
        return found

    async def approve(self, guild_id: int, card_id: str, *, by_id: int, raises_limit: bool) -> Sequence[Job]:
        """Queue the card's jobs; return them.

        `raises_limit` grants the author the cost, so that their limit is untouched. Raises NotAllowed for a moderator's
        own job, unless the guild allows that.
        """
        card, _ = await self.waiting(guild_id, card_id)
        if card.author_id == by_id and not (await self._store.settings.get(guild_id)).approve_own:
            raise NotAllowed(texts.NOT_YOUR_OWN)

        def record(jobs: Sequence[Job] | None) -> Record | None:
            if jobs is None:
                return None
            is_granted = raises_limit and grantable(jobs) > 0
            practice = jobs[0].practice
            text = texts.approved_line(by_id, card.author_id, total(jobs), granted=is_granted, practice=practice)
            about = {"credits": str(total(jobs)), "granted": is_granted, "practice": practice}
            return _line(card, text, by_id, about)

        grant = GrantNote(by_id=by_id, note=str(texts.GRANT_NOTE)) if raises_limit else None
        jobs = await self._store.approvals.approve(guild_id, card_id, grant=grant, record=record)
        if jobs is None:
            raise InputError(GONE)
        self._worker.wake()
        return jobs

    async def turn_down(self, guild_id: int, card_id: str, reason: str, *, by_id: int) -> None:
        """Reject the card and release its credits. `reason` is for its author, or ''."""
        card, _ = await self.waiting(guild_id, card_id)

        def record(jobs: Sequence[Job] | None) -> Record | None:
            if jobs is None:
                return None
            practice = jobs[0].practice
            text = texts.refused_line(by_id, card.author_id, total(jobs), harmless(one_line(reason)), practice=practice)
            return _line(card, text, by_id, {"reason": reason, "practice": practice})

        with speaking(await self._languages.of(card)):  # the author reads the reason there
            sentence = texts.refused(reason)
        ended = await self._store.approvals.turn_down(guild_id, card_id, JobState.REFUSED, sentence, record=record)
        if ended is None:
            raise InputError(GONE)

    async def note_question(self, card: Card, job_id: str, *, channel_id: int, message_id: int) -> None:
        """Note where the moderators were asked about the card; `job_id` is one of its jobs."""
        place = {"channel_id": channel_id, "message_id": message_id}
        await self._store.copies.note(card.guild_id, job_id, **place, kind=QUESTION)
        await self._store.approvals.note_message(card.guild_id, card.id, **place)


def _line(card: Card, text: str, by_id: int, about: dict[str, object]) -> Record:
    return Record(
        kind="approval",
        text=text,
        by_id=by_id,
        about={"card": card.id, "member": card.author_id, **about},
    )


RULES_MAX = 50


class ReviewDecisions(ModeratorActs):
    """Changes review rules, and decides about results."""

    def __init__(self, store: Store, *, worker: JobSignals, languages: Languages) -> None:
        super().__init__(store, worker=worker)
        self._languages = languages

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

        if not await self._store.reviews.remove_rule(
            guild_id, channel_id, record=lambda count: line() if count else None
        ):
            raise InputError(UNCHANGED)
        return line().text

    async def require_waiting(self, guild_id: int, job_id: str) -> None:
        """Raise InputError unless the guild's job waits for a decision."""
        review = await self._store.reviews.get(guild_id, job_id)
        if review is None or review.verdict is not None:
            raise InputError(GONE)

    async def decide(
        self,
        guild_id: int,
        job_id: str,
        verdict: ReviewVerdict,
        reason: str,
        *,
        by_id: int,
        question: tuple[int, int] | None,
    ) -> None:
        """Publish a result, or reject it with a `reason` for its author, or ''. Raises InputError as above.

        `question` is the asking message: a crash may have left it unrecorded, and it must go when the result is taken
        down.
        """

        def record(job: Job | None) -> Record | None:
            if job is None:
                return None
            text = texts.reviewed(
                by_id,
                job.author_id,
                job.id,
                harmless(one_line(reason)),
                published=verdict is ReviewVerdict.PUBLISHED,
            )
            about = {"job": job.id, "member": job.author_id, "reason": reason}
            return Record(kind="review", text=text, by_id=by_id, about=about)

        waiting = await self._store.jobs.get(guild_id, job_id)
        if waiting is None:
            raise InputError(GONE)
        if question is not None:
            channel_id, message_id = question
            await self._store.copies.note(guild_id, job_id, channel_id=channel_id, message_id=message_id, kind="review")
        with speaking(await self._languages.of_card(guild_id, waiting.card_id)):  # the author reads the reason there
            sentence = "" if verdict is ReviewVerdict.PUBLISHED else texts.not_posted(reason)
        job = await self._store.reviews.decide(guild_id, job_id, verdict, by_id=by_id, sentence=sentence, record=record)
        if job is None:
            raise InputError(GONE)
        for each in await self._store.jobs.of_card(guild_id, job.card_id):
            if each.state is JobState.READY:
                self._worker.decided(each.id)
